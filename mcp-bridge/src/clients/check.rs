//! Plays an MCP client, step by step, and tells what works: both eras, the tools, a render, what is
//! cancelled, the end. Blocking; every wait has an end.

mod eras;
mod peer;
mod scratch;

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;

use super::Started;
pub use peer::Trouble;

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Poor,
    /// It does not work.
    Bad,
    /// It was not tried.
    Skipped,
}

/// What one step found.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its name.
    pub check: &'static str,
    /// How it went.
    pub state: Verdict,
    /// What was found.
    pub text: String,
    /// What to do about it; empty where there is nothing to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// How large the answer was, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// Which server, and how it is played with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is started.
    pub started: Started,
    /// The environment that it gets beside its own; clients pass on little.
    pub environment: Vec<(String, String)>,
    /// The folder it is started in.
    pub folder: PathBuf,
    /// How long the client waits for its start.
    pub start_max: Duration,
    /// The client's name, for what is said.
    pub client: String,
    /// Whether nothing may be made, not even a project that is removed again.
    pub read_only: bool,
    /// What to do about a command that cannot be started.
    pub mend: String,
}

/// Where the steps go, one by one.
pub type Report<'a> = dyn FnMut(Step) + 'a;

impl Step {
    /// A step that went well.
    pub fn good(check: &'static str, text: impl Into<String>) -> Self {
        let (text, hint) = (text.into(), String::new());
        Step { check, state: Verdict::Good, text, hint, ms: None, bytes: None }
    }

    /// A step that could have gone better.
    pub fn poor(check: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Step { state: Verdict::Poor, hint: hint.into(), ..Step::good(check, text) }
    }

    /// A step that went wrong.
    pub fn bad(check: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Step { state: Verdict::Bad, hint: hint.into(), ..Step::good(check, text) }
    }

    /// A step that was not tried.
    pub fn skipped(check: &'static str, text: impl Into<String>) -> Self {
        Step { state: Verdict::Skipped, ..Step::good(check, text) }
    }

    fn took(self, time: Duration) -> Self {
        Step { ms: Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)), ..self }
    }

    fn sized(self, bytes: usize) -> Self {
        Step { bytes: Some(u64::try_from(bytes).unwrap_or(u64::MAX)), ..self }
    }
}

/// Runs the whole check. Each step is reported as soon as it is done; it ends early where nothing
/// more can be learned.
pub fn run(plan: &Plan, report: &mut Report<'_>) {
    if command(plan, report).is_break() {
        return;
    }
    if eras::newer(plan, report).is_continue() {
        let _ = eras::older(plan, report);
    }
}

/// Whether the program is one, before it is started.
fn command(plan: &Plan, report: &mut Report<'_>) -> ControlFlow<()> {
    let words = plan.started.command.join(" ");
    let program = plan.started.command.first().map(Path::new).unwrap_or(Path::new(""));
    if !plan.started.enabled {
        let text = format!("{} has it switched off", plan.client);
        report(Step::bad("command", text, "switch it on in the client's settings or file"));
        return ControlFlow::Break(());
    }
    if !program.is_absolute() && program.components().count() > 1 {
        let text = format!("{words}: the program's path is relative to a folder nobody knows");
        report(Step::bad("command", text, plan.mend.clone()));
        return ControlFlow::Break(());
    }
    let found = match program.is_absolute() {
        true => Some(program.to_owned()),
        false => plan.search(program),
    };
    let step = match found {
        Some(path) if is_program(&path) => match program.is_absolute() {
            true => Step::good("command", words),
            false => {
                let text = format!("{words}: found as {}", path.display());
                let hint = format!("name it by that path: {} may search elsewhere", plan.client);
                Step::poor("command", text, hint)
            }
        },
        Some(path) if path.exists() => {
            let text = format!("{} is no program", path.display());
            Step::bad("command", text, plan.mend.clone())
        }
        _ => {
            let text = format!("{} does not exist", program.display());
            Step::bad("command", text, plan.mend.clone())
        }
    };
    let is_bad = step.state == Verdict::Bad;
    report(step);
    if is_bad { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

impl Plan {
    fn search(&self, program: &Path) -> Option<PathBuf> {
        let all = self.started.environment.iter().chain(&self.environment);
        let search = all.into_iter().find(|(name, _)| name == "PATH").map(|(_, value)| value)?;
        std::env::split_paths(search).map(|folder| folder.join(program)).find(|it| is_program(it))
    }
}

/// What went wrong with a server, as a step.
fn trouble(check: &'static str, trouble: &Trouble, plan: &Plan) -> Step {
    let command = plan.started.command.join(" ");
    let hint = match trouble {
        Trouble::Spawn(_) => plan.mend.clone(),
        Trouble::Ended { .. } => format!("run it in a terminal to see what it says: {command}"),
        Trouble::Silent { .. } => {
            "see whether the machine is busy, then look at `goxe doctor`".into()
        }
        Trouble::Refused(_) => "see whether this is the program you mean: `goxe --version`".into(),
    };
    Step::bad(check, trouble.to_string(), hint)
}

/// The texts of a tool's result, as one.
fn told(result: &Value) -> String {
    let blocks = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
    texts.join(" ")
}

/// A text short enough for a line.
fn short(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{} ...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests;
