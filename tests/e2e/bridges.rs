//! Bridges: one daemon for all of them, whatever their environment, and words when there is none.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::support::processes::daemons;
use crate::support::raw::frame;
use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Place, Raw, count, until};

/// So many bridges, each of which asks for something that needs the engine, all at the same instant.
fn all_at_once(place: &Place, bridges: usize) -> Vec<Value> {
    let barrier = Barrier::new(bridges);
    thread::scope(|scope| {
        let ask = |number: usize| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                let mut bridge = match number % 2 {
                    0 => Bridge::legacy(place),
                    _ => Bridge::modern(place),
                };
                let created = bridge.tool(
                    "project",
                    json!({ "action": "create", "project": format!("castle {number}") }),
                );
                let id = created.data()["id"].clone();
                assert!(bridge.leave().success());
                id
            })
        };
        let threads: Vec<_> = (0..bridges).map(ask).collect();
        threads.into_iter().map(|thread| thread.join().expect("a bridge")).collect()
    })
}

fn twenty() -> usize {
    usize::try_from(count(20)).expect("a number of bridges")
}

#[test]
fn twenty_at_once_start_one_daemon() {
    let place = Place::new();
    let ids = all_at_once(&place, twenty());
    assert!(ids.iter().all(Value::is_u64), "{ids:?}");
    let serving = place.endpoint().expect("an endpoint file").pid;
    until("one daemon is left", PATIENCE, || (daemons(&place) == [serving]).then_some(()));
    let projects = place.client().call("project.list", json!({}));
    assert!(projects["projects"].as_array().is_some_and(|list| list.len() >= twenty().min(20)));
    place.json(&["daemon", "stop"]);
    assert_eq!(daemons(&place), [0; 0]);
}

#[test]
fn twenty_at_once_wait_for_a_draining_daemon_and_start_one() {
    let place = Place::new().set("shutdown", "drain_ms", 60_000);
    let mut daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let ball = json!([{ "edit": "sphere", "center": [0, 0, 0], "radius": 90, "color": "#c81e1e" }]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": ball }));
    let mut peer = Raw::connect(&place.socket()).expect("the daemon listens");
    let params = json!({ "project": "castle", "width": 2048, "height": 2048 });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "render.image", "params": params });
    peer.send(&frame(&call.to_string(), None)).expect("the daemon takes bytes");
    until("a lane renders", PATIENCE, || {
        let busy = client.call("system.status", json!({}))["lanes_busy"].as_u64();
        (busy >= Some(1)).then_some(())
    });
    daemon.signal(Signal::SIGTERM);
    let first = daemon.pid();
    thread::scope(|scope| {
        // The old one is our child: it has to be reaped to be gone. It goes when its answer is taken.
        scope.spawn(|| {
            let answer = peer.read_frame().expect("an answer").expect("an answer before the end");
            assert!(answer.json["result"].is_object(), "{}", answer.json);
            daemon.wait();
        });
        let ids = all_at_once(&place, twenty());
        assert!(ids.iter().all(Value::is_u64), "{ids:?}");
    });
    let serving = place.endpoint().expect("an endpoint file").pid;
    assert_ne!(serving, first);
    until("one daemon is left", PATIENCE, || (daemons(&place) == [serving]).then_some(()));
    assert!(place.client().try_call("project.info", json!({ "project": "castle" })).is_ok());
    place.json(&["daemon", "stop"]);
}

