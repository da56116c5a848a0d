//! The table of sessions: who is connected, and whose session somebody is working on.

use goxe_protocol::Error;

use super::Router;
use crate::{
    call::{PeerId, Principal, Reply, Ticket},
    session::{Gate, Session},
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
    /// Answers to calls of sessions that are away: they are given when the session comes back.
    late: Vec<(Ticket, Result<Reply, Error>)>,
}

impl Sessions {
    fn place(&mut self, peer: PeerId) -> Option<&mut Place> {
        self.places.get_mut(usize::try_from(peer.slot).ok()?)
    }
}

impl Router {
    /// A peer connected.
    pub fn open_session(&mut self, peer: PeerId, principal: Principal, gate: Gate) -> u64 {
        let sessions = &mut self.sessions;
        sessions.ever += 1;
        sessions.count += 1;
        let session = Session::new(peer, sessions.ever, principal, gate);
        let slot = usize::try_from(peer.slot).unwrap_or(usize::MAX);
        if sessions.places.len() <= slot {
            sessions.places.resize_with(slot + 1, Place::default);
        }
        if let Some(place) = sessions.places.get_mut(slot) {
            *place = Place::Here(Box::new(session));
        }
        sessions.ever
    }

    /// A peer is gone: its reads end, its edits go on, its answers are dropped.
    pub fn close_session(&mut self, peer: PeerId) {
        let Some(mut session) = self.take_session(peer) else { return };
        if let Some(place) = self.sessions.place(peer) {
            *place = Place::Free;
        }
        self.sessions.count -= 1;
        for (at, call) in session.deadlines() {
            self.deadlines.remove(&(at, peer, call));
        }
        session.cancel_reads();
        self.events.forget_peer(peer);
        self.jobs.forget_waiter(peer);
        // Background jobs outlive who began them.
        for held in session.unhold_all().into_iter().filter(|held| held.read.background) {
            self.read(held.read);
        }
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
