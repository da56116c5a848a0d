//! A newer program below a running bridge: the bridge becomes it, and its client never notices.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bridge::MODERN;
use crate::support::place::program;
use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Place, until};

/// A resource that is watched across the upgrade.
const WATCHED: &str = "goxe://config";

/// Installs the program at a place of its own, over what is there. Each time it is another file of
/// another time, which is another build.
fn install(place: &Place) -> PathBuf {
    let folder = place.beside("bin");
    fs::create_dir_all(&folder).expect("a folder");
    let fresh = folder.join("goxe.new");
    fs::copy(program(), &fresh).expect("a copy");
    let path = folder.join("goxe");
    fs::rename(fresh, &path).expect("it is installed");
    path
}

/// Installs a script instead, which writes down that it was started.
fn install_script(place: &Place, text: &str) -> PathBuf {
    let fresh = place.beside("bin/goxe.new");
    let started = place.beside("started");
    fs::write(&fresh, format!("#!/bin/sh\necho x >> {}\n{text}\n", started.display()))
        .expect("a script");
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).expect("a mode");
    fs::rename(fresh, place.beside("bin/goxe")).expect("it is installed");
    started
}

fn bridge_of(place: &Place, program: &Path, is_modern: bool) -> Bridge {
    let mut bridge = Bridge::start_with(&mut place.run(program));
    match is_modern {
        true => bridge.set_modern(),
        false => drop(bridge.initialize()),
    }
    bridge
}

/// What the bridge says of itself.
#[track_caller]
fn about(bridge: &mut Bridge) -> Value {
    let health = bridge.tool("engine_health", json!({}));
    assert!(!health.is_error(), "{}", health.text());
    health.data()["bridge"].clone()
}

