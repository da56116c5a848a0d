//! One look at a data folder: its endpoint file, and a real request to whoever it names.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use goxe_config::Paths;
use goxe_config::endpoint::{Endpoint, EndpointError};
use goxe_protocol::api::system::{HelloParams, HelloReply, State, StatusReply};
use goxe_protocol::{Code, Error};

use super::connection::{AskError, Connection};
use super::{lock, process};
use crate::manager::core::{Advance, Epoch, Identity};

/// How long an answer of a process that was stopped is waited for: it may be on its way.
const STOPPED: Duration = Duration::from_millis(250);
/// How long a daemon whose socket is gone may take to make it anew, and how often it is looked for.
const BIND: Duration = Duration::from_secs(2);
const BIND_AGAIN: Duration = Duration::from_millis(50);

/// The daemon behind a link, as it greeted us.
#[derive(Clone, Debug, PartialEq)]
pub struct DaemonInfo {
    /// Where it listens.
    pub socket: PathBuf,
    /// Its greeting: epoch, store, build, role, limits.
    pub hello: HelloReply,
}

/// Two greeted connections to one daemon.
#[derive(Debug)]
pub struct NewLink {
    pub calls: Connection,
    /// The session of `calls`, by which the other one cancels.
    pub session: u64,
    pub control: Connection,
    pub info: DaemonInfo,
}

/// What a look found.
#[derive(Debug)]
pub enum Seen {
    Ready(Identity, Box<NewLink>),
    Recovering(Identity, Advance, Box<NewLink>),
    Draining(Identity),
    /// It answers that it has no place for one more client.
    Full(Identity),
    Silent(Identity),
    /// It lives, and the path of its socket is gone: nobody new can reach it.
    Lost(Identity),
    Deaf(Identity),
    Absent {
        left: Option<Identity>,
    },
    Refused(String),
}

/// A single greeted connection, and what the daemon says about itself.
#[derive(Debug)]
pub struct Glance {
    pub connection: Connection,
    pub info: DaemonInfo,
    pub id: Identity,
    pub status: StatusReply,
}

/// Whom to look for, and how patiently.
#[derive(Debug)]
pub struct Looker {
    pub paths: Paths,
    pub client: String,
    /// For whom we work, once it is known.
    pub actor: OnceLock<String>,
    pub boot_id: String,
    pub patience: Duration,
    /// The daemon that was told to make its socket anew. Held for a few instructions.
    pub told: Mutex<Option<Identity>>,
}

impl Looker {
    /// Looks, and opens a link if the daemon answers. One whose socket is gone is first told to make it
    /// anew.
    pub async fn look(&self) -> Seen {
        let mut glanced = self.glance().await;
        if let Err(Seen::Lost(id)) = &glanced
            && self.tell_to_bind(id)
        {
            let deadline = tokio::time::Instant::now() + BIND;
            while matches!(glanced, Err(Seen::Lost(_))) && tokio::time::Instant::now() < deadline {
                tokio::time::sleep(BIND_AGAIN).await;
                glanced = self.glance().await;
            }
        }
        let control = match glanced {
            Ok(glance) => glance,
            Err(seen) => return seen,
        };
        let Glance { connection, info, id, status } = control;
        let advance = Advance { done: status.done, total: status.total };
        if status.state == State::Draining {
            return Seen::Draining(id);
        }
        match self.second(&info, &id).await {
            Ok((calls, session)) => {
                let link = Box::new(NewLink { calls, session, control: connection, info });
                match status.state {
                    State::Recovering => Seen::Recovering(id, advance, link),
                    State::Ready | State::Draining => Seen::Ready(id, link),
                }
            }
            Err(seen) => seen,
        }
    }

    /// One connection: greeting and status.
    pub async fn glance(&self) -> Result<Glance, Seen> {
        let endpoint = match Endpoint::read(&self.paths.endpoint) {
            Ok(endpoint) => endpoint,
            // A damaged file says as little as none: the next daemon writes it anew.
            Err(
                EndpointError::Absent { .. }
                | EndpointError::TooLarge { .. }
                | EndpointError::Malformed { .. },
            ) => self.holder().ok_or(Seen::Absent { left: None })?,
            Err(error @ EndpointError::Io { .. }) => {
                return Err(Seen::Refused(format!("{error}. Check who owns the data folder.")));
            }
        };
        let id = Identity {
            pid: endpoint.pid,
            started: endpoint.start_time,
            epoch: Epoch::new(&endpoint.epoch),
        };
        let alive = endpoint.boot_id == self.boot_id && process::is_alive(id.pid, id.started);
        match tokio::time::timeout(
            self.patience_with(id.pid),
            self.greet(&endpoint.socket, &id, alive),
        )
        .await
        {
            Ok(result) => result,
            Err(_) => Err(Seen::Silent(id)),
        }
    }

    /// How long an answer of this process is waited for. Whoever was stopped gives none.
    pub fn patience_with(&self, pid: u32) -> Duration {
        if process::is_stopped(pid) { self.patience.min(STOPPED) } else { self.patience }
    }

