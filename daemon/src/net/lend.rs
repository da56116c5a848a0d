//! Sockets that lanes have for one answer, and the sleep that need not end for it.

use std::sync::{Arc, atomic::Ordering};

use super::{Net, peer::Peer, peer_mut};
use crate::{
    call::ReplyForm,
    lanes::Loan,
    router::Router,
    work::{Done, Job, Size, Told, Work},
};

impl Net {
    /// Lets a lane send the answer itself, where it is the only thing its peer waits for: that saves
    /// waking the loop for it. Not where the peer hears of the call before it is answered.
    pub(super) fn lend(&mut self, job: &Job, router: &mut Router) -> Option<Arc<Loan>> {
        let Work::Read(read) = &job.work else { return None };
        let ticket = read.envelope.ticket;
        let peer = peer_mut(&mut self.peers, ticket.peer)?;
        let whole = matches!(read.envelope.form, ReplyForm::Whole(_));
        let quiet = job.size == Size::Short && !read.background && read.envelope.progress.is_none();
        let free = whole && quiet && peer.lent.is_none() && peer.out.is_empty();
        if !free || !router.lend(ticket) {
            return None;
        }
        let loan = Arc::new(Loan::new(ticket, Arc::clone(&peer.stream)));
        peer.lent = Some(Arc::clone(&loan));
        self.lent.push(ticket.peer);
        Some(loan)
    }

    /// Sees to it that a loan is forgotten which a peer has ended, as it had something to send.
    pub(super) fn recalled(&mut self, loan: Option<&Loan>, router: &mut Router) {
        let Some(Loan { ticket, .. }) = loan else { return };
        let kept = peer_mut(&mut self.peers, ticket.peer).is_some_and(|peer| peer.lent.is_some());
        if !kept {
            self.lent.retain(|id| *id != ticket.peer);
            router.unlend(*ticket);
        }
    }

    /// A lane is done with a peer's socket.
    pub(super) fn take_back(&mut self, told: &mut Told) {
        let (ticket, rest) = match &mut told.done {
            Done::Sent { ticket, rest } => (*ticket, rest.take()),
            Done::Answered { ticket, lent: true, .. } => (*ticket, None),
            // It is begun again, and then without the socket.
            Done::Outgrown(work) => match work.envelope() {
                Some(envelope) => (envelope.ticket, None),
                None => return,
            },
            Done::Answered { lent: false, .. }
            | Done::Parsed { .. }
            | Done::Finished { .. }
            | Done::Blob(_)
            | Done::BlobWritten { .. }
            | Done::Unwritten { .. }
            | Done::Strand { .. }
            | Done::Imported(_)
            | Done::NotImported(..)
            | Done::Loaded { .. }
            | Done::Recovered(_)
            | Done::Recovering { .. }
            | Done::Imaged { .. }
            | Done::Reset(_)
            | Done::Progress(_)
            | Done::Discarded => return,
        };
        if let Some(peer) = peer_mut(&mut self.peers, ticket.peer) {
            // The peer may have taken it back, and lent it for another call.
            if peer.lent.as_ref().is_none_or(|loan| loan.ticket != ticket) {
                return;
            }
            peer.returned(rest);
            if !peer.out.is_empty() || peer.closing {
                self.ready_peer(ticket.peer);
            }
        }
        if let Some(index) = self.lent.iter().position(|id| *id == ticket.peer) {
            self.lent.swap_remove(index);
        }
    }

    /// Before the loop sleeps: where nothing depends on what the lanes do but answers that they
    /// send themselves, they need not wake it. `true`: one has handed something back already.
    pub(super) fn doze(&mut self, router: &Router) -> bool {
        if self.lent.is_empty() || self.stop.is_some() || router.lane_load().1 != self.lent.len() {
            return false;
        }
        let peers = &mut self.peers;
        let owed = |peer: &mut Peer| {
            let paused = router.session(peer.id).is_some_and(|session| session.paused);
            paused || !peer.out.is_empty() || peer.closing
        };
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
