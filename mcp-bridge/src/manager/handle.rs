//! The manager as others use it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use goxe_config::{Paths, Shown};
use goxe_protocol::client::Notification;
use serde_json::value::RawValue;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::call::{Call, CallError, Kind, Settled};
use super::core::{CallId, CallKind, Notice, Reason, Settings};
use super::shell::look::{DaemonInfo, Looker};
use super::shell::start::{Detachment, Program, Starter};
use super::shell::{AnswerTo, Ask, Broadcasts, CALLS_MAX, Request, Scene, Shell, Work, process};

/// Notices and notifications that may wait for a listener before it misses some.
const BROADCASTS_MAX: usize = 256;

/// How a manager is set up.
#[derive(Debug)]
pub struct Options {
    /// The files of the daemon.
    pub paths: Paths,
    /// Who we are, for the daemon's log: name and version.
    pub client: String,
    /// Bounds and delays.
    pub settings: Settings,
    /// How long one probe may take.
    pub probe_timeout: Duration,
    /// How long a daemon that was judged bad may take to end by itself before it is killed.
    pub kill_after: Duration,
    /// The program that is the daemon: this one, if none is named.
    pub program: Option<PathBuf>,
    /// Its arguments: `daemon run --data DATA`, if none are given.
    pub arguments: Option<Vec<OsString>>,
    /// How the daemon is detached from us.
    pub detachment: Detachment,
    /// Whether a systemd unit or launchd job of this data folder is looked for, and asked.
    pub supervised: bool,
    /// The configuration that all this was made from, for whoever wants to see it.
    pub configuration: Vec<Shown>,
}

impl Options {
    /// The usual set-up for a daemon.
    pub fn new(paths: Paths, client: &str) -> Self {
        Self {
            paths,
            client: client.to_owned(),
            settings: Settings::default(),
            probe_timeout: Duration::from_secs(2),
            kill_after: Duration::from_secs(2),
            program: None,
            arguments: None,
            detachment: Detachment::Scope,
            supervised: true,
            configuration: Vec::new(),
        }
    }
}

/// A handle to the manager of one data folder. Clones share it; it ends with the last one. The
/// daemon lives on.
#[derive(Clone, Debug)]
pub struct Manager {
    requests: mpsc::Sender<Request>,
    last_call: Arc<AtomicU64>,
    broadcasts: Broadcasts,
    pub(super) scene: Arc<Scene>,
}

impl Manager {
    /// Says for whom its calls are made; counts for connections that are opened from now on.
    pub fn introduce(&self, actor: &str) {
        // A process serves one client: the first name is the right one.
        let _ = self.scene.looker.actor.set(actor.to_owned());
    }

    /// Opens the manager on the runtime this is called in. Nothing is looked for or started yet.
    pub fn open(options: Options) -> Self {
        let arguments = options.arguments.unwrap_or_else(|| {
            let data = options.paths.data.clone().into_os_string();
            vec!["daemon".into(), "run".into(), "--data".into(), data]
        });
        let program = match options.program {
            Some(path) => Program::at(path),
            // Without a path of our own there is nothing to start: the start says so then.
            None => Program::current().unwrap_or_else(|_| Program::at(PathBuf::from("goxe"))),
        };
        let scene = Arc::new(Scene {
            starter: Starter {
                program,
                arguments,
                detachment: options.detachment,
                log: options.paths.log_dir.join("start.log"),
            },
            looker: Looker {
                paths: options.paths,
                client: options.client,
                actor: OnceLock::new(),
                boot_id: process::boot_id(),
                patience: options.probe_timeout,
                told: Mutex::default(),
            },
            settings: options.settings,
            supervised: options.supervised,
            configuration: options.configuration,
            guestless: Mutex::default(),
            kill_after: options.kill_after,
        });
        let broadcasts = Broadcasts {
            notices: broadcast::Sender::new(BROADCASTS_MAX),
            notifications: broadcast::Sender::new(BROADCASTS_MAX),
        };
        let (requests, requests_in) = mpsc::channel(2 * CALLS_MAX);
        Shell::open(Arc::clone(&scene), requests_in, broadcasts.clone());
        Self { requests, last_call: Arc::new(AtomicU64::new(0)), broadcasts, scene }
    }

    /// Sees one call through to its outcome. An edit runs at most once, whatever happens.
    ///
    /// # Errors
    /// The daemon's own error, or why the call was not done, or that this is not known.
    pub async fn call(&self, call: Call) -> Result<Settled, CallError> {
        self.begin(call).await?.finish().await
    }

