//! The table of sessions: who is connected, and whose session somebody is working on.

use std::sync::Arc;

use goxe_protocol::{Error, inbound::Inbound};

use super::Router;
use crate::{
    call::{Cancel, PeerId, Principal, Reply, Ticket},
    garbage::Garbage,
    memory::Account,
    session::{Gate, Opening, Session},
};

/// A place in the table.
#[derive(Debug, Default)]
enum Place {
    /// Nobody sits there.
    #[default]
    Free,
    /// A client's session.
    Here(Box<Session>),
    /// The session is in the hands of whoever takes its input or answers it.
    Away(PeerId),
}

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    places: Vec<Place>,
    ever: u64,
    count: usize,
    /// Unanswered calls of all, and how many sessions have some.
    in_flight: usize,
    busy: usize,
    /// Sessions that wait until fewer calls are in flight.
    waiting: Vec<PeerId>,
    /// Answers to calls of sessions that are away: they are given when the session comes back.
    late: Vec<(Ticket, Result<Reply, Error>)>,
}

impl Sessions {
    fn place(&mut self, peer: PeerId) -> Option<&mut Place> {
        self.places.get_mut(usize::try_from(peer.slot).ok()?)
    }

    /// Whether a session has more than its part of the calls in flight, while there are as many as
    /// there may be. One call is never too much.
    pub(super) fn is_beyond_its_part(&self, session: &Session, max: usize) -> bool {
        let part = max / self.busy.max(1);
        self.in_flight >= max && session.in_flight() >= part.max(1)
    }

    /// Enters a call that is answered later.
    pub(super) fn open_call(
        &mut self,
        session: &mut Session,
        opening: Opening,
    ) -> (Ticket, Arc<Cancel>) {
        self.busy += usize::from(session.in_flight() == 0);
        self.in_flight += 1;
        session.open(opening)
    }

    /// A session has so many calls less than before.
    fn closed(&mut self, session: &Session, calls: usize) {
        self.in_flight -= calls;
        self.busy -= usize::from(calls > 0 && session.in_flight() == 0);
    }

    /// A call of a session was answered.
    pub(super) fn call_closed(&mut self, session: &Session) {
        self.closed(session, 1);
    }

    /// A paused session is looked at again when fewer calls are in flight, if they are many.
    pub(super) fn wait_if_many(&mut self, session: &Session, max: usize) {
        if self.in_flight >= max && !self.waiting.contains(&session.peer) {
            self.waiting.push(session.peer);
        }
    }

    /// The sessions that waited, if fewer calls are in flight now.
    pub(super) fn take_waiting(&mut self, max: usize) -> Vec<PeerId> {
        if self.in_flight < max { std::mem::take(&mut self.waiting) } else { Vec::new() }
    }
}

impl Router {
    /// A peer connected. Returns the account of what it makes the daemon hold.
    pub fn open_session(&mut self, peer: PeerId, principal: Principal, gate: Gate) -> Arc<Account> {
        let inbound = Inbound::new(self.inbound_limits(gate));
        let (account, aside) = (self.memory.account(), self.memory.part(usize::MAX));
        let sessions = &mut self.sessions;
        sessions.ever += 1;
        sessions.count += 1;
        let number = sessions.ever;
        let session =
            Session::new(peer, number, principal, gate, inbound, Arc::clone(&account), aside);
        let slot = usize::try_from(peer.slot).unwrap_or(usize::MAX);
        if sessions.places.len() <= slot {
            sessions.places.resize_with(slot + 1, Place::default);
        }
        if let Some(place) = sessions.places.get_mut(slot) {
            *place = Place::Here(Box::new(session));
        }
        account
    }

