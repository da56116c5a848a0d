//! The folders of the daemon, the disk below them, the journal in them.

use std::path::Path;

use goxe_config::{Paths, dirs};
use goxe_daemon::offline::{Offline, OfflineError};
use goxe_mcp_bridge::manager::{Condition, Status};

use super::{Finding, size};
use crate::output;

/// Below this much free space edits are about to be refused.
const FREE_BYTES_MIN: u64 = 64 << 20;
/// Below this much free space it is time to make room.
const FREE_BYTES_LOW: u64 = 1 << 30;

pub(super) fn check(paths: &Paths) -> Vec<Finding> {
    let mut findings: Vec<Finding> = paths.folders().iter().map(folder).collect();
    findings.push(space(&paths.data));
    findings
}

/// One that is there is checked as the daemon checks it; one that is missing is made when it starts.
fn folder(folder: &dirs::Folder) -> Finding {
    let path = folder.path.display();
    if folder.path.symlink_metadata().is_err() {
        return Finding::good("folder", format!("{path} is made at the first start"));
    }
    match dirs::create(folder) {
        Ok(()) => Finding::good("folder", format!("{path} is ours and closed to writers")),
        Err(error) => Finding::bad(
            "folder",
            error.to_string(),
            format!("correct owner and mode of {path}, or choose another folder with --data"),
        ),
    }
}

fn space(data: &Path) -> Finding {
    // A folder that is not there yet will lie on the disk of the nearest one that is.
    let there = data.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::statvfs(there) {
        Err(error) => Finding::poor("disk", format!("free space is not known: {error}"), "try df"),
        Ok(found) => {
            let (bytes, text) = size(found.f_bavail, found.f_frsize);
            let text = format!("{text} free for {}", data.display());
            match bytes {
                FREE_BYTES_LOW.. => Finding::good("disk", text),
                FREE_BYTES_MIN.. => Finding::poor("disk", text, "free space before it runs out"),
                _ => Finding::bad("disk", text, "free space: edits will be refused"),
            }
        }
    }
}

/// What the last recovery of a running daemon, or a trial one, says of the journal.
pub(super) fn check_journal(paths: &Paths, status: &Status) -> Finding {
    let next = "`goxe journal check` tells what is damaged; keep a copy, restore a backup";
    if !matches!(status.condition, Condition::Down | Condition::Failed) {
        return Finding::good(
            "journal",
            "was read when the daemon started; health tells of damage",
        );
    }
    if !paths.journal.is_dir() {
        return Finding::good("journal", "nothing is stored yet");
    }
    let checked = Offline::open(paths).and_then(|offline| offline.check(&mut |_, _| {}));
    match checked {
        Ok(checked) if checked.sound => {
            let bytes = output::bytes(checked.journal_bytes);
            let projects = checked.projects.iter().filter(|project| project.id > 0).count();
            let projects = output::count(u64::try_from(projects).unwrap_or(u64::MAX), "project");
            Finding::good("journal", format!("{bytes}, {projects}, all sound"))
        }
        Ok(checked) => {
            let problems = checked.projects.iter().filter(|project| project.problem.is_some());
            let text = format!("{} damaged projects", problems.count());
            Finding::bad("journal", checked.damage.first().cloned().unwrap_or(text), next)
        }
        Err(OfflineError::Lock(_)) => {
            Finding::poor("journal", "somebody holds the data folder", "try again in a moment")
        }
        Err(error) => Finding::bad("journal", error.to_string(), next),
    }
}
