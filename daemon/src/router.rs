//! What the loop owns, apart from sockets: sessions, projects, jobs, subscriptions. Takes what
//! happened and the time, and leaves what is to be done in [`Effects`]; it never waits and knows
//! no socket, file or thread.

mod admit;
mod answers;
mod behind;
mod calls;
mod cancel;
mod catalogue;
mod echo;
mod events;
mod imports;
mod jobs;
mod keys;
mod pins;
mod projects;
mod receive;
mod residents;
pub mod room;
pub mod route;
mod sessions;
mod strands;
mod trash;
mod turns;

use std::{collections::BTreeSet, sync::Arc, time::Instant};

pub use self::{
    catalogue::CataloguePlan,
    events::{Event, Events},
    jobs::Jobs,
    keys::parse_key,
    projects::{Entry, Projects, Residence},
    receive::{Asked, Flow},
};
use crate::{
    blobs::Blobs,
    call::{Encoded, PeerId},
    clock::Now,
    edit::Written,
    garbage::Garbage,
    journal::{ProjectId, keys::KeyLimits, writer::Appender},
    limits::Limits,
    memory::{Charge, Memory},
    out::Segment,
    work::{Done, Job, Size, Told, Work},
};
use route::Route;

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
    /// For peers, with what they take in memory until they are in the peers' output.
    pub answers: Vec<(PeerId, Encoded, Option<Arc<Charge>>)>,
    /// For peers, in pieces.
    pub output: Vec<(PeerId, Segment)>,
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
            && self.output.is_empty()
            && self.events.is_empty()
            && self.resume.is_empty()
            && self.garbage.is_empty()
            && self.state.is_none()
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
    /// Which methods there are.
    pub routes: fn(&str) -> Option<&'static Route>,
    sessions: sessions::Sessions,
    pins: pins::Pins,
    room: room::Room,
    appender: Option<Appender<Written>>,
    effects: Effects,
    /// Keyed calls that are being done.
    running: Vec<keys::Running>,
    /// When callers stop waiting for which calls.
    deadlines: BTreeSet<(Instant, PeerId, u32)>,
    /// When the trash is to be looked at.
    trash_due: Option<Instant>,
    /// Strands that wait for room in the journal.
    starved: Vec<ProjectId>,
    /// When they are looked at, whatever the journal told until then.
    feed_at: Option<Instant>,
    /// When freed memory is given back to the system.
    give_back_at: Option<Instant>,
    /// When the input came that is at hand.
    now: Now,
}

impl Router {
    /// A router of a daemon that starts.
    pub fn new(
        limits: Limits,
        key_limits: KeyLimits,
        identity: Identity,
        memory: Arc<Memory>,
        lanes: usize,
        routes: fn(&str) -> Option<&'static Route>,
        now: Now,
    ) -> Self {
        Router {
            pins: pins::Pins::new(
                limits.pinned_snapshots_max,
                limits.pinned_bytes_max,
                limits.pinned_max,
            ),
            jobs: Jobs::new(&identity.epoch, jobs::Bounds::new(&limits), &memory),
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
            routes,
            sessions: sessions::Sessions::default(),
            room: room::Room::new(lanes),
            appender: None,
            effects: Effects::default(),
            running: Vec::new(),
            deadlines: BTreeSet::new(),
            trash_due: None,
            starved: Vec::new(),
            feed_at: None,
            give_back_at: None,
            now,
        }
    }

    /// Begins to read the journal back.
    pub fn recover(&mut self) {
        self.submit(Work::Recover, Size::Long);
    }

    /// What the last inputs want done.
    pub fn take_effects(&mut self) -> Option<Effects> {
        (!self.effects.is_empty()).then(|| std::mem::take(&mut self.effects))
    }

    /// Lanes, and how many jobs they have or wait for.
    pub fn lane_load(&self) -> (usize, usize) {
        (self.room.lanes(), self.room.jobs())
    }

    /// Records that the journal has not written yet.
    pub fn journal_queued(&self) -> usize {
        self.projects.unwritten()
    }

    /// What does not work as it should.
    pub fn degraded(&self) -> Vec<String> {
        let full =
            self.appender.as_ref().is_some_and(|appender| appender.status().counters().degraded);
        let journal = full.then(|| "the journal cannot be written: edits are refused".to_owned());
        self.faults.iter().cloned().chain(journal).chain(self.crowded()).collect()
    }

