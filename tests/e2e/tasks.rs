//! Long renders as tasks: jobs of the daemon, known to every bridge by the same id.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Client, Place, until};

/// How long a render on a busy machine may take.
const LONG: Duration = Duration::from_secs(120);

fn request(bridge: &mut Bridge, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities":
            { "extensions": { "io.modelcontextprotocol/tasks": {} } },
    });
    static IDS: AtomicU64 = AtomicU64::new(1_000);
    let id = IDS.fetch_add(1, Ordering::Relaxed);
    bridge.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    bridge.answer(id, PATIENCE)
}

/// A scene that takes far more than a second to render.
fn scene(client: &mut Client) {
    client.create("castle");
    let edits = json!([
        { "edit": "sphere", "center": [0, 0, 0], "radius": 100, "color": "#c81e1e" },
        { "edit": "sphere", "center": [0, 0, 0], "radius": 97, "mode": "subtract" },
        { "edit": "box", "min": [-150, -150, -110], "max": [150, 150, -101], "color": "#808080" },
    ]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
}

/// Begins a render, and returns the id of its task; none if it was done within a moment.
fn begin(bridge: &mut Bridge) -> Option<String> {
    let arguments = json!({ "project": "castle", "width": 1568, "height": 1568 });
    let call = json!({ "name": "render_view", "arguments": arguments });
    let result = request(bridge, "tools/call", call)["result"].take();
    match result["resultType"].as_str() {
        Some("task") => Some(result["taskId"].as_str().expect("an id").to_owned()),
        _ => {
            assert_eq!(result["content"][1]["type"], "image", "{result}");
            None
        }
    }
}

#[test]
fn a_task_outlives_its_bridge_and_can_be_cancelled() {
    let place = Place::new().set("lanes", "count", 2);
    let daemon = place.daemon();
    let mut client = daemon.client();
    scene(&mut client);
    // Only one lane takes long work here: behind these, which are others', it waits for longer than a
    // moment.
    let first = json!({ "project": "castle", "width": 2048, "height": 2048, "job": true });
    let mut others = [daemon.client(), daemon.client(), daemon.client()];
    for other in &mut others {
        other.call("render.image", first.clone());
    }
    let mut bridge = Bridge::start(&place);
    let Some(kept) = begin(&mut bridge) else {
        return crate::support::seed::skip("renders of this machine take less than a moment");
    };
    let cancelled = begin(&mut bridge).expect("it waits behind the other one");
    let got = request(&mut bridge, "tasks/get", json!({ "taskId": kept }))["result"].take();
    assert_eq!(got["status"], "working", "{got}");
    request(&mut bridge, "tasks/cancel", json!({ "taskId": cancelled }));
    until("it is cancelled", LONG, || {
        let got = request(&mut bridge, "tasks/get", json!({ "taskId": cancelled }));
        (got["result"]["status"] == "cancelled").then_some(())
    });
    assert!(bridge.leave().success());

    let mut bridge = Bridge::start(&place);
    let done = until("it is done", LONG, || {
        let got = request(&mut bridge, "tasks/get", json!({ "taskId": kept }))["result"].take();
        (got["status"] == "completed").then_some(got)
    });
    let content = &done["result"]["content"];
    assert_eq!(content[1]["type"], "image", "{done}");
    let uri = content[2]["uri"].clone();
    let read = request(&mut bridge, "resources/read", json!({ "uri": uri }));
    assert_eq!(read["result"]["contents"][0]["blob"], content[1]["data"]);
    let unknown = request(&mut bridge, "tasks/get", json!({ "taskId": "nobody" }));
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    assert!(bridge.leave().success());
    daemon.stop();
}
