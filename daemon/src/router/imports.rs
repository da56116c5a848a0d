//! Imports: content becomes an edit on a lane, which takes long, and the edit goes to its strand.
//! Later edits of the same peer on the same project wait until it is there, so that what a peer
//! sends is done in the order in which it was sent; nobody else waits.

use std::sync::Arc;

use super::Router;
use crate::{
    blobs::Blob,
    call::Ticket,
    edit::EditCall,
    journal::ProjectId,
    work::{ImportFn, ImportJob, Job, Size, Work},
};

/// Content up to here is read in some tenths of a second.
const SMALL_CONTENT_BYTES: usize = 1 << 20;

/// What has to be done before edits that were sent later.
#[derive(Default)]
pub(super) struct Imports {
    /// Imports that are not in the strand's queue yet.
    running: Vec<Ticket>,
    /// Edits behind them.
    parked: Vec<EditCall>,
}

impl Imports {
    /// Whether an edit has to wait for an import that its peer sent before it.
    fn precede(&self, edit: &EditCall) -> bool {
        let Ticket { peer, call } = edit.envelope.ticket;
        self.running.iter().any(|import| import.peer == peer && import.call < call)
    }

    /// Takes out the first parked edit that need not wait any more.
    fn take_free(&mut self) -> Option<EditCall> {
        let index = self.parked.iter().position(|edit| !self.precede(edit))?;
        let edit = self.parked.remove(index);
        self.ended(edit.envelope.ticket);
        Some(edit)
    }

    fn ended(&mut self, ticket: Ticket) {
        self.running.retain(|running| *running != ticket);
    }

    /// Takes out an edit that waits.
    pub(super) fn withdraw(&mut self, ticket: Ticket) -> Option<EditCall> {
        let index = self.parked.iter().position(|edit| edit.envelope.ticket == ticket)?;
        Some(self.parked.remove(index))
    }

    /// Takes out everything that waits.
    pub(super) fn take_parked(&mut self) -> Vec<EditCall> {
        std::mem::take(&mut self.parked)
    }
}

impl Router {
    /// Begins an import.
    pub(super) fn import(&mut self, edit: EditCall, run: ImportFn, blob: Option<Arc<Blob>>) {
        if let Some(entry) = self.projects.entry_mut(edit.project) {
            entry.imports.running.push(edit.envelope.ticket);
        }
        let small = blob.is_none() && edit.payload.bytes() <= SMALL_CONTENT_BYTES;
        let size = if small { Size::Medium } else { Size::Long };
        let bytes = 2 * edit.payload.bytes();
        let work = Work::Import(Box::new(ImportJob { edit, run, blob }));
        self.submit_job(Job { work, size, bytes });
    }

    /// Lets an edit wait for its turn, behind the imports that its peer sent before it.
    pub(super) fn edit_in_order(&mut self, edit: EditCall) {
        match self.projects.entry_mut(edit.project) {
            Some(entry) if entry.imports.precede(&edit) => entry.imports.parked.push(edit),
            Some(_) | None => self.queue_edit(edit),
        }
    }

    /// Content became an edit.
    pub(super) fn imported(&mut self, edit: EditCall) {
        let (project, ticket) = (edit.project, edit.envelope.ticket);
        if let Some(entry) = self.projects.entry_mut(project) {
            if entry.imports.precede(&edit) {
                entry.imports.parked.push(edit);
                return;
            }
            entry.imports.ended(ticket);
        }
        self.queue_edit(edit);
        self.unpark(project);
    }

    /// Content became no edit.
    pub(super) fn import_failed(&mut self, project: ProjectId, ticket: Ticket) {
        if let Some(entry) = self.projects.entry_mut(project) {
            entry.imports.ended(ticket);
            self.unpark(project);
        }
    }

    /// Queues the edits whose imports are queued.
    fn unpark(&mut self, project: ProjectId) {
        while let Some(entry) = self.projects.entry_mut(project)
            && let Some(edit) = entry.imports.take_free()
        {
            self.queue_edit(edit);
        }
    }
}
