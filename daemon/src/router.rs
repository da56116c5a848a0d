//! What the loop owns, apart from sockets: sessions, projects, jobs, subscriptions. Takes what
//! happened and the time, and leaves what is to be done in [`Effects`]; it never waits and knows
//! no socket, file or thread.

mod calls;
mod catalogue;
mod events;
mod jobs;
pub mod parse;
mod pins;
mod projects;
mod receive;
mod strands;

use std::{sync::Arc, time::Instant};

use goxe_protocol::{
    Code, Error,
    rpc::{self, Id, Progress},
};

pub use self::{
    calls::PendingRead,
    catalogue::CataloguePlan,
    events::{Event, Events},
    jobs::Jobs,
    projects::{Entry, Projects, Residence},
    receive::{Asked, Flow, Later},
    strands::parse_key,
};
use crate::{
    blobs::Blobs,
    call::{Encoded, Payload, PeerId, Principal, Reply, Ticket},
    edit::Written,
    journal::{ProjectId, keys::KeyLimits, writer::Appender},
    lanes::{Done, Garbage, Job},
    limits::Limits,
    memory::Memory,
    out::Segment,
    session::{Gate, Session},
};

/// What the daemon is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The journal is being read back.
    Recovering {
        /// Bytes read so far.
        done: u64,
        /// Bytes to read in all.
        total: u64,
    },
    /// Calls are served.
    Ready,
    /// What runs is finished, nothing new is taken.
    Draining,
}

/// Who the daemon is, for `system.hello` and `system.status`.
#[derive(Clone, Debug)]
pub struct Identity {
    /// `goxe` and its version.
    pub server: String,
    /// Which build.
    pub build: String,
    /// Random at every start.
    pub epoch: String,
    /// Lineage of the data folder; known once it was read.
    pub store: String,
    /// The process.
    pub pid: u32,
    /// When it started.
    pub started: Instant,
    /// The digest of the token that TCP peers show.
    pub token: Option<[u8; 32]>,
}

/// What is to be done after an input.
#[derive(Default)]
pub struct Effects {
    /// For the lanes.
    pub jobs: Vec<Job>,
    /// For peers.
    pub answers: Vec<(PeerId, Segment)>,
    /// Notifications: dropped, and told so later, where a peer does not take them.
    pub events: Vec<(PeerId, u64, Encoded)>,
    /// Peers that may be read again.
    pub resume: Vec<PeerId>,
    /// What the loop must not free itself.
    pub garbage: Vec<Garbage>,
    /// The state changed.
    pub state: Option<State>,
}

impl Effects {
    fn is_empty(&self) -> bool {
        self.jobs.is_empty()
            && self.answers.is_empty()
            && self.events.is_empty()
            && self.resume.is_empty()
            && self.garbage.is_empty()
            && self.state.is_none()
    }
}

/// Room in the lanes.
#[derive(Debug, Default)]
struct LaneBook {
    count: usize,
    handed: usize,
    long_running: usize,
    long_waiting: std::collections::VecDeque<LongJob>,
}

struct LongJob(Job);

impl std::fmt::Debug for LongJob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LongJob")
    }
}

/// Everything the loop owns but sockets.
pub struct Router {
    /// The bounds in force.
    pub limits: Limits,
    /// Who the daemon is.
    pub identity: Identity,
    /// What it is doing.
    pub state: State,
    /// Why the daemon cannot serve at all.
    pub fatal: Option<String>,
    /// What does not work as it should, apart from what is looked up.
    pub faults: Vec<String>,
    /// Bytes that peers make it hold.
    pub memory: Arc<Memory>,
    /// Content by ranges.
    pub blobs: Blobs,
    /// Background jobs.
    pub jobs: Jobs,
    /// Subscriptions and what they missed.
    pub events: Events,
    /// All projects.
    pub projects: Projects,
    /// Requests so far.
    pub requests: u64,
    /// Bounds of idempotency keys.
    pub key_limits: KeyLimits,
    sessions: Vec<Option<Box<Session>>>,
    sessions_ever: u64,
    peers: usize,
    pins: pins::Pins,
    lanes: LaneBook,
    appender: Option<Appender<Written>>,
    effects: Effects,
    /// Keyed calls that are being done.
    running: Vec<strands::Running>,
    /// Strands that wait for room in the journal.
    starved: Vec<ProjectId>,
}

