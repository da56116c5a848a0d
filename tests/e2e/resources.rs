//! Resources of a real daemon through a real bridge: read, watched, across the daemon's death.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use crate::support::place::pid;
use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Place, until};

const CASTLE: &str = "goxe://projects/castle";
const UPDATED: &str = "notifications/resources/updated";
const LIST_CHANGED: &str = "notifications/resources/list_changed";

/// The JSON of a resource.
fn read(bridge: &mut Bridge, uri: &str) -> Value {
    let result = bridge.request("resources/read", json!({ "uri": uri }));
    let text = result["contents"][0]["text"].as_str().expect("text");
    serde_json::from_str(text).expect("JSON")
}

fn edit(bridge: &mut Bridge, color: &str) {
    let edits = json!([{ "edit": "box", "min": [0, 0, 0], "max": [3, 3, 3], "color": color }]);
    let edited = bridge.tool("voxels_edit", json!({ "project": "castle", "edits": edits }));
    assert!(!edited.is_error(), "{}", edited.text());
}

/// Waits until this resource is told to have changed.
fn updated(bridge: &mut Bridge, uri: &str) {
    loop {
        if bridge.notification(UPDATED, PATIENCE)["params"]["uri"] == uri {
            return;
        }
    }
}

/// Waits until the bridge follows the daemon: its past is told.
fn follows(bridge: &mut Bridge) {
    until("the daemon is followed", PATIENCE, || {
        let events = read(bridge, "goxe://events/recent");
        let events = events["events"].as_array().cloned().unwrap_or_default();
        events.iter().any(|event| event["what"] == "followed").then_some(())
    });
}

#[test]
fn lists_and_completions_need_no_daemon_and_start_none() {
    let place = Place::new();
    for mut bridge in [Bridge::legacy(&place), Bridge::modern(&place)] {
        let resources = bridge.request("resources/list", json!({}));
        assert_eq!(resources["resources"].as_array().map(Vec::len), Some(5));
        bridge.request("resources/templates/list", json!({}));
        bridge.request("prompts/list", json!({}));
        bridge.request(
            "prompts/get",
            json!({ "name": "build_model", "arguments": { "goal": "a fox" } }),
        );
        let reference = json!({ "type": "ref/prompt", "name": "review_model" });
        let argument = json!({ "name": "project", "value": "" });
        let completed = bridge
            .request("completion/complete", json!({ "ref": reference, "argument": argument }));
        assert_eq!(completed["completion"]["values"], json!([]));
        assert_eq!(read(&mut bridge, "goxe://status")["daemon"]["condition"], "down");
        let values = read(&mut bridge, "goxe://config")["values"].clone();
        assert!(values.as_array().is_some_and(|values| values.len() > 20), "{values}");
        assert!(bridge.leave().success());
    }
    assert!(place.endpoint().is_none(), "a list started a daemon");
}

/// Watches the castle through `bridge`, which `watch` subscribes, while its daemon is killed.
fn a_watched_project_is_told_of_across_a_kill(
    place: &Place,
    mut bridge: Bridge,
    watch: impl Fn(&mut Bridge),
) {
    let created = bridge.tool("project", json!({ "action": "create", "project": "castle" }));
    assert!(!created.is_error(), "{}", created.text());
    watch(&mut bridge);
    follows(&mut bridge);
    bridge.notifications.clear();
    edit(&mut bridge, "#c81e1e");
    updated(&mut bridge, CASTLE);
    assert_eq!(read(&mut bridge, CASTLE)["voxels"], 64);

    let first = place.endpoint().expect("an endpoint file").pid;
    kill(pid(first), Signal::SIGKILL).expect("it is ours");
    updated(&mut bridge, "goxe://status");
    // Another client brings the daemon back, and what it does is told, too.
    bridge.notifications.clear();
    let mut other = Bridge::legacy(place);
    edit(&mut other, "#1ec81e");
    updated(&mut bridge, CASTLE);
    bridge.notifications.clear();
    other.tool("project", json!({ "action": "create", "project": "tower" }));
    bridge.notification(LIST_CHANGED, PATIENCE);
    let uris = bridge.request("resources/list", json!({}));
    assert!(uris.to_string().contains("goxe://projects/tower"), "{uris}");
    let events = read(&mut bridge, "goxe://events/recent").to_string();
    assert!(events.contains("gone") && events.contains("tower"), "{events}");

    assert!(other.leave().success());
    assert!(bridge.leave().success());
    place.json(&["daemon", "stop"]);
}

#[test]
fn the_older_era_watches_a_project() {
    let place = Place::new();
    let bridge = Bridge::legacy(&place);
    a_watched_project_is_told_of_across_a_kill(&place, bridge, |bridge| {
        for uri in [CASTLE, "goxe://status"] {
            bridge.request("resources/subscribe", json!({ "uri": uri }));
        }
    });
}

#[test]
fn the_modern_era_watches_a_project() {
    let place = Place::new();
    let bridge = Bridge::modern(&place);
    a_watched_project_is_told_of_across_a_kill(&place, bridge, |bridge| {
        let filter = json!({
            "resourcesListChanged": true,
            "resourceSubscriptions": [CASTLE, "goxe://status"],
        });
        bridge.ask("subscriptions/listen", json!({ "notifications": filter }));
        bridge.notification("notifications/subscriptions/acknowledged", PATIENCE);
    });
}

#[test]
fn a_storm_of_edits_by_others_is_told_at_a_bearable_pace() {
    let place = Place::new();
    let mut bridge = Bridge::legacy(&place);
    bridge.tool("project", json!({ "action": "create", "project": "castle" }));
    bridge.request("resources/subscribe", json!({ "uri": CASTLE }));
    follows(&mut bridge);
    bridge.notifications.clear();
    let mut client = place.client();
    let begun = std::time::Instant::now();
    let mut edits = 0_u64;
    while begun.elapsed() < Duration::from_secs(1) {
        client.mark("castle", edits);
        edits += 1;
    }
    let seconds = begun.elapsed().as_secs() + 1;
    updated(&mut bridge, CASTLE);
    bridge.request("ping", json!({}));
    let told = bridge.notifications.iter().filter(|note| note["method"] == UPDATED).count() + 1;
    assert!(edits > 20, "only {edits} edits");
    let most = usize::try_from(4 * seconds + 2).expect("few");
    assert!(told <= most, "{told} notices of {edits} edits in {seconds} s");
    assert!(bridge.leave().success());
    place.json(&["daemon", "stop"]);
}
