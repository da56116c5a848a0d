//! The daemon without sockets and threads: whoever owns the world says which job runs next, when the
//! journal turns, what is delivered and what time it is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, unbounded};
use goxe_config::Config;
use goxe_daemon::blobs::Shelf;
use goxe_daemon::clock::Now;
use goxe_daemon::edit::Written;
use goxe_daemon::handlers;
use goxe_daemon::journal::image::{self, ImageHeader};
use goxe_daemon::journal::keys::{KeyLimits, Keys};
use goxe_daemon::journal::recovery::recover;
use goxe_daemon::journal::replay::replay;
use goxe_daemon::journal::writer::{Completion, Durability, Settings, Writer};
use goxe_daemon::journal::{ProjectId, Revision, StoreId};
use goxe_daemon::lanes::{self, LaneContext, Lanes, Wake};
use goxe_daemon::limits::Limits;
use goxe_daemon::memory::Memory;
use goxe_daemon::router::{Effects, Identity, Router, State, room};
use goxe_daemon::store::{Loaded, Recovered, Store, catalogue};
use goxe_daemon::vitals::Vitals;
use goxe_daemon::work::{Done, ImageJob, Job, Told, Work};
use goxe_engine::project::Project;
use tempfile::TempDir;

use crate::client::Client;
use crate::mem_disk::MemDisk;
use crate::oracle::Oracle;

pub const KEY_LIMITS: KeyLimits = KeyLimits { keep_ms: 86_400_000, keys_max: 10_000 };
pub const TOKEN: &str = "a token of the tests";
const LANES: usize = 3;

pub struct World {
    pub router: Router,
    pub now: Now,
    /// What lanes were handed and have not begun.
    pub jobs: Vec<Job>,
    /// What the journal told and the router has not heard.
    pub completions: VecDeque<Completion<Written>>,
    pub disk: MemDisk,
    pub oracle: Oracle,
    pub clients: Vec<Client>,
    /// How many of the next events find their peer's output full.
    pub events_missed: usize,
    pub generations: Vec<u32>,
    writer: Option<Writer<Written>>,
    settings: Settings,
    done: Receiver<Told>,
    pub context: LaneContext,
    pub ids: u64,
    _folder: TempDir,
}

struct NoWake;

impl Wake for NoWake {
    fn wake(&self) {}
}

/// Bounds of a small daemon.
pub fn limits() -> Limits {
    let mut limits = Limits::new(&Config::built_in());
    limits.memory_bytes_max = 64 << 20;
    limits.trash_keep_ms = 86_400_000;
    limits
}

pub fn settings(durability: Durability) -> Settings {
    Settings {
        durability,
        segment_bytes: 16 << 10,
        change_inline_bytes_max: 1500,
        queue_max: 1024,
        queue_bytes_max: 1 << 20,
    }
}

pub fn clock_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

impl World {
    /// A daemon on this disk that has begun to recover.
    pub fn starting(disk: MemDisk, limits: Limits, settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (sender, done) = unbounded();
        let store = Store::new(Arc::new(disk.clone()), settings, KEY_LIMITS, Box::new(|_| {}));
        let memory = Memory::new(limits.memory_bytes_max, limits.peer_bytes_max);
        let shelf = folder.path().to_owned();
        let shelf = Shelf::new(shelf, "e", limits.blob_bytes_max, &memory);
        let context = LaneContext {
            vitals: Arc::new(Vitals::new(LANES, Duration::from_secs(60))),
            memory: Arc::clone(&memory),
            store: Arc::new(store),
            shelf: Arc::new(shelf),
            done: sender,
            wake: Arc::new(NoWake),
            dozing: Arc::default(),
            reply_bytes_max: limits.reply_bytes_max,
            render_pixels_max: limits.render_pixels_max,
            export_bytes_max: limits.export_bytes_max(),
            engine: Arc::default(),
        };
        let now = Now::read();
        let token = <sha2::Sha256 as sha2::Digest>::digest(TOKEN.as_bytes());
        let identity = Identity {
            server: "goxe test".into(),
            build: "test".into(),
            epoch: "e".into(),
            store: String::new(),
            pid: 1,
            started: now.instant,
            token: Some(token.into()),
        };
        let mut router =
            Router::new(limits, KEY_LIMITS, identity, memory, LANES, handlers::route, now);
        router.recover();
        let mut world = World {
            router,
            now,
            jobs: Vec::new(),
            completions: VecDeque::new(),
            disk,
            oracle: Oracle::default(),
            clients: Vec::new(),
            events_missed: 0,
            generations: Vec::new(),
            writer: None,
            settings,
            done,
            context,
            ids: 0,
            _folder: folder,
        };
        world.apply();
        world
    }

    /// A daemon that serves.
    pub fn with(limits: Limits) -> Self {
        let durability = Durability::Interval(Duration::from_millis(50));
        let mut world = Self::starting(MemDisk::new(1), limits, settings(durability));
        world.settle();
        assert_eq!(world.router.state, State::Ready);
        world
    }

