//! `goxe daemon ...`

mod events;
mod logs;
mod restart;
mod run;
mod start;
mod status;
mod stop;

use std::process::ExitCode;

use goxe_mcp_bridge::manager::DaemonInfo;
use goxe_mcp_bridge::manager::blocking::Manager;
use serde::Serialize;

use crate::args::Daemon;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(verb: Daemon, context: &Context) -> Result<ExitCode, Failure> {
    match verb {
        Daemon::Run => return run::run(context),
        Daemon::Start { events } => start::run(events, context)?,
        Daemon::Stop { force } => stop::run(force, context)?,
        Daemon::Restart => restart::run(context)?,
        Daemon::Status { events: true } => status::follow(context)?,
        Daemon::Status { events: false } => return status::run(context),
        Daemon::Logs(logs) => logs::run(&logs, context)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A daemon that answers.
#[derive(Debug, Serialize)]
struct Running {
    /// Whether this command started it.
    started: bool,
    pid: u32,
    socket: String,
    server: String,
    epoch: String,
    store: String,
}

impl Running {
    /// The daemon that was just made sure of. It greeted us while it was recovering, when it did not
    /// know its store yet.
    fn new(info: DaemonInfo, manager: &Manager, started: bool) -> Self {
        let store = manager.status().status.map(|status| status.store);
        Running {
            started,
            pid: info.hello.pid,
            socket: info.socket.display().to_string(),
            server: info.hello.server,
            epoch: info.hello.epoch,
            store: store.unwrap_or(info.hello.store),
        }
    }

    fn words(&self, what: &str) -> String {
        let facts = output::facts([
            ("pid", self.pid.to_string()),
            ("socket", self.socket.clone()),
            ("server", self.server.clone()),
        ]);
        format!("{}\n{facts}", output::paint(output::GOOD, what))
    }
}
