//! `goxe mcp check`

use std::process::ExitCode;
use std::time::Duration;

use goxe_mcp_bridge::clients::check::{self, Plan, Step, Verdict};
use goxe_mcp_bridge::clients::merge;
use goxe_mcp_bridge::clients::place::Scope;
use goxe_mcp_bridge::clients::{Client, NAME, Started};
use serde_json::{Value, json};

use super::config::{named, unreadable};
use super::file::ClientFile;
use super::user::User;
use crate::args::McpCheck;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::launch::Launch;
use crate::output::{self, BAD, DIM, GOOD, POOR, paint};

/// What clients pass on to a server of their own environment.
const PASSED_ON: [&str; 6] = ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];
/// How long most clients wait for a server.
const START_MAX: Duration = Duration::from_secs(30);

/// What is played with, or the step that says why there is nothing.
enum Found {
    Plan(Box<Plan>),
    Nothing(Step),
}

/// Plays a client. Exit code 1 when something does not work.
pub(super) fn run(arguments: &McpCheck, context: &Context) -> Result<ExitCode, Failure> {
    let mut steps = Vec::new();
    let mut printed = Ok(());
    let mut report = |step: Step| {
        if !context.output.is_json() && printed.is_ok() {
            printed = context.output.print(&words(&step));
        }
        steps.push(step);
    };
    match plan(arguments, context)? {
        Found::Plan(plan) => check::run(&plan, &mut report),
        Found::Nothing(step) => report(step),
    }
    printed?;
    let count = |state| steps.iter().filter(|step| step.state == state).count();
    let (bad, poor) = (count(Verdict::Bad), count(Verdict::Poor));
    let answer = json!({ "ok": bad == 0, "checks": steps });
    context.output.answer(&answer, |_| match (bad, poor) {
        (0, 0) => paint(GOOD, "everything works"),
        (0, _) => paint(POOR, format!("it works; {poor} could be better")),
        (_, _) => paint(BAD, format!("{bad} must be corrected")),
    })?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed.code()) })
}

fn plan(arguments: &McpCheck, context: &Context) -> Result<Found, Failure> {
    let folder = std::env::current_dir().map_err(|error| {
        let message = format!("cannot tell the current folder: {error}");
        Failure::new(Exit::Failed, "io", message).hint("go into a folder that exists")
    })?;
    let passed_on = PASSED_ON.into_iter().filter_map(|name| {
        let value = context.environment.variable(name)?.to_str()?;
        Some((name.to_owned(), value.to_owned()))
    });
    let mut plan = Plan {
        started: Started { command: arguments.command.clone(), environment: vec![], enabled: true },
        environment: passed_on.collect(),
        folder,
        start_max: START_MAX,
        client: "a client".to_owned(),
        read_only: arguments.read_only,
        mend: "correct the command".to_owned(),
    };
    match &arguments.client {
        Some(name) => return of_client(named(name)?, plan, context),
        None if arguments.command.is_empty() => {
            let launch = Launch::of(context)?;
            plan.started.command = launch.command();
            plan.started.environment = launch.environment().to_vec();
            plan.mend = "install goxe again".to_owned();
        }
        None => {}
    }
    Ok(Found::Plan(Box::new(plan)))
}

/// The command that a client has in its file: of the narrowest scope that has one.
fn of_client(client: Client, plan: Plan, context: &Context) -> Result<Found, Failure> {
    let user = User::of(context)?;
    let write = format!("`goxe mcp config --client {} --write` puts it there", client.name());
    let mut usual = String::new();
    for scope in [Scope::Local, Scope::Project, Scope::User] {
        let Some(place) = user.place(client, scope) else { continue };
        usual = place.file.display().to_string();
        let read = ClientFile::read(&place.file).and_then(|file| {
            let keys = place.keys_in(client, file.text());
            let entry = merge::read(client.form(), file.text(), &keys);
            entry.map_err(|error| unreadable(&place, &error))
        });
        let entry = match read {
            Ok(None) => continue,
            Ok(Some(entry)) => entry,
            Err(failure) => {
                return Ok(Found::Nothing(Step::bad("file", failure.message, failure.hint)));
            }
        };
        let Some(started) = client.started(&entry) else {
            let text = format!("{usual}: the entry {NAME} names no command");
            return Ok(Found::Nothing(Step::bad("file", text, write)));
        };
        return Ok(Found::Plan(Box::new(Plan {
            started,
            start_max: start_max(client, &entry, &plan),
            client: client.title().to_owned(),
            mend: write,
            ..plan
        })));
    }
    let text = format!("{} does not know goxe: no entry {NAME} in {usual}", client.title());
    Ok(Found::Nothing(Step::bad("file", text, write)))
}

/// How long this client waits, as far as its entry changes that.
fn start_max(client: Client, entry: &Value, plan: &Plan) -> Duration {
    let set = match client {
        Client::Codex => entry["startup_timeout_sec"].as_u64().map(Duration::from_secs),
        Client::OpenCode => entry["timeout"].as_u64().map(Duration::from_millis),
        Client::ClaudeCode
        | Client::ClaudeDesktop
        | Client::Cursor
        | Client::GeminiCli
        | Client::VsCode
        | Client::Zed => None,
    };
    // Longer than anything else here takes would be a wait without an end.
    set.unwrap_or(client.start_max()).min(plan.start_max.max(client.start_max()))
}

fn words(step: &Step) -> String {
    let mark = match step.state {
        Verdict::Good => paint(GOOD, "ok  "),
        Verdict::Poor => paint(POOR, "note"),
        Verdict::Bad => paint(BAD, "bad "),
        Verdict::Skipped => paint(DIM, "--  "),
    };
    let mut text = format!("{mark} {:<10} {}", step.check, step.text);
    let figures: Vec<String> = [step.ms.map(output::duration), step.bytes.map(output::bytes)]
        .into_iter()
        .flatten()
        .collect();
    if !figures.is_empty() {
        text.push_str(&paint(DIM, format!("  {}", figures.join(", "))));
    }
    text.push('\n');
    if !step.hint.is_empty() {
        text.push_str(&format!("{:16}{} {}\n", "", paint(DIM, "next:"), step.hint));
    }
    text
}
