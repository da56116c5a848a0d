//! `goxe`: the one binary. It reads the arguments, runs one command, and tells how that went.
//!
//! ```text
//! args -> commands::run -> commands/NOUN/VERB.rs -> a call of the crate that does it -> output
//! ```

mod args;
mod commands;
mod content;
mod context;
mod daemon;
mod demo;
mod failure;
mod files;
mod launch;
mod output;
mod progress;
mod tail;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Color};
use context::Context;
use failure::{Exit, Failure};
use output::Output;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let output = Output::new(arguments.global.json, arguments.global.color);
    let ended = Context::new(&arguments.global, output)
        .and_then(|context| commands::run(arguments.verb, &context));
    match ended {
        Ok(code) => code,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit.code())
        }
    }
}

/// Tells what is wrong with the arguments, or prints the help or the version that was asked for.
fn refuse(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if !error.use_stderr() || !wants_json {
        // There is nobody to tell that nothing can be told.
        let _ = error.print();
        let code = if error.use_stderr() { Exit::Usage.code() } else { 0 };
        return ExitCode::from(code);
    }
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    let message = message.trim().trim_start_matches("error: ");
    let failure = Failure::new(Exit::Usage, "usage", message)
        .hint("`goxe --help`, or --help behind the command, tells what is allowed");
    Output::new(true, Color::Never).failure(&failure);
    ExitCode::from(failure.exit.code())
}
