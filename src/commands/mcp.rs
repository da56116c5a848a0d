//! `goxe mcp`

mod check;
mod config;
mod diff;
mod file;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use goxe_config::sections::{Mcp as Section, Toolset};
use goxe_mcp_bridge::{handover, manager::Options, server::process, tools::Selection};

use crate::args::{Mcp, McpVerb};
use crate::context::Context;
use crate::daemon;
use crate::failure::{Exit, Failure};

/// Who we are, for the daemon's log.
const CLIENT: &str = concat!("goxe-mcp ", env!("CARGO_PKG_VERSION"));

pub(super) fn run(mcp: &Mcp, context: &Context) -> Result<ExitCode, Failure> {
    match &mcp.verb {
        None if mcp.handover_check => {
            let could = handover::trial(std::io::stdin(), std::io::stdout())
                .map_err(|error| Failure::new(Exit::Failed, "io", error.to_string()))?;
            Ok(if could { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed.code()) })
        }
        // Standard output belongs to MCP from here on.
        None => {
            let context = context.clone();
            let (selection, folders) = selection(mcp, &context);
            let configure = move || configure(&context, selection);
            Ok(process::run(configure, selection, &folders, mcp.handover.map(handover::Inherited)))
        }
        Some(McpVerb::Config(arguments)) => {
            config::run(arguments, context)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(McpVerb::Check(arguments)) => check::run(arguments, context),
    }
}

/// The tools that flags and configuration choose, and the folders for files, once and for the whole process.
fn selection(mcp: &Mcp, context: &Context) -> (Selection, Vec<PathBuf>) {
    // A client waits for the first answer of its server: what is built in needs no reading.
    let is_built_in =
        context.paths().is_ok_and(|paths| context.sources(&paths).leave_built_in("mcp"));
    let configured = match is_built_in {
        true => None,
        false => context.settings().ok().map(|settings| settings.loaded.config.mcp),
    };
    let toolset = match mcp.toolset.as_deref() {
        Some("core") => Some(Toolset::Core),
        Some("engine") => Some(Toolset::Engine),
        Some(_) => Some(Toolset::All),
        None => configured.as_ref().map(|section| section.toolset),
    };
    let selection = Selection {
        toolset: toolset.unwrap_or_default(),
        read_only: mcp.read_only || configured.as_ref().is_some_and(|section| section.read_only),
    };
    (selection, configured.map(|section| section.folders).unwrap_or_default())
}

/// What the manager works with, or why there is nothing to work with.
fn configure(context: &Context, selection: Selection) -> Result<Options, String> {
    let settings = context.settings().map_err(|failure| failure.message)?;
    let Section { read_only, .. } = settings.loaded.config.mcp;
    // The configuration could not be read when the list of tools was chosen, and can be now.
    if read_only && !selection.read_only {
        return Err("mcp.read_only is set now; restart the MCP server".to_owned());
    }
    Ok(Options { client: CLIENT.to_owned(), ..daemon::options(context, &settings) })
}
