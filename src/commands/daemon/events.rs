//! What happens to a daemon, as lines: JSON for programs, words for people.

use std::cell::RefCell;
use std::ops::ControlFlow;

use goxe_mcp_bridge::manager::Observation;
use jiff::Timestamp;
use serde::Serialize;

use crate::failure::{Exit, Failure};
use crate::output::{self, BAD, DIM, GOOD, Output, POOR, paint};

/// A line as JSON.
#[derive(Serialize)]
struct Line<'a, T> {
    /// When it was told, in UTC.
    time: String,
    #[serde(flatten)]
    what: &'a T,
}

/// Standard output, as a stream of lines.
pub(super) struct Lines {
    output: Output,
    /// Set once nobody reads any more, or nothing can be written.
    ended: RefCell<Option<Result<(), Failure>>>,
}

impl Lines {
    pub(super) fn new(output: Output) -> Self {
        Lines { output, ended: RefCell::new(None) }
    }

    /// Prints what happened; breaks off once nobody reads any more.
    pub(super) fn observed(&self, observation: &Observation) -> ControlFlow<()> {
        self.print(observation, words);
        match *self.ended.borrow() {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        }
    }

    /// Prints one line.
    pub(super) fn print<T: Serialize>(&self, what: &T, words: impl FnOnce(&T) -> String) {
        let time = Timestamp::now();
        let text = match self.output.is_json() {
            true => {
                let time = format!("{time:.3}");
                serde_json::to_string(&Line { time, what }).map_err(|error| {
                    Failure::new(Exit::Failed, "output", format!("cannot write JSON: {error}"))
                })
            }
            false => {
                let time = output::moment(time.as_millisecond());
                Ok(format!("{} {}", paint(DIM, time), words(what)))
            }
        };
        let ended = match text.and_then(|text| self.output.stream(&text)) {
            Ok(ControlFlow::Continue(())) => return,
            Ok(ControlFlow::Break(())) => Ok(()),
            Err(failure) => Err(failure),
        };
        self.ended.borrow_mut().get_or_insert(ended);
    }

    /// How printing went: that nobody reads any more is no failure.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.ended.into_inner().unwrap_or(Ok(()))
    }
}

fn words(observation: &Observation) -> String {
    let daemon = |pid: &u32| paint(DIM, format!("pid {pid}"));
    match observation {
        Observation::Status(status) => {
            let condition = super::status::word(status.condition);
            let pid = status.pid.map(|pid| format!("  {}", daemon(&pid))).unwrap_or_default();
            format!("{condition}{pid}")
        }
        Observation::Starting { attempt } => {
            format!("{}  start {attempt}", paint(POOR, "starting"))
        }
        Observation::Recovering { pid, done, total, .. } => {
            let share = format!("{} of {}", output::bytes(*done), output::bytes(*total));
            format!("{}  {share}  {}", paint(POOR, "recovering"), daemon(pid))
        }
        Observation::Started { pid, latency_ms, .. } => {
            let after = latency_ms.map(|ms| format!("  after {}", output::duration(ms)));
            format!("{}{}  {}", paint(GOOD, "started"), after.unwrap_or_default(), daemon(pid))
        }
        Observation::Attached { pid, .. } => format!("{}  {}", paint(GOOD, "runs"), daemon(pid)),
        Observation::Draining { pid, .. } => {
            format!("{}  {}", paint(POOR, "draining"), daemon(pid))
        }
        Observation::Stopped { pid, reason, .. } => {
            format!("{}  {reason}  {}", paint(POOR, "stopped"), daemon(pid))
        }
        Observation::HealthCheck { pid, latency_us, .. } => match latency_us {
            Some(us) => format!("{}  in {us} us  {}", paint(GOOD, "healthy"), daemon(pid)),
            None => format!("{}  {}", paint(BAD, "does not answer"), daemon(pid)),
        },
        Observation::Failed { reason } => format!("{}  {reason}", paint(BAD, "failed")),
    }
}
