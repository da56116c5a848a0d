//! The server as a process: its streams, its parent, its signals, its quick exit.
//!
//! Without the usual harness, as the harness writes to the standard output that is tested here.
//! The executable starts itself as the server, and as the parent of a server.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a harness of its own, which fails by panicking and reports on standard output"
)]

mod cases;
mod child;
#[path = "../tools/fake.rs"]
#[expect(dead_code, reason = "shared with the tests of the tools, which use the rest")]
mod fake;
mod server;

use std::{
    process::ExitCode,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

/// A case that waits for longer than this waits for something that never comes.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(server::SERVE) => server::serve(),
        Some(server::PARENT) => server::parent(),
        _ => test(&arguments),
    }
}

/// What runners ask of a test executable: to list its cases, or to run those that are named.
fn test(arguments: &[String]) -> ExitCode {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let exact = has("--exact");
    let names: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let chosen = |name: &str| {
        let fits = |word: &&String| {
            if exact { word.as_str() == name } else { name.contains(word.as_str()) }
        };
        // `--format terse` brings its word along.
        names.iter().all(|word| *word == "terse") || names.iter().any(fits)
    };
    let cases = cases::CASES.iter().filter(|(name, _)| chosen(name) && !has("--ignored"));
    if has("--list") {
        cases.for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let mut failed = 0;
    for (name, case) in cases {
        let passed = passes(*case);
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += u32::from(!passed);
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether a case ends, and without a panic.
fn passes(case: fn()) -> bool {
    let (ended, wait) = channel();
    thread::spawn(move || {
        case();
        let _ = ended.send(());
    });
    match wait.recv_timeout(PATIENCE) {
        Ok(()) => true,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
    }
}