    pub fn new() -> Self {
        Self::with(limits())
    }

    /// Nobody is in the way where output is taken at once.
    fn make_room(&mut self) {
        self.router.look_for_room();
        if self.router.is_short_of_memory() {
            self.router.refuse_for_memory();
        }
    }

    /// Does what the router wants done.
    pub fn apply(&mut self) {
        self.make_room();
        while let Some(effects) = self.router.take_effects() {
            let Effects { jobs, answers, output, events, resume, garbage, state: _ } = effects;
            self.jobs.extend(jobs);
            let answers = answers.into_iter().flat_map(|(id, encoded, _)| {
                encoded.into_segments().map(move |segment| (id, segment))
            });
            let mut told = Vec::new();
            for (id, segment) in answers.chain(output) {
                if let Some(peer) = self.peer(id) {
                    self.hear(peer, segment.bytes());
                    told.push(peer);
                }
            }
            for (id, subscription, note) in events {
                if self.events_missed > 0 {
                    self.events_missed -= 1;
                    self.router.events.missed(subscription);
                } else if let Some(peer) = self.peer(id) {
                    for segment in note.into_segments() {
                        self.hear(peer, segment.bytes());
                    }
                }
            }
            self.router.discard(garbage);
            for id in resume {
                if let Some(peer) = self.peer(id) {
                    self.hand_on(peer);
                }
            }
            // Whoever took its answers has its turn, and what they took in memory is free.
            for peer in told {
                if self.clients[peer].paused {
                    self.hand_on(peer);
                }
            }
            for peer in 0..self.clients.len() {
                self.find_calls(peer);
            }
            self.make_room();
        }
        let (_, load) = self.router.lane_load();
        assert!(load >= self.jobs.len(), "a lane has more jobs than the router knows");
        assert!(
            self.jobs.len() <= room::places(LANES),
            "the lanes' queue holds {} jobs",
            self.jobs.len()
        );
    }

    /// A lane does one of the jobs.
    pub fn run(&mut self, index: usize) {
        let Job { work, size, bytes } = self.jobs.remove(index);
        let done = match work {
            Work::Recover => Done::Recovered(Box::new(Ok(self.recover()))),
            Work::Load(project) => Done::Loaded { project, loaded: self.load(project) },
            Work::Image(job) => self.save(*job),
            work @ (Work::Reset { .. } | Work::Purge { .. }) => {
                // They wait for a place in the journal's queue.
                self.turn();
                return lanes::run(0, Job { work, size, bytes }, None, &self.context);
            }
            work => return lanes::run(0, Job { work, size, bytes }, None, &self.context),
        };
        self.context.done.send(Told { done, frees: Some(size) }).unwrap();
    }

    fn recover(&mut self) -> Recovered<Written> {
        let found = recover(&self.disk, StoreId(7), &mut |_, _| {}).unwrap();
        let store = found.store;
        let catalogue = ProjectId::CATALOGUE;
        let index = found.projects.get(&catalogue).cloned().unwrap_or_default();
        let replayed = replay::<catalogue::State>(
            &self.disk,
            catalogue,
            &index,
            &KEY_LIMITS,
            clock_ms(),
            &mut || {},
        )
        .unwrap();
        let names = replayed.state.names();
        let projects = names.map(|(id, _)| (id, found.bytes_since_image(id))).collect();
        let disk = Arc::new(self.disk.clone());
        let (writer, appender) = Writer::new(disk, found, self.settings);
        self.writer = Some(writer);
        Recovered {
            catalogue: Arc::new(replayed.state),
            read_only: None,
            keys: replayed.keys,
            projects,
            appender,
            store,
        }
    }

    /// A project as the journal has it now.
    fn load(&mut self, project: ProjectId) -> Loaded {
        self.turn();
        let located = self.writer.as_mut().unwrap().core().locate(project);
        let replayed = replay::<Project>(
            &self.disk,
            project,
            &located.index,
            &KEY_LIMITS,
            clock_ms(),
            &mut || {},
        );
        match replayed {
            Ok(replayed) => Loaded::Sound {
                project: Box::new(replayed.state),
                revision: replayed.revision,
                keys: replayed.keys,
                read_only: replayed.corrupt.map(|corrupt| corrupt.to_string()),
            },
            Err(error) => Loaded::Broken(error.to_string()),
        }
    }

    fn save(&mut self, job: ImageJob) -> Done {
        let (project, revision, body, keys): (_, Revision, _, Keys) = match job {
            ImageJob::Project { view, keys } => {
                (view.id, view.revision, goxe_engine::image::encode(&view.project), keys)
            }
            ImageJob::Catalogue { state, keys } => {
                (ProjectId::CATALOGUE, state.revision(), state.encode(), keys)
            }
        };
        self.turn();
        let core = self.writer.as_mut().unwrap().core();
        let header = ImageHeader { store: StoreId(7), project, revision, time_ms: clock_ms() };
        let synced = core.sync(Instant::now()).map_err(|error| error.to_string());
        let result = synced.and_then(|()| {
            image::write(&self.disk, &header, &body, &keys).map_err(|error| error.to_string())
        });
        if result.is_ok() {
            core.image_done(header);
        }
        Done::Imaged { project, result }
    }

