//! The one method that is all the work of its tool: where the client takes tasks, it runs as a job of
//! the daemon, and the call is answered with that job if it takes longer than a moment.

use std::time::Duration;

use goxe_protocol::api::{
    Method,
    job::{self, JobState},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Context, Failure, Task, Told};
use crate::manager::{Call, CallError};

/// How long a result is waited for before the call is answered with a task.
const PATIENCE_MS: u64 = 1_000;
/// How long the end of a job may take that nobody waits for any more.
const CANCEL: Duration = Duration::from_secs(2);

/// The reply of a method, and the raw bytes with it.
type Replied<M> = (<M as Method>::Reply, Option<Vec<u8>>);

impl Context<'_> {
    /// As [`send`](Self::send), for a method that is all the work of its tool and can run as a job.
    /// If the client took a task for it, the error that this returns is shown to nobody.
    pub async fn send_alone<M: Method>(
        &mut self,
        params: &M::Params,
    ) -> Result<Replied<M>, Failure> {
        if self.task == Task::Taken
            && let Some(in_background) = in_background::<M>(params)
        {
            let (reply, _) = self.send::<M>(&in_background, None).await?;
            let reply = serde_json::to_value(&reply).unwrap_or_default();
            if let Some(job) = reply["job"].as_str()
                && let Some(done) = self.await_job::<M>(params, job).await?
            {
                return Ok(done);
            }
        }
        // A job that is gone fell with its daemon; it only reads, so it is done again.
        self.send::<M>(params, None).await
    }

    /// What the job made, once it is done; none if the job is gone.
    async fn await_job<M: Method>(
        &mut self,
        params: &M::Params,
        job: &str,
    ) -> Result<Option<Replied<M>>, Failure> {
        let status = job::StatusParams { job: job.to_owned(), wait_ms: PATIENCE_MS };
        let Ok((reply, attachment)) = self.send::<job::Status>(&status, None).await else {
            let is_wanted = !self.cancel.is_cancelled() && !self.gone.is_cancelled();
            self.cancel_job(job).await;
            return if is_wanted { Ok(None) } else { Err(left(job)) };
        };
        match reply.job.state {
            JobState::Running if self.cancel.is_cancelled() || self.gone.is_cancelled() => {
                self.cancel_job(job).await;
                Err(left(job))
            }
            JobState::Running => {
                self.task = Task::Left(job.to_owned());
                Err(left(job))
            }
            JobState::Done => {
                let reply = serde_json::from_value(reply.reply.unwrap_or_default());
                let reply =
                    reply.map_err(|error| self.explain::<M>(params, None, &Told::Misread(error)));
                Ok(Some((reply?, attachment)))
            }
            JobState::Failed => {
                let error = serde_json::from_value(reply.error.unwrap_or_default());
                let told = error
                    .map_or_else(Told::Misread, |error| Told::Failed(CallError::Answer(error)));
                Err(self.explain::<M>(params, None, &told))
            }
        }
    }

    /// Ends a job that nobody knows of.
    async fn cancel_job(&self, job: &str) {
        let params = job::JobParams { job: job.to_owned() };
        if let Ok(call) = Call::read(job::Cancel::NAME, &params, CANCEL) {
            // Its result goes after a while, if it cannot be ended.
            let _ = self.daemon.call(call, CancellationToken::new()).await;
        }
    }
}

/// The same params, asking for a job; none if they do so by themselves, or cannot.
fn in_background<M: Method>(params: &M::Params) -> Option<M::Params> {
    let mut params = serde_json::to_value(params).ok()?;
    if params["job"] == json!(true) {
        return None;
    }
    params["job"] = Value::Bool(true);
    serde_json::from_value(params).ok()
}

fn left(job: &str) -> Failure {
    Failure::new("the work goes on", format!("it is job {job} of the engine."), "wait for it")
}
