//! One connected client, as far as bytes go.

use std::{
    io::{self, Read},
    sync::Arc,
    time::Instant,
};

use mio::{Interest, Registry, Token};

use super::policy::Facts;
use crate::{
    call::PeerId,
    clock::Now,
    garbage::Garbage,
    lanes::Loan,
    memory::{Account, Charge},
    out::{Outbox, Segment},
    router::{Flow, Router},
    session::Gate,
    stream::Stream,
};

/// Bytes that one peer may hand in a turn before others have theirs.
const TURN_BYTES_MAX: usize = 1 << 20;

/// One connected client. Idle, it holds no buffer. What its bytes mean, and what it waits for, is its
/// session's.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) id: PeerId,
    pub(super) stream: Arc<Stream>,
    /// A lane may send the answer to a call: the loop takes the socket back before it sends.
    pub(super) lent: Option<Arc<Loan>>,
    pub(super) out: Outbox,
    /// The kernel may have more to read.
    pub(super) readable: bool,
    /// The peer sends nothing more: what is in the kernel is all there is to read.
    pub(super) ended: bool,
    /// The peer takes nothing more.
    pub(super) hung_up: bool,
    /// The kernel took less than there was to send.
    pub(super) blocked: bool,
    /// The kernel was asked to tell when it takes more.
    watched: bool,
    /// Nothing more is read; closed once every call is answered and every answer sent.
    pub(super) closing: bool,
    /// In the list of peers that have something to do this turn.
    pub(super) queued: bool,
    /// When the message began that is not yet whole.
    partial_since: Option<Instant>,
    /// Since when output waits of which the peer took nothing.
    untaken_since: Option<Instant>,
    /// When it last sent or took something.
    pub(super) active: Instant,
    /// What its output takes in memory.
    charge: Charge,
}

/// What a peer needs after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing until something happens.
    Wait,
    /// Another turn: there is more to read.
    Again,
    /// To be closed.
    Gone,
}

impl Peer {
    pub(super) fn new(
        id: PeerId,
        stream: Arc<Stream>,
        account: &Arc<Account>,
        now: Instant,
    ) -> Self {
        Peer {
            id,
            stream,
            lent: None,
            out: Outbox::default(),
            readable: true,
            ended: false,
            hung_up: false,
            blocked: false,
            watched: false,
            closing: false,
            queued: false,
            partial_since: None,
            untaken_since: None,
            active: now,
            charge: account.hold(0),
        }
    }

    /// Reads, hands on, sends. `buffer` and `out` are shared by all peers.
    pub(super) fn turn(
        &mut self,
        router: &mut Router,
        buffer: &mut [u8],
        out: &mut Outbox,
        spent: &mut Vec<Segment>,
        now: Now,
    ) -> After {
        // What an earlier peer left, because it went in the middle of its turn, is not for this one.
        out.clear();
        let mut after = After::Wait;
        if !self.closing {
            after = match self.take_in(router, buffer, out, now) {
                Ok(after) => after,
                Err(_) => return After::Gone,
            };
        }
        self.settle_partial(router, now.instant);
        let full = out.bytes() >= router.limits.send_buffer_bytes_max;
        if !out.is_empty() {
            self.active = now.instant;
            let free = self.out.is_empty() && self.recall();
            if free && out.write_to(&mut &*self.stream, spent).is_err() {
                return After::Gone;
            }
            if !out.is_empty() {
                self.out.take_from(out);
                self.blocked = free;
            }
        }
        match after {
            After::Gone => {
                self.closing = true;
                router.end_session(self.id);
                if self.is_over(router) { After::Gone } else { After::Wait }
            }
            // Nothing else would tell that what was too much is sent already.
            After::Wait if full && self.out.is_empty() => After::Again,
            After::Wait | After::Again => after,
        }
    }

    /// Whether a peer that sends nothing more has everything it asked for, or takes it no more.
    pub(super) fn is_over(&self, router: &Router) -> bool {
        let waits = router.session(self.id).is_some_and(|session| session.in_flight() > 0);
        self.hung_up || (!waits && self.out.is_empty() && self.lent.is_none())
    }

    fn take_in(
        &mut self,
        router: &mut Router,
        buffer: &mut [u8],
        out: &mut Outbox,
        now: Now,
    ) -> io::Result<After> {
        let mut budget = TURN_BYTES_MAX;
        loop {
            if router.session(self.id).is_some_and(|session| session.paused) {
                match router.receive(self.id, &[], out, now) {
                    Flow::Close => return Ok(After::Gone),
                    Flow::Paused => return Ok(After::Wait),
                    Flow::Drained => {}
                }
            }
            if !self.readable || !self.out.is_empty() {
                return Ok(After::Wait);
            }
            if budget == 0 {
                return Ok(After::Again);
            }
            let (count, flow) = match router.direct(self.id) {
                Some(direct) => {
                    let wanted = direct.wanted;
                    match self.stream.read_behind(direct.buffer, wanted) {
                        Ok(count) => {
                            self.readable = count == wanted || self.ended;
                            (count, router.receive(self.id, &[], out, now))
                        }
                        Err(error) => return self.stopped(&error),
                    }
                }
                None => match (&*self.stream).read(buffer) {
                    Ok(count) => {
                        // A short read has emptied the socket: its next bytes are a new event. The
                        // end is one already.
                        self.readable = count == buffer.len() || self.ended;
                        let input = buffer.get(..count).unwrap_or_default();
                        (count, router.receive(self.id, input, out, now))
                    }
                    Err(error) => return self.stopped(&error),
                },
            };
            if count == 0 {
                return Ok(After::Gone);
            }
            self.active = now.instant;
            budget = budget.saturating_sub(count);
            match flow {
                Flow::Close => return Ok(After::Gone),
                Flow::Paused => return Ok(After::Wait),
                Flow::Drained => {}
            }
        }
    }

