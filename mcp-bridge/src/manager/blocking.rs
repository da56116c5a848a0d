//! The manager for callers without a runtime: the command line.

use std::io;
use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

use super::call::{Call, CallError, Progress, Settled};
use super::handle::{self, Options};
use super::observe::Observation;
use super::shell::lock;
use super::shell::look::DaemonInfo;
use super::status::{RestartError, Status, StopError, StopHow};

/// Progress messages that may wait to be told; more are dropped.
const PROGRESS_MAX: usize = 64;

/// A manager on a runtime of its own, which runs while a method waits.
#[derive(Debug)]
pub struct Manager {
    runtime: Runtime,
    manager: handle::Manager,
}

impl Manager {
    /// Opens the manager. Nothing is looked for or started yet.
    ///
    /// # Errors
    /// The system has no resources for a runtime.
    pub fn open(options: Options) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let manager = {
            let _entered = runtime.enter();
            handle::Manager::open(options)
        };
        Ok(Self { runtime, manager })
    }

    /// See [`handle::Manager::call`](super::Manager::call).
    ///
    /// # Errors
    /// As there.
    pub fn call(&self, call: Call) -> Result<Settled, CallError> {
        self.runtime.block_on(self.manager.call(call))
    }

    /// The same, and `on_progress` is told how far the call is.
    ///
    /// # Errors
    /// As there.
    pub fn call_watched(
        &self,
        mut call: Call,
        on_progress: &mut dyn FnMut(&Progress),
    ) -> Result<Settled, CallError> {
        let (sender, mut notes) = mpsc::channel(PROGRESS_MAX);
        call.progress = Some(sender);
        self.runtime.block_on(async {
            let mut answer = pin!(self.manager.call(call));
            loop {
                tokio::select! {
                    reply = &mut answer => return reply,
                    Some(note) = notes.recv() => on_progress(&note),
                }
            }
        })
    }

    /// See [`Manager::ensure`](super::Manager::ensure).
    ///
    /// # Errors
    /// As there.
    pub fn ensure(&self, timeout: Duration) -> Result<DaemonInfo, CallError> {
        self.runtime.block_on(self.manager.ensure(timeout))
    }

    /// See [`Manager::start`](super::Manager::start).
    ///
    /// # Errors
    /// As there.
    pub fn start(&self, timeout: Duration) -> Result<DaemonInfo, CallError> {
        self.runtime.block_on(self.manager.start(timeout))
    }

    /// See [`Manager::restart`](super::Manager::restart).
    ///
    /// # Errors
    /// As there.
    pub fn restart(&self, timeout: Duration) -> Result<DaemonInfo, RestartError> {
        self.runtime.block_on(self.manager.restart(timeout))
    }

    /// See [`Manager::stop`](super::Manager::stop).
    ///
    /// # Errors
    /// As there.
    pub fn stop(&self, how: StopHow) -> Result<bool, StopError> {
        self.runtime.block_on(self.manager.stop(how))
    }

    /// See [`Manager::status`](super::Manager::status).
    pub fn status(&self) -> Status {
        self.runtime.block_on(self.manager.status())
    }

    /// See [`Manager::observe`](super::Manager::observe). Ends, too, when `gone` returns, which may
    /// block: it runs in a thread of its own.
    pub fn observe(
        &self,
        tell: impl FnMut(Observation) -> ControlFlow<()>,
        gone: impl FnOnce() + Send + 'static,
    ) {
        let (sender, over) = oneshot::channel();
        // Without a thread, the first line that nobody takes ends it.
        let _ = lock::in_thread("goxe-gone", move || {
            gone();
            let _ = sender.send(());
        });
        self.runtime.block_on(async {
            tokio::select! {
                () = self.manager.observe(tell) => {}
                Ok(()) = over => {}
            }
        });
    }

    /// The same manager, for a future that is run by [`block_on`](Self::block_on).
    pub fn handle(&self) -> super::Manager {
        self.manager.clone()
    }

    /// Runs a future of the caller's beside the manager, to follow progress or events.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}
