//! Edits: one project's run in order, different projects' side by side, and each is answered when
//! the journal has it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use goxe_protocol::{
    Code, Error,
    api::event::{ProjectEvent, Topic},
};

use super::{
    Router,
    projects::{Residence, Waiting, broken},
    room::owner_of,
};
use crate::{
    call::Reply,
    clock::Now,
    edit::{EditCall, EditWritten, KeyUse, Written},
    errors,
    garbage::Garbage,
    journal::{ProjectId, writer::Completion},
    view::View,
    work::{Size, StrandJob, Work},
};

/// Places of the journal's queue from which a strand is run again.
const ROOM_MIN: usize = 128;

/// A strand without room runs again when a record was written, or after this time: what fills the
/// queue may be no records, which nobody is told of.
const FEED_AFTER: Duration = Duration::from_millis(20);

/// Edits that one lane job takes: enough to make the hand-over cheap, few enough for others to
/// have their turn.
const STRAND_EDITS_MAX: usize = 64;

impl Router {
    /// Lets an edit wait for its turn.
    pub(super) fn queue_edit(&mut self, edit: EditCall) {
        let id = edit.project;
        let entry = match self.projects.entry(id) {
            Ok(entry) => entry,
            Err(error) => return self.edit_unwritten(edit, Err(error)),
        };
        match &entry.residence {
            Residence::Unloaded | Residence::Loading => {
                self.projects.wait(id, Waiting::Edit(Box::new(edit)));
                self.load(id);
                return;
            }
            Residence::Broken(reason) => {
                let error = broken(&entry.name, reason);
                return self.edit_unwritten(edit, Err(error));
            }
            Residence::Loaded { read_only: Some(reason), .. } => {
                let message = format!("the project \"{}\" is read-only: {reason}", entry.name);
                let error = Error::new(Code::Corrupt, message);
                return self.edit_unwritten(edit, Err(error));
            }
            Residence::Loaded { read_only: None, .. } => {}
        }
        if let Some(used) = edit.key {
            let principal = Arc::clone(&edit.envelope.principal.name);
            match self.committed(&principal, Some(id), used) {
                Ok(None) => {}
                Ok(Some(reply)) => return self.edit_unwritten(edit, Ok(reply)),
                Err(error) => return self.edit_unwritten(edit, Err(error)),
            }
        }
        if let Some(entry) = self.projects.entry_mut(id) {
            entry.queue.push(&owner_of(&edit.envelope), edit);
        }
        self.run_strand(id, Size::Short);
    }

    /// Gives a strand's waiting edits to a lane, unless one has it. Edits of its peers take turns.
    fn run_strand(&mut self, id: ProjectId, size: Size) {
        let Some(appender) = self.appender.clone() else { return };
        let Some(entry) = self.projects.entry_mut(id) else { return };
        if entry.running || entry.failed || entry.queue.is_empty() {
            return;
        }
        let Some(head) = entry.head.clone() else { return };
        // One that is not short has the lane for itself.
        let count = if size == Size::Short { STRAND_EDITS_MAX } else { 1 };
        let edits = std::iter::from_fn(|| entry.queue.take(|_| true)).take(count).collect();
        entry.running = true;
        let generation = entry.generation;
        let job = StrandJob { project: id, generation, head, edits, appender };
        self.submit(Work::Strand(Box::new(job)), size);
    }

    /// A lane ran edits of a strand.
    pub(super) fn strand_ran(
        &mut self,
        id: ProjectId,
        head: Arc<View>,
        rest: VecDeque<EditCall>,
        appended: usize,
        next: Size,
    ) {
        let Some(entry) = self.projects.entry_mut(id) else {
            // It was purged meanwhile, and the journal may have heard of that before the records.
            self.effects.garbage.push(Garbage::View(head));
            for edit in rest {
                let error = Error::not_found("project", &id.to_string()).hint("it was purged");
                self.edit_unwritten(edit, Err(error));
            }
            if appended > 0 {
                self.purge(id);
            }
            return;
        };
        entry.running = false;
        entry.unwritten += isize::try_from(appended).unwrap_or(isize::MAX);
        for edit in rest.into_iter().rev() {
            entry.queue.push_first(&owner_of(&edit.envelope), edit);
        }
        if !entry.failed {
            entry.head = Some(head);
        } else {
            self.effects.garbage.push(Garbage::View(head));
        }
        self.settle(id, next);
    }

