//! Cancelling through MCP: a long render gives its lane back, in both eras, and the client is told.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Client, Place, until};

/// A scene that takes long to render, and the arguments of that render.
fn long_render(client: &mut Client) -> Value {
    client.create("castle");
    let edits = json!([
        { "edit": "sphere", "center": [0, 0, 0], "radius": 100, "color": "#c81e1e" },
        { "edit": "sphere", "center": [0, 0, 0], "radius": 97, "mode": "subtract" },
        { "edit": "box", "min": [-150, -150, -110], "max": [150, 150, -101], "color": "#808080" },
    ]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
    json!({ "project": "castle", "width": 1568, "height": 1568 })
}

fn lanes_busy(client: &mut Client) -> u64 {
    client.call("system.status", json!({}))["lanes_busy"].as_u64().expect("a number")
}

fn begin(bridge: &mut Bridge, arguments: &Value) -> u64 {
    bridge.ask("tools/call", json!({ "name": "render_view", "arguments": arguments }))
}

/// Renders that wait for each other: only one lane takes long work here.
const RENDERS: u32 = 4;

fn cancelled_renders_free_their_lane(mut bridge: Bridge, place: &Place) {
    let mut client = place.client();
    let arguments = long_render(&mut client);
    let begun = Instant::now();
    let whole = begin(&mut bridge, &arguments);
    let answer = bridge.answer(whole, Duration::from_secs(120));
    assert!(answer["result"]["content"][0]["type"].is_string(), "{answer}");
    let full = begun.elapsed();

    let renders: Vec<u64> = (0..RENDERS).map(|_| begin(&mut bridge, &arguments)).collect();
    until("a lane renders", PATIENCE, || (lanes_busy(&mut client) > 0).then_some(()));
    let begun = Instant::now();
    for id in &renders {
        let params = json!({ "requestId": id, "reason": "the user looked away" });
        let method = "notifications/cancelled";
        bridge.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }
    until("the lanes are free", PATIENCE, || (lanes_busy(&mut client) == 0).then_some(()));
    let freed = begun.elapsed();
    println!("a render takes {full:?}; {RENDERS} were given up after {freed:?}");
    // Had they gone on, all of them would have been rendered one after the other.
    assert!(freed < full * (RENDERS - 1), "{freed:?} to give up, {full:?} for a whole one");

    // By the protocol a request that was cancelled has no answer, and everything else goes on.
    let id = bridge.ask("tools/list", json!({}));
    bridge.answer(id, PATIENCE);
    let late = |message: &Value| renders.iter().any(|id| message["id"] == *id);
    assert!(!bridge.notifications.iter().any(late), "{:?}", bridge.notifications);

    // A render in the background is told of as long as anybody asks.
    let mut in_background = arguments.clone();
    in_background["job"] = json!(true);
    let text = bridge.tool("render_view", in_background).text();
    let next = text.split("Next: job ").nth(1).expect("how to go on");
    let next: Value = serde_json::from_str(next.lines().next().expect("a line")).expect("JSON");
    let job = next["job"].clone();
    let cancelled = bridge.tool("job", json!({ "action": "cancel", "job": job }));
    assert!(!cancelled.is_error(), "{}", cancelled.text());
    let told = until("the job has ended", PATIENCE, || {
        let arguments = json!({ "action": "status", "job": job, "wait_ms": 1000 });
        let status = bridge.tool("job", arguments);
        status.is_error().then(|| status.text())
    });
    assert!(told.contains("cancelled"), "{told}");
    until("the lane is free", PATIENCE, || (lanes_busy(&mut client) == 0).then_some(()));
    assert!(bridge.leave().success());
    place.json(&["daemon", "stop"]);
}

#[test]
fn a_cancelled_render_frees_its_lane_in_the_legacy_era() {
    let place = Place::new().set("lanes", "count", 2);
    place.json(&["daemon", "start"]);
    cancelled_renders_free_their_lane(Bridge::legacy(&place), &place);
}

#[test]
fn a_cancelled_render_frees_its_lane_in_the_modern_era() {
    let place = Place::new().set("lanes", "count", 2);
    place.json(&["daemon", "start"]);
    cancelled_renders_free_their_lane(Bridge::modern(&place), &place);
}
