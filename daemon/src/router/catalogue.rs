//! Changes to the catalogue: small enough to be made on the loop, answered when the journal has
//! them.

use std::sync::Arc;

use super::{
    Asked, Router,
    behind::Behind,
    projects::Waiting,
    route::{CatalogueFn, Route},
};
use crate::{
    call::{Envelope, Payload, Reply},
    edit::{CatalogueWritten, KeyUse, Written},
    errors,
    garbage::Garbage,
    journal::{ProjectId, chain::change_digest, record::Draft, writer::Failure},
    store::catalogue::{self, Op},
    work::{ImageJob, Size, Work},
};
use goxe_protocol::{
    Code, Error,
    api::{
        event::{ProjectEvent, Topic},
        types::Revision,
    },
};

/// What a call does to the catalogue, and how it is answered.
pub struct CataloguePlan {
    /// The change.
    pub op: Op,
    /// The project it is about, and the revision that one must still be at.
    pub if_revision: Option<(ProjectId, Revision)>,
    /// Makes the answer from the catalogue after it.
    pub answer: CatalogueAnswer,
}

/// Makes the answer to a change from the catalogue after it.
pub type CatalogueAnswer = Box<dyn FnOnce(&catalogue::State) -> Result<Reply, Error> + Send>;

impl Router {
    pub(super) fn catalogue_call(
        &mut self,
        envelope: &Envelope,
        payload: &Payload,
        route: &'static Route,
        run: CatalogueFn,
        key: Option<KeyUse>,
    ) {
        let asked = Asked {
            route,
            id: None,
            params: payload.params(),
            principal: envelope.principal.clone(),
            now: self.now,
        };
        match run(self, &asked).and_then(|plan| self.catalogue_change(plan, envelope, key)) {
            Ok(()) => {}
            Err(error) => self.catalogue_refused(envelope.ticket, error),
        }
    }

    /// Applies a change to the head and hands it to the journal.
    pub(super) fn catalogue_change(
        &mut self,
        plan: CataloguePlan,
        envelope: &Envelope,
        key: Option<KeyUse>,
    ) -> Result<(), Error> {
        let appender = self.appender.as_ref().filter(|appender| appender.room() > 0);
        let Some(appender) = appender else {
            return Err(Error::new(Code::Busy, "the journal's queue is full"));
        };
        if let Some(reason) = &self.projects.read_only {
            let message = format!("the catalogue of projects is read-only: {reason}");
            return Err(Error::new(Code::Corrupt, message));
        }
        if self.projects.failed {
            return Err(errors::journal(&Failure::Above));
        }
        if let Some((id, wanted)) = plan.if_revision {
            let entry = self.projects.entry(id)?;
            let view = entry.view().ok_or_else(|| {
                Error::new(Code::Busy, "the project is not in memory; read project.info first")
            })?;
            if !entry.is_still() {
                return Err(Error::new(Code::Busy, "edits of the project are on their way")
                    .with("retry_ms", 50));
            }
            errors::check_revision(wanted, view.revision)?;
        }
        let author = Arc::clone(&envelope.principal.name);
        let time_ms = self.now.unix_ms;
        let head = &self.projects.head;
        let change = head
            .prepare(&plan.op, self.limits.projects_max)
            .map_err(|error| errors::catalogue(&error))?;
        let next =
            head.apply(&change, &author, time_ms).map_err(|error| errors::catalogue(&error))?;
        let bytes = change.encode();
        let before = head.revision();
        let after = before.next(ProjectId::CATALOGUE, &author, time_ms, &change_digest(&bytes));
        let next = Arc::new(next.at(after));
        let reply = (plan.answer)(&next)?;
        let draft = Draft {
            project: ProjectId::CATALOGUE,
            before,
            after,
            author: author.to_string(),
            time_ms,
            key: key.map(|used| used.key),
            params: key.map(|used| used.digest).unwrap_or_default(),
            answer: reply.json.clone(),
            label: change.label(),
            change: bytes,
        };
        let record = appender.encode(&draft).map_err(|error| errors::encode(&error))?;
        let written = CatalogueWritten {
            state: Arc::clone(&next),
            change,
            ticket: envelope.ticket,
            author: Arc::clone(&author),
            reply,
            key,
            time_ms,
        };
        let written = Written::Catalogue(Box::new(written));
        let appended = appender.append(record, self.projects.generation, written);
        appended.map_err(|rejected| errors::rejected(rejected.reason))?;
        self.projects.unwritten += 1;
        self.projects.head = next;
        self.enter_key(&author, None, key);
        Ok(())
    }

