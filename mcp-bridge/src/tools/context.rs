//! One tool call at work: it sends methods to the daemon, relays progress, and stops when told.

mod alone;
mod progress;

use std::time::Duration;

use goxe_protocol::api::{Cost, Method, job, types::Revision};
use rmcp::{RoleServer, model::ProtocolVersion, service::RequestContext};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use progress::Relay;
pub(crate) use progress::{BEAT, Meter};

use super::{
    Tool,
    failure::{Failed, Failure, call},
    files::Folders,
};
use crate::{
    daemon::{Daemon, Reply},
    manager::{Call, CallError, Kind, Progress, Reason},
};

/// How long the answer to an edit is waited for once the client is gone, and then how long the word
/// that it was taken back. The process leaves soon after both.
const ANSWER: Duration = Duration::from_millis(35);
const TAKE_BACK: Duration = Duration::from_millis(10);

/// What a tool works with.
pub struct Context<'a> {
    /// The daemon.
    pub daemon: &'a dyn Daemon,
    /// The tool.
    pub tool: Tool,
    /// Its arguments as they came.
    pub arguments: Value,
    /// Fires when the client cancels the call.
    pub cancel: CancellationToken,
    /// Fires when the client is gone.
    pub gone: CancellationToken,
    /// Where the daemon's progress goes, if the client asked for it.
    pub progress: Option<mpsc::Sender<Progress>>,
    /// Whether this call may be answered before its work is done.
    pub task: Task,
    /// Whether the user said yes to the question that this call raises.
    pub confirmed: bool,
    /// Where files are read and written.
    pub folders: Folders,
    /// Who calls, as far as it says so.
    pub client: Client,
}

/// Whether a call may be answered before its work is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// The client waits for the result.
    #[default]
    Never,
    /// The client takes a task instead of a result, and asks for the result later.
    Taken,
    /// The work goes on as this job of the daemon: what the tool returned is of no interest.
    Left(String),
}

/// Who calls: what a report of a fault has to name first.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Client {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The revision of MCP that this call is in.
    pub protocol: Option<ProtocolVersion>,
}

impl Client {
    /// Who sent a request.
    pub fn of(cx: &RequestContext<RoleServer>) -> Self {
        let (name, version) = cx.client_info().map(|info| (info.name, info.version)).unzip();
        Client { name, version, protocol: cx.protocol_version() }
    }
}

impl Context<'_> {
    /// Has the daemon run a method.
    pub async fn ask<M: Method>(&mut self, params: &M::Params) -> Result<M::Reply, Failure> {
        Ok(self.send::<M>(params, None).await?.0)
    }

    /// Has the daemon run a method that takes or returns raw bytes.
    pub async fn send<M: Method>(
        &mut self,
        params: &M::Params,
        attachment: Option<Vec<u8>>,
    ) -> Result<(M::Reply, Option<Vec<u8>>), Failure> {
        let key = M::WRITES.then(|| Uuid::now_v7().to_string());
        let outcome = self.exchange::<M>(params, attachment, key.clone()).await;
        let told = match outcome {
            Ok(Reply::Answered { json, attachment }) => match serde_json::from_str(&json) {
                Ok(reply) => return Ok((reply, attachment)),
                Err(error) => Told::Misread(error),
            },
            Ok(Reply::Recorded { revision }) => Told::Recorded(revision),
            Err(error) => Told::Failed(error),
        };
        Err(self.explain::<M>(params, key, &told))
    }

    async fn exchange<M: Method>(
        &mut self,
        params: &M::Params,
        attachment: Option<Vec<u8>>,
        key: Option<String>,
    ) -> Result<Reply, CallError> {
        let mut call = Call::read(M::NAME, params, timeout::<M>())?;
        call.attachment = attachment;
        call.kind = key.map_or(Kind::Read, |key| Kind::Edit { key });
        call.progress.clone_from(&self.progress);
        let (kind, cancel) = (call.kind.clone(), self.cancel.child_token());
        let mut answer = self.daemon.call(call, cancel.clone());
        tokio::select! {
            biased;
            outcome = &mut answer => return outcome,
            () = self.gone.cancelled() => {}
        }
        if kind == Kind::Read {
            return Err(CallError::Closed);
        }
        if let Ok(outcome) = tokio::time::timeout(ANSWER, &mut answer).await {
            return outcome;
        }
        // What was not sent ends here, and what runs may end; only the daemon can say which.
        cancel.cancel();
        let outcome = tokio::time::timeout(TAKE_BACK, answer).await;
        outcome.unwrap_or_else(|_| Err(kind.unanswered(Reason::Left)))
    }

    /// Why a method was not done, or not understood, as a failure of this call.
    fn explain<M: Method>(&self, params: &M::Params, key: Option<String>, told: &Told) -> Failure {
        let params = serde_json::to_value(params).unwrap_or_default();
        let project = params.get("project").and_then(Value::as_str);
        // Keys of calls that change the catalogue are kept with it, not with a project.
        let catalogue = M::NAME.starts_with("project.") && M::NAME != "project.import";
        let failed = Failed {
            tool: self.tool,
            arguments: &self.arguments,
            project,
            key: key.map(|key| (key, project.filter(|_| !catalogue))),
        };
        match told {
            Told::Failed(error) => failed.because(error),
            Told::Recorded(revision) => failed.although_done(*revision),
            Told::Misread(error) => failed.not_understood(error),
        }
    }

    /// The failure of arguments that do not fit together.
    pub fn wrong(&self, what: &str, why: impl Into<String>, next: &Value) -> Failure {
        let what = format!("{} failed: {what}", self.tool.name());
        Failure::new(what, why, call(self.tool, next))
    }
}

/// What became of a method that has no reply.
enum Told {
    Failed(CallError),
    Recorded(Option<Revision>),
    Misread(serde_json::Error),
}

/// How long a method may take, the start of the daemon included.
fn timeout<M: Method>() -> Duration {
    Duration::from_secs(match M::COST {
        // It may be told to wait a minute first.
        _ if M::NAME == job::Status::NAME => 75,
        // Many clients give up after a minute, some after four: the answer has to come before.
        Cost::Inline | Cost::Read => 30,
        Cost::Edit => 45,
        Cost::Long => 200,
    })
}
