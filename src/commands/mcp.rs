//! `goxe mcp`

mod config;
mod diff;
mod file;
mod user;

use std::process::ExitCode;

use goxe_mcp_bridge::{handover, manager::Options, server::process};

use crate::args::{Mcp, McpVerb};
use crate::context::Context;
use crate::daemon;
use crate::failure::{Exit, Failure};

/// Who we are, for the daemon's log.
const CLIENT: &str = concat!("goxe-mcp ", env!("CARGO_PKG_VERSION"));

pub(super) fn run(mcp: Mcp, context: &Context) -> Result<ExitCode, Failure> {
    match mcp.verb {
        None if mcp.handover_check => {
            let could = handover::trial(std::io::stdin(), std::io::stdout())
                .map_err(|error| Failure::new(Exit::Failed, "io", error.to_string()))?;
            Ok(if could { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed.code()) })
        }
        // Standard output belongs to MCP from here on.
        None => {
            let context = context.clone();
            let configure = move || match context.settings() {
                Ok(settings) => Ok(Options {
                    client: CLIENT.to_owned(),
                    ..daemon::options(&context, &settings)
                }),
                Err(failure) => Err(failure.message),
            };
            Ok(process::run(configure, mcp.handover.map(handover::Legacy)))
        }
        Some(McpVerb::Config(arguments)) => {
            config::run(&arguments, context)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
