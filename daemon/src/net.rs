//! The event loop: sockets and the clock on one side, the router on the other. It owns no state of
//! calls and waits for nothing but the kernel.

mod lend;
pub mod listeners;
mod peer;
mod policy;
mod turn;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    io,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use mio::{Events, Interest, Poll, Token, Waker, net::UnixListener};
use signal_hook_mio::v1_0::Signals;

use self::{
    listeners::Listeners,
    peer::Peer,
    policy::{Step, Stop},
};
use crate::{
    call::PeerId,
    clock::Now,
    edit::Written,
    garbage::Garbage,
    journal::writer::Completions,
    lanes::{Lanes, Wake},
    memory::Account,
    out::{Outbox, Segment},
    router::{Effects, Router, State},
    vitals::Vitals,
    work::Told,
};

const UNIX: Token = Token(0);
const TCP: Token = Token(1);
const WAKER: Token = Token(2);
const SIGNALS: Token = Token(3);
/// Tokens from here on are peers: this plus their slot.
const PEERS: usize = 4;

/// Events that one turn takes from the kernel.
const EVENTS_MAX: usize = 1024;
/// The shared read buffer: room for many small requests, few enough pages to stay in cache.
const READ_BYTES: usize = 64 << 10;
/// Clients that one turn accepts.
const ACCEPTS_MAX: usize = 128;
/// Pause before accepting again where the process has no descriptors left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// Garbage is handed to a lane when there is this much of it, or a little later.
const GARBAGE_MAX: usize = 64;
const GARBAGE_BYTES_MAX: usize = 1 << 20;
const GARBAGE_AFTER: Duration = Duration::from_millis(50);

/// A signal, as the life cycle knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Finish and leave.
    Stop,
    /// Dump the state.
    Dump,
    /// Switch debug logging.
    Debug,
}

/// What the loop tells the life cycle.
pub trait Host {
    /// The router's state changed.
    fn state(&mut self, state: State, router: &Router);
    /// A signal came.
    fn signal(&mut self, signal: Signal, router: &Router);
    /// A new listener on the Unix socket, where its file is gone.
    fn listen_again(&mut self) -> Option<UnixListener>;
}

impl Wake for Waker {
    fn wake(&self) {
        if let Err(error) = Waker::wake(self) {
            tracing::error!(%error, "cannot wake the event loop");
        }
    }
}

/// The loop's channels, and what goes through them to be freed.
pub struct Channels {
    /// From the lanes.
    pub done: Receiver<Told>,
    /// From the journal.
    pub journal: Receiver<Completions<Written>>,
    /// What garbage takes in memory until a lane has freed it.
    pub garbage: Arc<Account>,
}

/// The event loop.
pub struct Net {
    poll: Poll,
    listeners: Listeners,
    signals: Signals,
    channels: Channels,
    lanes: Lanes,
    vitals: Arc<Vitals>,
    peers: Vec<Option<Box<Peer>>>,
    generations: Vec<u32>,
    free: Vec<u32>,
    /// Peers that have something to do.
    ready: VecDeque<PeerId>,
    deadlines: BinaryHeap<Reverse<(Instant, PeerId)>>,
    accept: bool,
    accept_again: Option<Instant>,
    woken: bool,
    /// Sockets that lanes have.
    lent: Vec<PeerId>,
    /// The loop sleeps, and need not be woken for answers that were sent.
    dozing: Arc<AtomicBool>,
    buffer: Box<[u8]>,
    out: Outbox,
    spent: Vec<Segment>,
    garbage: Vec<Garbage>,
    garbage_since: Option<Instant>,
    /// From when on the process's memory is looked at again.
    resident_at: Instant,
    /// When to look again for somebody who holds much memory and makes no progress.
    look_at: Option<Instant>,
    stop: Option<Stop>,
    /// When the stop goes on, whatever happens.
    stop_at: Option<Instant>,
}