    /// The journal wrote a change of the catalogue, or did not.
    pub(super) fn catalogue_journaled(
        &mut self,
        written: CatalogueWritten,
        outcome: Result<u64, Error>,
    ) {
        let CatalogueWritten { state, change, ticket, author, reply, key, time_ms } = written;
        self.projects.unwritten -= 1;
        let result = match outcome {
            Ok(bytes) => {
                if let Some(KeyUse { key, digest }) = key {
                    let (json, revision) = (&reply.json, state.revision());
                    let limits = self.key_limits;
                    let keys = &mut self.projects.keys;
                    keys.insert(&author, key, digest, revision, time_ms, json);
                    keys.forget(time_ms, &limits);
                }
                self.projects.journal_bytes = self.projects.journal_bytes.saturating_add(bytes);
                self.projects.written = state;
                self.catalogue_changed(&change, &author);
                self.watch_trash();
                Ok(reply)
            }
            Err(error) => {
                self.projects.failed = true;
                self.trash_stays();
                Err(error)
            }
        };
        if self.projects.failed && self.projects.unwritten == 0 {
            self.projects.generation = self.projects.generation.wrapping_add(1);
            self.projects.head = Arc::clone(&self.projects.written);
            let (project, generation) = (ProjectId::CATALOGUE, self.projects.generation);
            if let Some(appender) = self.appender.clone() {
                self.submit(Work::Reset { project, generation, appender }, Size::Short);
            }
        }
        self.leave_key(&author, None, key, &result);
        self.answer(ticket, result);
        self.give_refused();
        self.image_catalogue_if_due();
    }

    /// Follows a change with the table of projects, and tells who wants to know.
    fn catalogue_changed(&mut self, change: &catalogue::Change, author: &str) {
        let id = change.project();
        let name = self.projects.written.name(id);
        let what = match change {
            catalogue::Change::Create { .. } => "created",
            catalogue::Change::Rename { .. } => "renamed",
            catalogue::Change::Delete { .. } => "deleted",
            catalogue::Change::Restore { .. } => "restored",
            catalogue::Change::Purge { .. } => "purged",
        };
        let name = match name {
            Some(name) => {
                let fresh = matches!(change, catalogue::Change::Create { .. });
                self.projects.insert(id, Arc::clone(&name), fresh, self.now.instant);
                name
            }
            None => self.project_gone(id),
        };
        let event = ProjectEvent {
            project: name.to_string(),
            what: what.into(),
            revision: None,
            author: author.to_owned(),
        };
        self.publish(Topic::Project, Some(&name), &event);
    }

    /// A project is gone for good, and everything that waits for it is told so. Returns its name.
    fn project_gone(&mut self, id: ProjectId) -> Arc<str> {
        self.purge(id);
        let Some(mut entry) = self.projects.remove(id) else { return Arc::default() };
        self.effects.garbage.extend(entry.view().cloned().map(Garbage::View));
        let gone = || Error::not_found("project", &entry.name).hint("it was purged");
        for waiting in entry.waiting {
            match waiting {
                Waiting::Read(read) => self.refuse_read(&read, gone()),
                Waiting::Edit(edit) => self.edit_unwritten(*edit, Err(gone())),
            }
        }
        let behind = entry.behind.into_iter().map(Behind::into_edit);
        let parked = entry.imports.take_parked();
        let queued = entry.queue.extract(|_| true);
        for edit in queued.into_iter().chain(behind).chain(parked) {
            self.edit_unwritten(edit, Err(gone()));
        }
        entry.name
    }

    /// Has the journal forget a project that is gone for good.
    pub(super) fn purge(&mut self, project: ProjectId) {
        if let Some(appender) = self.appender.clone() {
            self.submit(Work::Purge { project, appender }, Size::Short);
        }
    }

    fn image_catalogue_if_due(&mut self) {
        let projects = &mut self.projects;
        if projects.imaging || projects.journal_bytes < self.limits.image_after_bytes {
            return;
        }
        projects.imaging = true;
        projects.journal_bytes = 0;
        let (state, keys) = (Arc::clone(&projects.written), projects.keys.clone());
        let image = ImageJob::Catalogue { state, keys };
        self.submit(Work::Image(Box::new(image)), Size::Long);
    }
}
