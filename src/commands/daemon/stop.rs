//! `goxe daemon stop`

use std::time::{Duration, Instant};

use goxe_mcp_bridge::manager::{StopError, StopHow};
use serde_json::json;

use crate::context::{Context, Settings};
use crate::daemon;
use crate::failure::{Exit, Failure};
use crate::output;

/// What a daemon gets beyond its own drain time, to answer, sync and leave.
const LEAVE_MS: u64 = 5_000;

/// How long a daemon may take to end by itself.
pub(super) fn patience_ms(settings: &Settings) -> u64 {
    settings.loaded.config.shutdown.drain_ms.saturating_add(LEAVE_MS)
}

pub(super) fn run(force: bool, context: &Context) -> Result<(), Failure> {
    let settings = context.settings()?;
    let mut options = daemon::options(context, &settings);
    options.settings.drain_ms_max = patience_ms(&settings);
    // A daemon that is killed has had its time before, or is meant to have none.
    options.kill_after = Duration::ZERO;
    let manager = daemon::manager(options)?;
    let pid = manager.status().pid;
    let begun = Instant::now();
    let drained = if force { Ok(None) } else { drained(manager.stop(StopHow::Drain)) };
    let (stopped, killed) = match drained.map_err(|error| failure(&error))? {
        Some(stopped) => (stopped, false),
        None => {
            let stopped = manager.stop(StopHow::Kill).map_err(|error| failure(&error))?;
            (stopped, stopped)
        }
    };
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let pid = pid.filter(|_| stopped);
    let how = match (killed, force) {
        (false, _) => "finished its work and left",
        (true, true) => "was killed",
        (true, false) => "did not leave by itself and was killed",
    };
    let answer = json!({ "stopped": stopped, "killed": killed, "pid": pid, "ms": ms });
    context.output.answer(&answer, |_| words(&settings, pid, how, ms))
}

/// Whether it ended by itself, or there was none; nothing where it takes too long.
fn drained(ended: Result<bool, StopError>) -> Result<Option<bool>, StopError> {
    match ended {
        Ok(stopped) => Ok(Some(stopped)),
        Err(StopError::StillDraining { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn words(settings: &Settings, pid: Option<u32>, how: &str, ms: u64) -> String {
    let data = settings.paths.data.display();
    match pid {
        None => format!("no daemon serves {data}: there is nothing to stop"),
        Some(pid) => format!("the daemon (pid {pid}) {how}, in {}", output::duration(ms)),
    }
}

/// Why it still runs.
pub(super) fn failure(error: &StopError) -> Failure {
    let exit = match error {
        StopError::ServiceManager(_) | StopError::Refused(_) => Exit::NotPermitted,
        StopError::Process(_) | StopError::StillDraining { .. } => Exit::Failed,
    };
    Failure::new(exit, "not_stopped", error.to_string())
        .hint("`goxe daemon status` and `goxe doctor` tell more")
}