    /// The journal takes what waits for it.
    pub fn turn(&mut self) {
        let Some(writer) = &mut self.writer else { return };
        let (oracle, queue) = (&mut self.oracle, &mut self.completions);
        writer.turn(&mut |completions| {
            completions.iter().for_each(|completion| oracle.journaled(completion));
            queue.extend(completions);
        });
    }

    /// The router hears of one thing that a lane did. Returns whether there was any.
    pub fn finish(&mut self) -> bool {
        let Ok(done) = self.done.try_recv() else { return false };
        self.router.finished(done, self.now);
        self.apply();
        true
    }

    /// The router hears of one record. Returns whether there was any.
    pub fn complete(&mut self) -> bool {
        let Some(completion) = self.completions.pop_front() else { return false };
        self.router.journaled(completion, self.now);
        self.apply();
        true
    }

    /// Time goes on.
    pub fn pass(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.unix_ms += i64::try_from(time.as_millis()).unwrap();
        if self.router.deadline().is_some_and(|at| at <= self.now.instant) {
            self.router.tick(self.now);
            self.apply();
        }
    }

    /// Lanes do everything they have, the journal nothing.
    pub fn lanes(&mut self) {
        while !self.jobs.is_empty() || !self.done.is_empty() {
            if !self.jobs.is_empty() {
                self.run(0);
            }
            while self.finish() {}
        }
    }

    /// The journal writes everything it has and tells it.
    pub fn journal(&mut self) {
        self.turn();
        while self.complete() {}
    }

    /// Threads do the jobs from now on.
    pub fn hand_over(&mut self, lanes: &Lanes) {
        self.jobs.drain(..).for_each(|job| lanes.submit(job, None));
    }

    /// Threads do the jobs until something is so.
    pub fn serve_until(&mut self, lanes: &Lanes, so: impl Fn(&Self) -> bool) {
        while !so(self) {
            self.hand_over(lanes);
            self.journal();
            let wait = Duration::from_millis(5);
            if let Ok(done) = self.done.recv_timeout(wait) {
                self.router.finished(done, self.now);
                self.apply();
            }
        }
    }

    /// Everything happens that can without new requests and in a moment.
    pub fn settle(&mut self) {
        const MOMENT: Duration = Duration::from_millis(50);
        loop {
            self.lanes();
            self.turn();
            let told = self.complete();
            while self.complete() {}
            let soon = self.router.deadline().is_some_and(|at| at <= self.now.instant + MOMENT);
            if soon {
                self.pass(MOMENT);
            }
            if !told && !soon && self.jobs.is_empty() && self.done.is_empty() {
                return;
            }
        }
    }

    /// Nothing is left of anything once every peer is gone.
    pub fn end(mut self) {
        self.settle();
        for (peer, client) in self.clients.iter().enumerate() {
            let waits = client.outstanding.values().map(|request| &request.method);
            let waits: Vec<&String> = waits.filter(|method| *method != "job.status").collect();
            let session = self.router.session(client.id);
            assert!(!client.open || waits.is_empty(), "{peer} waits for {waits:?}: {session:?}");
            assert!(!client.is_half_answered(), "half an answer came");
        }
        self.oracle.check_reads(&self.clients);
        for peer in 0..self.clients.len() {
            if self.clients[peer].open {
                self.disconnect(peer);
            }
        }
        self.router.cancel_everything();
        self.settle();
        assert!(self.router.is_quiet(), "something is left to do");
        assert_eq!(self.router.lane_load().1, 0, "a lane's job was lost");
        assert_eq!(self.router.journal_queued(), 0, "a record was lost");
        // Blobs and results outlive their peers for a while, and what they hold counts as long.
        self.pass(self.router.limits.job_keep * 2);
        self.settle();
        assert_eq!(self.router.memory.held(), 0, "memory is charged for nobody");
        self.check_disk();
    }

    /// What a new process finds is what was told.
    fn check_disk(&self) {
        self.disk.check();
        let mut world = World::starting(self.disk.after_kill(), limits(), self.settings);
        world.settle();
        assert_eq!(*world.router.projects.catalogue(), *self.oracle.catalogue);
        for (id, view) in &self.oracle.newest {
            if self.oracle.catalogue.item(*id).is_none() {
                continue;
            }
            match world.load(*id) {
                Loaded::Sound { project, revision, read_only: None, .. } => {
                    assert_eq!(revision, view.revision, "{id}");
                    assert_eq!(*project, view.project, "{id}");
                }
                other => panic!("{id}: {other:?}"),
            }
        }
    }
}
