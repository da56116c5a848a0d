//! One edit on its way: what is asked, what it becomes, what the journal gives back.

use std::sync::Arc;

use goxe_engine::{
    limits::Limits,
    progress::Progress,
    project::{Prepared, Report, Request, Stamp},
};
use goxe_protocol::{
    Error,
    api::{self, Method as _, voxel},
};

use crate::{
    call::{Encoded, Envelope, Payload, Reply, Ticket},
    errors,
    guard::guard,
    journal::{
        ProjectId, Revision,
        chain::{ParamsDigest, change_digest},
        keys::Key,
        record::{self, Draft},
    },
    store::catalogue,
    view::View,
};

/// What an edit has at hand.
pub struct EditInput<'a> {
    /// The params as JSON.
    pub params: &'a str,
    /// The attachment.
    pub attachment: Option<&'a [u8]>,
    /// The state it is prepared against.
    pub view: &'a View,
    /// Who makes it.
    pub author: &'a str,
}

/// Says what an edit is to do.
pub type EditFn = fn(&EditInput<'_>) -> Result<EditPlan, Error>;

/// An idempotency key, and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key.
    pub key: Key,
    /// Tells whether a repeated call asks the same.
    pub digest: ParamsDigest,
}

/// The digest of a call: method, params and attachment. It tells a mistake from a repetition and
/// defends against nobody, so that a checksum and lengths are enough; it is taken on the loop.
pub fn digest(method: &str, payload: &Payload) -> ParamsDigest {
    let attachment = payload.attachment().unwrap_or_default();
    let word = |bytes: &[u8]| crc32fast::hash(bytes).to_le_bytes();
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut named = crc32fast::Hasher::new();
    named.update(method.as_bytes());
    named.update(payload.params().as_bytes());
    let mut digest = ParamsDigest::default();
    let words = [
        named.finalize().to_le_bytes(),
        word(attachment),
        length(payload.params().as_bytes()),
        length(attachment),
    ];
    for (part, word) in digest.chunks_exact_mut(4).zip(words) {
        part.copy_from_slice(&word);
    }
    digest
}

/// What an edit does and how it is answered.
pub struct EditPlan {
    /// What is asked of the project.
    pub request: Request,
    /// What the history calls it.
    pub label: String,
    /// The revision it must still be.
    pub if_revision: Option<api::types::Revision>,
    /// Whether it only tells what it would do.
    pub dry_run: bool,
    /// Makes the answer.
    pub answer: AnswerFn,
}

/// Makes the answer to an edit that was, or would be, done.
pub type AnswerFn = Box<dyn FnOnce(&Outcome<'_>) -> Result<Reply, Error> + Send>;

/// What an answer is made of.
pub struct Outcome<'a> {
    /// What changed.
    pub report: &'a Report,
    /// The revision it made, or looked at.
    pub revision: Revision,
    /// Whether it only tells what it would do.
    pub dry_run: bool,
}

/// Where an edit's plan comes from.
pub enum Source {
    /// From the params, when its turn has come.
    Params(EditFn),
    /// Made before, on a lane of its own, because making it takes long.
    Ready(Option<Box<EditPlan>>),
}

/// An edit that waits for its turn.
pub struct EditCall {
    /// On whose behalf, and where the answer goes.
    pub envelope: Envelope,
    /// Params and attachment.
    pub payload: Payload,
    /// The method, for history and logs.
    pub method: &'static str,
    /// The project.
    pub project: ProjectId,
    /// Its plan.
    pub source: Source,
    /// The key that makes a repetition harmless.
    pub key: Option<KeyUse>,
}

/// What the journal gives back with a record that it wrote, or did not.
pub enum Written {
    /// An edit of a project.
    Edit(Box<EditWritten>),
    /// A change of the catalogue.
    Catalogue(Box<CatalogueWritten>),
}

/// A change of the catalogue on its way through the journal.
pub struct CatalogueWritten {
    /// The catalogue after it.
    pub state: Arc<catalogue::State>,
    /// What changed.
    pub change: catalogue::Change,
    /// Where the answer goes.
    pub ticket: Ticket,
    /// On whose behalf.
    pub author: Arc<str>,
    /// The answer.
    pub reply: Reply,
    /// The key that makes a repetition harmless.
    pub key: Option<KeyUse>,
    /// When it was made.
    pub time_ms: i64,
}

