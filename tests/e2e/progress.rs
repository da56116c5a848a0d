//! Long work and everything else on the same connection: progress comes while it runs, and cheap calls do not wait for it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::raw::frame;
use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Client, Place, Raw, until};

/// A scene, and params of a turn around it that no machine makes while a cheap call is answered.
fn turn(client: &mut Client) -> Value {
    client.create("castle");
    let edits = json!([
        { "edit": "sphere", "center": [0, 0, 0], "radius": 60, "color": "#c81e1e" },
        { "edit": "box", "min": [-90, -90, -66], "max": [90, 90, -61], "color": "#808080" },
    ]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
    json!({ "project": "castle", "frames": 100, "width": 800, "height": 800 })
}

/// A place where a turn may be as large.
fn place() -> Place {
    Place::new().set("lanes", "count", 2).set("engine", "render_pixels_max", 100_000_000)
}

fn send(peer: &mut Raw, id: u64, method: &str, params: &Value, progress: bool) {
    let mut call = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    if progress {
        call["meta"] = json!({ "progress": true });
    }
    peer.send(&frame(&call.to_string(), None)).expect("the daemon takes bytes");
}

fn next(peer: &mut Raw) -> Value {
    peer.read_frame().expect("a message in time").expect("a message").json
}

/// The next answer, notes left out.
fn answer(peer: &mut Raw) -> Value {
    loop {
        let message = next(peer);
        if message["method"].is_null() {
            return message;
        }
    }
}

fn is_busy(client: &mut Client) -> bool {
    client.call("system.status", json!({}))["lanes_busy"].as_u64() >= Some(1)
}

#[test]
fn a_long_call_tells_of_itself_and_holds_nothing_up() {
    let place = place();
    let daemon = place.daemon();
    let mut client = daemon.client();
    let turn = turn(&mut client);
    let mut peer = Raw::connect(&daemon.place.socket()).expect("the daemon listens");
    for (id, progress) in [(10, true), (20, false)] {
        send(&mut peer, id, "render.turntable", &turn, progress);
        until("a lane is busy", PATIENCE, || is_busy(&mut client).then_some(()));
        if progress {
            for _ in 0..2 {
                let note = next(&mut peer);
                assert_eq!(
                    (&note["method"], &note["params"]["id"]),
                    (&json!("progress"), &json!(id))
                );
            }
        }
        let castle = json!({ "project": "castle" });
        let cheap =
            [("project.info", &castle), ("layer.list", &castle), ("system.status", &json!({}))];
        for (more, (method, params)) in (1..).zip(cheap) {
            send(&mut peer, id + more, method, params, false);
            let answered = answer(&mut peer);
            assert_eq!(answered["id"], id + more, "{method} waits for the turn: {answered}");
            assert!(answered["error"].is_null(), "{answered}");
        }
        // Drawn to its end it would not be answered so: it ran all the time.
        send(&mut peer, id + 4, "system.cancel", &json!({ "id": id }), false);
        let answers = [answer(&mut peer), answer(&mut peer)];
        let ids: BTreeSet<_> = answers.iter().filter_map(|answer| answer["id"].as_u64()).collect();
        assert_eq!(ids, BTreeSet::from([id, id + 4]), "{answers:?}");
        let turned = answers.iter().find(|answer| answer["id"] == id).expect("an answer");
        assert_eq!(turned["error"]["data"]["kind"], "cancelled", "{turned}");
    }
    daemon.stop();
}

#[test]
fn reads_are_answered_whatever_the_loop_sends_meanwhile() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let edits =
        json!([{ "edit": "sphere", "center": [0, 0, 0], "radius": 40, "color": "#c81e1e" }]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
    let mut peer = Raw::connect(&daemon.place.socket()).expect("the daemon listens");
    // The socket is lent for the read, and what the loop answers meanwhile takes it back.
    for round in 0..300_u64 {
        let id = round * 3 + 1;
        let page = json!({ "project": "castle", "limit": 1 + round });
        send(&mut peer, id, "voxel.read", &page, false);
        send(&mut peer, id + 1, "system.status", &json!({}), false);
        send(&mut peer, id + 2, "system.echo", &json!({ "round": round }), false);
        let answers = [(); 3].map(|()| answer(&mut peer));
        assert!(answers.iter().all(|answer| answer["error"].is_null()), "{answers:?}");
        let ids: BTreeSet<_> = answers.iter().filter_map(|answer| answer["id"].as_u64()).collect();
        assert_eq!(ids, BTreeSet::from([id, id + 1, id + 2]), "each is answered once");
    }
    daemon.stop();
}

fn through(mut bridge: Bridge, place: &Place, meta: Value) {
    let path = place.beside("turn.png");
    let arguments = json!({ "project": "castle", "width": 800, "height": 800,
                            "turntable": path, "frames": 100, "overwrite": true });
    // A modern client says more about itself, which the bridge's asking puts in.
    let mut params = json!({ "name": "render_view", "arguments": arguments, "_meta": meta });
    params["_meta"]["progressToken"] = json!("turn");
    let (turning, looking) = (9001, 9002);
    bridge.write(
        &json!({ "jsonrpc": "2.0", "id": turning, "method": "tools/call", "params": params }),
    );
    let note = loop {
        let note = bridge.notification("notifications/progress", PATIENCE);
        if note["params"]["total"].is_number() {
            break note;
        }
    };
    let mut client = place.client();
    assert!(is_busy(&mut client), "nothing was told before the end");
    assert_eq!(note["params"]["progressToken"], "turn");
    let told = note["params"]["message"].as_str().unwrap_or_default();
    assert!(!told.starts_with("working for"), "{note}");
    let arguments = json!({ "project": "castle" });
    let mut look = json!({ "name": "project_info", "arguments": arguments, "_meta": meta });
    look["_meta"]["progressToken"] = json!("look");
    bridge
        .write(&json!({ "jsonrpc": "2.0", "id": looking, "method": "tools/call", "params": look }));
    let looked = bridge.answer(looking, PATIENCE);
    assert!(looked["result"]["isError"] != true && looked["error"].is_null(), "{looked}");
    let turned = |message: &Value| message["id"] == turning;
    assert!(!bridge.notifications.iter().any(turned), "the turn was answered first");
    assert!(is_busy(&mut client), "the turn was over");
    let cancel = json!({ "requestId": turning });
    let method = "notifications/cancelled";
    bridge.write(&json!({ "jsonrpc": "2.0", "method": method, "params": cancel }));
    until("the lane is free", PATIENCE, || (!is_busy(&mut client)).then_some(()));
    assert!(!bridge.notifications.iter().any(turned), "it ran all the time");
    assert!(bridge.leave().success());
}

#[test]
fn an_assistant_sees_a_turn_go_on_and_can_do_something_else() {
    let place = place().with_files();
    let daemon = place.daemon();
    turn(&mut daemon.client());
    through(Bridge::legacy(&place), &place, json!({}));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": crate::support::bridge::MODERN,
        "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    through(Bridge::modern(&place), &place, meta);
    daemon.stop();
}
