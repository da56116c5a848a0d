//! Observing a daemon from outside: what becomes of it is told, and nothing is started.

use std::cell::Cell;
use std::future::Future;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use goxe_protocol::api::system::State;
use serde::Serialize;

use super::core::{Advance, Epoch, Identity, Notice};
use super::follow::endpoint_changes;
use super::handle::Manager;
use super::shell::lock;
use super::shell::look::{Glance, Seen};
use super::shell::process::{self, Ended};
use super::status::{Condition, Status};

/// How soon is looked again while the daemon is neither well nor gone: nothing tells of its progress.
const TRANSITION: Duration = Duration::from_millis(200);
/// How soon a daemon that did not answer is asked again.
const SILENT: Duration = Duration::from_secs(1);

/// What happens to a daemon, as who does not use it can tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Observation {
    /// How it is at the beginning.
    Status(Box<Status>),
    /// A daemon is being started.
    Starting {
        /// Which start this is since the last that held.
        attempt: u32,
    },
    /// It reads its journal back.
    Recovering {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: String,
        /// Bytes read.
        done: u64,
        /// Bytes in all; 0 while unknown.
        total: u64,
    },
    /// A daemon that was not there before is ready.
    Started {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: String,
        /// From the decision to start until a request was answered, for who decided it.
        #[serde(skip_serializing_if = "Option::is_none")]
        latency_ms: Option<u64>,
    },
    /// A daemon that runs already was found.
    Attached {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: String,
    },
    /// It finishes what runs, then ends.
    Draining {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: String,
    },
    /// It is gone.
    Stopped {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: String,
        /// How that came to light.
        reason: String,
        /// Whether it ended without being asked to, where that could be seen.
        #[serde(skip_serializing_if = "Option::is_none")]
        failed: Option<bool>,
    },
    /// A real request was answered, or was not.
    HealthCheck {
        /// The daemon.
        pid: u32,
        /// Its start.
        epoch: String,
        /// Whether it was answered in time.
        healthy: bool,
        /// Time of the answer; none for no answer.
        latency_us: Option<u64>,
    },
    /// A start failed, or the daemon does not let us in.
    Failed {
        /// What happened.
        reason: String,
    },
}

impl From<Notice> for Observation {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::Starting { attempt } => Self::Starting { attempt },
            Notice::Recovering { pid, epoch, advance: Advance { done, total } } => {
                Self::Recovering { pid, epoch: epoch.to_string(), done, total }
            }
            Notice::Started { pid, epoch, latency_ms, .. }
            | Notice::Restarted { pid, epoch, latency_ms, .. } => {
                Self::Started { pid, epoch: epoch.to_string(), latency_ms: Some(latency_ms) }
            }
            Notice::Attached { pid, epoch } => Self::Attached { pid, epoch: epoch.to_string() },
            Notice::Stopped { pid, epoch, reason } => {
                Self::Stopped { pid, epoch: epoch.to_string(), reason, failed: None }
            }
            Notice::HealthCheck { pid, epoch, latency_us } => Self::HealthCheck {
                pid,
                epoch: epoch.to_string(),
                healthy: latency_us.is_some(),
                latency_us,
            },
            Notice::Failed { reason, .. } => Self::Failed { reason },
        }
    }
}

