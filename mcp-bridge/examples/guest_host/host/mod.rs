//! A small daemon that hosts guests: frames over a Unix socket, a thread for every connection and
//! every call, the least of the other methods.

mod talk;

use std::collections::{BTreeSet, HashMap};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use goxe_config::{Endpoint, Paths};
use goxe_protocol::api::guest::{
    CallParams, CallReply, CompleteParams, CompleteReply, FillParams, FillReply, ListReply, Note,
    ReadParams, ReadReply, WatchParams,
};
use goxe_protocol::error::Error;
use goxe_protocol::frame::{self, Decoder};
use goxe_protocol::rpc::{self, Id, Message, RpcLimits};
use serde::Serialize;
use serde_json::{Value, json};

pub use talk::Talk;
use talk::{answer, say};

/// What is hosted.
pub trait Guests: Send + Sync + 'static {
    /// Everything there is.
    fn list(&self) -> ListReply;

    /// Runs a tool.
    fn call(&self, params: CallParams, talk: &Talk) -> Result<CallReply, Error>;

    /// Reads a resource.
    fn read(&self, params: ReadParams) -> Result<ReadReply, Error> {
        Err(Error::not_found("resource", &params.uri))
    }

    /// Fills a prompt in.
    fn fill(&self, params: FillParams) -> Result<FillReply, Error> {
        Err(Error::not_found("prompt", &params.prompt))
    }

    /// Completes an argument.
    fn complete(&self, params: CompleteParams) -> Result<CompleteReply, Error> {
        Err(Error::not_found("argument", &params.argument))
    }
}

/// The daemon.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    paths: Paths,
    epoch: String,
    guests: Option<Box<dyn Guests>>,
    sessions: AtomicU64,
    ended: AtomicBool,
    lock: Mutex<Option<File>>,
    /// Every connection, by session.
    peers: Mutex<HashMap<u64, UnixStream>>,
    /// Who watches, and which resources.
    watchers: Mutex<HashMap<u64, BTreeSet<String>>>,
    /// Calls that run: session, id.
    running: Mutex<HashMap<(u64, u64), Arc<AtomicBool>>>,
    seen: Mutex<Vec<String>>,
}

/// A request as it arrived.
struct Asked {
    session: u64,
    id: u64,
    method: String,
    params: Value,
    progress: bool,
}

impl Host {
    /// Takes the data folder's lock, listens, and publishes its endpoint.
    pub fn serve(paths: &Paths, guests: impl Guests) -> Self {
        Self::open(paths, Some(Box::new(guests)))
    }

    /// The same as a daemon without guests.
    pub fn alone(paths: &Paths) -> Self {
        Self::open(paths, None)
    }