    /// A peer is gone: what it asked and the journal has not taken ends, its answers are dropped.
    pub fn close_session(&mut self, peer: PeerId) {
        let Some(mut session) = self.take_session(peer) else { return };
        if let Some(place) = self.sessions.place(peer) {
            *place = Place::Free;
        }
        self.sessions.count -= 1;
        for (at, call) in session.deadlines() {
            self.deadlines.remove(&(at, peer, call));
        }
        let calls = session.in_flight();
        session.cancel_all();
        session.forget_calls();
        self.sessions.closed(&session, calls);
        self.resume_waiting();
        self.room.hasten();
        self.events.forget_peer(peer);
        self.jobs.forget_waiter(peer);
        // Background jobs outlive who began them.
        for held in session.unhold_all().into_iter().filter(|held| held.read.background) {
            self.read(held.read);
        }
        if session.inbound.buffered() > 0 {
            let Session { inbound, partial, .. } = *session;
            self.effects.garbage.push(Garbage::Inbound(Box::new(inbound), partial));
        }
    }

    /// Sessions that waited because of too many calls go on, once there are fewer.
    pub(super) fn resume_waiting(&mut self) {
        let waiting = self.sessions.take_waiting(self.limits.lane_queue_max);
        self.effects.resume.extend(waiting);
    }

    /// A peer asks nothing more: the shell is told when its last call is answered.
    pub fn end_session(&mut self, peer: PeerId) {
        if let Some(mut session) = self.take_session(peer) {
            session.ended = true;
            self.put_session(session);
        }
    }

    /// Leaves the answer to a call to its lane, if it is all that its peer waits for.
    pub fn lend(&mut self, ticket: Ticket) -> bool {
        match self.sessions.place(ticket.peer) {
            Some(Place::Here(session)) if session.peer == ticket.peer => session.lend(ticket.call),
            Some(Place::Here(_) | Place::Free | Place::Away(_)) | None => false,
        }
    }

    /// The answer to a call is not left to its lane any more.
    pub fn unlend(&mut self, ticket: Ticket) {
        if let Some(mut session) = self.take_session(ticket.peer) {
            session.unlend(ticket.call);
            self.put_session(session);
        }
    }

    /// Takes a session out to work on it: it has to be put back.
    pub(super) fn take_session(&mut self, peer: PeerId) -> Option<Box<Session>> {
        let place = self.sessions.place(peer)?;
        match std::mem::replace(place, Place::Away(peer)) {
            Place::Here(session) if session.peer == peer => Some(session),
            other => {
                *place = other;
                None
            }
        }
    }

    /// Puts a session back, and gives it the answers that came meanwhile.
    pub(super) fn put_session(&mut self, mut session: Box<Session>) {
        let peer = session.peer;
        let own = |(ticket, _): &(Ticket, _)| ticket.peer == peer;
        while let Some(index) = self.sessions.late.iter().position(own) {
            let (ticket, result) = self.sessions.late.remove(index);
            self.answer_in(&mut session, ticket.call, result);
        }
        if let Some(place) = self.sessions.place(peer) {
            *place = Place::Here(session);
        }
    }

    /// Answers a call; where its peer is gone, nobody hears it.
    pub(super) fn answer(&mut self, ticket: Ticket, result: Result<Reply, Error>) {
        if let Some(mut session) = self.take_session(ticket.peer) {
            self.answer_in(&mut session, ticket.call, result);
            self.put_session(session);
        } else if let Some(Place::Away(peer)) = self.sessions.place(ticket.peer)
            && *peer == ticket.peer
        {
            self.sessions.late.push((ticket, result));
        }
    }

    /// A peer's session, unless somebody is working on it.
    pub fn session(&self, peer: PeerId) -> Option<&Session> {
        match self.sessions.places.get(usize::try_from(peer.slot).ok()?)? {
            Place::Here(session) if session.peer == peer => Some(session),
            Place::Here(_) | Place::Free | Place::Away(_) => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn session_mut(&mut self, peer: PeerId) -> Option<&mut Session> {
        match self.sessions.place(peer)? {
            Place::Here(session) if session.peer == peer => Some(session),
            Place::Here(_) | Place::Free | Place::Away(_) => None,
        }
    }

    /// All sessions that nobody is working on.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.places.iter().filter_map(|place| match place {
            Place::Here(session) => Some(&**session),
            Place::Free | Place::Away(_) => None,
        })
    }

    /// How many peers are connected.
    pub fn peers(&self) -> usize {
        self.sessions.count
    }
}
