//! What the shell tells the core: closed, without bytes, sockets or clocks.

use std::fmt;
use std::sync::Arc;

use super::starts::Starts;

/// One question the core asked the shell. An answer that carries an old token is ignored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token(pub u64);

/// One pair of connections to a daemon (calls, and control), numbered by the shell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(pub u64);

/// One thing a caller wants, from the moment he asks until its outcome.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId(pub u64);

/// The daemon's random number of one process start, as it travels on the wire.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// Takes the epoch as the daemon spelled it.
    pub fn new(text: &str) -> Self {
        Self(Arc::from(text))
    }

    /// The epoch as the daemon spelled it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Identity {
    /// A process that was started as a daemon and never answered, so that it has no epoch.
    pub fn nameless(pid: u32, started: u64) -> Self {
        Self { pid, started, epoch: Epoch::new("") }
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// One process of a daemon, told apart from every other one that ever had its number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Process number.
    pub pid: u32,
    /// Start time as the system counts it; with the number it names one process.
    pub started: u64,
    /// What the daemon calls this start of itself.
    pub epoch: Epoch,
}

/// How a call may be repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallKind {
    /// Nothing is sent: the caller wants a ready daemon.
    Ensure,
    /// As `Ensure`, by a person: neither the budget nor the backoff holds it back.
    Start,
    /// Reads only: may be sent again.
    Read,
    /// Writes, under an idempotency key: sent again at most once.
    Edit,
    /// May change something that nobody keeps a record of: never sent again.
    Once,
}

/// What one look at the data folder and its daemon found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// A daemon answered a real request; the link is open.
    Ready(LinkId, Identity),
    /// A daemon answered that it is still recovering; the link is open.
    Recovering(LinkId, Identity, Advance),
    /// A daemon answered that it is shutting down.
    Draining(Identity),
    /// A daemon answered that it has no place for one more client: it is well, and is asked again.
    Full(Identity),
    /// Something took the connection, or should have, and did not answer in time.
    Silent(Identity),
    /// The process that the endpoint file names lives, and does not listen: it is ending, or stuck.
    Deaf(Identity),
    /// There is no daemon.
    Absent {
        /// The dead process that the endpoint file still names: it did not end cleanly.
        left: Option<Identity>,
    },
    /// A daemon is there and does not want us; a restart would not help.
    Refused(String),
}

/// How far a recovering daemon has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Advance {
    /// Work done.
    pub done: u64,
    /// Work known; 0 while it is not.
    pub total: u64,
}

/// What the control connection answered about the daemon's health.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Health {
    /// A real request was answered.
    Ready {
        /// How long the answer took.
        latency_us: u64,
    },
    /// It answers, and is not ready yet.
    Recovering(Advance),
    /// It answers that it is shutting down.
    Draining,
    /// No answer in time.
    Silent,
}

/// What a reply means for its call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplyKind {
    /// The daemon answered, with a result or with an error of its own.
    Answer,
    /// The daemon refused because it is shutting down: nothing was run.
    ShuttingDown,
    /// The daemon gave up waiting for its own work, which may still be done.
    Undecided,
}

/// What `history.outcome` said about an edit whose reply was lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recorded {
    /// It was committed; the shell holds its first answer.
    Committed,
    /// It still runs.
    Running,
    /// The daemon has no trace of it.
    Never,
    /// The daemon cannot say it yet: it still brings the project into memory, or is about to leave.
    Later,
    /// The daemon refused to say; the shell holds its error.
    Refused,
}

/// How a start of ours ended before it was ready.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exit {
    /// Exit code; none for a signal, or when nothing could be executed at all.
    pub code: Option<i32>,
    /// What happened, with the last lines the process wrote.
    pub text: String,
}

/// Everything that can happen to the manager.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Only time has passed.
    Tick,
    /// A caller wants something before `deadline_ms`.
    Call(CallId, CallKind, u64),
    /// The caller no longer wants it.
    Abandon(CallId),
    /// Answer to `Action::Look`.
    Looked(Token, Found),
    /// The endpoint file changed: looking again is worth it.
    EndpointChanged,
    /// Answer to `Action::TakeStartLock`.
    StartLocked(Token, Result<(), String>),
    /// Answer to `Action::Survey`.
    Surveyed {
        /// The question.
        token: Token,
        /// The starts on record.
        starts: Starts,
        /// Whether systemd or launchd owns the daemon of this data folder.
        supervised: bool,
    },
    /// Answer to `Action::AwaitDataLock`: nobody holds it.
    DataLockFree(Token, Result<(), String>),
    /// Somebody who is no daemon holds `DATA/lock`: its process, as far as the system says.
    DataLockForeign(Token, Option<String>),
    /// The process of `Action::Start` exists.
    Spawned {
        /// The question.
        token: Token,
        /// Process number.
        pid: u32,
        /// Start time as the system counts it.
        started: u64,
    },
    /// The process of `Action::Start` is gone, or never was.
    StartExited(Token, Exit),
    /// Answer to `Action::AskServiceManager`.
    ServiceManagerAnswered(Token, Result<(), String>),
    /// Answer to `Action::Kill`: the process is gone, or may not be touched.
    Killed(Token, Result<(), String>),
    /// Answer to `Action::Check`.
    Checked(Token, Health),
    /// Something arrived on the link.
    Heard(LinkId),
    /// Either connection of the link is gone.
    LinkLost(LinkId),
    /// A reply arrived; its bytes stay with the shell.
    Replied(CallId, ReplyKind),
    /// Answer to `Action::AskOutcome`.
    OutcomeTold(CallId, Recorded),
}
