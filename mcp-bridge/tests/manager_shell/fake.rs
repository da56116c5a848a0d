//! A small daemon for the manager's tests: a std listener that speaks GOXE frames and does exactly
//! what the test says with each request.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use goxe_config::{Endpoint, Paths};
use goxe_protocol::error::{Code, Error};
use goxe_protocol::frame::{self, Decoder};
use goxe_protocol::rpc::{self, Id, Message, RpcLimits};
use serde_json::{Value, json};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub params: Value,
    pub key: Option<String>,
    /// How often this method arrived, this time included.
    pub times: usize,
}

/// What the daemon does with a request.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Answers what the method usually answers.
    Usual,
    /// Refuses.
    Refuse(Code),
    /// Does the work under its key, and loses the connection before the answer.
    CommitAndDrop,
    /// Loses the connection.
    Drop,
    /// Says nothing, until it is cancelled.
    Hold,
    /// Ends: no listener, no connections, endpoint and lock left behind or removed.
    Fall,
    /// Sends progress, and then says nothing until it is cancelled.
    Progress,
}

type Script = Arc<dyn Fn(&Seen) -> Deed + Send + Sync>;

/// The daemon's memory: what a journal would keep.
#[derive(Debug, Default)]
pub struct Memory {
    pub seen: Vec<Seen>,
    /// Answers by key.
    pub committed: HashMap<String, Value>,
    pub executed: usize,
    /// Held requests: session, id, connection.
    held: Vec<(u64, Value, UnixStream)>,
    streams: Vec<UnixStream>,
    sessions: u64,
    fallen: bool,
    /// What happened, as params of the notification `event`.
    events: Vec<Value>,
}

impl Memory {
    /// One in which this happened.
    pub fn of(events: Vec<Value>) -> Self {
        Memory { events, ..Memory::default() }
    }
}

pub struct Fake {
    pub memory: Arc<Mutex<Memory>>,
    state: Arc<Mutex<&'static str>>,
    paths: Paths,
    epoch: String,
    lock: Arc<Mutex<Option<File>>>,
}

impl Fake {
    /// Takes the data folder's lock, listens, and publishes its endpoint.
    pub fn serve(
        paths: &Paths,
        epoch: &str,
        script: impl Fn(&Seen) -> Deed + Send + Sync + 'static,
    ) -> Self {
        Self::serve_with(paths, epoch, Memory::default(), script)
    }

