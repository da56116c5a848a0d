//! Clients that come and go: no process of theirs is left behind, and the daemon is what it was.

use std::fs;

use nix::sys::signal::{Signal, kill};
use serde_json::json;

use crate::support::place::{is_goxe, pid};
use crate::support::processes::{files, of_place, own_kib};
use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Place, Rng, count, until};

/// Growth of memory that is no leak: caches that fill, tables that grow once.
const SLACK_KIB: u64 = 3 << 10;

/// One client, from its start to its end, which it takes in one of several ways.
fn cycle(place: &Place, rng: &mut Rng, number: u64) {
    let mut bridge = match rng.below(2) {
        0 => Bridge::legacy(place),
        _ => Bridge::modern(place),
    };
    let info = json!({ "project": "castle" });
    assert!(!bridge.tool("project_info", info).is_error(), "cycle {number}");
    // Half of them leave in the middle of a call.
    if rng.below(2) == 0 {
        let edit = crate::support::client::mark("castle", number);
        bridge.ask("tools/call", json!({ "name": "voxels_edit", "arguments": edit }));
    }
    let signal = match rng.below(5) {
        0 => return assert!(bridge.leave().success(), "cycle {number}"),
        1 => Signal::SIGTERM,
        2 => Signal::SIGINT,
        3 => Signal::SIGHUP,
        _ => Signal::SIGKILL,
    };
    kill(pid(bridge.pid()), signal).expect("it runs");
    // A client that is killed may have half a line in its pipe; the others may not.
    match signal {
        Signal::SIGKILL => drop(bridge),
        _ => drop(bridge.wait()),
    }
}

#[test]
fn nothing_is_left_of_clients_that_came_and_went() {
    // What is kept of edits, for undo and for calls that come again, is bounded low.
    let place =
        Place::new().set("idempotency", "keys_max", 16).set("engine", "history_groups_max", 16);
    let mut rng = Rng::of_test();
    let mut first = Bridge::legacy(&place);
    assert!(!first.tool("project", json!({ "action": "create", "project": "castle" })).is_error());
    assert!(first.leave().success());
    let serving = place.endpoint().expect("an endpoint file").pid;
    let cycles = count(60);
    let warm = cycles / 5;
    (0..warm).for_each(|number| cycle(&place, &mut rng, number));
    let quiet = |what: &str| {
        until(what, PATIENCE, || {
            let status = place.client().call("system.status", json!({}));
            (status["peers"] == 1).then_some(())
        });
    };
    quiet("the first clients are gone");
    let (files_before, memory_before) = (files(serving), own_kib(serving));
    (warm..cycles).for_each(|number| cycle(&place, &mut rng, number));
    quiet("all clients are gone");
    until("only the daemon is left", PATIENCE, || (of_place(&place) == [serving]).then_some(()));
    let (files_after, memory_after) = (files(serving), own_kib(serving));
    println!(
        "{cycles} cycles; files {files_before} -> {files_after}, KiB {memory_before} -> {memory_after}"
    );
    assert!(files_after <= files_before + 2, "{files_before} files became {files_after}");
    assert!(memory_after <= memory_before + SLACK_KIB, "{memory_before} KiB became {memory_after}");
    assert!(is_goxe(serving));
    assert_eq!(place.client().call("system.status", json!({}))["pid"], serving);
    place.json(&["daemon", "stop"]);
    assert_eq!(of_place(&place), [0; 0]);
    let leftovers = fs::read_dir(place.data().join("run")).map_or(0, Iterator::count);
    assert_eq!(leftovers, 0, "files of the daemon are left");
}
