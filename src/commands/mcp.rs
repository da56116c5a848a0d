//! `goxe mcp`

mod config;

use std::process::ExitCode;

use goxe_mcp_bridge::server::process;

use crate::args::{Mcp, McpVerb};
use crate::context::Context;
use crate::daemon;
use crate::failure::Failure;

pub(super) fn run(mcp: Mcp, context: &Context) -> Result<ExitCode, Failure> {
    match mcp.verb {
        // Standard output belongs to MCP from here on.
        None => Ok(process::run(daemon::options(context, &context.settings()?))),
        Some(McpVerb::Config { client }) => {
            config::run(client.as_deref(), context)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