    fn open(paths: &Paths, guests: Option<Box<dyn Guests>>) -> Self {
        for folder in [&paths.data, &paths.runtime] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&paths.lock);
        let lock = lock.expect("the lock");
        lock.try_lock().expect("nobody else serves the data folder");
        let _ = std::fs::remove_file(&paths.socket);
        let listener = UnixListener::bind(&paths.socket).expect("the socket");
        let host = Host(Arc::new(Inner {
            paths: paths.clone(),
            epoch: format!("{:016x}", u64::from(std::process::id()) << 32 | fresh()),
            guests,
            sessions: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            lock: Mutex::new(Some(lock)),
            peers: Mutex::default(),
            watchers: Mutex::default(),
            running: Mutex::default(),
            seen: Mutex::default(),
        }));
        host.publish();
        let serving = host.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.0.ended.load(Ordering::Relaxed) {
                    return;
                }
                let serving = serving.clone();
                thread::spawn(move || serving.talk(stream));
            }
        });
        host
    }

    /// Ends: no listener, no connections, no endpoint, no lock.
    pub fn end(&self) {
        self.0.ended.store(true, Ordering::Relaxed);
        let _ = std::fs::remove_file(&self.0.paths.endpoint);
        // The listener wakes and sees that it has ended.
        let _ = UnixStream::connect(&self.0.paths.socket);
        let _ = std::fs::remove_file(&self.0.paths.socket);
        for (_, stream) in locked(&self.0.peers).drain() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        *locked(&self.0.lock) = None;
    }

    /// Tells everybody who watches that the list is another one now.
    pub fn changed(&self) {
        self.tell(&Note::Changed {}, |_| true);
    }

    /// Tells everybody who watches it that a resource holds something else now.
    pub fn updated(&self, uri: &str) {
        self.tell(&Note::Updated(uri.to_owned()), |watched| watched.contains(uri));
    }

    /// The methods that were asked for, in order.
    pub fn seen(&self) -> Vec<String> {
        locked(&self.0.seen).clone()
    }

    /// How many watch a resource.
    pub fn watchers(&self, uri: &str) -> usize {
        locked(&self.0.watchers).values().filter(|watched| watched.contains(uri)).count()
    }

    /// How many calls run.
    pub fn running(&self) -> usize {
        locked(&self.0.running).len()
    }

    fn tell(&self, note: &Note, who: impl Fn(&BTreeSet<String>) -> bool) {
        let watchers = locked(&self.0.watchers);
        let peers = locked(&self.0.peers);
        for (session, _) in watchers.iter().filter(|(_, watched)| who(watched)) {
            if let Some(stream) = peers.get(session) {
                say(stream, "guest", note);
            }
        }
    }

    fn publish(&self) {
        let endpoint = Endpoint {
            pid: std::process::id(),
            start_time: start_time(),
            boot_id: boot_id(),
            epoch: self.0.epoch.clone(),
            store: "5".repeat(16),
            socket: self.0.paths.socket.clone(),
            build: "guests".to_owned(),
        };
        endpoint.write(&self.0.paths.endpoint).expect("the endpoint file");
    }

    fn talk(&self, mut stream: UnixStream) {
        let session = self.0.sessions.fetch_add(1, Ordering::Relaxed) + 1;
        let kept = stream.try_clone().expect("a descriptor");
        locked(&self.0.peers).insert(session, kept);
        let mut decoder = Decoder::new(frame::PAYLOAD_BYTES_MAX);
        let mut buffer = vec![0; 64 << 10];
        while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
            let mut input = buffer.get(..bytes).unwrap_or_default();
            while let Some(frame) = decoder.decode(&mut input).expect("frames") {
                let Ok(Message::Single(request)) = rpc::parse(frame.json(), &RpcLimits::default())
                else {
                    unreachable!("the bridge sends single requests");
                };
                let meta = request.meta.as_deref();
                let params = request.params.unwrap_or("{}");
                let asked = Asked {
                    session,
                    id: request.id.as_ref().map_or("0", Id::json).parse().expect("a number"),
                    method: request.method.to_string(),
                    params: serde_json::from_str(params).expect("params"),
                    progress: meta.is_some_and(|meta| meta.progress.is_some()),
                };
                self.run(&stream, asked);
            }
        }
        locked(&self.0.peers).remove(&session);
        locked(&self.0.watchers).remove(&session);
    }

    /// Answers what is quick at once, and everything of guests on a thread of its own.
    fn run(&self, stream: &UnixStream, asked: Asked) {
        locked(&self.0.seen).push(asked.method.clone());
        let (session, params) = (asked.session, &asked.params);
        let quick = match asked.method.as_str() {
            "system.hello" => self.hello(session),
            "system.status" => self.status(),
            "system.cancel" => {
                let key = (params["session"].as_u64(), params["id"].as_u64());
                let key = (key.0.unwrap_or(session), key.1.unwrap_or_default());
                let running = locked(&self.0.running).get(&key).cloned();
                if let Some(cancelled) = &running {
                    cancelled.store(true, Ordering::Relaxed);
                }
                json!({ "found": running.is_some() })
            }
            "project.list" => json!({ "projects": [], "total": 0 }),
            "job.list" => json!({ "jobs": [] }),
            "event.subscribe" => json!({ "subscription": "e1", "seq": 0 }),
            "guest.watch" => {
                let watch: WatchParams = typed(params).expect("params");
                let watched = watch.resources.into_iter().collect();
                locked(&self.0.watchers).insert(session, watched);
                json!({})
            }
            _ => return self.run_guest(stream, asked),
        };
        answer(stream, asked.id, &Ok(quick));
    }

    fn run_guest(&self, stream: &UnixStream, asked: Asked) {
        let cancelled = Arc::new(AtomicBool::new(false));
        let number = (asked.session, asked.id);
        locked(&self.0.running).insert(number, Arc::clone(&cancelled));
        let stream = stream.try_clone().expect("a descriptor");
        let log = typed(&asked.params["round"]["log"]).ok();
        let Asked { id, progress, .. } = asked;
        let talk = Talk { stream, id, progress, log, cancelled, host: self.clone() };
        let host = self.clone();
        thread::spawn(move || {
            let outcome = host.guest(&asked.method, &asked.params, &talk);
            locked(&host.0.running).remove(&number);
            answer(&talk.stream, id, &outcome);
        });
    }

    fn guest(&self, method: &str, params: &Value, talk: &Talk) -> Result<Value, Error> {
        let Some(guests) = &self.0.guests else { return Err(Error::method_not_found(method)) };
        match method {
            "guest.list" => json(guests.list()),
            "guest.call" => json(guests.call(typed(params)?, talk)?),
            "guest.read" => json(guests.read(typed(params)?)?),
            "guest.fill" => json(guests.fill(typed(params)?)?),
            "guest.complete" => json(guests.complete(typed(params)?)?),
            other => Err(Error::method_not_found(other)),
        }
    }

    fn hello(&self, session: u64) -> Value {
        json!({
            "protocol": 1, "server": "goxe 0.1.0", "build": "guests", "epoch": self.0.epoch,
            "store": "5".repeat(16), "pid": std::process::id(), "session": session,
            "role": "admin", "limits": {},
            "guests": self.0.guests.is_some(),
        })
    }

    fn status(&self) -> Value {
        json!({
            "state": "ready", "done": 0, "total": 0, "healthy": true, "degraded": [],
            "server": "goxe 0.1.0", "epoch": self.0.epoch, "store": "5".repeat(16),
            "pid": std::process::id(), "uptime_ms": 1, "peers": 1, "requests": 1,
            "calls_in_flight": 0, "lanes": 2, "lanes_busy": 0, "projects": 0,
            "projects_loaded": 0, "memory_bytes": 0, "journal_queued": 0,
        })
    }
}

fn typed<T: serde::de::DeserializeOwned>(params: &Value) -> Result<T, Error> {
    T::deserialize(params).map_err(|error| Error::invalid_params(error.to_string()))
}

fn json(reply: impl Serialize) -> Result<Value, Error> {
    Ok(serde_json::to_value(reply).expect("a reply is JSON"))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number that this process has not used yet.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn start_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a stat line");
    fields.split_ascii_whitespace().nth(19).expect("22 fields").parse().expect("a number")
}

fn boot_id() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("Linux");
    text.trim().to_owned()
}

/// The paths of a data folder, and nothing else of the environment but the user.
pub fn paths(data: &Path) -> Paths {
    let environment = goxe_config::Environment::of_process();
    let choice =
        goxe_config::Choice { data: Some(data.to_owned()), ..goxe_config::Choice::default() };
    Paths::resolve(&environment, &choice).expect("paths of a folder")
}
