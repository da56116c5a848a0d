//! `goxe daemon ...`

mod logs;
mod restart;
mod run;
mod start;
mod status;
mod stop;

use std::process::ExitCode;

use goxe_mcp_bridge::manager::DaemonInfo;
use serde::Serialize;

use crate::args::Daemon;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(verb: Daemon, context: &Context) -> Result<ExitCode, Failure> {
    match verb {
        Daemon::Run => return run::run(context),
        Daemon::Start => start::run(context)?,
        Daemon::Stop { force } => stop::run(force, context)?,
        Daemon::Restart => restart::run(context)?,
        Daemon::Status => return status::run(context),
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
    fn new(info: DaemonInfo, started: bool) -> Self {
        Running {
            started,
            pid: info.hello.pid,
            socket: info.socket.display().to_string(),
            server: info.hello.server,
            epoch: info.hello.epoch,
            store: info.hello.store,
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