impl Router {
    /// A router of a daemon that starts.
    pub fn new(
        limits: Limits,
        key_limits: KeyLimits,
        identity: Identity,
        memory: Arc<Memory>,
        lanes: usize,
    ) -> Self {
        Router {
            pins: pins::Pins::new(limits.pinned_snapshots_max, limits.pinned_max),
            jobs: Jobs::new(&identity.epoch, limits.jobs_max, limits.job_keep),
            events: Events::new(&identity.epoch),
            limits,
            identity,
            state: State::Recovering { done: 0, total: 0 },
            fatal: None,
            faults: Vec::new(),
            memory,
            blobs: Blobs::default(),
            projects: Projects::default(),
            requests: 0,
            key_limits,
            sessions: Vec::new(),
            sessions_ever: 0,
            peers: 0,
            lanes: LaneBook { count: lanes, ..LaneBook::default() },
            appender: None,
            effects: Effects::default(),
            running: Vec::new(),
            starved: Vec::new(),
        }
    }

    /// Begins to read the journal back.
    pub fn recover(&mut self) {
        self.submit(Job::Recover);
    }

    /// What the last inputs want done.
    pub fn take_effects(&mut self) -> Option<Effects> {
        (!self.effects.is_empty()).then(|| std::mem::take(&mut self.effects))
    }

    /// A peer connected.
    pub fn open_session(&mut self, peer: PeerId, principal: Principal, gate: Gate) -> u64 {
        self.sessions_ever += 1;
        self.peers += 1;
        let session = Session::new(peer, self.sessions_ever, principal, gate);
        let slot = usize::try_from(peer.slot).unwrap_or(usize::MAX);
        if self.sessions.len() <= slot {
            self.sessions.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.sessions.get_mut(slot) {
            *place = Some(Box::new(session));
        }
        self.sessions_ever
    }

    /// A peer is gone: its reads end, its edits go on, its answers are dropped.
    pub fn close_session(&mut self, peer: PeerId) {
        let Some(mut session) = self.take_session(peer) else { return };
        self.peers -= 1;
        session.cancel_reads();
        self.events.forget_peer(peer);
        self.jobs.forget_waiter(peer);
        drop(session.unhold_all());
    }

    fn take_session(&mut self, peer: PeerId) -> Option<Box<Session>> {
        let place = self.sessions.get_mut(usize::try_from(peer.slot).ok()?)?;
        place.take_if(|session| session.peer == peer)
    }

    fn put_session(&mut self, session: Box<Session>) {
        let slot = usize::try_from(session.peer.slot).unwrap_or(usize::MAX);
        if let Some(place) = self.sessions.get_mut(slot) {
            *place = Some(session);
        }
    }

    /// A peer's session.
    pub fn session(&self, peer: PeerId) -> Option<&Session> {
        let place = self.sessions.get(usize::try_from(peer.slot).ok()?)?;
        place.as_deref().filter(|session| session.peer == peer)
    }

    /// All sessions.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter_map(|place| place.as_deref())
    }

    /// How many peers are connected.
    pub fn peers(&self) -> usize {
        self.peers
    }

    /// Lanes, and how many jobs they have or wait for.
    pub fn lane_load(&self) -> (usize, usize) {
        (self.lanes.count, self.lanes.handed + self.lanes.long_waiting.len())
    }

    /// Records that the journal has not written yet.
    pub fn journal_queued(&self) -> usize {
        self.projects.unwritten()
    }

    /// What does not work as it should.
    pub fn degraded(&self) -> Vec<String> {
        let full = self.appender.as_ref().is_some_and(|appender| {
            appender.status().counters().degraded
        });
        let journal = full.then(|| "the journal cannot be written: edits are refused".to_owned());
        self.faults.iter().cloned().chain(journal).collect()
    }

