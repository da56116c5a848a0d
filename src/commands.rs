//! One file per command: it asks the crate that does the work, and prints what that says.

mod backup;
mod call;
mod completions;
mod config;
mod daemon;
mod doctor;
mod journal;
mod man;
mod mcp;
mod paths;
mod project;
mod restore;

use std::process::ExitCode;

use crate::args::Verb;
use crate::context::Context;
use crate::demo;
use crate::failure::Failure;

/// Runs the command that was asked for.
pub fn run(verb: Verb, context: &Context) -> Result<ExitCode, Failure> {
    match verb {
        Verb::Daemon(verb) => return daemon::run(verb, context),
        Verb::Mcp(mcp) => return mcp::run(&mcp, context),
        Verb::Demo { folder } => demo::run(folder, context)?,
        Verb::Call(call) => call::run(call, context)?,
        Verb::Project(verb) => project::run(verb, context)?,
        Verb::Backup { file, overwrite } => backup::run(&file, overwrite, context)?,
        Verb::Restore { file } => restore::run(&file, context)?,
        Verb::Journal(verb) => return journal::run(verb, context),
        Verb::Config(verb) => config::run(verb, context)?,
        Verb::Paths => paths::run(context)?,
        Verb::Doctor => return doctor::run(context),
        Verb::Completions { shell } => completions::run(shell, context)?,
        Verb::Man { folder } => man::run(&folder, context)?,
    }
    Ok(ExitCode::SUCCESS)
}
