//! Looking at the daemon without starting it, and stopping it: what a person asks for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use goxe_config::endpoint::{Endpoint, EndpointError};
use goxe_protocol::api::system::{State, StatusReply};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::oneshot;

use super::call::CallError;
use super::core::{Epoch, Identity, Verdict};
use super::handle::Manager;
use super::shell::look::{DaemonInfo, Seen};
use super::shell::process::{self, Ending};
use super::shell::service_manager::{ServiceManager, Verb};
use super::shell::{Scene, lock, record};
use crate::handover::Serving;

/// How the daemon is, as far as one can tell from outside.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Status {
    /// Whether it runs and answers.
    pub condition: Condition,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its process, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// What it calls this start of itself, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// Which build it is, where it answered; the bridge's own tells whether it is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// How long the probe took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe_ms: Option<u64>,
    /// Starts in the present window that did not last, over all managers.
    pub starts_failed: u32,
    /// How many of them are allowed.
    pub starts_failed_max: u32,
    /// When the next start may be tried, in milliseconds from now; absent when at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_start_ms: Option<u64>,
    /// The data folder, which is the daemon; absent while that is not known.
    #[serde(skip_serializing_if = "is_unknown")]
    pub data: PathBuf,
    /// Its socket, where it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// What it says about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusReply>,
}

/// Whether a daemon runs and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// It answers.
    Up,
    /// It reads its journal back and will be up.
    Recovering,
    /// It finishes what runs, then ends.
    Draining,
    /// It runs and does not answer.
    Hung,
    /// It does not let us in.
    Refused,
    /// None runs; a call starts one.
    Down,
    /// None runs, and starting one failed too often.
    Failed,
}

/// How hard a daemon is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopHow {
    /// It finishes what runs.
    Drain,
    /// It is ended even if it does not answer.
    Kill,
}

/// Why a daemon was not stopped.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// Its process could not be ended.
    #[error("The goxe daemon was not stopped: {0}.")]
    Process(String),
    /// Its service manager refused.
    #[error("The goxe daemon is run by a service manager, which refused to stop it: {0}.")]
    ServiceManager(String),
    /// It takes too long.
    #[error(
        "The goxe daemon (pid {pid}) was told to stop and still finishes its work after {} s. Wait, \
         or end it with `goxe daemon stop --force`.",
        .after.as_secs()
    )]
    StillDraining {
        /// The daemon.
        pid: u32,
        /// How long was waited.
        after: Duration,
    },
    /// It cannot be told which process it is.
    #[error("A goxe daemon is there and cannot be stopped: {0}")]
    Refused(String),
}

impl Manager {
    /// Looks at the daemon with a real request, and starts nothing.
    pub async fn status(&self) -> Status {
        let begun = Instant::now();
        let looked = self.scene.looker.glance().await;
        let probe_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut status = self.blank_status();
        let seen = match looked {
            Ok(glance) => {
                status.condition = match glance.status.state {
                    State::Ready => Condition::Up,
                    State::Recovering => Condition::Recovering,
                    State::Draining => Condition::Draining,
                };
                status.probe_ms = Some(probe_ms);
                status.socket = Some(glance.info.socket);
                status.build = Some(glance.info.hello.build);
                status.status = Some(glance.status);
                return status.of(&glance.id);
            }
            Err(seen) => seen,
        };
        match seen {
            // A glance that succeeds is not told this way.
            Seen::Ready(id, _) | Seen::Recovering(id, ..) => status.of(&id),
            Seen::Draining(id) => Status { condition: Condition::Draining, ..status }.of(&id),
            Seen::Full(id) => {
                let reason = Some("it has no place for another client".to_owned());
                Status { condition: Condition::Up, reason, ..status }.of(&id)
            }
            Seen::Silent(id) => {
                let reason = Some("it does not answer".to_owned());
                Status { condition: Condition::Hung, reason, ..status }.of(&id)
            }
            Seen::Lost(id) => {
                let reason = Some("it lives, and its socket was removed".to_owned());
                Status { condition: Condition::Hung, reason, ..status }.of(&id)
            }
            Seen::Deaf(id) => {
                let reason = Some("its process lives and takes no connections".to_owned());
                Status { condition: Condition::Draining, reason, ..status }.of(&id)
            }
            Seen::Refused(text) => {
                Status { condition: Condition::Refused, reason: Some(text), ..status }
            }
            Seen::Absent { left } => {
                let held = lock::is_held(&self.scene.looker.paths.lock);
                let by = lock::foreign_holder(&self.scene.looker.paths.lock).flatten();
                status.reason = match (held, left) {
                    (true, _) if by.is_some() => {
                        by.map(|by| format!("the data folder is held by {by}"))
                    }
                    (true, _) => Some("the data folder is held: it starts, or ends".to_owned()),
                    (false, Some(id)) => Some(format!("the last one (pid {}) fell", id.pid)),
                    (false, None) => None,
                };
                status
            }
        }
    }