    /// Goes on with a strand: throws a failed head back once nothing of it is on its way, and
    /// runs what waits.
    fn settle(&mut self, id: ProjectId, size: Size) {
        let Some(entry) = self.projects.entry_mut(id) else { return };
        if entry.failed {
            if entry.running || entry.unwritten != 0 {
                return;
            }
            if !entry.resetting
                && let Some(appender) = self.appender.clone()
            {
                entry.resetting = true;
                entry.generation = entry.generation.wrapping_add(1);
                entry.head = entry.view().cloned();
                let generation = entry.generation;
                self.submit(Work::Reset { project: id, generation, appender }, Size::Short);
            }
            return;
        }
        let entry = self.projects.entry_mut(id);
        let starved = entry.is_some_and(|entry| !entry.running && !entry.queue.is_empty());
        if starved && self.appender.as_ref().is_some_and(|appender| appender.has_room(ROOM_MIN)) {
            self.run_strand(id, size);
        } else if starved && !self.starved.contains(&id) {
            self.starved.push(id);
            self.feed_at.get_or_insert(self.now.instant + FEED_AFTER);
        }
    }

    /// An edit is answered without the journal.
    pub(super) fn edit_unwritten(&mut self, edit: EditCall, result: Result<Reply, Error>) {
        let cancelled = matches!(&result, Err(error) if error.code == Code::Cancelled);
        if cancelled && let Some(heir) = self.heir_of(&edit) {
            self.answer(edit.envelope.ticket, result);
            return self.queue_edit(EditCall { envelope: heir, ..edit });
        }
        let principal = Arc::clone(&edit.envelope.principal.name);
        self.leave_key(&principal, Some(edit.project), edit.key, &result);
        self.answer(edit.envelope.ticket, result);
    }

    /// The journal knows that a head was thrown back: what waits is run against it.
    pub(super) fn was_reset(&mut self, id: ProjectId) {
        if id == ProjectId::CATALOGUE {
            self.projects.failed = false;
            return;
        }
        if let Some(entry) = self.projects.entry_mut(id) {
            entry.failed = false;
            entry.resetting = false;
        }
        self.settle(id, Size::Short);
    }

    /// The journal wrote a record, or did not.
    pub fn journaled(&mut self, completion: Completion<Written>, now: Now) {
        self.now = now;
        let Completion { ticket, bytes, outcome, .. } = completion;
        let outcome = outcome.map(|_| bytes).map_err(|failure| errors::journal(&failure));
        match ticket {
            Written::Edit(written) => self.edit_journaled(*written, outcome),
            Written::Catalogue(written) => self.catalogue_journaled(*written, outcome),
        }
        self.feed();
    }

    /// Runs strands that had no room in the journal.
    pub(super) fn feed(&mut self) {
        self.feed_at = None;
        for id in std::mem::take(&mut self.starved) {
            self.settle(id, Size::Short);
        }
    }

    fn edit_journaled(&mut self, written: EditWritten, outcome: Result<u64, Error>) {
        let EditWritten { project, view, ticket, author, reply, encoded, key, time_ms, .. } =
            written;
        let revision = view.revision;
        if let Some(entry) = self.projects.entry_mut(project) {
            entry.unwritten -= 1;
        }
        match outcome {
            Ok(bytes) => {
                let limits = self.key_limits;
                let mut name = None;
                if let Some(entry) = self.projects.entry_mut(project) {
                    entry.journal_bytes = entry.journal_bytes.saturating_add(bytes);
                    name = Some(Arc::clone(&entry.name));
                    if let Some(KeyUse { key, digest }) = key {
                        let json = &reply.json;
                        entry.keys.insert(&author, key, digest, revision, time_ms, json);
                        entry.keys.forget(time_ms, &limits);
                    }
                }
                self.install(project, view);
                self.leave_key(&author, Some(project), key, &Ok(reply));
                self.deliver(ticket, encoded, None);
                self.give_behind(project);
                if let Some(name) = name {
                    self.publish_edit(&name, revision, &author);
                }
                self.image_if_due(project);
            }
            Err(error) => {
                if let Some(entry) = self.projects.entry_mut(project) {
                    entry.failed = true;
                }
                self.leave_key(&author, Some(project), key, &Err(error.clone()));
                self.answer(ticket, Err(error));
                self.fail_behind(project);
                self.effects.garbage.push(Garbage::View(view));
            }
        }
        self.settle(project, Size::Short);
    }

    fn publish_edit(&mut self, name: &str, revision: crate::journal::Revision, author: &str) {
        let event = ProjectEvent {
            project: name.to_owned(),
            what: "edited".into(),
            revision: Some(errors::revision(revision)),
            author: author.to_owned(),
        };
        self.publish(Topic::Project, Some(name), &event);
    }
}
