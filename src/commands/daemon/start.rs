//! `goxe daemon start`

use std::time::Duration;

use goxe_mcp_bridge::manager::Condition;

use super::Running;
use crate::context::Context;
use crate::daemon;
use crate::failure::Failure;

/// Longest wait for a start, which ends sooner when it makes no progress.
pub(super) const PATIENCE: Duration = Duration::from_secs(1_800);

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let manager = daemon::manager(daemon::options(context, &context.settings()?))?;
    let was_up = manager.status().condition == Condition::Up;
    let running = Running::new(manager.start(PATIENCE)?, &manager, !was_up);
    let what = if was_up { "the daemon runs already" } else { "the daemon is ready" };
    context.output.answer(&running, |running| running.words(what))
}