    /// Who serves the data folder, by its own word: nobody is asked.
    pub fn serving(&self) -> Serving {
        let looker = &self.scene.looker;
        match Endpoint::read(&looker.paths.endpoint) {
            Ok(endpoint)
                if endpoint.boot_id == looker.boot_id
                    && process::is_alive(endpoint.pid, endpoint.start_time) =>
            {
                Serving::Build(endpoint.build)
            }
            Ok(_) | Err(EndpointError::Absent { .. }) => Serving::Nobody,
            Err(_) => Serving::Unknown,
        }
    }

    /// Stops the daemon and returns once its process is gone. False if none ran.
    ///
    /// # Errors
    /// Why it still runs.
    pub async fn stop(&self, how: StopHow) -> Result<bool, StopError> {
        let id = match self.scene.looker.glance().await {
            Ok(glance) => glance.id,
            Err(Seen::Absent { .. }) => return Ok(false),
            Err(Seen::Refused(text)) => return Err(StopError::Refused(text)),
            Err(
                Seen::Ready(id, _)
                | Seen::Recovering(id, ..)
                | Seen::Draining(id)
                | Seen::Full(id)
                | Seen::Silent(id)
                | Seen::Lost(id)
                | Seen::Deaf(id),
            ) => id,
        };
        let scene = Arc::clone(&self.scene);
        let (done, answer) = oneshot::channel();
        let threaded = lock::in_thread("goxe-stop", move || {
            // Nobody waiting for the answer does not matter to the stop.
            let _ = done.send(stop(&scene, &id, how));
        });
        threaded.map_err(StopError::Process)?;
        answer.await.unwrap_or(Err(StopError::Process("the thread for it ended".to_owned())))
    }

    /// Ends the daemon if it runs, by force if it does not answer, and starts it; returns once it is
    /// ready.
    ///
    /// # Errors
    /// Why there is none, or why the old one still runs.
    pub async fn restart(&self, timeout: Duration) -> Result<DaemonInfo, RestartError> {
        let how = match self.status().await.condition {
            Condition::Hung => StopHow::Kill,
            _ => StopHow::Drain,
        };
        self.stop(how).await?;
        Ok(self.start(timeout).await?)
    }

    fn blank_status(&self) -> Status {
        let scene = &self.scene;
        let looker = &scene.looker;
        let starts = record::read(&looker.paths.starts, &looker.boot_id);
        let now_ms = process::now_ms();
        let verdict = starts.verdict(now_ms, &scene.settings);
        let (condition, next_start_ms) = match verdict {
            Verdict::Go { .. } => (Condition::Down, None),
            Verdict::Wait { until_ms } => (Condition::Down, Some(until_ms.saturating_sub(now_ms))),
            Verdict::Exhausted { until_ms, .. } => {
                (Condition::Failed, Some(until_ms.saturating_sub(now_ms)))
            }
        };
        Status {
            condition,
            reason: None,
            pid: None,
            epoch: None,
            build: None,
            probe_ms: None,
            starts_failed: starts.failures(now_ms, &scene.settings),
            starts_failed_max: scene.settings.starts_max,
            next_start_ms,
            data: looker.paths.data.clone(),
            socket: None,
            status: None,
        }
    }
}

impl Status {
    /// Nothing is known, not even which daemon is meant.
    pub(crate) fn unknown(reason: String) -> Self {
        Self {
            condition: Condition::Failed,
            reason: Some(reason),
            pid: None,
            epoch: None,
            build: None,
            probe_ms: None,
            starts_failed: 0,
            starts_failed_max: 0,
            next_start_ms: None,
            data: PathBuf::new(),
            socket: None,
            status: None,
        }
    }

    fn of(self, id: &Identity) -> Self {
        let epoch = Some(&id.epoch).filter(|epoch| !epoch.as_str().is_empty());
        Self { pid: Some(id.pid), epoch: epoch.map(Epoch::to_string), ..self }
    }
}

fn is_unknown(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

/// Why a daemon was not restarted.
#[derive(Debug, thiserror::Error)]
pub enum RestartError {
    /// The old one still runs.
    #[error(transparent)]
    Stop(#[from] StopError),
    /// No new one could be had.
    #[error(transparent)]
    Start(#[from] CallError),
}

fn stop(scene: &Scene, id: &Identity, how: StopHow) -> Result<bool, StopError> {
    let paths = &scene.looker.paths;
    if let Some(service_manager) = scene.supervised.then(|| ServiceManager::find(paths)).flatten() {
        return service_manager.ask(Verb::Stop).map(|()| true).map_err(StopError::ServiceManager);
    }
    let patience = Duration::from_millis(scene.settings.drain_ms_max);
    let ending = match how {
        StopHow::Drain => Ending::Drain(patience),
        StopHow::Kill => Ending::Kill(scene.kill_after),
    };
    let ended = process::end(id.pid, id.started, ending);
    if ended.is_err() && how == StopHow::Drain && process::is_alive(id.pid, id.started) {
        return Err(StopError::StillDraining { pid: id.pid, after: patience });
    }
    // With the process its lock is gone. Waiting for the lock itself could mean the next daemon.
    ended.map(|()| true).map_err(StopError::Process)
}