impl Net {
    /// A loop that listens. Returns the waker for the threads that hand results back.
    pub fn new(
        poll: Poll,
        mut listeners: Listeners,
        mut signals: Signals,
        channels: Channels,
        lanes: Lanes,
        vitals: Arc<Vitals>,
        dozing: Arc<AtomicBool>,
    ) -> io::Result<Self> {
        let registry = poll.registry();
        if let Some(listener) = &mut listeners.unix {
            registry.register(listener, UNIX, Interest::READABLE)?;
        }
        if let Some(listener) = &mut listeners.tcp {
            registry.register(listener, TCP, Interest::READABLE)?;
        }
        registry.register(&mut signals, SIGNALS, Interest::READABLE)?;
        Ok(Net {
            poll,
            listeners,
            signals,
            channels,
            lanes,
            vitals,
            peers: Vec::new(),
            generations: Vec::new(),
            free: Vec::new(),
            ready: VecDeque::new(),
            deadlines: BinaryHeap::new(),
            accept: true,
            accept_again: None,
            woken: false,
            lent: Vec::new(),
            dozing,
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            out: Outbox::default(),
            spent: Vec::new(),
            garbage: Vec::new(),
            garbage_since: None,
            resident_at: Instant::now(),
            look_at: None,
            stop: None,
            stop_at: None,
        })
    }

