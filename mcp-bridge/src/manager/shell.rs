//! The shell around the core: one task that owns it, and carries out what it wants.

mod carry;
pub mod connection;
mod inbox;
pub mod lock;
pub mod look;
pub mod process;
pub mod record;
pub mod service_manager;
pub mod start;
pub mod watch;

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use goxe_config::Shown;
use goxe_protocol::client::Notification;
use serde_json::value::RawValue;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::call::{CallError, Progress, Settled};
use super::core::{CallId, CallKind, Core, Event, LinkId, Notice, Settings, Starts, Token};
use connection::{Command, Report};
use look::{DaemonInfo, Looker, Seen};
use service_manager::ServiceManager;
use start::Starter;

/// Reports of connections and threads that may wait for the task.
const REPORTS_MAX: usize = 1_024;

/// Calls without an outcome; one more is refused.
pub const CALLS_MAX: usize = 512;

/// Commands that may wait for a connection: every call sent, asked for and cancelled fits.
const COMMANDS_MAX: usize = 4 * CALLS_MAX;

/// What the handles of a manager ask of its task.
#[derive(Debug)]
pub enum Request {
    /// A call, an ensure or a start.
    Call(Box<Ask>),
    /// Nobody waits for it any more.
    Abandon(CallId),
}

/// One thing asked, and where its outcome goes.
#[derive(Debug)]
pub struct Ask {
    pub id: CallId,
    pub kind: CallKind,
    pub timeout: Duration,
    pub work: Work,
    pub to: AnswerTo,
}

/// What is to be written for a call.
#[derive(Debug)]
pub struct Work {
    pub method: String,
    pub params: Arc<RawValue>,
    pub attachment: Option<Arc<Vec<u8>>>,
    /// The idempotency key of an edit.
    pub key: Option<String>,
    pub progress: Option<mpsc::Sender<Progress>>,
}

/// Where an outcome goes.
#[derive(Debug)]
pub enum AnswerTo {
    /// To who made a call.
    Call(oneshot::Sender<Result<Settled, CallError>>),
    /// To who wanted a daemon.
    Ensure(oneshot::Sender<Result<DaemonInfo, CallError>>),
}

/// What the threads and tasks that work for the core report.
enum Finding {
    Seen(Token, Seen),
    StartLock(Token, Result<File, String>),
    DataLock(Result<(), String>),
    Survey(Token, Starts, Option<ServiceManager>),
    Spawned { token: Token, pid: u32, started: u64 },
    Plain(Event),
}

/// The parts of the world that a manager works on.
pub struct Scene {
    pub looker: Looker,
    pub starter: Starter,
    pub settings: Settings,
    /// Whether a service manager is looked for.
    pub supervised: bool,
    /// What all this was made from.
    pub configuration: Vec<Shown>,
    /// The epoch of the last daemon that was found to have no guests. Never in the path of a call.
    pub guestless: Mutex<Option<String>>,
    /// How long a daemon may take to end by TERM before it is killed.
    pub kill_after: Duration,
}

/// What users of a manager listen to.
#[derive(Clone, Debug)]
pub struct Broadcasts {
    pub notices: broadcast::Sender<Notice>,
    pub notifications: broadcast::Sender<Arc<Notification>>,
}

/// A call from its arrival until its outcome.
struct Pending {
    work: Work,
    deadline_ms: u64,
    to: AnswerTo,
    /// What the daemon answered, until the core says that this is the outcome.
    got: Option<Result<Settled, CallError>>,
}

/// An open link: both ends of both connections are in tasks of their own.
struct Link {
    calls: mpsc::Sender<Command>,
    control: mpsc::Sender<Command>,
    info: DaemonInfo,
}

/// The task's state.
pub struct Shell {
    scene: Arc<Scene>,
    core: Core,
    pending: HashMap<CallId, Pending>,
    links: HashMap<LinkId, Link>,
    last_link: u64,
    start_lock: Option<File>,
    /// The wait for `DATA/lock` that the core wants, and whether a thread waits.
    data_lock_wanted: Option<Token>,
    data_lock_thread: bool,
    /// The start that may have to be ended.
    started: Option<(Token, u32, u64)>,
    service_manager: Option<ServiceManager>,
    /// The record of starts, while it could not be written.
    unwritten: Option<Starts>,
    /// When the health check that is under way was asked for.
    checks: HashMap<Token, Instant>,
    watching: bool,
    broadcasts: Broadcasts,
    findings: mpsc::Sender<Finding>,
    reports: mpsc::Sender<Report>,
}

impl Shell {
    /// Starts the task. It ends when the last sender of requests is gone.
    pub fn open(scene: Arc<Scene>, requests: mpsc::Receiver<Request>, broadcasts: Broadcasts) {
        let (findings, findings_in) = mpsc::channel(REPORTS_MAX);
        let (reports, reports_in) = mpsc::channel(REPORTS_MAX);
        let shell = Self {
            core: Core::new(scene.settings.clone()),
            scene,
            pending: HashMap::new(),
            links: HashMap::new(),
            last_link: 0,
            start_lock: None,
            data_lock_wanted: None,
            data_lock_thread: false,
            started: None,
            service_manager: None,
            unwritten: None,
            checks: HashMap::new(),
            watching: false,
            broadcasts,
            findings,
            reports,
        };
        tokio::spawn(shell.run(requests, findings_in, reports_in));
    }

    async fn run(
        mut self,
        mut requests: mpsc::Receiver<Request>,
        mut findings: mpsc::Receiver<Finding>,
        mut reports: mpsc::Receiver<Report>,
    ) {
        loop {
            let wake_ms = self.core.wake_at_ms();
            let left_ms = wake_ms.map(|at_ms| at_ms.saturating_sub(process::now_ms()));
            let sleep = tokio::time::sleep(Duration::from_millis(left_ms.unwrap_or(0)));
            tokio::select! {
                request = requests.recv() => match request {
                    Some(request) => self.take_request(request),
                    None => return,
                },
                Some(finding) = findings.recv() => self.take_finding(finding),
                Some(report) = reports.recv() => self.take_report(report),
                () = sleep, if left_ms.is_some() => self.step(Event::Tick),
            }
        }
    }

    /// Lets the core take an event, and does what follows.
    fn step(&mut self, event: Event) {
        let actions = self.core.step(event, process::now_ms());
        for action in actions {
            self.carry_out(action);
        }
    }
}