impl Manager {
    /// Tells how the daemon is, and from then on what happens to it, until who is told breaks it off.
    /// The end of its process and a change of its endpoint file are events of the system; its health
    /// is asked for once every `health_ms_max`.
    pub async fn observe(&self, mut tell: impl FnMut(Observation) -> ControlFlow<()>) {
        let is_over = Cell::new(false);
        let mut tell = |observation| is_over.set(is_over.get() | tell(observation).is_break());
        // A folder that does not exist cannot be watched; the first start would make the same one.
        let _ = lock::folder_of(&self.scene.looker.paths.endpoint);
        let mut changes = endpoint_changes(&self.scene);
        let first = self.status().await;
        let every = Duration::from_millis(self.scene.settings.health_ms_max);
        let mut observer = Observer::new(&first, every);
        tell(Observation::Status(Box::new(first)));
        loop {
            let begun = Instant::now();
            let looked = self.scene.looker.glance().await;
            let pause = observer.take(looked, begun.elapsed(), &mut tell);
            if is_over.get() {
                return;
            }
            tokio::select! {
                Some(()) = changes.recv() => {}
                () = observer.ended() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// What was told of a daemon last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Recovering(Advance),
    Ready,
    Draining,
}

/// The daemon that is observed.
struct Known {
    id: Identity,
    stage: Stage,
    end: Option<Ended>,
}

struct Observer {
    every: Duration,
    known: Option<Known>,
    /// The process ended; what the folder looks like now tells how.
    has_ended: bool,
    refused: Option<String>,
}

impl Observer {
    fn new(status: &Status, every: Duration) -> Self {
        let stage = match status.condition {
            Condition::Up | Condition::Hung => Some(Stage::Ready),
            Condition::Recovering => Some(Stage::Recovering(Advance { done: 0, total: 0 })),
            Condition::Draining => Some(Stage::Draining),
            Condition::Refused | Condition::Down | Condition::Failed => None,
        };
        let mut observer = Self { every, known: None, has_ended: false, refused: None };
        if let (Some(stage), Some(pid)) = (stage, status.pid) {
            let started = process::start_time(pid).unwrap_or(0);
            let epoch = Epoch::new(status.epoch.as_deref().unwrap_or_default());
            observer.know(Identity { pid, started, epoch }, stage);
        }
        observer
    }

    /// Ends with the process of the daemon that is known.
    async fn ended(&mut self) {
        match self.known.as_ref().and_then(|known| known.end.as_ref()) {
            Some(end) if !self.has_ended => end.wait().await,
            _ => std::future::pending().await,
        }
        self.has_ended = true;
    }

    /// Tells what a look found, and how long to wait for the next one.
    fn take(
        &mut self,
        looked: Result<Glance, Seen>,
        after: Duration,
        tell: &mut dyn FnMut(Observation),
    ) -> Duration {
        let left_file = matches!(looked, Err(Seen::Absent { left: Some(_) }));
        let seen = match &looked {
            Ok(glance) => Some(&glance.id),
            Err(
                Seen::Silent(id)
                | Seen::Lost(id)
                | Seen::Deaf(id)
                | Seen::Draining(id)
                | Seen::Full(id),
            ) => Some(id),
            Err(_) => None,
        };
        self.forget(seen, left_file, tell);
        match looked {
            Ok(glance) => {
                self.refused = None;
                let latency_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
                let advance = Advance { done: glance.status.done, total: glance.status.total };
                match glance.status.state {
                    State::Ready => self.is_ready(glance.id, latency_us, tell),
                    State::Recovering => self.recovers(glance.id, advance, tell),
                    State::Draining => self.drains(glance.id, tell),
                }
            }
            Err(Seen::Draining(id) | Seen::Deaf(id)) => self.drains(id, tell),
            // It answers, and that is all that is asked here.
            Err(Seen::Full(id)) => {
                let latency_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
                self.is_ready(id, latency_us, tell)
            }
            Err(Seen::Silent(id) | Seen::Lost(id)) => {
                let (pid, epoch) = (id.pid, id.epoch.to_string());
                tell(Observation::HealthCheck { pid, epoch, healthy: false, latency_us: None });
                self.know(id, Stage::Ready);
                SILENT.min(self.every)
            }
            Err(Seen::Refused(reason)) => {
                if self.refused.as_ref() != Some(&reason) {
                    self.refused = Some(reason.clone());
                    tell(Observation::Failed { reason });
                }
                self.every
            }
            // A look that succeeds is not told this way; there is nobody otherwise.
            Err(Seen::Ready(..) | Seen::Recovering(..) | Seen::Absent { .. }) => self.every,
        }
    }

    /// Lets go of a daemon that is gone, or in whose place there is another one.
    fn forget(
        &mut self,
        seen: Option<&Identity>,
        left_file: bool,
        tell: &mut dyn FnMut(Observation),
    ) {
        let Some(known) = &self.known else { return };
        let same = seen.is_some_and(|seen| seen.epoch == known.id.epoch);
        if same && !self.has_ended {
            return;
        }
        let reason = match (same, seen, left_file) {
            (false, Some(_), _) => "another one is in its place",
            (_, _, true) => "it fell",
            (_, _, false) => "it was stopped",
        };
        tell(Observation::Stopped {
            pid: known.id.pid,
            epoch: known.id.epoch.to_string(),
            reason: reason.to_owned(),
            failed: Some(left_file),
        });
        (self.known, self.has_ended) = (None, false);
    }

    fn is_ready(
        &mut self,
        id: Identity,
        latency_us: u64,
        tell: &mut dyn FnMut(Observation),
    ) -> Duration {
        let (pid, epoch) = (id.pid, id.epoch.to_string());
        tell(match self.know(id, Stage::Ready) {
            Some(Stage::Ready) => {
                Observation::HealthCheck { pid, epoch, healthy: true, latency_us: Some(latency_us) }
            }
            Some(Stage::Recovering(_) | Stage::Draining) | None => {
                Observation::Started { pid, epoch, latency_ms: None }
            }
        });
        self.every
    }

    fn recovers(
        &mut self,
        id: Identity,
        advance: Advance,
        tell: &mut dyn FnMut(Observation),
    ) -> Duration {
        let (pid, epoch) = (id.pid, id.epoch.to_string());
        let stage = Stage::Recovering(advance);
        if self.know(id, stage) != Some(stage) {
            let Advance { done, total } = advance;
            tell(Observation::Recovering { pid, epoch, done, total });
        }
        TRANSITION
    }

    fn drains(&mut self, id: Identity, tell: &mut dyn FnMut(Observation)) -> Duration {
        let (pid, epoch) = (id.pid, id.epoch.to_string());
        if self.know(id, Stage::Draining) != Some(Stage::Draining) {
            tell(Observation::Draining { pid, epoch });
        }
        // Its end is an event.
        self.every
    }

    /// Notes the stage of a daemon, and returns the one before, if it is the same daemon.
    fn know(&mut self, id: Identity, stage: Stage) -> Option<Stage> {
        match &mut self.known {
            Some(known) if known.id.epoch == id.epoch => {
                Some(std::mem::replace(&mut known.stage, stage))
            }
            _ => {
                let end = Ended::of(id.pid, id.started);
                self.known = Some(Known { id, stage, end });
                None
            }
        }
    }
}

impl Manager {
    /// Runs a future, and tells every notice of the manager until it ends, none left out at its end.
    pub async fn told<T>(
        &self,
        work: impl Future<Output = T>,
        mut tell: impl FnMut(Observation),
    ) -> T {
        let mut notices = self.events();
        let mut work = std::pin::pin!(work);
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                // What a slow reader missed is only progress: the outcome follows.
                Ok(notice) = notices.recv() => tell(notice.into()),
            }
        };
        while let Ok(notice) = notices.try_recv() {
            tell(notice.into());
        }
        done
    }
}
