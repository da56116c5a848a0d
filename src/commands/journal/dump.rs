//! `goxe journal dump`

use std::ops::ControlFlow;

use goxe_daemon::offline::{Entry, Offline};
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, BAD, DIM, paint};

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let paths = context.settings()?.paths;
    let offline = Offline::open(&paths)?;
    let output = context.output;
    if output.is_json() {
        let mut entries = Vec::new();
        let each = &mut |entry| {
            entries.push(entry);
            true
        };
        offline.dump(each)?;
        return output.answer(&json!({ "entries": entries }), |_| String::new());
    }
    // Printed as it is read: a journal may be larger than memory.
    let mut printed = Ok(ControlFlow::Continue(()));
    let each = &mut |entry| {
        printed = output.stream(&words(&entry));
        matches!(printed, Ok(ControlFlow::Continue(())))
    };
    offline.dump(each)?;
    printed.map(drop)
}

fn words(entry: &Entry) -> String {
    match entry {
        Entry::Commit { lsn, at, project, after, author, time_ms, label, change_bytes, .. } => {
            let (time, size) = (output::moment(*time_ms), output::bytes(*change_bytes));
            let at = paint(DIM, at);
            format!("{lsn:>8} {at} {time} project {project} {after} {author}: {label} ({size})")
        }
        Entry::Heads { lsn, at, projects } => {
            let at = paint(DIM, at);
            format!("{lsn:>8} {at} a segment begins, {projects} projects stood before it")
        }
        Entry::Damaged { at, bytes, cause } => {
            format!(
                "{:>8} {} {} {cause}",
                "",
                paint(DIM, at),
                paint(BAD, format!("{bytes} bytes damaged:"))
            )
        }
    }
}
