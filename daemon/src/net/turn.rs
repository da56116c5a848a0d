//! What a turn of the loop does with peers: their turns, new ones, those whose time is over.

use std::{
    cmp::Reverse,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use goxe_protocol::{
    Code, Error,
    inbound::Form,
    rpc::{self, Id},
};
use mio::{Interest, Token};

use super::{
    ACCEPT_AGAIN, ACCEPTS_MAX, GARBAGE_AFTER, GARBAGE_BYTES_MAX, GARBAGE_MAX, Host, Net, PEERS,
    peer::{After, Peer},
    peer_mut,
    policy::{self, Facts},
};
use crate::{
    call::{PeerId, Principal},
    clock::Now,
    garbage::Garbage,
    router::Router,
    session::Gate,
    stream::Stream,
};

/// How old the figure may be that the status tells of the process's memory.
const RESIDENT_EVERY: Duration = Duration::from_secs(1);

/// Tells a client for whom there is no place to come again. It speaks frames, most likely.
fn tell_busy(mut stream: &Stream, peers_max: usize) -> io::Result<()> {
    let error = Error::new(
        Code::Busy,
        "as many clients are connected as may be, and each has calls in flight",
    )
    .hint("connect again in a moment")
    .with("limit", "limits.peers_max")
    .with("max", peers_max);
    let mut frame = Vec::new();
    let write = |out: &mut Vec<u8>| rpc::encode_error(out, &Id::NULL, &error);
    // An error is far shorter than a frame may be, and what a fresh socket does not take is lost.
    let _ = Form::Frames.append(&mut frame, write);
    stream.write(&frame).map(drop)
}

impl Net {
    /// Gives every peer its turn that has something to do.
    pub(super) fn peers(&mut self, router: &mut Router, host: &mut dyn Host, now: Now) {
        for _ in 0..self.ready.len() {
            let Some(id) = self.ready.pop_front() else { break };
            let Some(peer) = peer_mut(&mut self.peers, id) else { continue };
            peer.queued = false;
            let was_partial = peer.is_partial();
            let loan = peer.lent.clone();
            if !peer.out.is_empty() && !peer.blocked && peer.recall() {
                let flushed = peer.flush(&mut self.spent, now.instant);
                if flushed.and_then(|_| peer.watch(self.poll.registry(), PEERS)).is_err() {
                    self.remove(id, router);
                    continue;
                }
            }
            if peer.closing {
                peer.count(now.instant);
                if peer.is_over(router) {
                    self.remove(id, router);
                }
                self.recalled(loan.as_deref(), router);
                continue;
            }
            let after = peer.turn(router, &mut self.buffer, &mut self.out, &mut self.spent, now);
            let after = peer.watch(self.poll.registry(), PEERS).map_or(After::Gone, |()| after);
            let waits = peer.count(now.instant).map(|since| since + router.limits.send_max);
            let partial = (peer.is_partial() && !was_partial)
                .then(|| now.instant + router.limits.partial_frame_max);
            self.deadlines
                .extend([waits, partial].into_iter().flatten().map(|at| Reverse((at, id))));
            if peer.out.is_empty() {
                router.tell_gaps(id);
            }
            match after {
                After::Wait => {}
                After::Again => self.ready_peer(id),
                After::Gone => self.remove(id, router),
            }
            self.recalled(loan.as_deref(), router);
            self.apply(router, host);
        }
        // Freeing a small piece is quicker than handing it over.
        for segment in self.spent.drain(..).filter(|segment| segment.held() >= GARBAGE_BYTES_MAX) {
            let charge = self.channels.garbage.hold(segment.held());
            self.garbage.push(Garbage::Output(vec![segment], charge));
        }
        self.make_room(router, host, now);
        self.hand_garbage(router, host, now);
    }

    /// Lets go on what waits for memory. Where all of it is used, whoever holds most and makes no
    /// progress is closed.
    fn make_room(&mut self, router: &mut Router, host: &mut dyn Host, now: Now) {
        router.look_for_room();
        if now.instant >= self.resident_at {
            self.resident_at = now.instant + RESIDENT_EVERY;
            router.memory.look();
        }
        self.look_at = None;
        if router.is_short_of_memory() {
            match policy::hoards(self.facts(router), now.instant) {
                Ok(id) => {
                    tracing::warn!(
                        peer = id.slot,
                        "closed: memory is used up, and it takes nothing"
                    );
                    self.remove(id, router);
                }
                Err(None) => router.refuse_for_memory(),
                Err(at) => self.look_at = at,
            }
        }
        self.apply(router, host);
    }

    fn facts<'a>(&'a self, router: &'a Router) -> impl Iterator<Item = Facts> + 'a {
        self.peers.iter().flatten().filter_map(|peer| peer.facts(router))
    }

    /// Hands garbage to a lane, when it is worth it or old.
    fn hand_garbage(&mut self, router: &mut Router, host: &mut dyn Host, now: Now) {
        if self.garbage.is_empty() {
            return;
        }
        let since = *self.garbage_since.get_or_insert(now.instant);
        let bytes: usize = self.garbage.iter().map(Garbage::bytes).sum();
        if self.garbage.len() >= GARBAGE_MAX
            || bytes >= GARBAGE_BYTES_MAX
            || now.instant >= since + GARBAGE_AFTER
        {
            self.garbage_since = None;
            router.discard(std::mem::take(&mut self.garbage));
            self.apply(router, host);
        }
    }

    /// Lets in who waits.
    pub(super) fn accept(&mut self, router: &mut Router, now: Now) {
        if !self.accept || self.accept_again.is_some_and(|at| at > now.instant) {
            return;
        }
        self.accept_again = None;
        for _ in 0..ACCEPTS_MAX {
            match self.listeners.accept() {
                Ok(Some((stream, principal, gate))) => {
                    if let Err(error) = self.admit(stream, principal, gate, router, now) {
                        tracing::warn!(%error, "a client could not be taken");
                    }
                }
                Ok(None) => {
                    self.accept = false;
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "clients wait: none can be accepted for now");
                    self.accept_again = Some(now.instant + ACCEPT_AGAIN);
                    return;
                }
            }
        }
    }

    fn admit(
        &mut self,
        stream: Stream,
        principal: Principal,
        gate: Gate,
        router: &mut Router,
        now: Now,
    ) -> io::Result<()> {
        if router.peers() >= router.limits.peers_max {
            match policy::gives_way(self.facts(router)) {
                Some(id) => self.remove(id, router),
                // Every peer has a call in flight: the new one has to come again.
                None => return tell_busy(&stream, router.limits.peers_max),
            }
        }
        let slot = self
            .free
            .last()
            .map_or(self.peers.len(), |&slot| usize::try_from(slot).unwrap_or(usize::MAX));
        let token = Token(PEERS + slot);
        self.poll.registry().register(&mut &stream, token, Interest::READABLE)?;
        let id = self.new_peer_id();
        let account = router.open_session(id, principal, gate);
        self.seat(Peer::new(id, Arc::new(stream), &account, now.instant));
        let first = router.limits.idle_max.unwrap_or(Duration::MAX);
        let first = match gate {
            Gate::Open => first,
            Gate::Token => first.min(router.limits.partial_frame_max),
        };
        if let Some(at) = now.instant.checked_add(first) {
            self.deadlines.push(Reverse((at, id)));
        }
        self.ready_peer(id);
        Ok(())
    }

    /// Closes peers whose time is over, and does what the router has to do by now.
    pub(super) fn deadlines(&mut self, router: &mut Router, host: &mut dyn Host, now: Now) {
        while let Some(&Reverse((at, id))) = self.deadlines.peek() {
            if at > now.instant {
                break;
            }
            self.deadlines.pop();
            self.check_time(id, router, now);
        }
        if router.deadline().is_some_and(|at| at <= now.instant) {
            router.tick(now);
        }
        self.apply(router, host);
        self.hand_garbage(router, host, now);
    }

    fn check_time(&mut self, id: PeerId, router: &mut Router, now: Now) {
        let facts = peer_mut(&mut self.peers, id).and_then(|peer| peer.facts(router));
        let Some((at, reason)) =
            facts.and_then(|facts| policy::due(&facts, &router.limits, now.instant))
        else {
            return;
        };
        if at <= now.instant {
            tracing::debug!(peer = id.slot, ?reason, "closed: its time is over");
            self.remove(id, router);
        } else {
            self.deadlines.push(Reverse((at, id)));
        }
    }

    /// Closes a peer.
    pub(super) fn remove(&mut self, id: PeerId, router: &mut Router) {
        let index = usize::try_from(id.slot).unwrap_or(usize::MAX);
        let Some(place) = self.peers.get_mut(index) else { return };
        let Some(peer) = place.take_if(|peer| peer.id == id) else { return };
        // Closing the descriptor takes it out of the poll as well; an error here changes nothing.
        let _ = self.poll.registry().deregister(&mut &*peer.stream);
        router.close_session(id);
        self.garbage.push(peer.into_garbage());
        if let Some(generation) = self.generations.get_mut(index) {
            *generation = generation.wrapping_add(1);
        }
        self.free.push(id.slot);
    }
}
