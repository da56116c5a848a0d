//! A daemon whose configuration may not be readable yet.
//!
//! A client that is told by a dead process that its configuration is wrong shows "failed" and has
//! no tools any more. So the server serves, says with every call what is wrong, and reads the
//! configuration again with the next one.

use std::sync::{Arc, OnceLock};

use goxe_config::Shown;
use goxe_protocol::client::Notification;
use serde_json::Value;
use tokio::sync::{
    Notify,
    broadcast::{self, error::RecvError},
    mpsc,
};
use tokio_util::sync::CancellationToken;

use crate::daemon::{Daemon, Pending, Reply};
use crate::handover::{Desk, Serving};
use crate::manager::{
    Call, CallError, Happening, Hosting, Manager, Notice, Options, Reason, RestartError, Status,
    Wanted,
};

/// The manager, made by the first call that finds a readable configuration.
#[derive(Debug)]
pub(super) struct Late<F> {
    configure: F,
    manager: OnceLock<Manager>,
    made: Notify,
    desk: Arc<Desk>,
    actor: OnceLock<String>,
}

impl<F> Late<F>
where
    F: Fn() -> Result<Options, String> + Send + Sync + 'static,
{
    /// A daemon, and the desk that is told what it does.
    pub(super) fn new(configure: F, desk: Arc<Desk>) -> Self {
        Late {
            configure,
            manager: OnceLock::new(),
            made: Notify::new(),
            desk,
            actor: OnceLock::new(),
        }
    }

    /// Who serves the data folder now.
    pub(super) fn serving(&self) -> Serving {
        self.manager.get().map_or(Serving::Unknown, Manager::serving)
    }

    /// The manager, or what is wrong with its configuration.
    fn manager(&self) -> Result<&Manager, String> {
        match self.manager.get() {
            Some(manager) => Ok(manager),
            None => {
                let options = (self.configure)()?;
                let manager = self.manager.get_or_init(|| {
                    let manager = Manager::open(options);
                    if let Some(actor) = self.actor.get() {
                        manager.introduce(actor);
                    }
                    tokio::spawn(report(manager.events(), Arc::clone(&self.desk)));
                    manager
                });
                self.made.notify_waiters();
                Ok(manager)
            }
        }
    }
}

impl<F> Daemon for Late<F>
where
    F: Fn() -> Result<Options, String> + Send + Sync + 'static,
{
    fn introduce(&self, actor: &str) {
        let _ = self.actor.set(actor.to_owned());
        if let Some(manager) = self.manager.get() {
            manager.introduce(actor);
        }
    }

    fn call(&self, call: Call, cancel: CancellationToken) -> Pending<'_, Result<Reply, CallError>> {
        match self.manager() {
            Ok(manager) => {
                // A call that was cancelled still runs until the daemon says how it ended.
                let hold = self.desk.hold();
                Box::pin(async move {
                    let done = Daemon::call(manager, call, cancel).await;
                    drop(hold);
                    done
                })
            }
            Err(text) => Box::pin(std::future::ready(Err(misconfigured(text)))),
        }
    }

    fn status(&self) -> Pending<'_, Status> {
        match self.manager() {
            Ok(manager) => Daemon::status(manager),
            Err(text) => {
                let reason = Reason::Misconfigured(text).to_string();
                Box::pin(std::future::ready(Status::unknown(reason)))
            }
        }
    }

    fn restart(&self) -> Pending<'_, Result<Status, RestartError>> {
        match self.manager() {
            Ok(manager) => {
                let hold = self.desk.hold();
                Box::pin(async move {
                    let done = Daemon::restart(manager).await;
                    drop(hold);
                    done
                })
            }
            Err(text) => {
                let error = RestartError::Start(misconfigured(text));
                Box::pin(std::future::ready(Err(error)))
            }
        }
    }

    fn peek(&self, method: &'static str, params: Value) -> Pending<'_, Option<String>> {
        match self.manager() {
            Ok(manager) => Daemon::peek(manager, method, params),
            Err(_) => Box::pin(std::future::ready(None)),
        }
    }

    fn follow(&self) -> Pending<'_, mpsc::Receiver<Happening>> {
        Box::pin(async {
            loop {
                // Asked for first, so that a manager that is made in between is not missed.
                let made = self.made.notified();
                if let Ok(manager) = self.manager() {
                    return manager.follow();
                }
                made.await;
            }
        })
    }

    fn guests(&self, wanted: Wanted) -> Pending<'_, Hosting> {
        match self.manager() {
            Ok(manager) => Daemon::guests(manager, wanted),
            Err(_) => Box::pin(std::future::ready(Hosting::Unknown)),
        }
    }

    fn notifications(&self) -> Option<broadcast::Receiver<Arc<Notification>>> {
        Daemon::notifications(self.manager().ok()?)
    }

    fn configuration(&self) -> Result<Vec<Shown>, String> {
        Ok(self.manager()?.configuration().to_vec())
    }
}

/// A daemon that comes or goes may be another program's.
async fn report(mut events: broadcast::Receiver<Notice>, desk: Arc<Desk>) {
    loop {
        match events.recv().await {
            Ok(
                Notice::Starting { .. } | Notice::Recovering { .. } | Notice::HealthCheck { .. },
            ) => {}
            Ok(_) | Err(RecvError::Lagged(_)) => desk.look(),
            Err(RecvError::Closed) => return,
        }
    }
}

fn misconfigured(text: String) -> CallError {
    CallError::NotDone(Reason::Misconfigured(text))
}