    /// Whether nothing is left to finish.
    pub fn is_quiet(&self) -> bool {
        let calls =
            self.sessions().all(|session| session.in_flight() == 0 && session.rest.is_none());
        calls && self.room.jobs() == 0 && !self.projects.any_unwritten()
    }

    /// Takes nothing new from now on.
    pub fn drain(&mut self) {
        self.state = State::Draining;
        self.effects.state = Some(State::Draining);
    }

    /// A lane has something to tell.
    pub fn finished(&mut self, told: Told, now: Now) {
        self.now = now;
        let Told { done, frees } = told;
        self.hear(done, frees.unwrap_or(Size::Short));
        if let Some(size) = frees {
            self.lane_free(size);
        }
        self.check();
    }

    fn hear(&mut self, done: Done, size: Size) {
        match done {
            Done::Answered { ticket, encoded, charge, pin, lent: _ } => {
                if let Some(view) = pin {
                    self.effects.garbage.extend(self.pins.pin(view, self.now.instant));
                }
                self.deliver(ticket, encoded, charge);
            }
            Done::Sent { ticket, rest: _ } => self.was_sent(ticket),
            Done::Parsed { peer, frame, parsed } => self.resume_parsed(peer, frame, *parsed),
            Done::Finished { ticket, result, charge } => {
                self.job_ended(ticket, result, charge);
            }
            Done::Outgrown(work) => self.outgrown(*work, size),
            Done::Blob(blob) => self.blobs.insert(blob, self.now.instant),
            Done::BlobWritten { blob, written, content } => {
                let before = self.blobs.written(&blob, written, content);
                self.effects.garbage.extend(before.into_iter().chain([blob]).map(Garbage::Blob));
            }
            Done::Unwritten { edit, result, seen } => self.edit_answered(edit, result, seen),
            Done::NotImported(edit, error) => {
                let (project, ticket) = (edit.project, edit.envelope.ticket);
                self.edit_unwritten(*edit, Err(error));
                self.import_failed(project, ticket);
            }
            Done::Strand { project, head, rest, outgrown, appended } => {
                let next = match (outgrown, size) {
                    (false, _) => Size::Short,
                    (true, Size::Short) => Size::Medium,
                    (true, Size::Medium | Size::Long) => Size::Long,
                };
                self.strand_ran(project, head, rest, appended, next);
            }
            Done::Imported(edit) => self.imported(*edit),
            Done::Loaded { project, loaded } => self.loaded(project, loaded),
            Done::Recovered(recovered) => {
                self.recovered(*recovered);
                self.watch_trash();
            }
            Done::Recovering { done, total } => {
                self.state = State::Recovering { done, total };
                self.effects.state = Some(self.state);
            }
            Done::Imaged { project, result } => self.imaged(project, result),
            Done::Progress(note) => self.progressed(note.ticket, note.done, note.total),
            Done::Reset(project) => self.was_reset(project),
            Done::Discarded => {}
        }
    }

    /// What must hold whatever happened.
    fn check(&self) {
        self.room.check();
    }

    /// The next moment at which something is due.
    pub fn deadline(&self) -> Option<Instant> {
        let blobs = self.blobs.oldest().map(|used| used + self.limits.job_keep);
        let calls = self.deadlines.first().map(|(at, ..)| *at);
        let trash = self.trash_due.filter(|_| self.state == State::Ready);
        let own = [self.feed_at, self.give_back_at];
        let due = [self.jobs.deadline(), self.pins.deadline(), blobs, calls, trash];
        due.into_iter().chain(own).flatten().min()
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Now) {
        self.now = now;
        let now = now.instant;
        for (ticket, result) in self.jobs.due(now) {
            self.answer(ticket, result);
        }
        self.time_out();
        if self.feed_at.is_some_and(|at| at <= now) {
            self.feed();
        }
        if self.give_back_at.take_if(|at| *at <= now).is_some() {
            self.submit(Work::GiveBack, Size::Short);
        }
        self.empty_trash();
        self.effects.garbage.extend(self.pins.expire(now));
        self.effects.garbage.extend(self.jobs.expire(now));
        if let Some(before) = now.checked_sub(self.limits.job_keep) {
            let old = self.blobs.expire(before);
            self.effects.garbage.extend(old.into_iter().map(Garbage::Blob));
        }
    }
}
