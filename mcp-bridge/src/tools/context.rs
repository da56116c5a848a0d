//! One tool call at work: it sends methods to the daemon, relays progress, and stops when told.

use std::{path::Path, time::Duration};

use goxe_protocol::api::{Cost, Method, job, types::Revision};
use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken, ProtocolVersion},
    service::{Peer, RequestContext},
};
use serde::Serialize;
use serde_json::Value;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Tool,
    failure::{Failed, Failure, call},
};
use crate::{
    manager::{Call, CallError, Kind, Progress},
    server::daemon::{Daemon, Reply},
};

/// How often a client that asked for progress hears of a call, at least.
const BEAT: Duration = Duration::from_secs(1);
/// Progress messages that may wait for the client; the daemon's older ones give way.
const PROGRESS_QUEUE: usize = 16;

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
    /// Where progress goes, if the client asked for it.
    pub meter: Option<Meter>,
    /// Whether the user said yes to the question that this call raises.
    pub confirmed: bool,
    /// The folder that relative paths start from.
    pub folder: &'a Path,
    /// Who calls, as far as it says so.
    pub client: Client,
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
        let Some(meter) = &mut self.meter else {
            let answer = self.daemon.call(call, self.cancel.clone());
            return tokio::select! {
                biased;
                outcome = answer => outcome,
                () = self.gone.cancelled() => Err(CallError::Closed),
            };
        };
        let (sender, mut notes) = mpsc::channel(PROGRESS_QUEUE);
        call.progress = Some(sender);
        let mut answer = self.daemon.call(call, self.cancel.clone());
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                outcome = &mut answer => return outcome,
                () = self.gone.cancelled() => return Err(CallError::Closed),
                Some(note) = notes.recv() => {
                    meter.report(note).await;
                    beat.reset();
                }
                _ = beat.tick() => meter.beat().await,
            }
        }
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

/// Tells the client how far a call is.
#[derive(Debug)]
pub struct Meter {
    peer: Peer<RoleServer>,
    token: ProgressToken,
    told: f64,
    started: Instant,
}

impl Meter {
    /// A meter for the token that came with a call.
    pub fn new(peer: Peer<RoleServer>, token: ProgressToken) -> Self {
        Meter { peer, token, told: 0.0, started: Instant::now() }
    }

    /// Passes a report of the daemon on.
    pub(crate) async fn report(&mut self, note: Progress) {
        let done = exact(note.done);
        let total = (note.total > 0).then(|| exact(note.total));
        self.tell(done, total, note.message).await;
    }

    /// Says that the call is still alive, although the daemon had nothing to report.
    pub(crate) async fn beat(&mut self) {
        let seconds = self.started.elapsed().as_secs();
        self.tell(self.told, None, format!("working for {seconds} s")).await;
    }

    /// Progress has to grow with each message, whatever the work reports and over all the methods
    /// of one tool call.
    async fn tell(&mut self, done: f64, total: Option<f64>, message: String) {
        self.told = done.max(self.told + 0.001);
        let mut param =
            ProgressNotificationParam::new(self.token.clone(), self.told).with_message(message);
        if let Some(total) = total.filter(|total| *total >= self.told) {
            param = param.with_total(total);
        }
        // A client that cannot be told is leaving; the gate has seen it too.
        let _ = self.peer.notify_progress(param).await;
    }
}

/// Counts travel as JSON numbers, which are exact to 2^53; more work than that is not measured.
fn exact(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "kept below 2^53")]
    let number = count.min(1 << 53) as f64;
    number
}
