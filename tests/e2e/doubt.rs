//! An edit whose answer was lost while no daemon can be started: nobody knows at first, and then somebody does.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use crate::support::client::mark;
use crate::support::place::pid;
use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Place, until};

/// Takes a lock of the data folder as soon as it is free.
fn hold(data: &Path, name: &str) -> Flock<File> {
    until(name, PATIENCE, || {
        let file = File::options().create(true).append(true).open(data.join(name));
        Flock::lock(file.expect("a lock file"), FlockArg::LockExclusiveNonblock).ok()
    })
}

/// Has a daemon die with an edit on the way, and nobody able to start another one. Returns what the
/// bridge says of the edit.
fn lose(place: &Place, bridge: &mut Bridge, number: u64) -> String {
    let daemon = pid(place.endpoint().expect("an endpoint file").pid);
    let starts = hold(place.data(), "start.lock");
    kill(daemon, Signal::SIGSTOP).expect("it runs");
    let edit = json!({ "name": "voxels_edit", "arguments": mark("castle", number) });
    let id = bridge.ask("tools/call", edit);
    // A later request was read, so this one is on its way to the daemon.
    bridge.request("tools/list", json!({}));
    kill(daemon, Signal::SIGKILL).expect("it runs");
    let data = hold(place.data(), "lock");
    drop(starts);
    let answer = bridge.answer(id, Duration::from_secs(60));
    drop(data);
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["content"][0]["text"].as_str().expect("a text").to_owned()
}

#[test]
fn an_edit_that_nobody_knows_of_is_settled_by_history() {
    let place = Place::new()
        .set("manager", "startup_ms", 1000)
        .set("manager", "probe_timeout_ms", 500)
        .set("manager", "restart_max", 100);
    for mut bridge in [Bridge::legacy(&place), Bridge::modern(&place)] {
        let create = json!({ "action": "create", "project": "castle" });
        if place.endpoint().is_none() {
            assert!(!bridge.tool("project", create).is_error());
        }
        let before = place.client().revision("castle");
        let mut number = 0;
        let text = until("an edit is in doubt", Duration::from_secs(60), || {
            number += 1;
            assert!(!bridge.tool("project_info", json!({ "project": "castle" })).is_error());
            let text = lose(&place, &mut bridge, number);
            // It may be that the daemon died before the edit was written to it.
            assert!(text.contains("Unknown whether") || text.contains("Not done"), "{text}");
            text.contains("Unknown whether").then_some(text)
        });
        // By the very call that the error gives; it starts a daemon, which can be started again.
        let next = text.split("Next: history ").nth(1).expect("how to find out");
        let next: Value = serde_json::from_str(next).expect("arguments as JSON");
        let outcome = until("the outcome is known", PATIENCE, || {
            let answer = bridge.tool("history", next.clone());
            (!answer.is_error()).then(|| answer.data().clone())
        });
        // The daemon was frozen before it could read the edit.
        assert_eq!(outcome["outcome"], "never", "{outcome}");
        assert_eq!(place.client().revision("castle"), before);
        assert!(bridge.leave().success());
    }
    place.json(&["daemon", "stop"]);
}
