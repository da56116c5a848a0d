//! The manager's shell against daemons that do what each test says: links, replays, locks, starts.
#![cfg(target_os = "linux")]

mod calls;
mod fake;
mod follow;
mod starts;

use std::path::Path;
use std::time::Duration;

use goxe_mcp_bridge::manager::{Call, Detachment, Options, Settings};
use serde_json::json;

const LONG: Duration = Duration::from_secs(30);

/// A manager's options that start `script` in a shell as the daemon.
fn options(data: &Path, script: &str) -> Options {
    let mut options = Options::new(fake::paths(data), "test");
    options.program = Some("/bin/sh".into());
    options.arguments = Some(vec!["-c".into(), script.into()]);
    options.detachment = Detachment::Session;
    options.supervised = false;
    options.probe_timeout = Duration::from_millis(300);
    options.kill_after = Duration::from_millis(300);
    options.settings = Settings {
        health_ms_max: 200,
        probe_gap_ms: 20,
        look_again_ms: 50,
        recover_check_ms: 20,
        backoff_ms: 20,
        ..Settings::default()
    };
    options
}

fn read(method: &str) -> Call {
    Call::read(method, &json!({}), LONG).expect("an object")
}

fn edit(method: &str) -> Call {
    Call::edit(method, &json!({ "project": "p" }), LONG).expect("an object")
}
