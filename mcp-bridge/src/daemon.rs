//! What the server needs of the daemon: one call, its health, a restart, what happens in it.
//!
//! The daemon manager is one; tests put a daemon of their own behind the same trait.

use std::{pin::Pin, sync::Arc, time::Duration};

use goxe_config::Shown;
use goxe_protocol::{api::types::Revision, client::Notification};
use serde_json::Value;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use crate::manager::{Call, CallError, Happening, Hosting, Manager, RestartError, Status, Wanted};

/// A future that one of the trait's methods returns.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How long a restart may take until the daemon is ready again.
const RESTART: Duration = Duration::from_secs(60);

/// The daemon, started when a call needs it and healed when it fails.
pub trait Daemon: Send + Sync + 'static {
    /// Has the daemon run one method. An edit runs at most once, whatever happens. When `cancel`
    /// fires the call ends soon, and says whether it was done.
    fn call(&self, call: Call, cancel: CancellationToken) -> Pending<'_, Result<Reply, CallError>>;

    /// Says for whom calls are made, as soon as the client has told its name.
    fn introduce(&self, actor: &str) {
        let _ = actor;
    }

    /// Looks at the daemon with a real request, and starts nothing.
    fn status(&self) -> Pending<'_, Status>;

    /// Ends the daemon if it runs, and starts it; returns once it answers.
    fn restart(&self) -> Pending<'_, Result<Status, RestartError>>;

    /// The reply of a method that only reads, from a daemon that runs: nothing is started or waited
    /// for. None where there is no such answer.
    fn peek(&self, method: &'static str, params: Value) -> Pending<'_, Option<String>> {
        let _ = (method, params);
        Box::pin(std::future::ready(None))
    }

    /// What happens in the daemon and to it from now on. It may take until a daemon is known of.
    fn follow(&self) -> Pending<'_, mpsc::Receiver<Happening>> {
        Box::pin(std::future::pending())
    }

    /// Whether a daemon that runs has guests, and what they offer from now on. Nothing is started.
    fn guests(&self, wanted: Wanted) -> Pending<'_, Hosting> {
        let _ = wanted;
        Box::pin(std::future::ready(Hosting::Nobody))
    }

    /// What the daemon says by itself from now on where calls go. None while nothing is known of it.
    fn notifications(&self) -> Option<broadcast::Receiver<Arc<Notification>>> {
        None
    }

    /// The configuration behind it with the origin of every value, or what is wrong with it.
    fn configuration(&self) -> Result<Vec<Shown>, String> {
        Ok(Vec::new())
    }
}

/// What became of a call that was done.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// It was answered.
    Answered {
        /// The method's reply, as JSON.
        json: String,
        /// Raw bytes that came with it.
        attachment: Option<Vec<u8>>,
    },
    /// Its answer was lost; the daemon's history says that it was done.
    Recorded {
        /// The revision it made.
        revision: Option<Revision>,
    },
}

impl Daemon for Manager {
    fn introduce(&self, actor: &str) {
        Manager::introduce(self, actor);
    }

    fn call(&self, call: Call, cancel: CancellationToken) -> Pending<'_, Result<Reply, CallError>> {
        Box::pin(async move {
            let pending = self.begin(call).await?;
            let canceller = pending.canceller();
            let mut finish = std::pin::pin!(pending.finish());
            let answer = tokio::select! {
                answer = &mut finish => answer,
                () = cancel.cancelled() => {
                    canceller.cancel().await;
                    finish.await
                }
            }?;
            Ok(match answer.record() {
                Some(record) if record.answer.is_none() => {
                    Reply::Recorded { revision: record.revision }
                }
                _ => {
                    let attachment = answer.attachment().map(<[u8]>::to_vec);
                    Reply::Answered { json: answer.json().to_owned(), attachment }
                }
            })
        })
    }

    fn status(&self) -> Pending<'_, Status> {
        Box::pin(Manager::status(self))
    }

    fn restart(&self) -> Pending<'_, Result<Status, RestartError>> {
        Box::pin(async {
            Manager::restart(self, RESTART).await?;
            Ok(Manager::status(self).await)
        })
    }

    fn peek(&self, method: &'static str, params: Value) -> Pending<'_, Option<String>> {
        Box::pin(async move {
            let answer = Manager::peek(self, method, &params).await?;
            Some(answer.json().to_owned())
        })
    }

    fn follow(&self) -> Pending<'_, mpsc::Receiver<Happening>> {
        Box::pin(async { Manager::follow(self) })
    }

    fn guests(&self, wanted: Wanted) -> Pending<'_, Hosting> {
        Box::pin(Manager::guests(self, wanted))
    }

    fn notifications(&self) -> Option<broadcast::Receiver<Arc<Notification>>> {
        Some(Manager::notifications(self))
    }

    fn configuration(&self) -> Result<Vec<Shown>, String> {
        Ok(Manager::configuration(self).to_vec())
    }
}