    fn stopped(&mut self, error: &io::Error) -> io::Result<After> {
        match error.kind() {
            io::ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(After::Wait)
            }
            io::ErrorKind::Interrupted => Ok(After::Again),
            kind => Err(kind.into()),
        }
    }

    fn settle_partial(&mut self, router: &Router, now: Instant) {
        let partial = router.session(self.id).is_some_and(|session| session.inbound.is_partial());
        match (partial, self.partial_since) {
            (true, None) => self.partial_since = Some(now),
            (false, Some(_)) => self.partial_since = None,
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// Sends what waits. `Ok(true)`: nothing is left.
    pub(super) fn flush(&mut self, spent: &mut Vec<Segment>, now: Instant) -> io::Result<bool> {
        let before = self.out.bytes();
        let done = self.out.write_to(&mut &*self.stream, spent)?;
        self.blocked = !done;
        if self.out.bytes() < before {
            self.active = now;
            self.untaken_since = None;
        }
        self.hold_output();
        if done {
            // An idle peer holds no buffer.
            self.out = Outbox::default();
        }
        Ok(done)
    }

    /// Asks the kernel to tell when it takes more, from the first time it did not: before, every
    /// answer that a peer reads would be an event; and a peer that takes large answers takes more.
    pub(super) fn watch(&mut self, registry: &Registry, tokens: usize) -> io::Result<()> {
        if !self.blocked || std::mem::replace(&mut self.watched, true) {
            return Ok(());
        }
        let slot = usize::try_from(self.id.slot).unwrap_or(usize::MAX);
        let interests = Interest::READABLE | Interest::WRITABLE;
        registry.reregister(&mut &*self.stream, Token(tokens.saturating_add(slot)), interests)
    }

    /// Counts the output that waits.
    pub(super) fn hold_output(&mut self) {
        self.charge.set(self.out.bytes());
    }

    /// Brings what it holds up to date. Returns when its output began to wait, if it does from now on.
    pub(super) fn count(&mut self, now: Instant) -> Option<Instant> {
        self.hold_output();
        if self.out.is_empty() {
            self.untaken_since = None;
            return None;
        }
        let begins = self.untaken_since.is_none();
        let since = *self.untaken_since.get_or_insert(now);
        begins.then_some(since)
    }

    /// What is to be known of it to say whether it may stay.
    pub(super) fn facts(&self, router: &Router) -> Option<Facts> {
        let session = router.session(self.id)?;
        Some(Facts {
            id: self.id,
            spoke: session.spoke,
            unproven: session.gate == Gate::Token,
            asks: session.in_flight() > 0,
            subscribed: session.subscriptions > 0,
            held: session.held(),
            active: self.active,
            untaken_since: self.untaken_since,
            partial_since: self.partial_since,
        })
    }

    /// Its unsent output, and what that takes in memory.
    pub(super) fn into_garbage(self) -> Garbage {
        Garbage::Output(self.out.into_unsent().collect(), self.charge)
    }

    /// Takes the socket back from a lane, which may be busy for long. `false`: it is sending its
    /// answer just now.
    pub(super) fn recall(&mut self) -> bool {
        if self.lent.as_ref().is_some_and(|loan| loan.take().is_some()) {
            self.lent = None;
        }
        self.lent.is_none()
    }

    /// A lane has sent what it was to send, all but `rest`.
    pub(super) fn returned(&mut self, rest: Option<Vec<u8>>) {
        self.lent = None;
        if let Some(rest) = rest {
            self.out.push_front(rest);
            self.blocked = true;
        }
    }

    /// Whether a message of it has begun and is not whole.
    pub(super) fn is_partial(&self) -> bool {
        self.partial_since.is_some()
    }
}

#[cfg(test)]
mod tests {
    use mio::net::UnixStream;

    use super::*;
    use crate::{call::Ticket, memory::Memory};

    /// A peer whose socket is lent, and the loan as its lane has it.
    fn lent() -> (Peer, Arc<Loan>) {
        let (stream, _) = UnixStream::pair().unwrap();
        let stream = Arc::new(Stream::Unix(stream));
        let id = PeerId { slot: 0, generation: 0 };
        let account = Memory::new(1 << 20, 1 << 20).account();
        let mut peer = Peer::new(id, Arc::clone(&stream), &account, Instant::now());
        let loan = Arc::new(Loan::new(Ticket { peer: id, call: 0 }, stream));
        peer.lent = Some(Arc::clone(&loan));
        (peer, loan)
    }

    #[test]
    fn a_lent_socket_is_taken_back_before_its_lane_sends() {
        let (mut peer, loan) = lent();
        assert!(peer.recall() && peer.lent.is_none());
        assert!(loan.take().is_none(), "the lane has to hand its answer over");
    }

    #[test]
    fn a_lane_that_sends_is_waited_for() {
        let (mut peer, loan) = lent();
        assert!(loan.take().is_some());
        assert!(!peer.recall() && peer.lent.is_some());
        peer.returned(Some(b"rest".to_vec()));
        assert!(peer.recall() && peer.blocked && peer.out.bytes() == 4);
    }
}
