//! `goxe daemon run`

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use goxe_daemon::{NotifyEnvironment, Options, RunError};

use crate::context::Context;
use crate::failure::{Exit, Failure};

pub(super) fn run(context: &Context) -> Result<ExitCode, Failure> {
    let settings = context.settings()?;
    let variable = |name: &str| context.environment.variable(name)?.to_str().map(str::to_owned);
    let notify = NotifyEnvironment::read(variable, std::process::id());
    let options = Options {
        config: settings.loaded.config,
        paths: settings.paths,
        notify,
        server: concat!("goxe ", env!("CARGO_PKG_VERSION")).to_owned(),
        log_to_stderr: io::stderr().is_terminal(),
    };
    goxe_daemon::run(options)?;
    Ok(ExitCode::SUCCESS)
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let message = error.to_string();
        let (exit, kind, hint) = match &error {
            RunError::Lock(_) => (
                Exit::Failed,
                "data_locked",
                "`goxe daemon status` tells who serves it; `goxe daemon stop` ends that daemon",
            ),
            RunError::Folder(_) => {
                (Exit::NotPermitted, "folder", "correct the folder, or choose another with --data")
            }
            RunError::Listen(_) => {
                (Exit::Failed, "listen", "choose another place with --socket or in [tcp]")
            }
            RunError::Token { .. } => {
                (Exit::Usage, "token", "see tcp.token_file in `goxe config show`")
            }
            RunError::Endpoint(_) | RunError::Io { .. } => {
                (Exit::Failed, "io", "`goxe doctor` checks what a daemon needs")
            }
            // Another start would find the same: a service manager must not try again for ever.
            RunError::Recovery(_) => {
                (Exit::GaveUp, "recovery", "`goxe journal check` tells what is wrong with the data")
            }
        };
        Failure::new(exit, kind, message).hint(hint)
    }
}