    /// Whether nothing is left to finish.
    pub fn is_quiet(&self) -> bool {
        let calls = self.sessions().all(|session| session.in_flight() == 0);
        calls && self.lanes.handed == 0 && self.lanes.long_waiting.is_empty()
            && !self.projects.any_unwritten()
    }

    /// Takes nothing new from now on.
    pub fn drain(&mut self) {
        self.state = State::Draining;
        self.effects.state = Some(State::Draining);
    }

    /// Asks everything that still runs to end.
    pub fn cancel_everything(&mut self) {
        for session in self.sessions.iter().filter_map(|place| place.as_deref()) {
            session.cancel_reads();
        }
        self.jobs.cancel_all();
    }

    /// Something ended on a lane.
    pub fn finished(&mut self, done: Done, now: Instant) {
        match done {
            Done::Answered { ticket, encoded, pin, long } => {
                self.lane_free(long);
                if let Some(view) = pin {
                    self.effects.garbage.extend(self.pins.pin(view, now));
                }
                self.deliver(ticket, encoded);
            }
            Done::Parsed { peer, frame, parsed } => {
                self.lane_free(false);
                self.resume_parsed(peer, frame, *parsed, now);
            }
            Done::Finished { ticket, result } => {
                self.lane_free(true);
                self.job_ended(ticket, result, now);
            }
            Done::Blob(blob) => self.blobs.insert(blob, now),
            Done::Unwritten { edit, result, long } => {
                if long {
                    self.lane_free(true);
                }
                self.edit_unwritten(*edit, result);
            }
            Done::Strand { project, head, rest, appended } => {
                self.lane_free(false);
                self.strand_ran(project, head, rest, appended);
            }
            Done::Imported(edit) => {
                self.lane_free(true);
                self.queue_edit(*edit);
            }
            Done::Loaded { project, loaded } => {
                self.lane_free(false);
                self.loaded(project, loaded, now);
            }
            Done::Recovered(recovered) => {
                self.lane_free(false);
                self.recovered(*recovered);
            }
            Done::Recovering { done, total } => {
                self.state = State::Recovering { done, total };
                self.effects.state = Some(self.state);
            }
            Done::Imaged { project, result } => {
                self.lane_free(true);
                self.imaged(project, result);
            }
            Done::Progress(note) => self.progressed(note.ticket, note.done, note.total),
            Done::Reset(project) => {
                self.lane_free(false);
                self.was_reset(project);
            }
            Done::Discarded => self.lane_free(false),
        }
    }

    /// Hands a job to the lanes.
    fn submit(&mut self, job: Job) {
        self.lanes.handed += 1;
        self.effects.jobs.push(job);
    }

    /// Hands a long job to the lanes, of which one stays free for short work.
    fn submit_long(&mut self, job: Job) {
        if self.lanes.long_running + 1 < self.lanes.count {
            self.lanes.long_running += 1;
            self.submit(job);
        } else {
            self.lanes.long_waiting.push_back(LongJob(job));
        }
    }

    fn lane_free(&mut self, long: bool) {
        debug_assert!(self.lanes.handed > 0, "a lane ended what it never had");
        self.lanes.handed = self.lanes.handed.saturating_sub(1);
        if long {
            self.lanes.long_running = self.lanes.long_running.saturating_sub(1);
            if let Some(LongJob(job)) = self.lanes.long_waiting.pop_front() {
                self.submit_long(job);
            }
        }
    }

    /// Frees what the shell collected, on a lane.
    pub fn discard(&mut self, garbage: Vec<Garbage>) {
        if !garbage.is_empty() {
            self.submit(Job::Discard(garbage));
        }
    }

    /// Whether peers' calls still find room in the shared queues.
    fn room(&self, payload: &Payload) -> Result<crate::memory::Charge, Error> {
        let waiting = self.lanes.handed + self.lanes.long_waiting.len();
        if waiting >= self.limits.lane_queue_max {
            return Err(Error::new(Code::Busy, "all lanes are busy and their queue is full")
                .with("limit", "lanes.queue_max")
                .with("max", self.limits.lane_queue_max));
        }
        self.memory.charge(payload.bytes()).ok_or_else(|| {
            Error::new(Code::Busy, "the calls of all peers hold as much memory as they may")
                .with("limit", "limits.memory_bytes_max")
                .with("max", self.memory.bytes_max())
        })
    }

