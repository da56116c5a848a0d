//! What the core wants done: the shell carries each out and reports with an event.

use super::event::{Advance, CallId, Epoch, Identity, LinkId, Token};
use super::reason::Reason;
use super::starts::Starts;

/// What the service manager (systemd, launchd) is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceRequest {
    /// Start it, unless it runs.
    Start,
    /// End what runs and start it.
    Restart,
}

/// How a call ended. Every call gets exactly one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The daemon answered; the shell holds the reply.
    Done,
    /// Nothing was changed.
    NotDone(Reason),
    /// An edit may or may not have been applied, and nobody can be asked now.
    Unknown(Reason),
}

/// What users of the manager are told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// A daemon is being started.
    Starting {
        /// Which start this is since the last that held.
        attempt: u32,
    },
    /// A daemon answers that it reads its journal back.
    Recovering {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: Epoch,
        /// How far it is.
        advance: Advance,
    },
    /// A daemon is ready that was not there before.
    Started {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: Epoch,
        /// From the decision to start until a request was answered.
        latency_ms: u64,
        /// Which start this was since the last that held.
        attempt: u32,
    },
    /// A running daemon was found and is used.
    Attached {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: Epoch,
    },
    /// The daemon that was used is gone.
    Stopped {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: Epoch,
        /// How that came to light.
        reason: String,
    },
    /// A real request was answered, or three were not.
    HealthCheck {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: Epoch,
        /// Time of the answer; none for no answer.
        latency_us: Option<u64>,
    },
    /// Another daemon is ready in the place of one that was used before.
    Restarted {
        /// The new daemon.
        pid: u32,
        /// Its start.
        epoch: Epoch,
        /// From the decision to start until a request was answered.
        latency_ms: u64,
        /// Which start this was since the last that held.
        attempt: u32,
    },
    /// A start failed, or no start was possible.
    Failed {
        /// What happened.
        reason: String,
        /// Which start this was since the last that held; 0 for none.
        attempt: u32,
    },
}

/// Everything the manager can want.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Read the endpoint file, connect, `system.hello`, `system.status`: `Looked`.
    Look(Token),
    /// Take `DATA/start.lock`, however long that takes: `StartLocked`.
    TakeStartLock(Token),
    /// Let `DATA/start.lock` go.
    DropStartLock,
    /// Read `DATA/starts` and see who owns the daemon: `Surveyed`.
    Survey(Token),
    /// Replace `DATA/starts`. Only under the start lock.
    WriteStarts(Starts),
    /// Wait until nobody holds `DATA/lock`: `DataLockFree`.
    AwaitDataLock(Token),
    /// Start a daemon that outlives us: `Spawned`, `StartExited`.
    Start(Token),
    /// End the start that never became ready: `StartExited`.
    EndStart(Token),
    /// Let the service manager act: `ServiceManagerAnswered`.
    AskServiceManager(Token, ServiceRequest),
    /// End exactly this process, by TERM, then by KILL: `Killed`.
    Kill(Token, Identity),
    /// `system.status` on the link's control connection: `Checked`.
    Check(Token, LinkId),
    /// Write the call on the link: `Replied`, or `LinkLost`.
    Send(CallId, LinkId),
    /// `system.cancel` for a call that is on the link.
    Cancel(CallId, LinkId),
    /// `history.outcome` for the call's key: `OutcomeTold`.
    AskOutcome(CallId, LinkId),
    /// Close both connections of the link.
    Close(LinkId),
    /// Tell the caller. Nothing about this call follows.
    Finish(CallId, Outcome),
    /// Tell who listens.
    Tell(Notice),
}
