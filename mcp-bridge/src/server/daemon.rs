//! What the server needs of the daemon: one call, its health, a restart.
//!
//! The daemon manager implements it; tests put a daemon of their own behind the same trait.

use std::{pin::Pin, time::Duration};

use goxe_protocol::api::system::StatusReply;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A future that one of the trait's methods returns.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The daemon, started when a call needs it and healed when it fails.
pub trait Daemon: Send + Sync + 'static {
    /// Has the daemon run one method. A [`Kind::Edit`] runs at most once, whatever happens.
    fn call(&self, call: Call) -> Pending<'_, Result<Reply, CallError>>;

    /// Looks at the daemon with a real request, and starts nothing.
    fn health(&self) -> Pending<'_, Health>;

    /// Ends the daemon if it runs, and starts it; returns once it answers.
    fn restart(&self) -> Pending<'_, Result<Health, CallError>>;
}

/// One call of a method.
#[derive(Debug)]
pub struct Call {
    /// The method's name.
    pub method: &'static str,
    /// Its params.
    pub params: Value,
    /// Raw bytes that go with them.
    pub attachment: Option<Vec<u8>>,
    /// Whether it changes something.
    pub kind: Kind,
    /// How long it may take once the daemon is up.
    pub timeout: Duration,
    /// Where progress goes, if anybody wants to know.
    pub progress: Option<mpsc::Sender<Progress>>,
    /// Fires when the answer is no longer wanted.
    pub cancel: CancellationToken,
}

/// Whether a call may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It changes nothing that is kept: sent again whenever that helps.
    Read,
    /// It changes something: sent again only with the key that keeps it from running twice.
    Edit {
        /// The idempotency key.
        key: Uuid,
    },
}

/// How far a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Work done so far, in the method's own unit.
    pub done: u64,
    /// Work in all; 0 while unknown.
    pub total: u64,
    /// What is being done.
    pub message: String,
}

/// What a call returned.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The method's reply.
    pub result: Value,
    /// Raw bytes that came with it.
    pub attachment: Option<Vec<u8>>,
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallError {
    /// The daemon answered with an error.
    #[error("{0}")]
    Answer(goxe_protocol::Error),
    /// The call did not reach a daemon, so nothing was done.
    #[error("no daemon: {reason}")]
    Down {
        /// Why none runs and none could be started.
        reason: String,
    },
    /// The call was sent and the answer lost; whether it was done is not known.
    #[error("the answer was lost: {reason}")]
    Lost {
        /// How the connection ended.
        reason: String,
    },
    /// No answer came in time. For an edit it is not known whether it was done.
    #[error("no answer within {} s", .after.as_secs())]
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// The caller cancelled it before anything was done.
    #[error("cancelled")]
    Cancelled,
}

/// How the daemon is, as far as one can tell from outside.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Health {
    /// Whether it runs and answers.
    pub daemon: Condition,
    /// Why it does not, or what is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long the probe took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe_ms: Option<u64>,
    /// Starts in the present window that did not last, over all bridges.
    pub starts_failed: u32,
    /// How many of them are allowed before the bridges leave it alone.
    pub starts_failed_max: u32,
    /// When the next start may be tried, in milliseconds from now; absent when at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_start_ms: Option<u64>,
    /// The folder whose daemon this is about.
    pub data: String,
    /// Its socket, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
    /// What it says about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusReply>,
}

/// Whether a daemon runs and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// It answers.
    Up,
    /// It reads its journal back and will be up.
    Recovering,
    /// It finishes what runs, then ends.
    Draining,
    /// It runs and does not answer.
    Hung,
    /// None runs; a call starts one.
    Down,
    /// None runs, and starting one failed too often.
    Failed,
}
