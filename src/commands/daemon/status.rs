//! `goxe daemon status [--events]`

use std::process::ExitCode;
use std::time::Duration;

use goxe_mcp_bridge::manager::{Condition, Status};
use goxe_protocol::api::system::StatusReply;

use super::events::Lines;
use crate::context::Context;
use crate::daemon;
use crate::failure::{Exit, Failure};
use crate::output::{self, BAD, GOOD, POOR, paint};

/// One wait for the reader of standard output to leave.
const FOREVER: Duration = Duration::from_secs(86_400);

/// Looks, and starts nothing.
pub(super) fn run(context: &Context) -> Result<ExitCode, Failure> {
    let manager = daemon::manager(daemon::options(context, &context.settings()?))?;
    let status = manager.status();
    context.output.answer(&status, words)?;
    Ok(match status.condition {
        Condition::Up | Condition::Recovering | Condition::Draining => ExitCode::SUCCESS,
        Condition::Hung => ExitCode::from(Exit::Failed.code()),
        Condition::Refused => ExitCode::from(Exit::NotPermitted.code()),
        Condition::Down | Condition::Failed => ExitCode::from(Exit::NoDaemon.code()),
    })
}

/// Tells how the daemon is, then what happens to it, until interrupted or nobody reads any more.
pub(super) fn follow(context: &Context) -> Result<(), Failure> {
    let manager = daemon::manager(daemon::options(context, &context.settings()?))?;
    let (lines, output) = (Lines::new(context.output), context.output);
    manager.observe(
        |observation| lines.observed(&observation),
        move || while output.wait(FOREVER).is_ok_and(|flow| flow.is_continue()) {},
    );
    lines.finish()
}

/// The condition, in its colour.
pub(super) fn word(condition: Condition) -> String {
    let (style, word) = match condition {
        Condition::Up => (GOOD, "up"),
        Condition::Recovering => (POOR, "recovering"),
        Condition::Draining => (POOR, "draining"),
        Condition::Hung => (BAD, "hung"),
        Condition::Refused => (BAD, "refused"),
        Condition::Down => (POOR, "down"),
        Condition::Failed => (BAD, "failed"),
    };
    paint(style, word)
}

fn words(status: &Status) -> String {
    let next = match status.condition {
        Condition::Up => "",
        Condition::Recovering => "it reads its journal back; wait for it",
        Condition::Draining => "it finishes what runs, then ends",
        Condition::Hung => "`goxe daemon restart` ends and starts it",
        Condition::Refused => "ask the owner of the data folder",
        Condition::Down => "`goxe daemon start`, or any command that needs it",
        Condition::Failed => "look at `goxe daemon logs`, then `goxe daemon start`",
    };
    let mut rows =
        vec![("daemon", word(status.condition)), ("data", status.data.display().to_string())];
    rows.extend(status.reason.clone().map(|reason| ("reason", reason)));
    rows.extend(status.pid.map(|pid| ("pid", pid.to_string())));
    rows.extend(status.socket.as_ref().map(|socket| ("socket", socket.display().to_string())));
    rows.extend(status.probe_ms.map(|ms| ("answered in", output::duration(ms))));
    if let Some(reply) = &status.status {
        rows.extend(load(reply));
    }
    if status.starts_failed > 0 {
        let starts = format!("{} of {} allowed", status.starts_failed, status.starts_failed_max);
        rows.push(("failed starts", starts));
    }
    rows.extend(status.next_start_ms.map(|ms| ("next start in", output::duration(ms))));
    if !next.is_empty() {
        rows.push(("next", next.to_owned()));
    }
    output::facts(rows)
}

fn load(reply: &StatusReply) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("server", reply.server.clone()),
        ("uptime", output::duration(reply.uptime_ms)),
        ("projects", format!("{} ({} in memory)", reply.projects, reply.projects_loaded)),
        ("peers", output::number(reply.peers)),
        ("requests", output::number(reply.requests)),
        ("lanes", format!("{} of {} busy", reply.lanes_busy, reply.lanes)),
        ("memory of the process", output::bytes(reply.resident_bytes)),
        ("memory held for peers", output::bytes(reply.memory_bytes)),
    ];
    if reply.total > 0 {
        let share = format!("{} of {}", output::bytes(reply.done), output::bytes(reply.total));
        rows.push(("recovered", share));
    }
    if !reply.healthy {
        rows.push(("degraded", paint(BAD, reply.degraded.join("; "))));
    }
    rows
}
