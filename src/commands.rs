//! One file per command: it asks the crate that does the work, and prints what that says.

mod completions;
mod config;
mod man;
mod paths;

use std::process::ExitCode;

use crate::args::Verb;
use crate::context::Context;
use crate::failure::Failure;

/// Runs the command that was asked for.
pub fn run(verb: Verb, context: &Context) -> Result<ExitCode, Failure> {
    match verb {
        Verb::Config(verb) => config::run(verb, context)?,
        Verb::Paths => paths::run(context)?,
        Verb::Completions { shell } => completions::run(shell, context)?,
        Verb::Man { folder } => man::run(&folder, context)?,
        _ => {}
    }
    Ok(ExitCode::SUCCESS)
}
