//! The event loop: sockets and the clock on one side, the router on the other. It owns no state of
//! calls and waits for nothing but the kernel.

mod lend;
pub mod listeners;
mod peer;
mod turn;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    io,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use goxe_protocol::inbound::Inbound;
use mio::{Events, Interest, Poll, Token, Waker};
use signal_hook_mio::v1_0::Signals;

use self::{listeners::Listeners, peer::Peer};
use crate::{
    call::PeerId,
    edit::Written,
    journal::writer::Completions,
    lanes::{Done, Garbage, Lanes, Wake},
    life::vitals::Vitals,
    out::{Outbox, Segment},
    router::{Effects, Router, State},
    stream::Stream,
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
}

impl Wake for Waker {
    fn wake(&self) {
        if let Err(error) = Waker::wake(self) {
            tracing::error!(%error, "cannot wake the event loop");
        }
    }
}

/// The loop's channels.
pub struct Channels {
    /// From the lanes.
    pub done: Receiver<Done>,
    /// From the journal.
    pub journal: Receiver<Completions<Written>>,
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
    stopping: Option<Stopping>,
}

/// A stop on its way.
#[derive(Clone, Copy, Debug)]
struct Stopping {
    /// When what still runs is cancelled.
    cancel_at: Instant,
    cancelled: bool,
    /// When the daemon leaves, whatever still runs.
    leave_at: Instant,
}

/// How long cancelled work gets to notice.
const CANCEL_GRACE: Duration = Duration::from_secs(2);

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
            stopping: None,
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
        let mut now = Instant::now();
        loop {
            // A turn is short: the time it began is good enough to wait from.
            let timeout = match self.doze(router) {
                true => Some(Duration::ZERO),
                false => self.timeout(router, now),
            };
            let polled = self.poll.poll(&mut events, timeout);
            self.rouse();
            match polled {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                polled => polled?,
            }
            now = Instant::now();
            self.vitals.loop_turned();
            self.note(&events, router, host, now);
            self.completions(router, host, now);
            self.peers(router, host, now);
            self.accept(router, now);
            self.deadlines(router, host, now);
            if self.is_over(router, now) {
                return Ok(self.close(router));
            }
        }
    }

    fn note(&mut self, events: &Events, router: &mut Router, host: &mut dyn Host, now: Instant) {
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

    fn signals(&mut self, router: &mut Router, host: &mut dyn Host, now: Instant) {
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
            if signal == Signal::Stop {
                self.stop(router, now);
            }
        }
        self.apply(router, host);
    }

    /// Begins to stop: nobody new comes in, what runs is finished.
    fn stop(&mut self, router: &mut Router, now: Instant) {
        if self.stopping.is_none() {
            self.listeners = Listeners::default();
            self.accept = false;
            router.drain();
            let cancel_at = now + router.limits.drain;
            let leave_at = cancel_at + CANCEL_GRACE;
            self.stopping = Some(Stopping { cancel_at, cancelled: false, leave_at });
        }
    }

    fn is_over(&mut self, router: &mut Router, now: Instant) -> bool {
        if router.fatal.is_some() {
            return true;
        }
        let Some(stopping) = &mut self.stopping else { return false };
        if now >= stopping.cancel_at && !stopping.cancelled {
            stopping.cancelled = true;
            tracing::warn!("what still runs is cancelled: the time to finish it is over");
            router.cancel_everything();
        }
        let sent = self.peers.iter().flatten().all(|peer| peer.out.is_empty());
        (sent && router.is_quiet()) || now >= stopping.leave_at
    }

    fn timeout(&self, router: &Router, now: Instant) -> Option<Duration> {
        if !self.ready.is_empty() || (self.accept && self.accept_again.is_none()) {
            return Some(Duration::ZERO);
        }
        let stopping = self.stopping.map(|stopping| {
            if stopping.cancelled { stopping.leave_at } else { stopping.cancel_at }
        });
        let peers = self.deadlines.peek().map(|Reverse((at, _))| *at);
        let garbage = self.garbage_since.map(|since| since + GARBAGE_AFTER);
        let next = [router.deadline(), peers, garbage, self.accept_again, stopping];
        let next = next.into_iter().flatten().min()?;
        // A timeout is rounded down to milliseconds; rounding up avoids a turn that is too early.
        Some(next.saturating_duration_since(now) + Duration::from_millis(1))
    }

    /// Takes what lanes and journal handed back; each of them wakes the loop after it did.
    fn completions(&mut self, router: &mut Router, host: &mut dyn Host, now: Instant) {
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
        let Effects { jobs, answers, events, resume, garbage, state } = effects;
        for mut job in jobs {
            self.lend(&mut job, router);
            self.lanes.submit(job);
        }
        for (id, segment) in answers {
            match peer_mut(&mut self.peers, id) {
                Some(peer) => {
                    peer.out.push(segment);
                    self.ready_peer(id);
                }
                None => self.garbage.push(Garbage::Segment(segment)),
            }
        }
        for (id, subscription, note) in events {
            let Some(peer) = peer_mut(&mut self.peers, id) else { continue };
            if peer.out.bytes() >= router.limits.send_buffer_bytes_max {
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

    fn new_peer(&mut self, stream: Arc<Stream>, inbound: Inbound, now: Instant) -> PeerId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.peers.push(None);
            self.generations.push(0);
            u32::try_from(self.peers.len() - 1).unwrap_or(u32::MAX)
        });
        let index = usize::try_from(slot).unwrap_or(usize::MAX);
        let generation = self.generations.get(index).copied().unwrap_or_default();
        let id = PeerId { slot, generation };
        if let Some(place) = self.peers.get_mut(index) {
            *place = Some(Box::new(Peer::new(id, stream, inbound, now)));
        }
        id
    }
}

fn peer_mut(peers: &mut [Option<Box<Peer>>], id: PeerId) -> Option<&mut Peer> {
    let place = peers.get_mut(usize::try_from(id.slot).ok()?)?;
    place.as_deref_mut().filter(|peer| peer.id == id)
}
