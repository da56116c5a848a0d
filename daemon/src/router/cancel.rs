//! Cancelling: one call, or everything at the end.

use std::time::Instant;

use goxe_protocol::{Error, rpc::Id};

use super::{Router, projects::Waiting};
use crate::{
    call::{Ticket, cancelled, timed_out},
    edit::EditCall,
    session::Session,
    work::Work,
};

impl Router {
    /// The calls in flight with this id, of one session.
    pub fn cancel_call(&mut self, asking: &mut Session, session: Option<u64>, id: &Id<'_>) -> bool {
        match session.filter(|&number| number != asking.number) {
            None => self.cancel_in(asking, id),
            Some(number) => {
                let mine = |session: &&Session| {
                    session.number == number && session.principal == asking.principal
                };
                let Some(peer) = self.sessions().find(mine).map(|session| session.peer) else {
                    return false;
                };
                let Some(mut session) = self.take_session(peer) else { return false };
                let found = self.cancel_in(&mut session, id);
                self.put_session(session);
                found
            }
        }
    }

    fn cancel_in(&mut self, session: &mut Session, id: &Id<'_>) -> bool {
        let Some(call) = session.find(id).map(|call| {
            call.cancel.ask();
            call.call
        }) else {
            return false;
        };
        // What has not begun ends at once; what runs ends at its next check.
        self.withdraw(session, call, cancelled());
        true
    }

    /// Remembers when a caller stops waiting.
    pub(super) fn expect(&mut self, session: &mut Session, call: u32, deadline: Option<Instant>) {
        if let Some(at) = deadline {
            session.expect(call, at);
            self.deadlines.insert((at, session.peer, call));
        }
    }

    /// Answers the calls that wait somewhere and whose callers do not any more; those that lanes
    /// have find it out themselves, and those that the journal has are done.
    pub(super) fn time_out(&mut self) {
        while let Some(&(at, peer, call)) = self.deadlines.first()
            && at <= self.now.instant
        {
            self.deadlines.pop_first();
            if let Some(mut session) = self.take_session(peer) {
                self.withdraw(&mut session, call, timed_out());
                self.put_session(session);
            }
        }
    }

    /// Takes a call out of the queue in which it waits, if it does, and answers it.
    fn withdraw(&mut self, session: &mut Session, call: u32, error: Error) {
        let ticket = Ticket { peer: session.peer, call };
        let Some(project) = session.call(call).map(|in_flight| in_flight.project) else { return };
        let waits =
            session.unhold(call).is_some() || self.jobs.unwait(ticket) || self.unjoin(ticket);
        if waits {
            return self.answer_in(session, call, Err(error));
        }
        let entry = project.and_then(|project| self.projects.entry_mut(project));
        let job = self.room.withdraw(ticket).map(|job| job.work);
        match (job, entry.and_then(|entry| entry.withdraw(ticket))) {
            (Some(Work::Import(import)), _) => self.withdraw_edit(import.edit, error),
            (_, Some(Waiting::Edit(edit))) => self.withdraw_edit(*edit, error),
            (Some(_), _) | (_, Some(Waiting::Read(_))) => {
                self.answer_in(session, call, Err(error));
            }
            (None, None) => {}
        }
    }

    pub(super) fn withdraw_edit(&mut self, edit: EditCall, error: Error) {
        let (project, ticket) = (edit.project, edit.envelope.ticket);
        self.edit_unwritten(edit, Err(error));
        self.import_failed(project, ticket);
    }

    /// Asks everything that still runs to end.
    pub fn cancel_everything(&mut self) {
        for session in self.sessions() {
            session.cancel_all();
        }
        self.jobs.cancel_all();
        self.room.hasten();
    }
}
