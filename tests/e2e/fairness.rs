//! Greedy peers wait for themselves: sixteen that ask for as much as they may hold up neither others' edits and reads nor
//! a newcomer's picture, and none of those calls is refused.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::raw::frame;
use crate::support::wait::PATIENCE;
use crate::support::{Daemon, Place, Raw, until};

const GREEDY: u64 = 16;
/// Calls that each of them has under way.
const PIPELINED: u64 = 64;
/// Calls in flight from which on they are under way: renders are refused beyond a share.
const UNDER_WAY: u64 = 100;
/// Calls of the others that are timed.
const CALLS: u64 = 300;
/// Most of the others' calls take less. In the queue of the greedy they would take many times that, or be refused; what
/// they take on a machine of its own is told by the measures of the documents.
const PROMPT: Duration = Duration::from_millis(100);
/// A newcomer's small picture, in a build for tests on a machine that has other things to do.
const PICTURE: Duration = Duration::from_secs(5);

/// Asks without end. Returns how many were answered, and how many of them were refused.
fn greedy(
    daemon: &Daemon<'_>,
    stop: &AtomicBool,
    number: u64,
    call: fn(u64) -> (&'static str, Value),
) {
    let mut peer = Raw::connect(&daemon.place.socket()).expect("the daemon listens");
    let mut id = 0;
    let mut under_way = 0;
    while !stop.load(Ordering::Relaxed) {
        while under_way < PIPELINED {
            id += 1;
            under_way += 1;
            let (method, params) = call(number * 100_000 + id);
            let call = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
            peer.send(&frame(&call.to_string(), None)).expect("the daemon takes calls");
        }
        let answer = peer.read_frame().expect("an answer").expect("an answer").json;
        under_way -= 1;
        // Nothing but the peer's own share may be in its way.
        let kind = &answer["error"]["data"]["kind"];
        assert!(answer["error"].is_null() || *kind == "rate_limited", "{answer}");
        if let Some(retry_ms) = answer["error"]["data"]["retry_ms"].as_u64() {
            // sleep: it is told to come again after that.
            thread::sleep(Duration::from_millis(retry_ms / 10));
        }
    }
}

#[track_caller]
fn others_are_served(name: &str, call: fn(u64) -> (&'static str, Value)) {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("big");
    client.create("other");
    let cube =
        json!([{ "edit": "box", "min": [0, 0, 0], "max": [199, 199, 199], "color": "#ff0000" }]);
    client.call("voxel.edit", json!({ "project": "big", "edits": cube }));
    let stop = AtomicBool::new(false);
    let (mut times, picture) = thread::scope(|scope| {
        for number in 0..GREEDY {
            let (daemon, stop) = (&daemon, &stop);
            scope.spawn(move || greedy(daemon, stop, number, call));
        }
        // Stops them whatever happens here, so that a failure is told and does not hang.
        let ended = scope.spawn(|| {
            until("they are under way", PATIENCE, || {
                let status = client.call("system.status", json!({}));
                (status["calls_in_flight"].as_u64() >= Some(UNDER_WAY)).then_some(())
            });
            let mut times = Vec::new();
            for number in 0..CALLS {
                let begin = Instant::now();
                client.mark("other", number);
                client.call("voxel.get", json!({ "project": "other", "at": [[1, 0, 0]] }));
                times.push(begin.elapsed());
            }
            let begin = Instant::now();
            let small = json!({ "project": "other", "width": 128, "height": 128 });
            daemon.client().call("render.image", small);
            (times, begin.elapsed())
        });
        let ended = ended.join();
        stop.store(true, Ordering::Relaxed);
        ended.expect("every call of the others is served")
    });
    times.sort();
    let nearly_all = times[times.len() * 9 / 10];
    assert!(nearly_all <= PROMPT, "{name}: nine of ten take up to {nearly_all:?}");
    assert!(picture <= PICTURE, "{name}: a newcomer's small picture takes {picture:?}");
    daemon.stop();
}

#[test]
fn beside_many_renders() {
    others_are_served("renders", |_| {
        ("render.image", json!({ "project": "big", "width": 1000, "height": 1000 }))
    });
}

#[test]
fn beside_many_histograms() {
    others_are_served("histograms", |_| ("voxel.histogram", json!({ "project": "big" })));
}

#[test]
fn beside_many_fills_of_one_project() {
    others_are_served("fills", |number| {
        let color = format!("#{:06x}", number * 7919 % 0xff_ffff);
        let fill =
            json!([{ "edit": "box", "min": [0, 0, 0], "max": [199, 199, 199], "color": color }]);
        ("voxel.edit", json!({ "project": "big", "edits": fill }))
    });
}

#[test]
fn beside_many_small_calls() {
    others_are_served("small calls", |number| match number % 2 {
        0 => ("voxel.get", json!({ "project": "big", "at": [[1, 1, 1]] })),
        _ => {
            let set =
                json!([{ "edit": "set", "voxels": [{ "at": [1, 1, 1], "color": "#123456" }] }]);
            ("voxel.edit", json!({ "project": "big", "edits": set }))
        }
    });
}

#[test]
fn a_client_for_whom_there_is_no_place_is_told_so() {
    // Two of four lanes are left to shorter work.
    let place = Place::new().set("limits", "peers_max", 2).set("lanes", "count", 4);
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("big");
    let ball = json!([{ "edit": "sphere", "center": [0, 0, 0], "radius": 80, "color": "#c81e1e" }]);
    client.call("voxel.edit", json!({ "project": "big", "edits": ball }));
    drop(client);
    let render = json!({ "project": "big", "width": 4096, "height": 4096 });
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "render.image", "params": render, "meta": { "progress": true }
    });
    let busy: Vec<Raw> = (0..2)
        .map(|_| {
            let mut peer = Raw::connect(&daemon.place.socket()).expect("the daemon listens");
            peer.send(&frame(&call.to_string(), None)).expect("the daemon takes it");
            let begun = peer.read_frame().expect("it is told how far it is").expect("a note");
            assert_eq!(begun.json["method"], "progress", "{}", begun.json);
            peer
        })
        .collect();
    let mut late = Raw::connect(&daemon.place.socket()).expect("the daemon accepts");
    let told = late.read_frame().expect("an answer").expect("an answer").json;
    assert_eq!(told["error"]["data"]["kind"], "busy", "{told}");
    assert_eq!((&told["id"], &told["error"]["data"]["max"]), (&Value::Null, &json!(2)), "{told}");
    drop(busy);
    daemon.stop();
}

#[test]
fn silent_clients_take_no_place_from_who_asks() {
    let place = Place::new();
    let daemon = place.daemon();
    // More than there are places for.
    let silent: Vec<Raw> = (0..1100)
        .map(|_| Raw::connect(&daemon.place.socket()).expect("the daemon accepts"))
        .collect();
    let mut client = daemon.client();
    client.create("castle");
    (0..50).for_each(|number| {
        client.mark("castle", number);
    });
    drop(silent);
    daemon.stop();
}