    pub fn serve_with(
        paths: &Paths,
        epoch: &str,
        memory: Memory,
        script: impl Fn(&Seen) -> Deed + Send + Sync + 'static,
    ) -> Self {
        std::fs::create_dir_all(&paths.data).expect("the data folder");
        std::fs::create_dir_all(&paths.runtime).expect("the runtime folder");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&paths.lock);
        let lock = lock.expect("the lock");
        lock.try_lock().expect("nobody holds the data folder");
        let _ = std::fs::remove_file(&paths.socket);
        let listener = UnixListener::bind(&paths.socket).expect("the socket");
        let fake = Self {
            memory: Arc::new(Mutex::new(memory)),
            state: Arc::new(Mutex::new("ready")),
            paths: paths.clone(),
            epoch: epoch.to_owned(),
            lock: Arc::new(Mutex::new(Some(lock))),
        };
        let script: Script = Arc::new(script);
        let serving = fake.share();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.memory().fallen {
                    return;
                }
                let (serving, script) = (serving.share(), Arc::clone(&script));
                thread::spawn(move || serving.talk(stream, &script));
            }
        });
        fake.publish();
        fake
    }

    /// Says in its lock who it is, as daemons do.
    pub fn sign(&self) {
        std::fs::copy(&self.paths.endpoint, &self.paths.lock).expect("the lock is written");
    }

    /// Makes its socket anew.
    pub fn bind(&self) {
        let _ = std::fs::remove_file(&self.paths.socket);
        let listener = UnixListener::bind(&self.paths.socket).expect("the socket");
        let serving = self.share();
        thread::spawn(move || {
            let script: Script = Arc::new(|_| Deed::Usual);
            for stream in listener.incoming().flatten() {
                let (serving, script) = (serving.share(), Arc::clone(&script));
                thread::spawn(move || serving.talk(stream, &script));
            }
        });
    }

    pub fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().expect("no test panics with it")
    }

    pub fn set_state(&self, state: &'static str) {
        *self.state.lock().expect("no test panics with it") = state;
    }

    /// Ends, as a clean shutdown does.
    pub fn end(&self) {
        self.fall();
        let _ = std::fs::remove_file(&self.paths.endpoint);
        *self.lock.lock().expect("no test panics with it") = None;
    }

    /// No longer listens or talks; the endpoint and the lock stay.
    pub fn fall(&self) {
        let mut memory = self.memory();
        memory.fallen = true;
        for stream in memory.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        memory.held.clear();
        drop(memory);
        // The listener's thread wakes, sees that it has fallen, and closes the socket.
        let _ = UnixStream::connect(&self.paths.socket);
        let _ = std::fs::remove_file(&self.paths.socket);
    }

    /// Something happens, and everybody who is connected is told.
    pub fn happen(&self, event: Value) {
        let mut memory = self.memory();
        memory.streams.iter_mut().for_each(|stream| tell(stream, &event));
        memory.events.push(event);
    }

    /// Loses all connections, and lives on.
    pub fn hang_up(&self) {
        for stream in self.memory().streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Tells again what happened after an event, and then answers.
    fn subscribe(&self, stream: &mut UnixStream, params: &Value) -> Value {
        let memory = self.memory();
        let seq = |event: &Value| event["seq"].as_u64().unwrap_or(0);
        let after = params["after"].as_u64().unwrap_or(u64::MAX);
        memory
            .events
            .iter()
            .filter(|event| seq(event) > after)
            .for_each(|event| tell(stream, event));
        json!({ "subscription": "s", "seq": memory.events.last().map_or(0, seq) })
    }

    fn share(&self) -> Self {
        Self {
            memory: Arc::clone(&self.memory),
            state: Arc::clone(&self.state),
            paths: self.paths.clone(),
            epoch: self.epoch.clone(),
            lock: Arc::clone(&self.lock),
        }
    }

    fn publish(&self) {
        let endpoint = Endpoint {
            pid: std::process::id(),
            start_time: start_time(),
            boot_id: boot_id(),
            epoch: self.epoch.clone(),
            store: "5".repeat(16),
            socket: self.paths.socket.clone(),
            build: "fake".to_owned(),
        };
        endpoint.write(&self.paths.endpoint).expect("the endpoint file");
    }

    fn talk(&self, mut stream: UnixStream, script: &Script) {
        if *self.state.lock().expect("no test panics with it") == "full" {
            let error = Error::new(Code::Busy, "there is no place for another client");
            write(&mut stream, |out| rpc::encode_error(out, &Id::NULL, &error));
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
        let session = {
            let mut memory = self.memory();
            memory.streams.push(stream.try_clone().expect("a descriptor"));
            memory.sessions += 1;
            memory.sessions
        };
        let mut decoder = Decoder::new(frame::PAYLOAD_BYTES_MAX);
        let mut buffer = vec![0; 64 << 10];
        loop {
            let bytes = match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(bytes) => bytes,
            };
            let mut input = &buffer[..bytes];
            while let Some(frame) = decoder.decode(&mut input).expect("frames") {
                let Ok(Message::Single(request)) = rpc::parse(frame.json(), &RpcLimits::default())
                else {
                    unreachable!("the manager sends single requests");
                };
                let id = request.id.as_ref().map_or("null", Id::json);
                let id: Value = serde_json::from_str(id).expect("an id");
                let params = request
                    .params
                    .map_or(Value::Null, |params| serde_json::from_str(params).expect("params"));
                let key = request.meta.as_ref().and_then(|meta| meta.idempotency_key.as_deref());
                let seen = self.note(&request.method, params, key);
                if !self.act(&mut stream, session, &id, &seen, script) {
                    let _ = stream.shutdown(Shutdown::Both);
                    return;
                }
            }
        }
    }

    fn note(&self, method: &str, params: Value, key: Option<&str>) -> Seen {
        let mut memory = self.memory();
        let times = memory.seen.iter().filter(|seen| seen.method == method).count() + 1;
        let method = method.to_owned();
        let seen = Seen { method, params, key: key.map(str::to_owned), times };
        memory.seen.push(seen.clone());
        seen
    }

    /// False closes the connection.
    fn act(
        &self,
        stream: &mut UnixStream,
        session: u64,
        id: &Value,
        seen: &Seen,
        script: &Script,
    ) -> bool {
        let builtin = match seen.method.as_str() {
            "system.hello" => Some(self.hello(session)),
            "system.status" => Some(self.status()),
            "system.cancel" => Some(self.cancel(&seen.params)),
            "history.outcome" => Some(self.outcome(&seen.params)),
            "event.subscribe" => Some(self.subscribe(stream, &seen.params)),
            _ => None,
        };
        let deed = script(seen);
        match (deed, builtin) {
            (Deed::Usual, Some(reply)) => answer(stream, id, &reply),
            (Deed::Usual, None) => answer(stream, id, &self.work(seen)),
            (Deed::Refuse(code), _) => {
                let error = Error::new(code, "refused by the test");
                write(stream, |out| rpc::encode_error(out, &wire_id(id), &error));
            }
            (Deed::CommitAndDrop, _) => {
                self.work(seen);
                return false;
            }
            (Deed::Drop, _) => return false,
            (Deed::Hold, _) => self.hold(stream, session, id),
            (Deed::Fall, _) => {
                self.end();
                return false;
            }
            (Deed::Progress, _) => {
                let note = json!({ "id": id, "done": 1, "total": 2, "message": "half" });
                write(stream, |out| {
                    rpc::encode_notification(out, "progress", &note).expect("JSON");
                });
                self.hold(stream, session, id);
            }
        }
        true
    }

    fn hold(&self, stream: &UnixStream, session: u64, id: &Value) {
        let held = stream.try_clone().expect("a descriptor");
        self.memory().held.push((session, id.clone(), held));
    }

    /// Runs a call once per key.
    fn work(&self, seen: &Seen) -> Value {
        let mut memory = self.memory();
        if let Some(answer) = seen.key.as_ref().and_then(|key| memory.committed.get(key)) {
            return answer.clone();
        }
        memory.executed += 1;
        let answer = json!({ "method": seen.method, "run": memory.executed });
        if let Some(key) = &seen.key {
            memory.committed.insert(key.clone(), answer.clone());
        }
        answer
    }

    fn hello(&self, session: u64) -> Value {
        json!({
            "protocol": 1, "server": "goxe 0.1.0", "build": "fake", "epoch": self.epoch,
            "store": "5".repeat(16), "pid": std::process::id(), "session": session,
            "role": "admin", "limits": {},
        })
    }

    fn status(&self) -> Value {
        json!({
            "state": *self.state.lock().expect("no test panics with it"),
            "done": 0, "total": 0, "healthy": true, "degraded": [], "server": "goxe 0.1.0",
            "epoch": self.epoch, "store": "5".repeat(16), "pid": std::process::id(),
            "uptime_ms": 1, "peers": 1, "requests": 1, "calls_in_flight": 0, "lanes": 2,
            "lanes_busy": 0, "projects": 0, "projects_loaded": 0, "memory_bytes": 0,
            "journal_queued": 0,
        })
    }

    fn cancel(&self, params: &Value) -> Value {
        let mut memory = self.memory();
        let held = memory
            .held
            .iter()
            .position(|(session, id, _)| params["session"] == *session && params["id"] == *id);
        let Some(index) = held else { return json!({ "found": false }) };
        let (_, id, mut stream) = memory.held.remove(index);
        let error = Error::new(Code::Cancelled, "cancelled");
        write(&mut stream, |out| rpc::encode_error(out, &wire_id(&id), &error));
        json!({ "found": true })
    }

    fn outcome(&self, params: &Value) -> Value {
        let memory = self.memory();
        let key = params["key"].as_str().unwrap_or_default();
        match memory.committed.get(key) {
            Some(answer) => json!({ "outcome": "committed", "answer": answer }),
            None => json!({ "outcome": "never" }),
        }
    }
}

