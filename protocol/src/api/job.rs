//! `job.*`: long work that was asked for in the background.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{method, types::NoParams};

method! {
    /// Lists the jobs of this principal, newest first.
    List = "job.list", Read, Inline, false, None, NoParams => ListReply
}
method! {
    /// Tells how far a job is and, once it is done, returns the reply of the method it ran, with
    /// its attachment. Waits up to `wait_ms` for the end.
    Status = "job.status", Read, Inline, false, Out, StatusParams => StatusReply
}
method! {
    /// Stops a job at its next check.
    Cancel = "job.cancel", Read, Inline, false, None, JobParams => CancelReply
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits or runs.
    Running,
    /// Its reply is there.
    Done,
    /// It ended with an error.
    Failed,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobItem {
    /// Its id.
    pub job: String,
    /// The method it runs.
    pub method: String,
    /// How it stands.
    pub state: JobState,
    /// Work done so far, in the method's own unit.
    pub done: u64,
    /// Work in all; 0 while unknown.
    pub total: u64,
}

/// Reply of `job.list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListReply {
    /// At most 24 jobs, newest first.
    pub jobs: Vec<JobItem>,
}

/// Params of `job.status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusParams {
    /// The job's id.
    pub job: String,
    /// How long to wait for its end, in milliseconds, at most 60,000; 0 answers at once.
    #[serde(default)]
    pub wait_ms: u64,
}

/// Params that name a job and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobParams {
    /// The job's id.
    pub job: String,
}

/// Reply of `job.status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusReply {
    /// The job.
    pub job: JobItem,
    /// The reply of its method, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
    /// The error of its method, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
}

/// Reply of `job.cancel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CancelReply {
    /// Whether it was still running.
    pub found: bool,
}
