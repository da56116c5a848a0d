//! Answers on their way to peers, and what goes on once a call is answered.

use std::sync::Arc;

use goxe_protocol::{
    Error,
    api::event::ProgressNote,
    frame::OwnedFrame,
    rpc::{self, Id, Progress},
};

use super::{Router, jobs, receive::Turn};
use crate::{
    call::{self, Encoded, PeerId, Reply, ReplyForm, Ticket},
    garbage::Garbage,
    memory::Charge,
    out::Outbox,
    parse::Parsed,
    session::{InFlight, Session},
};

impl Router {
    /// Answers a call of a session at hand.
    pub(super) fn answer_in(
        &mut self,
        session: &mut Session,
        call: u32,
        result: Result<Reply, Error>,
    ) {
        let Some(closed) = session.close(call) else { return };
        self.after_close(session, &closed);
        let Some(id) = closed.id else {
            if let Err(error) = result {
                tracing::debug!(session = session.number, %error, "a notification failed");
            }
            return;
        };
        let bytes_max = self.limits.reply_bytes_max;
        let encoded = call::encode(&id, closed.form, result, bytes_max);
        if let Some(encoded) = session.gather(closed.form, &id, encoded, self.gathered_bytes_max())
        {
            self.push_answer(session.peer, encoded, None);
        }
    }

    /// Passes an answer on that a lane encoded.
    pub(super) fn deliver(
        &mut self,
        ticket: Ticket,
        encoded: Encoded,
        charge: Option<Arc<Charge>>,
    ) {
        let Some(mut session) = self.take_session(ticket.peer) else {
            self.effects.garbage.push(Garbage::Encoded(encoded, charge));
            return;
        };
        if let Some(closed) = session.close(ticket.call) {
            self.after_close(&mut session, &closed);
            if let Some(id) = &closed.id
                && let Some(encoded) =
                    session.gather(closed.form, id, encoded, self.gathered_bytes_max())
            {
                self.push_answer(ticket.peer, encoded, charge);
            }
        }
        self.put_session(session);
    }

    /// What the answers of a batch may come to together: nothing large where all memory is used.
    fn gathered_bytes_max(&self) -> usize {
        if self.memory.is_full() { 0 } else { self.limits.reply_bytes_max }
    }

    fn push_answer(&mut self, peer: PeerId, encoded: Encoded, charge: Option<Arc<Charge>>) {
        self.effects.answers.push((peer, encoded, charge));
    }

    /// A call's answer is on its way already.
    pub(super) fn was_sent(&mut self, ticket: Ticket) {
        if let Some(mut session) = self.take_session(ticket.peer) {
            if let Some(closed) = session.close(ticket.call) {
                self.after_close(&mut session, &closed);
            }
            self.put_session(session);
        }
    }

    /// A call ended: reads that waited for it go on, and so does the reading of the peer.
    fn after_close(&mut self, session: &mut Session, closed: &InFlight) {
        if let Some(at) = closed.deadline {
            self.deadlines.remove(&(at, session.peer, closed.call));
        }
        while let Some(held) = session.release() {
            self.read(held.read);
        }
        self.sessions.call_closed(session);
        if session.paused || (session.ended && session.in_flight() == 0) {
            self.effects.resume.push(session.peer);
        }
        self.resume_waiting();
    }

    pub(super) fn progressed(&mut self, ticket: Ticket, done: u64, total: u64) {
        if jobs::is_background(ticket) {
            self.jobs.progressed(ticket.call, done, total);
            return;
        }
        let Some(session) = self.session(ticket.peer) else { return };
        let Some(call) = session.call(ticket.call) else { return };
        let Some(id) = &call.id else { return };
        let note = ProgressNote {
            id: serde_json::from_str(id.json()).unwrap_or_default(),
            token: match &call.token {
                Some(Progress::Token(token)) => Some(token.clone().into_owned()),
                Some(Progress::ById) | None => None,
            },
            done,
            total,
            message: String::new(),
        };
        let (peer, mut head) = (session.peer, Vec::new());
        let written = session.form.append(&mut head, |out| {
            // Numbers and texts: this cannot fail.
            let _ = rpc::encode_notification(out, "progress", &note);
        });
        if written.is_ok() {
            self.effects.events.push((peer, 0, Encoded { head, attachment: None }));
        }
    }

    /// A message that a lane parsed goes on.
    pub(super) fn resume_parsed(&mut self, peer: PeerId, frame: OwnedFrame, parsed: Parsed) {
        let Some(mut session) = self.take_session(peer) else { return };
        session.parsing = None;
        let mut out = Outbox::default();
        self.parsed(&mut Turn { session: &mut session, out: &mut out }, frame, parsed);
        self.put_session(session);
        self.effects.output.extend(out.into_segments().map(|segment| (peer, segment)));
        self.effects.resume.push(peer);
    }

    /// Appends an answer to `out`, or to its batch.
    pub(super) fn send(
        &mut self,
        turn: &mut Turn<'_>,
        id: Option<&Id<'_>>,
        form: ReplyForm,
        result: Result<Reply, Error>,
    ) {
        let Turn { session, out, .. } = turn;
        let Some(id) = id else {
            if let Err(error) = result {
                tracing::debug!(session = session.number, %error, "a notification failed");
            }
            return;
        };
        let bytes_max = self.limits.reply_bytes_max;
        let encoded = call::encode(id, form, result, bytes_max);
        if let Some(encoded) = session.gather(form, id, encoded, self.gathered_bytes_max()) {
            for segment in encoded.into_segments() {
                out.push(segment);
            }
        }
    }
}
