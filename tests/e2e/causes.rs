//! How soon a client of the real binary learns that there is no daemon to be had, or has another one.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use serde_json::json;

use crate::support::place::pid;
use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Place, skip, until};

#[test]
fn who_holds_the_data_folder_is_told_within_a_second() {
    let place = Place::new();
    // A bridge is warm once it has a daemon.
    let mut bridge = Bridge::legacy(&place);
    bridge.tool("project", json!({ "action": "list" }));
    place.json(&["daemon", "stop"]);
    let lock = place.data().join("lock");
    let mut holder = Command::new("flock");
    holder.arg("-F").arg(&lock).args(["sleep", "1000"]).stdin(Stdio::null());
    let Ok(mut holder) = holder.spawn() else { return skip("there is no flock") };
    until("it is held", PATIENCE, || {
        let file = File::open(&lock).ok()?;
        file.try_lock_shared().is_err().then_some(())
    });
    let begun = Instant::now();
    let answer = bridge.tool_in_trouble("project", json!({ "action": "list" }));
    let took = begun.elapsed();
    holder.kill().expect("it runs");
    holder.wait().expect("it ends");
    let told = format!("process {} (sleep)", holder.id());
    assert!(answer.text().contains(&told), "{}", answer.text());
    assert!(took < Duration::from_millis(1_000), "told after {took:?}");
}

#[test]
fn a_daemon_that_was_stopped_is_replaced_within_five_seconds() {
    let place = Place::new();
    let mut bridge = Bridge::legacy(&place);
    bridge.tool("project", json!({ "action": "create", "project": "castle" }));
    let stopped = place.endpoint().expect("an endpoint file").pid;
    kill(pid(stopped), Signal::SIGSTOP).expect("it runs");
    let begun = Instant::now();
    let answer = bridge.tool("project_info", json!({ "project": "castle" }));
    let took = begun.elapsed();
    assert!(!answer.is_error(), "{}", answer.text());
    assert_ne!(place.endpoint().expect("an endpoint file").pid, stopped);
    assert!(took < Duration::from_millis(5_000), "replaced after {took:?}");
    drop(bridge);
    place.json(&["daemon", "stop"]);
}
