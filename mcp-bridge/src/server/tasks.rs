//! Tasks: long work that a client does not wait for. Each is a job of the daemon under the job's own
//! id, so that it outlives this process and its session.
//!
//! Only clients of the modern era get them, and only where a request declares that it takes them.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use goxe_protocol::{
    Code, Error,
    api::{
        Method,
        job::{self, JobState},
    },
};
use jiff::{Timestamp, Unit};
use rmcp::{
    ErrorData,
    model::{CallToolResponse, ConstString, CreateTaskResult, ErrorCode, TaskStatus},
};
use serde::Serialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    daemon::{Daemon, Reply},
    manager::{Call, CallError},
    source::{Cx, era::is_modern},
    tools::context::Task,
};

/// How long a look at a job may take, the start of a daemon included.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often a client should look.
const POLL_MS: u64 = 1_000;
/// Tasks whose beginning is remembered.
const REMEMBERED_MAX: usize = 256;
/// The key that says how long a daemon keeps the result of a job.
const KEEP_KEY: &str = "job_keep_ms";

/// When the tasks of this session began.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    // Held for a few instructions, never over an await.
    begun: Mutex<VecDeque<(String, Timestamp)>>,
}

/// How the job of a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// It works, and is this far.
    Working(String),
    /// It was asked to end, and did.
    Cancelled,
    /// It has a result, good or bad.
    Ended,
}

/// Whether the work of a request may become a task.
pub(super) fn wish(cx: &Cx) -> Task {
    let is_declared = cx.client_capabilities().is_some_and(|client| client.supports_tasks());
    if is_modern(cx) && is_declared { Task::Taken } else { Task::Never }
}

/// The older era has no such methods here, whatever its client declares.
pub(super) fn check_era<M: ConstString>(cx: &Cx) -> Result<(), ErrorData> {
    if is_modern(cx) { Ok(()) } else { Err(ErrorData::method_not_found::<M>()) }
}

impl Tasks {
    /// The answer to a call whose work goes on as a job.
    pub(super) fn begin(&self, daemon: &dyn Daemon, job: &str) -> CallToolResponse {
        CreateTaskResult::new(self.task(daemon, job)).into()
    }

    /// What a client is told of every task, which is taken to have begun now if nobody knows better.
    pub(super) fn task(&self, daemon: &dyn Daemon, id: &str) -> rmcp::model::Task {
        let now = Timestamp::now();
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let known = begun.iter().find(|(known, _)| known == id).map(|(_, at)| *at);
        let at = known.unwrap_or(now);
        if known.is_none() {
            begun.push_back((id.to_owned(), now));
            if begun.len() > REMEMBERED_MAX {
                begun.pop_front();
            }
        }
        let text = |at: Timestamp| at.round(Unit::Millisecond).unwrap_or(at).to_string();
        let task = rmcp::model::Task::new(id, TaskStatus::Working, text(at), text(now))
            .with_poll_interval_ms(POLL_MS);
        // A result is kept from the end on, so that a task lives at least as long as this.
        let shown = daemon.configuration().unwrap_or_default();
        let key = shown.iter().find(|shown| shown.key.ends_with(KEEP_KEY));
        match key.and_then(|shown| shown.value.as_u64()) {
            Some(keep_ms) => task.with_ttl_ms(keep_ms),
            None => task,
        }
    }

    /// How a job stands; none if there is no such job.
    pub(super) async fn look(
        &self,
        daemon: &dyn Daemon,
        id: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<Job>, ErrorData> {
        let params = job::StatusParams { job: id.to_owned(), wait_ms: 0 };
        let Some(reply) = ask::<job::Status>(daemon, &params, cancel).await? else {
            return Ok(None);
        };
        let error: Option<Error> = reply.error.and_then(|error| serde_json::from_value(error).ok());
        Ok(Some(match (reply.job.state, error) {
            (JobState::Running, _) if reply.job.total > 0 => {
                Job::Working(format!("{} of {}", reply.job.done, reply.job.total))
            }
            (JobState::Running, _) => Job::Working("working".to_owned()),
            (JobState::Failed, Some(error)) if error.code == Code::Cancelled => Job::Cancelled,
            (JobState::Done | JobState::Failed, _) => Job::Ended,
        }))
    }

    /// Asks a job to end; none if there is no such job.
    pub(super) async fn cancel(
        &self,
        daemon: &dyn Daemon,
        id: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<()>, ErrorData> {
        let params = job::JobParams { job: id.to_owned() };
        Ok(ask::<job::Cancel>(daemon, &params, cancel).await?.map(drop))
    }
}

/// Has the daemon answer about a job; none if it knows none by that id.
async fn ask<M: Method>(
    daemon: &dyn Daemon,
    params: &M::Params,
    cancel: &CancellationToken,
) -> Result<Option<M::Reply>, ErrorData>
where
    M::Params: Serialize,
{
    let failed = |error: CallError| {
        let hint = json!({ "hint": "ask again" });
        ErrorData::new(ErrorCode::INTERNAL_ERROR, error.to_string(), Some(hint))
    };
    let call = Call::read(M::NAME, params, TIMEOUT).map_err(failed)?;
    match daemon.call(call, cancel.clone()).await {
        Ok(Reply::Answered { json, .. }) => serde_json::from_str(&json)
            .map(Some)
            .map_err(|error| ErrorData::internal_error(error.to_string(), None)),
        // Nothing that only reads is answered so.
        Ok(Reply::Recorded { .. }) => Ok(None),
        Err(CallError::Answer(error)) if error.code == Code::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}
