//! Sockets that lanes have for one answer, and the sleep that need not end for it.

use std::sync::{Arc, atomic::Ordering};

use super::{Net, peer::Peer, peer_mut};
use crate::{
    call::ReplyForm,
    lanes::{Done, Job},
    router::Router,
};

impl Net {
    /// Lets a lane send the answer itself, where it is the only thing its peer waits for: that saves
    /// waking the loop for it.
    pub(super) fn lend(&mut self, job: &mut Job, router: &mut Router) {
        let Job::Read(read) = job else { return };
        let ticket = read.envelope.ticket;
        let Some(peer) = peer_mut(&mut self.peers, ticket.peer) else { return };
        let whole = matches!(read.envelope.form, ReplyForm::Whole(_));
        let free = whole && !read.background && !peer.lent && peer.out.is_empty();
        if free && router.lend(ticket) {
            peer.lent = true;
            self.lent.push(ticket.peer);
            read.direct = Some(Arc::clone(&peer.stream));
        }
    }

    /// A lane is done with a peer's socket.
    pub(super) fn take_back(&mut self, done: &mut Done) {
        let (ticket, rest) = match done {
            Done::Sent { ticket, rest, .. } => (*ticket, rest.take()),
            Done::Answered { ticket, lent: true, .. } => (*ticket, None),
            _ => return,
        };
        if let Some(index) = self.lent.iter().position(|id| *id == ticket.peer) {
            self.lent.swap_remove(index);
        }
        if let Some(peer) = peer_mut(&mut self.peers, ticket.peer) {
            peer.returned(rest);
            if !peer.out.is_empty() || peer.closing {
                self.ready_peer(ticket.peer);
            }
        }
    }

    /// Before the loop sleeps: where nothing depends on what the lanes do but answers that they
    /// send themselves, they need not wake it. `true`: one has handed something back already.
    pub(super) fn doze(&mut self, router: &Router) -> bool {
        if self.lent.is_empty()
            || self.stopping.is_some()
            || router.lane_load().1 != self.lent.len()
        {
            return false;
        }
        let peers = &mut self.peers;
        let owed = |peer: &mut Peer| !peer.out.is_empty() || peer.paused || peer.closing;
        let owed = self.lent.iter().any(|&id| peer_mut(peers, id).is_some_and(owed));
        if owed {
            return false;
        }
        self.dozing.store(true, Ordering::SeqCst);
        // Whoever handed something back before it could see this has woken nobody.
        self.woken = !self.channels.done.is_empty();
        self.woken
    }

    /// After the loop slept.
    pub(super) fn rouse(&mut self) {
        if !self.lent.is_empty() {
            self.dozing.store(false, Ordering::SeqCst);
            self.woken = true;
        }
    }
}