fn tell(stream: &mut UnixStream, event: &Value) {
    write(stream, |out| rpc::encode_notification(out, "event", event).expect("JSON"));
}

fn answer(stream: &mut UnixStream, id: &Value, reply: &Value) {
    write(stream, |out| rpc::encode_reply(out, &wire_id(id), reply));
}

fn wire_id(id: &Value) -> Id<'static> {
    Id::number(id.as_u64().expect("the client counts its calls"))
}

fn write(stream: &mut UnixStream, message: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::new();
    frame::append_message(&mut out, message).expect("a short message");
    // A client that has gone is not our concern.
    let _ = stream.write_all(&out);
}

pub fn start_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a stat line");
    fields.split_ascii_whitespace().nth(19).expect("22 fields").parse().expect("a number")
}

pub fn boot_id() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("Linux");
    text.trim().to_owned()
}

/// The paths of a data folder, and nothing else of the environment.
pub fn paths(data: &Path) -> Paths {
    let environment = goxe_config::Environment {
        uid: nix::unistd::getuid().as_raw(),
        euid: nix::unistd::geteuid().as_raw(),
        ..goxe_config::Environment::default()
    };
    let choice =
        goxe_config::Choice { data: Some(data.to_owned()), ..goxe_config::Choice::default() };
    Paths::resolve(&environment, &choice).expect("paths of a temporary folder")
}