    /// Begins a call that can be cancelled. Dropping what this returns gives the call up, too.
    ///
    /// # Errors
    /// The manager has ended.
    pub async fn begin(&self, call: Call) -> Result<PendingCall, CallError> {
        let (kind, key) = match &call.kind {
            Kind::Read => (CallKind::Read, None),
            Kind::Edit { key } => (CallKind::Edit, Some(key.clone())),
            Kind::Once => (CallKind::Once, None),
        };
        let work = Work {
            method: call.method,
            params: call.params.into(),
            attachment: call.attachment.map(Arc::new),
            key,
            progress: call.progress,
        };
        let (to, answer) = oneshot::channel();
        let guard = self.ask(kind, call.timeout, work, AnswerTo::Call(to)).await?;
        Ok(PendingCall { guard, kind: call.kind, answer })
    }

    /// Returns once a daemon is ready, which is started if need be.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn ensure(&self, timeout: Duration) -> Result<DaemonInfo, CallError> {
        self.want(CallKind::Ensure, timeout).await
    }

    /// As [`ensure`](Self::ensure), for a person who asks for it: earlier failures do not hold the
    /// start back, and it happens even where automatic starts are switched off.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn start(&self, timeout: Duration) -> Result<DaemonInfo, CallError> {
        self.want(CallKind::Start, timeout).await
    }

    /// The configuration that the manager was made from, with the origin of every value.
    pub fn configuration(&self) -> &[Shown] {
        &self.scene.configuration
    }

    /// What happens to the daemon from now on.
    pub fn events(&self) -> broadcast::Receiver<Notice> {
        self.broadcasts.notices.subscribe()
    }

    /// What the daemon says by itself from now on, on the connection that calls go over.
    pub fn notifications(&self) -> broadcast::Receiver<Arc<Notification>> {
        self.broadcasts.notifications.subscribe()
    }

    async fn want(&self, kind: CallKind, timeout: Duration) -> Result<DaemonInfo, CallError> {
        let work = Work {
            method: String::new(),
            params: RawValue::NULL.to_owned().into(),
            attachment: None,
            key: None,
            progress: None,
        };
        let (to, answer) = oneshot::channel();
        let mut guard = self.ask(kind, timeout, work, AnswerTo::Ensure(to)).await?;
        let result = answer.await.unwrap_or(Err(CallError::Closed));
        guard.done = true;
        result
    }

    async fn ask(
        &self,
        kind: CallKind,
        timeout: Duration,
        work: Work,
        to: AnswerTo,
    ) -> Result<Guard, CallError> {
        let id = CallId(self.last_call.fetch_add(1, Ordering::Relaxed));
        let ask = Ask { id, kind, timeout, work, to };
        let sent = self.requests.send(Request::Call(Box::new(ask))).await;
        sent.map_err(|_| CallError::Closed)?;
        Ok(Guard { id, requests: self.requests.clone(), done: false })
    }
}

/// A call that is under way.
#[derive(Debug)]
pub struct PendingCall {
    guard: Guard,
    kind: Kind,
    answer: oneshot::Receiver<Result<Settled, CallError>>,
}

impl PendingCall {
    /// The call's outcome.
    ///
    /// # Errors
    /// As [`Manager::call`].
    pub async fn finish(mut self) -> Result<Settled, CallError> {
        // A manager that ended in the middle of it may have sent it.
        let ended = |_| Err(self.kind.unanswered(Reason::AnswerLost));
        let result = (&mut self.answer).await.unwrap_or_else(ended);
        self.guard.done = true;
        result
    }

    /// What cancels the call: before the journal has an edit nothing is changed, after that it stands
    /// and answers normally. Either way `finish` returns soon, and says which.
    pub fn canceller(&self) -> CallCanceller {
        CallCanceller { id: self.guard.id, requests: self.guard.requests.clone() }
    }
}

/// Cancels one call.
#[derive(Clone, Debug)]
pub struct CallCanceller {
    id: CallId,
    requests: mpsc::Sender<Request>,
}

impl CallCanceller {
    /// Cancels it, over the control connection if it is under way. A call that has ended stays so.
    pub async fn cancel(&self) {
        // A manager that has ended has no call to cancel.
        let _ = self.requests.send(Request::Abandon(self.id)).await;
    }
}

/// Gives a call up when nobody waits for it any more.
#[derive(Debug)]
struct Guard {
    id: CallId,
    requests: mpsc::Sender<Request>,
    done: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.done {
            // If the queue is full the call ends at its deadline instead.
            let _ = self.requests.try_send(Request::Abandon(self.id));
        }
    }
}

impl std::fmt::Debug for Scene {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Scene").field("data", &self.looker.paths.data).finish_non_exhaustive()
    }
}
