//! Cancelling: one call, or everything at the end.

use goxe_protocol::{Code, Error, rpc::Id};

use super::Router;
use crate::{call::Ticket, session::Session};

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
        let ticket = Ticket { peer: session.peer, call };
        if session.unhold(call).is_some() || self.jobs.unwait(ticket) {
            let error = Error::new(Code::Cancelled, "the call was cancelled");
            self.answer_in(session, call, Err(error));
        }
        true
    }

    /// Asks everything that still runs to end.
    pub fn cancel_everything(&mut self) {
        for session in self.sessions() {
            session.cancel_reads();
        }
        self.jobs.cancel_all();
    }
}
