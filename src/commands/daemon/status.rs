//! `goxe daemon status`

use std::process::ExitCode;

use goxe_mcp_bridge::manager::{Condition, Status};
use goxe_protocol::api::system::StatusReply;

use crate::context::Context;
use crate::daemon;
use crate::failure::{Exit, Failure};
use crate::output::{self, BAD, GOOD, POOR, paint};

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

fn words(status: &Status) -> String {
    let (style, word, next) = match status.condition {
        Condition::Up => (GOOD, "up", ""),
        Condition::Recovering => (POOR, "recovering", "it reads its journal back; wait for it"),
        Condition::Draining => (POOR, "draining", "it finishes what runs, then ends"),
        Condition::Hung => (BAD, "hung", "`goxe daemon restart` ends and starts it"),
        Condition::Refused => (BAD, "refused", "ask the owner of the data folder"),
        Condition::Down => (POOR, "down", "`goxe daemon start`, or any command that needs it"),
        Condition::Failed => {
            (BAD, "failed", "look at `goxe daemon logs`, then `goxe daemon start`")
        }
    };
    let mut rows =
        vec![("daemon", paint(style, word)), ("data", status.data.display().to_string())];
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
        ("memory in queues", output::bytes(reply.memory_bytes)),
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