/// An edit on its way through the journal.
pub struct EditWritten {
    /// The project.
    pub project: ProjectId,
    /// The state that the edit made.
    pub view: Arc<View>,
    /// Where the answer goes.
    pub ticket: Ticket,
    /// On whose behalf it ran.
    pub author: Arc<str>,
    /// The answer.
    pub reply: Reply,
    /// The answer in the form it is sent in, once it is written.
    pub encoded: Encoded,
    /// The key that makes a repetition harmless.
    pub key: Option<KeyUse>,
    /// When it was made.
    pub time_ms: i64,
}

/// An edit after its turn.
pub enum Ran {
    /// It changes nothing, or was only asked what it would do: this is the answer.
    Unwritten(Reply),
    /// The state it makes, and the record that makes it last.
    Changed {
        /// The state.
        view: Arc<View>,
        /// For the journal.
        draft: Box<Draft>,
        /// The answer, once the journal has it.
        reply: Reply,
    },
}

impl EditCall {
    /// Makes the plan, or takes the one that was made before.
    fn plan(&mut self, head: &View) -> Result<EditPlan, Error> {
        match &mut self.source {
            Source::Params(make) => make(&EditInput {
                params: self.payload.params(),
                attachment: self.payload.attachment(),
                view: head,
                author: &self.envelope.principal.author,
            }),
            Source::Ready(plan) => {
                let plan = plan.take().map(|plan| *plan);
                plan.ok_or_else(|| Error::internal("the edit has no plan"))
            }
        }
    }

    /// Prepares the edit against `head` and applies it, as made at `time_ms`. Neither changes what is there: after an error
    /// the head is as it was, and the edit can be run again.
    pub fn run(
        &mut self,
        head: &View,
        limits: &Limits,
        progress: &mut dyn Progress,
        time_ms: i64,
    ) -> Result<Ran, Error> {
        let plan = guard(|| self.plan(head))?;
        if let Some(wanted) = plan.if_revision {
            errors::check_revision(wanted, head.revision)?;
        }
        let prepared = guard(|| {
            head.project.prepare(&plan.request, limits, progress).map_err(|error| {
                // Only an edit list is counted by who sent it.
                let counted = self.method == voxel::Edit::NAME;
                errors::edit(if counted { error } else { error.cause.into() })
            })
        });
        match prepared {
            Ok(prepared) => guard(|| self.apply(plan, prepared, head, time_ms)),
            Err(error) => {
                if let Source::Ready(place) = &mut self.source {
                    *place = Some(Box::new(plan));
                }
                Err(error)
            }
        }
    }

    fn apply(
        &self,
        plan: EditPlan,
        prepared: Prepared,
        head: &View,
        time_ms: i64,
    ) -> Result<Ran, Error> {
        let Prepared { change, report } = prepared;
        let author = &self.envelope.principal.author;
        if plan.dry_run || change.is_empty() {
            let (revision, dry_run) = (head.revision, plan.dry_run);
            let reply = (plan.answer)(&Outcome { report: &report, revision, dry_run })?;
            return Ok(Ran::Unwritten(reply));
        }
        let stamp = Stamp { author, time_ms, label: &plan.label };
        let project = head.project.apply(&change, stamp).map_err(|error| errors::apply(&error))?;
        let change = change.encode();
        let revision = head.revision.next(head.id, author, time_ms, &change_digest(&change));
        debug_assert_eq!(revision.number, project.revision_number());
        let reply = (plan.answer)(&Outcome { report: &report, revision, dry_run: false })?;
        debug_assert!(reply.json.len() <= record::ANSWER_BYTES_MAX, "answers to edits are short");
        let draft = Draft {
            project: head.id,
            before: head.revision,
            after: revision,
            author: author.to_string(),
            time_ms,
            key: self.key.map(|used| used.key),
            params: self.key.map(|used| used.digest).unwrap_or_default(),
            answer: reply.json.clone(),
            label: plan.label,
            change,
        };
        let view = Arc::new(View { id: head.id, revision, project });
        Ok(Ran::Changed { view, draft: Box::new(draft), reply })
    }
}
