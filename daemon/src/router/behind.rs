//! Answers behind the journal: what an edit was told about a state that is not written yet is only
//! true once it is.
//!
//! An edit that finds nothing to change, a dry run, a conflict with a layer that was just made: each
//! looked at the head of its strand, and the records that made this head may still fail. Such an
//! answer waits for them, and fails with them.

use goxe_protocol::Error;

use super::Router;
use crate::{
    call::{Reply, Ticket},
    edit::EditCall,
    errors,
    journal::{ProjectId, Revision, writer::Failure},
};

/// An answer to an edit, and the number of the revision that it speaks of.
pub(super) struct Behind {
    number: u64,
    edit: Box<EditCall>,
    result: Result<Reply, Error>,
}

impl Behind {
    /// The edit, whose answer is not true any more.
    pub(super) fn into_edit(self) -> EditCall {
        *self.edit
    }
}

/// A refused change of the catalogue, and the number of the revision that refused it.
pub(super) struct Refused {
    number: u64,
    ticket: Ticket,
    error: Error,
}

impl Router {
    /// An edit was answered by the state `seen`.
    pub(super) fn edit_answered(
        &mut self,
        edit: Box<EditCall>,
        result: Result<Reply, Error>,
        seen: Revision,
    ) {
        let entry = match self.projects.entry(edit.project) {
            Ok(entry) => entry,
            Err(error) => return self.edit_unwritten(*edit, Err(error)),
        };
        let written = entry.view().map_or(0, |view| view.revision.number);
        if seen.number <= written {
            return self.edit_unwritten(*edit, result);
        }
        if entry.failed {
            return self.edit_unwritten(*edit, Err(errors::journal(&Failure::Above)));
        }
        if let Some(entry) = self.projects.entry_mut(edit.project) {
            entry.behind.push_back(Behind { number: seen.number, edit, result });
        }
    }

    /// Gives the answers that waited for the newest written revision of a project.
    pub(super) fn give_behind(&mut self, id: ProjectId) {
        while let Some(entry) = self.projects.entry_mut(id) {
            let written = entry.view().map_or(0, |view| view.revision.number);
            if entry.behind.front().is_none_or(|behind| behind.number > written) {
                return;
            }
            let Some(Behind { edit, result, .. }) = entry.behind.pop_front() else { return };
            self.edit_unwritten(*edit, result);
        }
    }

    /// A record failed, and with it every answer that spoke of what it made.
    pub(super) fn fail_behind(&mut self, id: ProjectId) {
        let Some(entry) = self.projects.entry_mut(id) else { return };
        for Behind { edit, .. } in std::mem::take(&mut entry.behind) {
            self.edit_unwritten(*edit, Err(errors::journal(&Failure::Above)));
        }
    }

    /// The head of the catalogue refused a change.
    pub(super) fn catalogue_refused(&mut self, ticket: Ticket, error: Error) {
        let projects = &mut self.projects;
        let number = projects.head.revision().number;
        if projects.failed || number <= projects.written.revision().number {
            return self.answer(ticket, Err(error));
        }
        projects.refused.push_back(Refused { number, ticket, error });
    }

    /// The catalogue was written, or not: whoever it refused meanwhile hears of it.
    pub(super) fn give_refused(&mut self) {
        let written = self.projects.written.revision().number;
        let failed = self.projects.failed;
        while self.projects.refused.front().is_some_and(|first| failed || first.number <= written) {
            let Some(Refused { number, ticket, error }) = self.projects.refused.pop_front() else {
                return;
            };
            let kept = number <= written;
            let error = if kept { error } else { errors::journal(&Failure::Above) };
            self.answer(ticket, Err(error));
        }
    }
}
