//! The daemon without sockets and threads: whoever owns the world says which job runs next, when the
//! journal turns, what is delivered and what time it is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, unbounded};
use goxe_config::Config;
use goxe_daemon::blobs::Shelf;
use goxe_daemon::call::{PeerId, Principal};
use goxe_daemon::edit::Written;
use goxe_daemon::journal::image::{self, ImageHeader};
use goxe_daemon::journal::keys::{KeyLimits, Keys};
use goxe_daemon::journal::recovery::recover;
use goxe_daemon::journal::replay::replay;
use goxe_daemon::journal::writer::{Completion, Durability, Settings, Writer};
use goxe_daemon::journal::{ProjectId, Revision, StoreId};
use goxe_daemon::lanes::{self, Done, ImageJob, Job, LaneContext, Wake};
use goxe_daemon::life::vitals::Vitals;
use goxe_daemon::limits::Limits;
use goxe_daemon::memory::Memory;
use goxe_daemon::out::Outbox;
use goxe_daemon::router::{Effects, Flow, Identity, Router, State};
use goxe_daemon::session::Gate;
use goxe_daemon::store::{Loaded, Recovered, Store, catalogue};
use goxe_engine::project::Project;
use goxe_protocol::api::Role;
use goxe_protocol::inbound::Form;
use goxe_protocol::rpc::Id;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Answer, Client, Request};
use crate::mem_disk::MemDisk;
use crate::oracle::Oracle;

pub const KEY_LIMITS: KeyLimits = KeyLimits { keep_ms: 86_400_000, keys_max: 10_000 };
pub const TOKEN: &str = "a token of the tests";
const LANES: usize = 3;

pub struct World {
    pub router: Router,
    pub now: Instant,
    /// What lanes were handed and have not begun.
    pub jobs: Vec<Job>,
    /// What the journal told and the router has not heard.
    pub completions: VecDeque<Completion<Written>>,
    pub disk: MemDisk,
    pub oracle: Oracle,
    pub clients: Vec<Client>,
    /// How many of the next events find their peer's output full.
    pub events_missed: usize,
    generations: Vec<u32>,
    writer: Option<Writer<Written>>,
    settings: Settings,
    done: Receiver<Done>,
    pub context: LaneContext,
    ids: u64,
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
        let shelf = Shelf::new(folder.path().to_owned(), "e", limits.blob_bytes_max);
        let context = LaneContext {
            vitals: Arc::new(Vitals::new(LANES, Duration::from_secs(60))),
            store: Arc::new(store),
            shelf: Arc::new(shelf),
            done: sender,
            wake: Arc::new(NoWake),
            dozing: Arc::default(),
            reply_bytes_max: limits.reply_bytes_max,
            render_pixels_max: limits.render_pixels_max,
            engine: Arc::default(),
        };
        let now = Instant::now();
        let token = <sha2::Sha256 as sha2::Digest>::digest(TOKEN.as_bytes());
        let identity = Identity {
            server: "goxe test".into(),
            build: "test".into(),
            epoch: "e".into(),
            store: String::new(),
            pid: 1,
            started: now,
            token: Some(token.into()),
        };
        let memory = Memory::new(limits.memory_bytes_max);
        let mut router = Router::new(limits, KEY_LIMITS, identity, memory, LANES);
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

    /// A client on the socket of the machine.
    pub fn connect(&mut self) -> usize {
        self.connect_as("uid:1", Role::Admin, Gate::Open, Form::Frames)
    }

    pub fn connect_as(&mut self, principal: &str, role: Role, gate: Gate, form: Form) -> usize {
        let free = (0..self.generations.len())
            .find(|slot| !self.clients.iter().any(|c| c.open && c.id.slot as usize == *slot));
        let slot = free.unwrap_or_else(|| {
            self.generations.push(0);
            self.generations.len() - 1
        });
        self.generations[slot] += 1;
        let id = PeerId { slot: u32::try_from(slot).unwrap(), generation: self.generations[slot] };
        self.router.open_session(id, Principal { name: principal.into(), role }, gate);
        let limits = self.router.inbound_limits(gate);
        self.clients.push(Client::new(id, principal, form, limits));
        self.clients.len() - 1
    }

    /// A client goes, whatever it waits for.
    pub fn disconnect(&mut self, peer: usize) {
        let client = &mut self.clients[peer];
        client.open = false;
        client.outstanding.clear();
        self.router.close_session(client.id);
        self.apply();
    }

    /// A request of its own, without sending it.
    pub fn request(&mut self, peer: usize, method: &str, params: Value, meta: Value) -> Value {
        self.ids += 1;
        let mut json =
            json!({ "jsonrpc": "2.0", "id": self.ids, "method": method, "params": params });
        if meta.is_object() {
            json["meta"] = meta.clone();
        }
        let client = &self.clients[peer];
        let same = |request: &&Request| {
            crate::oracle::is_edit(&request.method)
                && params["project"].is_string()
                && request.params["project"] == params["project"]
        };
        let open = client.outstanding.iter().filter(|(_, request)| same(request));
        let earlier = open.map(|(id, _)| *id).collect();
        let request = Request {
            method: method.to_owned(),
            params,
            meta,
            call: None,
            floors: self.oracle.floors.clone(),
            earlier,
        };
        self.clients[peer].outstanding.insert(self.ids, request);
        json
    }

    /// Sends a request.
    pub fn call(&mut self, peer: usize, method: &str, params: Value) -> u64 {
        self.call_with(peer, method, params, Value::Null, None)
    }

