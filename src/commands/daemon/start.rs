//! `goxe daemon start [--events]`

use std::time::Duration;

use goxe_mcp_bridge::manager::{CallError, Condition, DaemonInfo, Observation, blocking};
use serde::Serialize;

use super::Running;
use super::events::Lines;
use crate::context::Context;
use crate::daemon;
use crate::failure::Failure;

/// Longest wait for a start, which ends sooner when it makes no progress.
pub(super) const PATIENCE: Duration = Duration::from_secs(1_800);

/// The last line of a start that is told.
#[derive(Serialize)]
struct Ready {
    event: &'static str,
    #[serde(flatten)]
    running: Running,
}

pub(super) fn run(events: bool, context: &Context) -> Result<(), Failure> {
    let mut options = daemon::options(context, &context.settings()?);
    // Who asks for a start hears at once that it failed; trying again is for those who only need one.
    options.settings.autostart = false;
    let manager = daemon::manager(options)?;
    let was_up = manager.status().condition == Condition::Up;
    let what = if was_up { "the daemon runs already" } else { "the daemon is ready" };
    if !events {
        let running = Running::new(manager.start(PATIENCE)?, &manager, !was_up);
        return context.output.answer(&running, |running| running.words(what));
    }
    let lines = Lines::new(context.output);
    let running = Running::new(start(&manager, &lines)?, &manager, !was_up);
    let ready = Ready { event: "ready", running };
    lines.print(&ready, |ready| ready.running.words(what));
    lines.finish()
}

/// Starts it, and tells how that goes.
fn start(manager: &blocking::Manager, lines: &Lines) -> Result<DaemonInfo, CallError> {
    let handle = manager.handle();
    // A daemon that was asked for is started even if nobody reads how.
    let tell = |observation: Observation| {
        let _ = lines.observed(&observation);
    };
    manager.block_on(handle.told(handle.start(PATIENCE), tell))
}
