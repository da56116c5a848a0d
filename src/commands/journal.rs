//! `goxe journal ...`

mod check;
mod dump;

use std::process::ExitCode;

use goxe_daemon::offline::OfflineError;
use goxe_daemon::store::backup::RestoreError;

use crate::args::Journal;
use crate::context::Context;
use crate::failure::{Exit, Failure};

pub(super) fn run(verb: Journal, context: &Context) -> Result<ExitCode, Failure> {
    match verb {
        Journal::Check => check::run(context),
        Journal::Dump => {
            dump::run(context)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl From<OfflineError> for Failure {
    fn from(error: OfflineError) -> Self {
        let message = error.to_string();
        let (exit, kind, hint) = match &error {
            OfflineError::Absent(_) => {
                (Exit::Failed, "no_data", "choose a data folder with --data")
            }
            OfflineError::Folder(_) => {
                (Exit::NotPermitted, "folder", "correct the folder, or choose another with --data")
            }
            OfflineError::Lock(_) => (
                Exit::Failed,
                "data_locked",
                "`goxe daemon stop` first: this needs the data folder for itself",
            ),
            OfflineError::Recovery(_) | OfflineError::Scan { .. } => {
                (Exit::Failed, "journal", "keep a copy of the data folder before anything else")
            }
            OfflineError::Restore(RestoreError::NotEmpty(_)) => {
                (Exit::Failed, "not_empty", "choose an empty folder with --data")
            }
            OfflineError::Restore(_) => (Exit::Failed, "bad_file", "take another backup"),
            OfflineError::Io(_) => {
                (Exit::Failed, "io", "`goxe doctor` checks the folders and the disk")
            }
        };
        Failure::new(exit, kind, message).hint(hint)
    }
}
