//! `goxe mcp`

mod config;
mod diff;
mod file;
mod user;

use std::process::ExitCode;

use goxe_mcp_bridge::{manager::Options, server::process};

use crate::args::{Mcp, McpVerb};
use crate::context::Context;
use crate::daemon;
use crate::failure::Failure;

/// Who we are, for the daemon's log.
const CLIENT: &str = concat!("goxe-mcp ", env!("CARGO_PKG_VERSION"));

pub(super) fn run(mcp: Mcp, context: &Context) -> Result<ExitCode, Failure> {
    match mcp.verb {
        // Standard output belongs to MCP from here on.
        None => {
            let context = context.clone();
            Ok(process::run(move || match context.settings() {
                Ok(settings) => Ok(Options {
                    client: CLIENT.to_owned(),
                    ..daemon::options(&context, &settings)
                }),
                Err(failure) => Err(failure.message),
            }))
        }
        Some(McpVerb::Config(arguments)) => {
            config::run(&arguments, context)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