#[test]
fn a_scrubbed_and_a_full_environment_reach_the_same_daemon() {
    for bridge_first in [true, false] {
        let place = Place::new();
        let home = place.beside("home");
        let data = home.join(".local/share/goxe");
        let place = place.with_data(data);
        let runtime = place.beside("run-user");
        fs::create_dir(&runtime).expect("a runtime folder");
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).expect("it is ours");
        let mut scrubbed = place.goxe();
        scrubbed.env_remove("GOXE_DATA");
        let mut shell = place.goxe();
        shell
            .env_remove("GOXE_DATA")
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_STATE_HOME", home.join(".local/state"))
            .envs([("SHELL", "/bin/bash"), ("TERM", "xterm"), ("LANG", "C.UTF-8")]);
        let ask_bridge = |scrubbed: &mut std::process::Command| {
            let mut bridge = Bridge::start_with(scrubbed);
            bridge.initialize();
            let created =
                bridge.tool("project", json!({ "action": "create", "project": "by bridge" }));
            assert!(!created.is_error(), "{}", created.text());
            place.endpoint().expect("an endpoint file").pid
        };
        let ask_shell = |shell: &mut std::process::Command| {
            let start = shell.args(["daemon", "start"]).output().expect("goxe runs");
            assert!(start.status.success(), "{}", String::from_utf8_lossy(&start.stderr));
            place.endpoint().expect("an endpoint file").pid
        };
        let (first, second) = if bridge_first {
            (ask_bridge(&mut scrubbed), ask_shell(&mut shell))
        } else {
            let first = ask_shell(&mut shell);
            (first, ask_bridge(&mut scrubbed))
        };
        assert_eq!(first, second, "two daemons; the bridge came first: {bridge_first}");
        place.json(&["daemon", "stop"]);
    }
}

/// Takes a lock of the data folder, as a daemon that hangs would hold it.
fn hold(data: &Path, name: &str) -> Flock<File> {
    fs::create_dir_all(data).expect("a data folder");
    fs::set_permissions(data, fs::Permissions::from_mode(0o700)).expect("it is ours");
    let file = File::options().create(true).append(true).open(data.join(name));
    Flock::lock(file.expect("a lock file"), FlockArg::LockExclusiveNonblock).expect("it is free")
}

/// Nothing of the daemon is needed to say hello and to list the tools; a call says why there is no daemon.
fn ask_while_blocked(name: &str, is_modern: bool) {
    let place =
        Place::new().set("manager", "startup_ms", 1500).set("manager", "probe_timeout_ms", 500);
    let held = hold(place.data(), name);
    let mut bridge = Bridge::start(&place);
    let soon = Duration::from_secs(5);
    if is_modern {
        bridge.set_modern();
        let id = bridge.ask("server/discover", json!({}));
        let answer = bridge.answer(id, soon);
        assert!(answer["result"]["capabilities"]["tools"].is_object(), "{answer}");
    } else {
        let result = bridge.initialize();
        assert!(result["capabilities"]["tools"].is_object(), "{result}");
    }
    let id = bridge.ask("tools/list", json!({}));
    let answer = bridge.answer(id, soon);
    assert_eq!(answer["result"]["tools"].as_array().map(Vec::len), Some(10), "{answer}");
    let id = bridge.ask("tools/call", json!({ "name": "engine_health", "arguments": {} }));
    let health = bridge.answer(id, soon);
    assert!(health["result"]["content"][0]["text"].is_string(), "{health}");
    assert!(place.endpoint().is_none(), "there is a daemon after all");

    let list = json!({ "name": "project", "arguments": { "action": "list" } });
    let id = bridge.ask("tools/call", list);
    let answer = bridge.answer(id, Duration::from_secs(100));
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text").to_owned();
    assert_eq!(answer["result"]["isError"], true, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "what, why, next: {text}");
    assert!(lines[1].len() > 20, "no cause: {text}");
    assert!(lines[2].starts_with("Next: "), "no next step: {text}");

    // Once the way is free the same bridge works.
    drop(held);
    let answer = bridge.tool("project", json!({ "action": "create", "project": "castle" }));
    assert!(!answer.is_error(), "{}", answer.text());
    assert!(bridge.leave().success());
    place.json(&["daemon", "stop"]);
}

#[test]
fn a_held_data_folder_is_answered_with_its_cause_and_the_next_step() {
    ask_while_blocked("lock", false);
}

#[test]
fn a_start_that_hangs_is_answered_with_its_cause_and_the_next_step() {
    ask_while_blocked("start.lock", true);
}

#[test]
fn a_bridge_leaves_with_its_client_and_the_daemon_stays() {
    let place = Place::new();
    let mut bridge = Bridge::legacy(&place);
    assert!(!bridge.tool("project", json!({ "action": "create", "project": "castle" })).is_error());
    let serving = place.endpoint().expect("an endpoint file").pid;
    assert!(bridge.leave().success());
    assert_eq!(place.client().call("system.status", json!({}))["pid"], serving);
    place.json(&["daemon", "stop"]);
}
