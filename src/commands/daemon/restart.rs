//! `goxe daemon restart`

use goxe_mcp_bridge::manager::RestartError;

use super::{Running, start, stop};
use crate::context::Context;
use crate::daemon;
use crate::failure::Failure;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let settings = context.settings()?;
    let mut options = daemon::options(context, &settings);
    options.settings.drain_ms_max = stop::patience_ms(&settings);
    let manager = daemon::manager(options)?;
    let info = manager.restart(start::PATIENCE).map_err(|error| match error {
        RestartError::Stop(error) => stop::failure(&error),
        RestartError::Start(error) => Failure::from(error),
    })?;
    let running = Running::new(info, &manager, true);
    context.output.answer(&running, |running| running.words("the daemon is ready"))
}