/// Replaces the daemon by that of a program, as a person does.
fn restart(place: &Place, program: &Path) {
    let output = place.run(program).args(["daemon", "restart"]).output().expect("goxe runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// One voxel more.
#[track_caller]
fn mark(bridge: &mut Bridge, number: i64) -> u64 {
    let edit = json!({ "edit": "set", "voxels": [{ "at": [number, 0, 0], "color": "#c81e1e" }] });
    let arguments = json!({ "project": "castle", "edits": [edit] });
    bridge.ask("tools/call", json!({ "name": "voxels_edit", "arguments": arguments }))
}

#[track_caller]
fn answered(bridge: &mut Bridge, id: u64) {
    let answer = bridge.answer(id, PATIENCE);
    assert!(answer["error"].is_null() && answer["result"]["isError"] != true, "{answer}");
}

fn voxels(place: &Place) -> Value {
    place.client().call("project.info", json!({ "project": "castle" }))["voxels"].clone()
}

fn become_newer(is_modern: bool) {
    let place = Place::new();
    let old = install(&place);
    let mut bridge = bridge_of(&place, &old, is_modern);
    let listen = is_modern.then(|| {
        let wish = json!({ "toolsListChanged": true, "resourceSubscriptions": [WATCHED] });
        bridge.ask("subscriptions/listen", json!({ "notifications": wish }))
    });
    if !is_modern {
        bridge.request("resources/subscribe", json!({ "uri": WATCHED }));
    }
    let created = bridge.tool("project", json!({ "action": "create", "project": "castle" }));
    assert!(!created.is_error(), "{}", created.text());
    let before = about(&mut bridge);
    assert!(before["upgrade"].is_null() && before["note"].is_null(), "{before}");
    let offered = bridge.request("tools/list", json!({}));
    bridge.notifications.clear();

    // A newer program alone changes nothing: the daemon that serves is still ours.
    let new = install(&place);
    let pending = about(&mut bridge);
    assert_eq!(pending["build"], before["build"]);
    assert!(pending["upgrade"].as_str().is_some_and(|text| text.contains("newer")), "{pending}");

    // Neither does a person who looks from the newer program: it is told that they do not fit.
    let output = place.run(&new).args(["--json", "mcp", "check", "--read-only"]).output();
    let checked: Value = serde_json::from_slice(&output.expect("goxe runs").stdout).expect("JSON");
    let steps = checked["checks"].as_array().expect("steps");
    let daemon = steps.iter().find(|step| step["check"] == "daemon").expect("a step");
    assert_eq!(daemon["state"], "poor", "{daemon}");
    assert!(daemon["text"].as_str().is_some_and(|text| text.contains("another build")), "{daemon}");
    let doctor = place.run(&new).args(["--json", "doctor"]).output().expect("goxe runs").stdout;
    assert!(String::from_utf8_lossy(&doctor).contains("of another build than this one"));

    // The first half of a call is read before, and the second after.
    let half = json!({ "name": "project_info", "arguments": { "project": "castle" }, "_meta": {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    } });
    let half = json!({ "jsonrpc": "2.0", "id": "half", "method": "tools/call", "params": half });
    let half = format!("{half}\n");
    let (first, second) = half.split_at(half.len() / 2);
    bridge.write_raw(first.as_bytes());
    restart(&place, &new);
    becomes(&bridge, &new);
    bridge.write_raw(second.as_bytes());
    let note = bridge.notification("notifications/tools/list_changed", PATIENCE);
    let updated = bridge.notification("notifications/resources/updated", PATIENCE);
    assert_eq!(updated["params"]["uri"], WATCHED);
    if let Some(listen) = listen {
        for note in [note, updated] {
            let meta = &note["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
            assert_eq!(meta, listen, "it is the subscription of before: {note}");
        }
    }
    until("the call in two halves is answered", PATIENCE, || {
        // Its answer comes in beside those to these.
        let id = bridge.ask("tools/list", json!({}));
        bridge.answer(id, PATIENCE);
        let at = bridge.notifications.iter().position(|message| message["id"] == "half")?;
        let answer = bridge.notifications.remove(at);
        assert!(answer["result"]["isError"] != true && answer["error"].is_null(), "{answer}");
        Some(())
    });

    let after = about(&mut bridge);
    assert_eq!(after["pid"], before["pid"]);
    assert_ne!(after["build"], before["build"]);
    assert!(after["upgrade"].is_null() && after["note"].is_null(), "{after}");
    assert_eq!(bridge.request("tools/list", json!({})), offered);
    let stray: Vec<_> = bridge.notifications.iter().filter(|note| !is_list_changed(note)).collect();
    assert!(stray.is_empty(), "something came that nobody asked for: {stray:?}");
    assert!(bridge.leave().success());
    place.json(&["daemon", "stop"]);
}

fn is_list_changed(note: &Value) -> bool {
    note["method"].as_str().is_some_and(|method| method.ends_with("/list_changed"))
}

#[test]
fn a_session_of_the_older_era_goes_on_in_a_newer_program() {
    become_newer(false);
}

#[test]
fn a_session_of_the_newer_era_goes_on_in_a_newer_program() {
    become_newer(true);
}

#[test]
fn a_bridge_that_nobody_calls_becomes_the_newer_program_too() {
    let place = Place::new();
    let old = install(&place);
    let mut bridge = bridge_of(&place, &old, false);
    let created = bridge.tool("project", json!({ "action": "create", "project": "castle" }));
    assert!(!created.is_error(), "{}", created.text());
    let new = install(&place);
    restart(&place, &new);
    becomes(&bridge, &new);
    let id = mark(&mut bridge, 1);
    answered(&mut bridge, id);
    assert!(bridge.leave().success());
    place.json(&["daemon", "stop"]);
}

/// Waits until the bridge runs this program.
#[track_caller]
fn becomes(bridge: &Bridge, program: &Path) {
    let running = PathBuf::from(format!("/proc/{}/exe", bridge.pid()));
    let file = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    until("the bridge becomes the newer program", PATIENCE, || {
        (file(&running)? == file(program)?).then_some(())
    });
}

/// Edits one after the other and a few at once, while the program and the daemon are replaced twice.
fn edits_across(is_modern: bool) {
    let place = Place::new();
    let old = install(&place);
    let mut bridge = bridge_of(&place, &old, is_modern);
    let created = bridge.tool("project", json!({ "action": "create", "project": "castle" }));
    assert!(!created.is_error(), "{}", created.text());
    let mut builds = vec![about(&mut bridge)["build"].clone()];
    for number in 0..100 {
        match number {
            20 | 60 => {
                let new = install(&place);
                restart(&place, &new);
            }
            _ => {}
        }
        // Three at once, so that a handover has to find the moment between them.
        let ids: Vec<u64> = (0..3).map(|part| mark(&mut bridge, number * 3 + part)).collect();
        for id in ids {
            answered(&mut bridge, id);
        }
        if matches!(number, 50 | 99) {
            let last = builds.last().cloned();
            builds.push(until("another program", PATIENCE, || {
                let build = about(&mut bridge)["build"].clone();
                (Some(&build) != last.as_ref()).then_some(build)
            }));
        }
    }
    assert_eq!(builds.len(), 3);
    assert_eq!(voxels(&place), 300, "every edit was done");
    let history = place.client().call("history.list", json!({ "project": "castle" }));
    let revision = place.client().call("project.info", json!({ "project": "castle" }));
    let number = revision["revision"].as_str().and_then(|text| text.split_once('.'));
    assert_eq!(number.map(|(number, _)| number), Some("300"), "and none twice: {history}");
    assert!(bridge.leave().success());
    place.json(&["daemon", "stop"]);
}

#[test]
fn no_edit_of_the_older_era_is_lost_or_doubled_across_two_upgrades() {
    edits_across(false);
}

#[test]
fn no_edit_of_the_newer_era_is_lost_or_doubled_across_two_upgrades() {
    edits_across(true);
}

#[test]
fn a_program_that_cannot_go_on_is_tried_once_and_the_old_one_goes_on() {
    for (script, why) in [
        ("exit 1", "its trial ended"),
        (
            "echo '{\"refused\":\"the session has format 1, and at most 0 is understood\"}'",
            "format",
        ),
    ] {
        let place = Place::new();
        let old = install(&place);
        let mut bridge = bridge_of(&place, &old, false);
        let created = bridge.tool("project", json!({ "action": "create", "project": "castle" }));
        assert!(!created.is_error(), "{}", created.text());
        let before = about(&mut bridge);
        let started = install_script(&place, script);
        restart(&place, Path::new(program()));
        let told = until("it is told", PATIENCE, || {
            let about = about(&mut bridge);
            assert_eq!(about["build"], before["build"]);
            let told = about["upgrade"].as_str()?.to_owned();
            told.contains("cannot take over").then_some(told)
        });
        assert!(told.contains(why), "{told}");
        let end = std::time::Instant::now() + Duration::from_secs(3);
        until("a few looks more", PATIENCE, || {
            let id = mark(&mut bridge, 1);
            answered(&mut bridge, id);
            (std::time::Instant::now() > end).then_some(())
        });
        let times = fs::read_to_string(&started).expect("it was tried").lines().count();
        assert_eq!(times, 1, "a file is tried once");

        // One that can go on is taken after all.
        install(&place);
        until("the bridge becomes the newer program", PATIENCE, || {
            let build = about(&mut bridge)["build"].clone();
            (build != before["build"]).then_some(())
        });
        assert!(bridge.leave().success());
        place.json(&["daemon", "stop"]);
    }
}
