//! One exchange with the daemon on behalf of a client's request: progress and log lines are passed
//! on while it lasts, and it ends when the client wants it to.

use std::{sync::Arc, time::Duration};

use goxe_protocol::{
    api::{
        Cost, Method,
        guest::{Log, LogLevel, LogWish},
    },
    client::Notification,
};
use rmcp::{
    RoleServer,
    model::{ClientResult, ServerRequest},
    service::{Peer, PeerRequestOptions},
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    sync::{broadcast, mpsc},
    time::{Instant, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{translate, trouble::Trouble};
use crate::{
    daemon::{Daemon, Reply},
    manager::{Call, CallError, Kind, Progress, Reason},
    source::Cx,
    tools::context::{BEAT, Meter},
};

/// Progress that may wait for the client; the daemon's older one gives way.
const PROGRESS_QUEUE: usize = 64;
/// How long a user may think about a question.
const THINK: Duration = Duration::from_secs(600);
/// The longest line of a log, as JSON.
const LOG_BYTES_MAX: usize = 4 << 10;

/// Whether a call whose answer was lost is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It changes nothing, or nothing more.
    Freely,
    /// Never: nobody keeps a record of what it does.
    Never,
}

/// What an exchange needs of the request that it is for.
pub(super) struct Exchange {
    daemon: Arc<dyn Daemon>,
    peer: Peer<RoleServer>,
    cancel: CancellationToken,
    gone: CancellationToken,
    meter: Option<Meter>,
    log: Option<LogWish>,
}

impl Exchange {
    pub(super) fn new(
        daemon: Arc<dyn Daemon>,
        gone: CancellationToken,
        level: Option<LogLevel>,
        cx: &Cx,
    ) -> Self {
        let meter = cx.meta.get_progress_token().map(|token| Meter::new(cx.peer.clone(), token));
        let log = level.map(|level| LogWish { call: Uuid::now_v7().to_string(), level });
        Exchange { daemon, peer: cx.peer.clone(), cancel: cx.ct.clone(), gone, meter, log }
    }

    /// The log that the client wants of the call.
    pub(super) fn log_wish(&self) -> Option<LogWish> {
        self.log.clone()
    }

    /// Has the daemon run a method.
    pub(super) async fn ask<M: Method>(
        &mut self,
        params: &M::Params,
        repeat: Repeat,
    ) -> Result<M::Reply, Trouble> {
        let mut call = Call::read(M::NAME, params, timeout(M::COST)).map_err(Trouble::Call)?;
        if repeat == Repeat::Never {
            call.kind = Kind::Once;
        }
        match self.relay(call).await {
            Ok(Reply::Answered { json, .. }) => {
                serde_json::from_str(&json).map_err(|error| Trouble::misread(&error.to_string()))
            }
            Ok(Reply::Recorded { .. }) => Err(Trouble::AnswerLost),
            Err(error) => Err(Trouble::Call(error)),
        }
    }

    /// Makes the call, and passes on what is said in the middle of it.
    async fn relay(&mut self, mut call: Call) -> Result<Reply, CallError> {
        let daemon = Arc::clone(&self.daemon);
        // Listened to before the call, so that no line is missed.
        let mut said = self.log.as_ref().and_then(|_| daemon.notifications());
        let (sender, mut notes) = mpsc::channel(PROGRESS_QUEUE);
        call.progress = self.meter.as_ref().map(|_| sender);
        let kind = call.kind.clone();
        let mut answer = daemon.call(call, self.cancel.clone());
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let outcome = loop {
            // What was said before the answer goes out before it.
            tokio::select! {
                biased;
                () = self.gone.cancelled() => return Err(kind.unanswered(Reason::Left)),
                Some(heard) = hear(said.as_mut()) => self.tell(heard).await,
                Some(note) = notes.recv() => {
                    self.report(note).await;
                    beat.reset();
                }
                outcome = &mut answer => break outcome,
                _ = beat.tick() => {
                    if let Some(meter) = &mut self.meter {
                        meter.beat().await;
                    }
                }
            }
        };
        while let Ok(note) = notes.try_recv() {
            self.report(note).await;
        }
        while let Some(Ok(notification)) = said.as_mut().map(broadcast::Receiver::try_recv) {
            self.tell(Heard::This(notification)).await;
        }
        outcome
    }

    async fn report(&mut self, note: Progress) {
        let message = translate::words(&note.message, 200);
        if let Some(meter) = &mut self.meter {
            meter.report(Progress { message, ..note }).await;
        }
    }

    /// Passes on a line of this call's log.
    async fn tell(&self, heard: Heard) {
        let Some(wish) = &self.log else { return };
        let (level, logger, data) = match heard {
            Heard::This(notification) => {
                let log: Option<Log> = notification
                    .params
                    .as_ref()
                    .filter(|_| notification.method == "log")
                    .and_then(|params| serde_json::from_str(params.get()).ok());
                match log {
                    Some(log) if log.call == wish.call && log.level >= wish.level => {
                        (log.level, log.logger, log.data)
                    }
                    _ => return,
                }
            }
            Heard::Missed(count) => {
                let text = format!("{count} messages of the daemon were lost on the way");
                (LogLevel::Warning, None, json!(text))
            }
        };
        notify(&self.peer, level, logger, data).await;
    }

    /// Asks a client of the older era while its call waits.
    pub(super) async fn ask_client(
        &self,
        cx: &Cx,
        request: ServerRequest,
    ) -> Result<ClientResult, Trouble> {
        let options = PeerRequestOptions::with_timeout(THINK);
        let asked = async {
            let handle = cx.peer.send_request_with_option(request, options).await?;
            handle.await_response().await
        };
        tokio::select! {
            answer = asked => answer.map_err(|error| Trouble::Client(error.to_string())),
            () = self.cancel.cancelled() => Err(Trouble::Call(CallError::Closed)),
            () = self.gone.cancelled() => Err(Trouble::Call(CallError::Closed)),
        }
    }
}

/// The level of a log, whoever names it: both sides use the names of syslog.
pub(super) fn level_of(level: &impl Serialize) -> Option<LogLevel> {
    serde_json::from_value(serde_json::to_value(level).ok()?).ok()
}

/// What the daemon said by itself.
enum Heard {
    This(Arc<Notification>),
    /// So much of it was lost.
    Missed(u64),
}

/// The next thing that the daemon says by itself. None, for good, where nobody listens.
async fn hear(said: Option<&mut broadcast::Receiver<Arc<Notification>>>) -> Option<Heard> {
    match said?.recv().await {
        Ok(notification) => Some(Heard::This(notification)),
        Err(broadcast::error::RecvError::Lagged(count)) => Some(Heard::Missed(count)),
        // The manager ends, and the call with it.
        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
    }
}

#[expect(deprecated, reason = "no client knows another way to be told yet")]
async fn notify(peer: &Peer<RoleServer>, level: LogLevel, logger: Option<String>, data: Value) {
    let Ok(level) = serde_json::to_value(level).and_then(serde_json::from_value) else { return };
    let data = match serde_json::to_string(&data) {
        Ok(text) if text.len() > LOG_BYTES_MAX => {
            json!(translate::words(&text, LOG_BYTES_MAX / 4))
        }
        _ => data,
    };
    let mut param = rmcp::model::LoggingMessageNotificationParam::new(level, data);
    param.logger = logger.map(|logger| translate::words(&logger, 100));
    // A client that cannot be told is leaving; the gate has seen it too.
    let _ = peer.notify_logging_message(param).await;
}

/// How long a method may take, the start of the daemon included: many clients give up after four
/// minutes.
fn timeout(cost: Cost) -> Duration {
    Duration::from_secs(match cost {
        Cost::Inline | Cost::Read => 30,
        Cost::Edit | Cost::Long => 200,
    })
}