    /// Answers a call of a session at hand.
    fn answer_in(&mut self, session: &mut Session, call: u32, result: Result<Reply, Error>) {
        let Some(closed) = session.close(call) else { return };
        self.after_close(session);
        let Some(id) = closed.id else {
            if let Err(error) = result {
                tracing::debug!(session = session.number, %error, "a notification failed");
            }
            return;
        };
        let bytes_max = self.limits.reply_bytes_max;
        let encoded = crate::call::encode(&id, closed.form, result, bytes_max);
        if let Some(encoded) = session.gather(closed.form, encoded) {
            self.push_answer(session.peer, encoded);
        }
    }

    /// Answers a call; where its peer is gone, nobody hears it.
    fn answer(&mut self, ticket: Ticket, result: Result<Reply, Error>) {
        if let Some(mut session) = self.take_session(ticket.peer) {
            self.answer_in(&mut session, ticket.call, result);
            self.put_session(session);
        }
    }

    /// Passes an answer on that a lane encoded.
    fn deliver(&mut self, ticket: Ticket, encoded: Encoded) {
        let Some(mut session) = self.take_session(ticket.peer) else {
            self.effects.garbage.push(Garbage::Encoded(encoded));
            return;
        };
        if let Some(closed) = session.close(ticket.call) {
            self.after_close(&mut session);
            if closed.id.is_some()
                && let Some(encoded) = session.gather(closed.form, encoded)
            {
                self.push_answer(ticket.peer, encoded);
            }
        }
        self.put_session(session);
    }

    fn push_answer(&mut self, peer: PeerId, encoded: Encoded) {
        let segments = encoded.into_segments();
        self.effects.answers.extend(segments.map(|segment| (peer, segment)));
    }

    /// A call ended: reads that waited for it go on, and so does the reading of the peer.
    fn after_close(&mut self, session: &mut Session) {
        while let Some(held) = session.release() {
            self.read(held.read);
        }
        if session.in_flight() + 1 == self.limits.in_flight_max {
            self.effects.resume.push(session.peer);
        }
    }

    fn progressed(&mut self, ticket: Ticket, done: u64, total: u64) {
        if jobs::is_background(ticket) {
            self.jobs.progressed(ticket.call, done, total);
            return;
        }
        let Some(session) = self.session(ticket.peer) else { return };
        let Some(call) = session.call(ticket.call) else { return };
        let Some(id) = &call.id else { return };
        let note = goxe_protocol::api::event::ProgressNote {
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
    fn resume_parsed(
        &mut self,
        peer: PeerId,
        frame: goxe_protocol::frame::OwnedFrame,
        parsed: parse::Parsed,
        now: Instant,
    ) {
        let Some(mut session) = self.take_session(peer) else { return };
        session.parsing = false;
        let mut out = crate::out::Outbox::default();
        self.parsed(&mut session, frame, parsed, &mut out, now);
        self.put_session(session);
        for segment in out.into_segments() {
            self.effects.answers.push((peer, segment));
        }
        self.effects.resume.push(peer);
    }

    /// The calls in flight with this id, of one session.
    pub fn cancel_call(
        &mut self,
        asking: &mut Session,
        session: Option<u64>,
        id: &Id<'_>,
    ) -> bool {
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

    /// The next moment at which something is due.
    pub fn deadline(&self) -> Option<Instant> {
        let blobs = self.blobs.oldest().map(|used| used + self.limits.job_keep);
        [self.jobs.deadline(), self.pins.deadline(), blobs].into_iter().flatten().min()
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Instant) {
        for (ticket, result) in self.jobs.due(now) {
            self.answer(ticket, result);
        }
        self.effects.garbage.extend(self.pins.expire(now));
        self.jobs.expire(now);
        if let Some(before) = now.checked_sub(self.limits.job_keep) {
            let old = self.blobs.expire(before);
            self.effects.garbage.extend(old.into_iter().map(Garbage::Blob));
        }
    }
}
