//! `goxe completions SHELL`

use clap_complete::Shell;
use serde_json::json;

use crate::args;
use crate::context::Context;
use crate::failure::{Exit, Failure};

pub(super) fn run(shell: Shell, context: &Context) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "goxe", &mut script);
    let script = String::from_utf8(script).map_err(|error| {
        Failure::new(Exit::Failed, "output", format!("the script is no text: {error}"))
    })?;
    let answer = json!({ "shell": shell.to_string(), "script": script });
    context.output.answer(&answer, |_| script.clone())
}
