//! `system.*`: greeting, health, description, cancelling, backup.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{method, types::NoParams};

method! {
    /// Says who speaks and learns who answers. Optional on a Unix socket; on TCP it must be the
    /// first message and carry the token.
    Hello = "system.hello", Read, Inline, false, None, HelloParams => HelloReply
}
method! {
    /// Answers with its own params and attachment: the cheapest whole request there is.
    Echo = "system.echo", Read, Inline, false, Both, Value => Value
}
method! {
    /// Tells the daemon's state, load and health. Answered by the event loop even while every
    /// lane is busy or the journal is being recovered.
    Status = "system.status", Read, Inline, false, None, NoParams => StatusReply
}
method! {
    /// Returns the OpenRPC document of every method, with JSON Schemas and the table of errors.
    Describe = "system.describe", Read, Read, false, None, NoParams => Value
}
method! {
    /// Cancels a call in flight, of this session or another one of the same principal. An edit
    /// that the journal took stands and answers normally.
    Cancel = "system.cancel", Read, Inline, false, None, CancelParams => CancelReply
}
method! {
    /// Writes a consistent archive of every project into a blob, while the daemon goes on.
    Backup = "system.backup", Admin, Long, false, None, NoParams => BackupReply
}

/// Params of `system.hello`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HelloParams {
    /// Name and version of the client, for logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// For whom the client works, where several work with the rights of one user: edits of this
    /// session are told and undone as this one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The token, where the listener asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Reply of `system.hello`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HelloReply {
    /// The version of the frames: 1.
    pub protocol: u32,
    /// `goxe` and its version.
    pub server: String,
    /// Which build it is; differs between two builds of one version.
    pub build: String,
    /// Random at every start of the process: two replies with one epoch come from one run.
    pub epoch: String,
    /// Lineage of the data folder: new after a restore.
    pub store: String,
    /// The daemon's process id.
    pub pid: u32,
    /// This session's number, which `system.cancel` takes.
    pub session: u64,
    /// What the peer may do: `read`, `edit` or `admin`.
    pub role: String,
    /// The bounds a client has to keep, by name.
    pub limits: BTreeMap<String, u64>,
    /// Whether the daemon hosts guests and serves `guest.*` as well; absent for no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guests: bool,
}

/// What the daemon is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Reading the journal back; only `system.*` is answered.
    Recovering,
    /// Serving.
    Ready,
    /// Finishing what runs, taking nothing new.
    Draining,
}

/// Reply of `system.status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusReply {
    /// What the daemon is doing.
    pub state: State,
    /// Recovered so far, in bytes; 0 when not recovering.
    pub done: u64,
    /// To recover in all, in bytes; 0 when not recovering.
    pub total: u64,
    /// Whether everything works as it should; the reasons are in `degraded`.
    pub healthy: bool,
    /// What does not work as it should, for example that the disk is full.
    pub degraded: Vec<String>,
    /// `goxe` and its version.
    pub server: String,
    /// Random at every start of the process.
    pub epoch: String,
    /// Lineage of the data folder.
    pub store: String,
    /// The daemon's process id.
    pub pid: u32,
    /// Milliseconds since the process started.
    pub uptime_ms: u64,
    /// Connected peers.
    pub peers: u64,
    /// Requests answered since the start.
    pub requests: u64,
    /// Calls that wait or run.
    pub calls_in_flight: u64,
    /// Lanes in all.
    pub lanes: u64,
    /// Lanes that run a job.
    pub lanes_busy: u64,
    /// Live projects.
    pub projects: u64,
    /// Projects in memory.
    pub projects_loaded: u64,
    /// Bytes that peers make the daemon hold, of `limits.memory_bytes_max`: messages, calls, answers, and what is
    /// kept for them.
    pub memory_bytes: u64,
    /// How much of it is reserved for answers in the making.
    #[serde(default)]
    pub memory_reserved_bytes: u64,
    /// What the process takes of the machine's memory; 0 where the system does not tell.
    #[serde(default)]
    pub resident_bytes: u64,
    /// Records the journal has not yet written.
    pub journal_queued: u64,
}

/// Params of `system.cancel`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelParams {
    /// The id of the request to cancel, as it was sent: a number or a string.
    pub id: Value,
    /// The session that sent it; this one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
}

/// Reply of `system.cancel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CancelReply {
    /// Whether such a call was in flight. It still gets its one answer.
    pub found: bool,
}

/// Reply of `system.backup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupReply {
    /// The blob that holds the archive; read it with `blob.read`, then delete it.
    pub blob: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many projects it holds, trash included.
    pub projects: u64,
}