    pub fn call_with(
        &mut self,
        peer: usize,
        method: &str,
        params: Value,
        meta: Value,
        attachment: Option<&[u8]>,
    ) -> u64 {
        let json = self.request(peer, method, params, meta);
        let bytes = self.clients[peer].message(&json, attachment);
        self.send(peer, &bytes);
        json["id"].as_u64().unwrap()
    }

    /// Bytes from a client, as many as come at once.
    pub fn send(&mut self, peer: usize, bytes: &[u8]) {
        self.clients[peer].unread.extend_from_slice(bytes);
        if !self.clients[peer].paused {
            self.hand_on(peer);
        }
        self.apply();
    }

    /// Gives the router what it has not taken.
    fn hand_on(&mut self, peer: usize) {
        loop {
            let client = &mut self.clients[peer];
            if !client.open {
                return;
            }
            let unread = std::mem::take(&mut client.unread);
            let mut input = &unread[..];
            let mut out = Outbox::default();
            let router = &mut self.router;
            let flow =
                router.receive(client.id, &mut client.inbound, &mut input, &mut out, self.now);
            client.paused = flow == Flow::Paused;
            client.unread = input.to_vec();
            let full = out.bytes() >= self.router.limits.send_buffer_bytes_max;
            for segment in out.into_segments() {
                self.hear(peer, segment.bytes());
            }
            self.find_calls(peer);
            match flow {
                Flow::Close => self.disconnect(peer),
                // What was sent makes room for more.
                Flow::Paused if full => continue,
                Flow::Paused | Flow::Drained => {}
            }
            return;
        }
    }

    /// Which calls the requests of a client have become.
    fn find_calls(&mut self, peer: usize) {
        let client = &mut self.clients[peer];
        let Some(session) = self.router.session(client.id) else { return };
        for (id, request) in &mut client.outstanding {
            if request.call.is_none() {
                request.call = session.find(&Id::number(*id)).map(|call| call.call);
            }
        }
    }

    fn hear(&mut self, peer: usize, bytes: &[u8]) {
        for (json, attachment) in self.clients[peer].hear(bytes) {
            match json {
                Value::Array(members) => {
                    assert!(attachment.is_none());
                    members.into_iter().for_each(|member| self.heard(peer, member, None));
                }
                json => self.heard(peer, json, attachment),
            }
        }
    }

    fn heard(&mut self, peer: usize, json: Value, attachment: Option<Vec<u8>>) {
        let client = &mut self.clients[peer];
        if json["method"].is_string() {
            client.notes.push(json);
            return;
        }
        let Some(id) = json["id"].as_u64() else {
            client.loose.push(json);
            return;
        };
        let request = client.outstanding.remove(&id);
        let request = request.unwrap_or_else(|| panic!("nobody waits for {json}"));
        let answer = Answer { request, json, attachment };
        let client = &self.clients[peer];
        self.oracle.answered(peer, client, &answer);
        self.clients[peer].answers.insert(id, answer);
    }

    /// Does what the router wants done.
    pub fn apply(&mut self) {
        while let Some(effects) = self.router.take_effects() {
            let Effects { jobs, answers, events, resume, garbage, state: _ } = effects;
            self.jobs.extend(jobs);
            for (id, segment) in answers {
                if let Some(peer) = self.peer(id) {
                    self.hear(peer, segment.bytes());
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
            for peer in 0..self.clients.len() {
                self.find_calls(peer);
            }
        }
        let (_, load) = self.router.lane_load();
        assert!(load >= self.jobs.len(), "a lane has more jobs than the router knows");
        assert!(
            self.jobs.len() <= self.router.limits.lane_queue_max,
            "the lanes' queue holds {} jobs",
            self.jobs.len()
        );
    }

    fn peer(&self, id: PeerId) -> Option<usize> {
        self.clients.iter().position(|client| client.open && client.id == id)
    }

    /// A lane does one of the jobs.
    pub fn run(&mut self, index: usize) {
        let done = match self.jobs.remove(index) {
            Job::Recover => Done::Recovered(Box::new(Ok(self.recover()))),
            Job::Load(project) => Done::Loaded { project, loaded: self.load(project) },
            Job::Image(job) => self.save(*job),
            job => return lanes::run(0, job, &self.context),
        };
        self.context.done.send(done).unwrap();
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
        self.now += time;
        if self.router.deadline().is_some_and(|at| at <= self.now) {
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

    /// Everything that can happen without new requests and without time happens.
    pub fn settle(&mut self) {
        loop {
            self.lanes();
            self.turn();
            if !self.complete() && self.jobs.is_empty() && self.done.is_empty() {
                return;
            }
            while self.complete() {}
        }
    }

    /// A call, and its answer.
    pub fn ask(&mut self, peer: usize, method: &str, params: Value) -> Answer {
        let id = self.call(peer, method, params);
        self.settle();
        self.answer(peer, id)
    }

    /// The answer to a call.
    pub fn answer(&self, peer: usize, id: u64) -> Answer {
        let answer = self.clients[peer].answers.get(&id);
        answer.unwrap_or_else(|| panic!("{id} is not answered")).clone()
    }

    pub fn is_answered(&self, peer: usize, id: u64) -> bool {
        self.clients[peer].answers.contains_key(&id)
    }

    /// Nothing is left of anything once every peer is gone.
    pub fn end(mut self) {
        self.settle();
        for (peer, client) in self.clients.iter().enumerate() {
            let waits = client.outstanding.values().map(|request| &request.method);
            let waits: Vec<&String> = waits.filter(|method| *method != "job.status").collect();
            assert!(!client.open || waits.is_empty(), "{peer} waits for {waits:?}");
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
        assert_eq!(self.router.memory.used(), 0, "memory is charged for nobody");
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