    /// Signals a daemon that holds the data folder by its own word, once in its life: it looks whether
    /// its socket is still there. False if that is not sure to be a daemon, or was done.
    fn tell_to_bind(&self, id: &Identity) -> bool {
        let is_it = |holder: Endpoint| (holder.pid, holder.start_time) == (id.pid, id.started);
        if !self.holder().is_some_and(is_it) || !lock::is_held(&self.paths.lock) {
            return false;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.as_ref() != Some(id) && {
            *told = Some(id.clone());
            process::tell_to_look(id.pid, id.started)
        }
    }

    /// The daemon that holds the data folder by its own word, for a folder that lost its endpoint
    /// file. The word of one that is gone says nothing.
    fn holder(&self) -> Option<Endpoint> {
        let endpoint = Endpoint::read(&self.paths.lock).ok()?;
        let alive = endpoint.boot_id == self.boot_id
            && process::is_alive(endpoint.pid, endpoint.start_time);
        alive.then_some(endpoint)
    }

    async fn greet(&self, socket: &Path, id: &Identity, alive: bool) -> Result<Glance, Seen> {
        let gone = || match alive {
            true => Seen::Deaf(id.clone()),
            false => Seen::Absent { left: Some(id.clone()) },
        };
        let mut connection = match Connection::open(socket).await {
            Ok(connection) => connection,
            Err(error) => {
                return Err(match error.kind() {
                    // A full queue of connections that nobody accepts.
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Seen::Silent(id.clone()),
                    io::ErrorKind::PermissionDenied => Seen::Refused(format!(
                        "the socket {} may not be used by this user. Ask its owner for access.",
                        socket.display()
                    )),
                    // It takes the path away only when it ends, and then it is gone in a moment.
                    io::ErrorKind::NotFound if alive => Seen::Lost(id.clone()),
                    _ => gone(),
                });
            }
        };
        trust(&connection, socket)?;
        let hello = self.hello(&mut connection).await.map_err(|error| why(error, id, gone()))?;
        let id = identify(&hello, id);
        let status = connection
            .ask("system.status", &serde_json::Map::new())
            .await
            .and_then(|answer| {
                answer.parse::<StatusReply>().map_err(|error| AskError::Broken(error.to_string()))
            })
            .map_err(|error| why(error, &id, gone()))?;
        let info = DaemonInfo { socket: socket.to_owned(), hello };
        Ok(Glance { connection, info, id, status })
    }

    /// The connection for calls, beside the one that was greeted.
    async fn second(&self, info: &DaemonInfo, id: &Identity) -> Result<(Connection, u64), Seen> {
        let open = async {
            let mut connection =
                Connection::open(&info.socket).await.map_err(|_| AskError::Closed)?;
            let hello = self.hello(&mut connection).await?;
            Ok((connection, hello))
        };
        match tokio::time::timeout(self.patience_with(id.pid), open).await {
            Ok(Ok((connection, hello))) if hello.epoch == info.hello.epoch => {
                Ok((connection, hello.session))
            }
            // Another daemon took its place in between: the next look sees only that one.
            Ok(Ok(_)) => Err(Seen::Deaf(id.clone())),
            Ok(Err(error)) => Err(why(error, id, Seen::Deaf(id.clone()))),
            Err(_) => Err(Seen::Silent(id.clone())),
        }
    }

    async fn hello(&self, connection: &mut Connection) -> Result<HelloReply, AskError> {
        let actor = self.actor.get().cloned();
        let mut params = HelloParams { client: Some(self.client.clone()), actor, token: None };
        let mut answer = connection.ask("system.hello", &params).await;
        // A daemon from before an upgrade knows no actors; it serves until it is replaced.
        let refused =
            matches!(&answer, Err(AskError::Answer(error)) if error.code == Code::InvalidParams);
        if refused && params.actor.take().is_some() {
            answer = connection.ask("system.hello", &params).await;
        }
        answer?.parse().map_err(|error| AskError::Broken(error.to_string()))
    }
}

/// The daemon must be ours or the system's: nobody else gets our calls.
fn trust(connection: &Connection, socket: &Path) -> Result<(), Seen> {
    let user = nix::unistd::geteuid().as_raw();
    match connection.peer_user() {
        Some(owner) if owner != user && owner != 0 && user != 0 => Err(Seen::Refused(format!(
            "the socket {} is served by user {owner}, not by user {user}. Remove the endpoint file \
             beside the data, or choose another data folder with --data.",
            socket.display()
        ))),
        _ => Ok(()),
    }
}

/// The endpoint file's process, unless a newer daemon answered in its place.
fn identify(hello: &HelloReply, from_file: &Identity) -> Identity {
    if hello.epoch == from_file.epoch.as_str() {
        return from_file.clone();
    }
    Identity {
        pid: hello.pid,
        started: process::start_time(hello.pid).unwrap_or(0),
        epoch: Epoch::new(&hello.epoch),
    }
}

fn why(error: AskError, id: &Identity, gone: Seen) -> Seen {
    match error {
        AskError::Answer(Error { code: Code::ShuttingDown, .. }) => Seen::Draining(id.clone()),
        AskError::Answer(Error { code: Code::Busy, .. }) => Seen::Full(id.clone()),
        AskError::Answer(error) => {
            let hint = &error.data.hint;
            Seen::Refused(format!("{error}. {hint}"))
        }
        AskError::Closed => gone,
        AskError::Broken(text) => Seen::Refused(format!(
            "what answers there does not speak this protocol ({text}). Restart the daemon with \
             `goxe daemon restart` if it is of another version."
        )),
    }
}
