//! The daemon: its endpoint file, whether it answers, and of which version it is.

use goxe_config::endpoint::EndpointError;
use goxe_config::{Endpoint, Paths, executable};
use goxe_mcp_bridge::manager::{Condition, ServiceManager, Status};
use goxe_protocol::api::system::StatusReply;

use super::Finding;
use crate::output;

pub(super) fn check(paths: &Paths, status: &Status) -> Vec<Finding> {
    let mut findings = vec![starter(paths), endpoint(paths, status), answers(status)];
    if let Some(reply) = &status.status {
        findings.push(version(reply, status.build.as_deref()));
        findings.push(health(reply));
    }
    findings
}

/// Who starts the daemon.
fn starter(paths: &Paths) -> Finding {
    match ServiceManager::find(paths) {
        Some(owner) => Finding::good("started by", format!("{owner:?}")),
        None => Finding::good("started by", "the first client that needs it"),
    }
}

fn endpoint(paths: &Paths, status: &Status) -> Finding {
    let runs = !matches!(status.condition, Condition::Down | Condition::Failed);
    let file = paths.endpoint.display();
    match Endpoint::read(&paths.endpoint) {
        Ok(endpoint) if runs && status.pid == Some(endpoint.pid) => {
            let socket = endpoint.socket.display();
            Finding::good("endpoint", format!("pid {} on {socket}", endpoint.pid))
        }
        Ok(endpoint) => Finding::poor(
            "endpoint",
            format!("{file} names pid {}, which does not serve", endpoint.pid),
            "a daemon that fell left it; the next start replaces it",
        ),
        Err(EndpointError::Absent { .. }) if !runs => {
            Finding::good("endpoint", "none, and no daemon runs")
        }
        Err(error) => Finding::bad(
            "endpoint",
            error.to_string(),
            "clients cannot find the daemon: `goxe daemon restart` writes it again",
        ),
    }
}

fn answers(status: &Status) -> Finding {
    let reason = status.reason.clone().map(|reason| format!(": {reason}")).unwrap_or_default();
    let took = output::duration(status.probe_ms.unwrap_or(0));
    match status.condition {
        Condition::Up => Finding::good("daemon", format!("answered a real request in {took}")),
        Condition::Down => Finding::good("daemon", format!("none runs{reason}; a call starts one")),
        Condition::Recovering => Finding::poor(
            "daemon",
            "reads its journal back",
            "wait: `goxe daemon status` tells how far",
        ),
        Condition::Draining => Finding::poor("daemon", format!("ends{reason}"), "wait for its end"),
        Condition::Hung => {
            Finding::bad("daemon", format!("hangs{reason}"), "`goxe daemon restart`")
        }
        Condition::Refused => Finding::bad(
            "daemon",
            format!("refuses us{reason}"),
            "ask the owner of the data folder",
        ),
        Condition::Failed => Finding::bad(
            "daemon",
            format!("{} starts failed{reason}", status.starts_failed),
            "look at `goxe daemon logs`, correct the cause, then `goxe daemon start`",
        ),
    }
}

fn version(reply: &StatusReply, build: Option<&str>) -> Finding {
    let ours = env!("CARGO_PKG_VERSION");
    let next =
        "`goxe daemon restart` starts this one; nobody does it unasked, as it serves others too";
    if !reply.server.split_whitespace().any(|word| word == ours) {
        let text = format!("the daemon is {}, this is goxe {ours}", reply.server);
        return Finding::poor("version", text, next);
    }
    let own = executable::build();
    match build {
        Some(other) if other != own => {
            let text = format!("the daemon is {} of another build than this one", reply.server);
            Finding::poor("version", text, next)
        }
        _ => Finding::good("version", format!("the daemon is {} too", reply.server)),
    }
}

fn health(reply: &StatusReply) -> Finding {
    match reply.healthy {
        true => Finding::good("health", "nothing is degraded"),
        false => Finding::bad("health", reply.degraded.join("; "), "correct what is named"),
    }
}