    /// A poll and the waker that belongs to it.
    pub fn poll() -> io::Result<(Poll, Arc<Waker>)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        Ok((poll, waker))
    }

    /// Turns until the daemon has stopped. Returns the lanes, to be joined.
    pub fn run(mut self, router: &mut Router, host: &mut dyn Host) -> io::Result<Lanes> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        self.apply(router, host);
        let mut now = Now::read();
        loop {
            // A turn is short: the time it began is good enough to wait from.
            let timeout = match self.doze(router) {
                true => Some(Duration::ZERO),
                false => self.timeout(router, now.instant),
            };
            let polled = self.poll.poll(&mut events, timeout);
            self.rouse();
            match polled {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                polled => polled?,
            }
            now = Now::read();
            self.vitals.loop_turned();
            self.note(&events, router, host, now);
            self.completions(router, host, now);
            self.peers(router, host, now);
            self.accept(router, now);
            self.deadlines(router, host, now);
            if self.is_over(router, host, now) {
                return Ok(self.close(router));
            }
        }
    }

    fn note(&mut self, events: &Events, router: &mut Router, host: &mut dyn Host, now: Now) {
        for event in events {
            match event.token() {
                UNIX | TCP => self.accept = true,
                WAKER => self.woken = true,
                SIGNALS => self.signals(router, host, now),
                Token(token) => {
                    let Some(Some(peer)) = self.peers.get_mut(token - PEERS) else { continue };
                    if event.is_readable() || event.is_read_closed() || event.is_error() {
                        peer.readable = true;
                    }
                    peer.ended |= event.is_read_closed();
                    peer.hung_up |= event.is_write_closed() || event.is_error();
                    if event.is_writable() {
                        peer.blocked = false;
                    }
                    if !std::mem::replace(&mut peer.queued, true) {
                        self.ready.push_back(peer.id);
                    }
                }
            }
        }
    }

    fn signals(&mut self, router: &mut Router, host: &mut dyn Host, now: Now) {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
        let pending: Vec<i32> = self.signals.pending().collect();
        for number in pending {
            let signal = match number {
                SIGTERM | SIGINT | SIGHUP => Signal::Stop,
                SIGUSR1 => Signal::Dump,
                SIGUSR2 => Signal::Debug,
                _ => continue,
            };
            host.signal(signal, router);
            if signal == Signal::Dump && self.stop.is_none() {
                host.listen_again().into_iter().for_each(|listener| self.listen_on(listener));
            }
            if signal == Signal::Stop {
                self.stop(router, now);
            }
        }
        self.apply(router, host);
    }

    /// Takes a listener in place of the one whose socket nobody can find any more.
    fn listen_on(&mut self, mut listener: UnixListener) {
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut listener, UNIX, Interest::READABLE) {
            tracing::error!(%error, "the new socket cannot be listened on");
            return;
        }
        if let Some(mut old) = self.listeners.unix.replace(listener) {
            // It is closed right after: an error changes nothing.
            let _ = registry.deregister(&mut old);
        }
        self.accept = true;
    }

    /// Begins to stop: nobody new comes in, what runs is finished.
    fn stop(&mut self, router: &mut Router, now: Now) {
        if self.stop.is_none() {
            self.listeners = Listeners::default();
            self.accept = false;
            router.drain();
            self.stop = Some(Stop::new(router.limits.drain, now.instant));
        }
    }

    fn is_over(&mut self, router: &mut Router, host: &mut dyn Host, now: Now) -> bool {
        if router.fatal.is_some() {
            return true;
        }
        let sent = self.peers.iter().flatten().all(|peer| peer.out.is_empty());
        let Some(stop) = &mut self.stop else { return false };
        match stop.step(router.is_quiet(), sent, now.instant) {
            Step::Leave => return true,
            Step::Wait(until) => self.stop_at = Some(until),
            Step::Cancel => {
                tracing::warn!("what still runs is cancelled: the time to finish it is over");
                self.stop_at = Some(now.instant);
                router.cancel_everything();
                self.apply(router, host);
            }
        }
        false
    }

    fn timeout(&self, router: &Router, now: Instant) -> Option<Duration> {
        if !self.ready.is_empty() || (self.accept && self.accept_again.is_none()) {
            return Some(Duration::ZERO);
        }
        let peers = self.deadlines.peek().map(|Reverse((at, _))| *at);
        let garbage = self.garbage_since.map(|since| since + GARBAGE_AFTER);
        let next =
            [router.deadline(), peers, garbage, self.accept_again, self.look_at, self.stop_at];
        let next = next.into_iter().flatten().min()?;
        // A timeout is rounded down to milliseconds; rounding up avoids a turn that is too early.
        Some(next.saturating_duration_since(now) + Duration::from_millis(1))
    }

    /// Takes what lanes and journal handed back; each of them wakes the loop after it did.
    fn completions(&mut self, router: &mut Router, host: &mut dyn Host, now: Now) {
        if !std::mem::take(&mut self.woken) {
            return;
        }
        while let Ok(mut done) = self.channels.done.try_recv() {
            self.take_back(&mut done);
            router.finished(done, now);
        }
        while let Ok(completions) = self.channels.journal.try_recv() {
            for completion in completions {
                router.journaled(completion, now);
            }
        }
        self.apply(router, host);
    }

    /// Does what the router wants done.
    fn apply(&mut self, router: &mut Router, host: &mut dyn Host) {
        let Some(effects) = router.take_effects() else { return };
        let Effects { jobs, answers, output, events, resume, garbage, state } = effects;
        for job in jobs {
            let loan = self.lend(&job, router);
            self.lanes.submit(job, loan);
        }
        for (id, encoded, charge) in answers {
            match peer_mut(&mut self.peers, id) {
                Some(peer) => {
                    encoded.into_segments().for_each(|segment| peer.out.push(segment));
                    // From now on it counts as output.
                    peer.hold_output();
                    self.ready_peer(id);
                }
                None => self.garbage.push(Garbage::Encoded(encoded, charge)),
            }
        }
        for (id, segment) in output {
            if let Some(peer) = peer_mut(&mut self.peers, id) {
                peer.out.push(segment);
                self.ready_peer(id);
            }
        }
        for (id, subscription, note) in events {
            let Some(peer) = peer_mut(&mut self.peers, id) else { continue };
            if peer.out.bytes() >= router.limits.send_buffer_bytes_max || router.memory.is_full() {
                router.events.missed(subscription);
                continue;
            }
            note.into_segments().for_each(|segment| peer.out.push(segment));
            self.ready_peer(id);
        }
        for id in resume {
            self.ready_peer(id);
        }
        self.garbage.extend(garbage);
        if let Some(state) = state {
            host.state(state, router);
        }
    }

    fn ready_peer(&mut self, id: PeerId) {
        if let Some(peer) = peer_mut(&mut self.peers, id)
            && !std::mem::replace(&mut peer.queued, true)
        {
            self.ready.push_back(id);
        }
    }

    /// Takes everybody out, at the end.
    fn close(mut self, router: &mut Router) -> Lanes {
        for peer in std::mem::take(&mut self.peers).into_iter().flatten() {
            router.close_session(peer.id);
        }
        self.lanes
    }

    /// A place for a peer.
    fn new_peer_id(&mut self) -> PeerId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.peers.push(None);
            self.generations.push(0);
            u32::try_from(self.peers.len() - 1).unwrap_or(u32::MAX)
        });
        let index = usize::try_from(slot).unwrap_or(usize::MAX);
        PeerId { slot, generation: self.generations.get(index).copied().unwrap_or_default() }
    }

    fn seat(&mut self, peer: Peer) {
        let index = usize::try_from(peer.id.slot).unwrap_or(usize::MAX);
        if let Some(place) = self.peers.get_mut(index) {
            *place = Some(Box::new(peer));
        }
    }
}

fn peer_mut(peers: &mut [Option<Box<Peer>>], id: PeerId) -> Option<&mut Peer> {
    let place = peers.get_mut(usize::try_from(id.slot).ok()?)?;
    place.as_deref_mut().filter(|peer| peer.id == id)
}
