//! Pictures through the socket: cameras, comparisons, turntables, and renders that nobody wants any more.

use std::fs;
use std::time::{Duration, Instant};

use goxe_protocol::Code;
use serde_json::{Value, json};

use crate::support::raw::frame;
use crate::support::wait::PATIENCE;
use crate::support::{Client, Place, Raw, until};

/// A floor and, as the next step, a tower on it.
fn castle(client: &mut Client) -> [String; 2] {
    client.create("castle");
    let floor =
        json!([{ "edit": "box", "min": [0, 0, 0], "max": [23, 15, 0], "color": "#5a8c3c" }]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": floor }));
    let first = client.revision("castle");
    let tower = json!([
        { "edit": "box", "min": [2, 2, 1], "max": [5, 5, 9], "color": "#a09a90" },
        { "edit": "box", "min": [10, 0, 0], "max": [11, 3, 0], "color": "#c0a060" },
    ]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": tower }));
    [first, client.revision("castle")]
}

fn with(params: &Value) -> Value {
    let mut all = json!({ "project": "castle" });
    for (name, value) in params.as_object().expect("an object") {
        all[name] = value.clone();
    }
    all
}

/// The reply and the picture.
fn image(client: &mut Client, params: &Value) -> (Value, Vec<u8>) {
    let sent = client.send("render.image", with(params), None, None).expect("a picture");
    let picture = sent.attachment.expect("a picture");
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "{params}");
    (sent.reply, picture)
}

#[test]
fn cameras_look_from_anywhere_and_bad_ones_are_told_their_range() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    castle(&mut client);
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for params in [
        json!({}),
        json!({ "view": "isometric" }),
        json!({ "yaw_degrees": 200 }),
        json!({ "yaw_degrees": -20, "pitch_degrees": 60, "zoom": 1.5 }),
        json!({ "eye": [3.5, -9, 4], "target": [4, 4, 5] }),
        json!({ "eye": [3.5, -9, 4], "up": [1, 0, 1], "fov_degrees": 90 }),
        json!({ "sun_azimuth_degrees": 150, "sun_height_degrees": 20, "sun_strength": 1.4 }),
        json!({ "ground": "grid", "outline": true, "background": "#203050-#f0a080" }),
        json!({ "ground": "none", "background": "transparent", "ambient_occlusion": false }),
        json!({ "view": "sheet", "width": 400 }),
    ] {
        let (_, picture) = image(&mut client, &params);
        assert!(!seen.contains(&picture), "{params} changes nothing");
        seen.push(picture);
    }
    for (params, told) in [
        (json!({ "fov_degrees": 180 }), "fov_degrees must be 1 to 150, not 180"),
        (json!({ "fov_degrees": 0 }), "fov_degrees must be 1 to 150"),
        (json!({ "zoom": 0 }), "zoom must be 0.05 to 50"),
        (json!({ "pitch_degrees": 91 }), "pitch_degrees must be -90 to 90"),
        (json!({ "yaw_degrees": 1e300 }), "yaw_degrees must be -360 to 360"),
        (json!({ "eye": [1e9, 0, 0] }), "eye must be -1000000 to 1000000"),
        (json!({ "eye": [1, 1, 1], "target": [1, 1, 1] }), "apart"),
        (json!({ "eye": [1, 1, 1], "target": [1, 1, 5], "up": [0, 0, 1] }), "up must not"),
        (json!({ "target": [1, 1, 1] }), "belong to an eye"),
        (json!({ "eye": [1, 1, 1], "yaw_degrees": 3 }), "two places for one camera"),
        (json!({ "view": "top", "fov_degrees": 30 }), "belong to view perspective"),
        (json!({ "sun_height_degrees": -4 }), "sun_height_degrees must be 2 to 90"),
        (json!({ "background": "white" }), "#rrggbb"),
        (json!({ "view": "sheet", "width": 40 }), "at least 80 x 32"),
        (json!({ "view": "sheet", "changed_since": "last" }), "different kinds"),
        (json!({ "width": 0 }), "at least one pixel"),
        (json!({ "width": 4_000_000_000_u32 }), "may have 16384 pixels"),
    ] {
        let error = client.refused("render.image", with(&params));
        assert_eq!(error.code, Code::InvalidParams, "{params}: {error}");
        assert!(format!("{error:?}").contains(told), "{params}: {error:?}");
    }
    daemon.stop();
}

#[test]
fn a_picture_chooses_its_size_by_the_model() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    castle(&mut client);
    let size = |client: &mut Client, params: Value| {
        let (reply, _) = image(client, &params);
        ["width", "height"].map(|side| reply[side].as_u64().expect("a number"))
    };
    let [width, height] = size(&mut client, json!({ "view": "front" }));
    assert!(width > 2 * height - 32 && width <= 1024, "a wide model: {width} x {height}");
    let [_, halved] = size(&mut client, json!({ "view": "front", "width": width / 2 }));
    assert!(halved.abs_diff(height / 2) <= 1, "{halved}");
    let far =
        json!([{ "edit": "box", "min": [200, 0, 0], "max": [210, 90, 90], "color": "#808080" }]);
    let before = size(&mut client, json!({}));
    client.call("voxel.edit", json!({ "project": "castle", "edits": far }));
    let after = size(&mut client, json!({}));
    assert!(after[0] * after[1] > before[0] * before[1], "{before:?} {after:?}");
    daemon.stop();
}

#[test]
fn what_changed_is_shown_with_its_numbers() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    let [first, second] = castle(&mut client);
    let tower = json!({ "added": 144, "removed": 0, "changed": 8,
                        "bounds": { "min": [2, 0, 0], "max": [11, 5, 9] } });
    let (last, picture) = image(&mut client, &json!({ "changed_since": "last" }));
    assert_eq!(last["changes"], tower);
    let (since, same) = image(&mut client, &json!({ "changed_since": first }));
    assert_eq!(since["changes"], tower);
    assert!(picture == same);
    let (none, _) = image(&mut client, &json!({ "changed_since": second }));
    assert_eq!(none["changes"], json!({ "added": 0, "removed": 0, "changed": 0 }));

    let named = json!({ "project": "castle", "checkpoint": "tower" });
    client.call("history.checkpoint", named);
    let remove = json!([{ "edit": "box", "min": [2, 2, 1], "max": [5, 5, 4], "mode": "subtract" }]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": remove }));
    let (compared, _) = image(&mut client, &json!({ "compare": "tower" }));
    assert_eq!(compared["changes"]["removed"], 64);
    assert_eq!(image(&mut client, &json!({})).0["changes"], Value::Null);

    // A revision that is not there, one of the future, a checkpoint that is not there.
    for params in [json!({ "changed_since": "900.00000000" }), json!({ "compare": "none" })] {
        let error = client.refused("render.image", with(&params));
        assert_eq!(error.code, Code::NotFound, "{params}: {error}");
    }
    daemon.stop();
}

/// The kinds of a PNG file's chunks.
fn chunks(file: &[u8]) -> Vec<String> {
    let mut rest = file.get(8..).expect("a signature");
    let mut kinds = Vec::new();
    while let Some((head, tail)) = rest.split_at_checked(8) {
        let length = u32::from_be_bytes(head[..4].try_into().expect("four bytes"));
        kinds.push(String::from_utf8_lossy(&head[4..]).into_owned());
        rest = tail.get(length as usize + 4..).expect("a whole chunk");
    }
    kinds
}

#[test]
fn a_turntable_turns_once() {
    let place = Place::new().set("engine", "render_pixels_max", 1_000_000);
    let daemon = place.daemon();
    let mut client = daemon.client();
    castle(&mut client);
    let small = json!({ "project": "castle", "frames": 5, "width": 90, "height": 60 });
    let file = {
        let sent = client.send("render.turntable", small.clone(), None, None).expect("it turns");
        assert_eq!(sent.reply["frames"], 5);
        sent.attachment.expect("a file")
    };
    let kinds = chunks(&file);
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!([count("acTL"), count("fcTL"), count("IEND")], [1, 5, 1], "{kinds:?}");

    let mut job = small;
    job["job"] = json!(true);
    let job = client.call("render.turntable", job)["job"].clone();
    let status = json!({ "job": job, "wait_ms": 20_000 });
    let done = client.send("job.status", status, None, None).expect("a status");
    assert_eq!(done.reply["job"]["state"], "done", "{}", done.reply);
    assert!(done.attachment.expect("the file") == file, "the same input, other bytes");
    for (params, code) in [
        (json!({ "frames": 1 }), Code::InvalidParams),
        (json!({ "frames": 121, "width": 9, "height": 9 }), Code::InvalidParams),
        (json!({ "frame_ms": 5 }), Code::InvalidParams),
        (json!({ "frames": 100 }), Code::LimitExceeded),
    ] {
        assert_eq!(client.refused("render.turntable", with(&params)).code, code, "{params}");
    }
    let turn = place.beside("turn.png");
    let turn = turn.to_str().expect("a text");
    let arguments = ["project", "render", "castle", "--turntable", turn, "--frames", "3"];
    let told = place.json(&[&arguments[..], &["--size", "80x60", "--ground", "grid"]].concat());
    assert_eq!((&told["frames"], &told["width"]), (&json!(3), &json!(80)));
    assert!(chunks(&fs::read(turn).expect("a file")).contains(&"acTL".to_owned()));
    daemon.stop();
}

#[test]
fn a_cancelled_render_frees_its_lane() {
    // Of two lanes, long work has one.
    let place = Place::new().set("lanes", "count", 2);
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let edits = json!([
        { "edit": "sphere", "center": [0, 0, 0], "radius": 100, "color": "#c81e1e" },
        { "edit": "box", "min": [-150, -150, -110], "max": [150, 150, -101], "color": "#808080" },
    ]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
    let mut peer = Raw::connect(&daemon.place.socket()).expect("the daemon listens");
    let mut send = |id: u64, method: &str, params: Value| {
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        peer.send(&frame(&call.to_string(), None)).expect("the daemon takes bytes");
    };
    send(1, "render.image", json!({ "project": "castle", "width": 4096, "height": 4096 }));
    send(2, "render.image", json!({ "project": "castle", "width": 16, "height": 16 }));
    until("a lane renders", PATIENCE, || {
        let busy = client.call("system.status", json!({}))["lanes_busy"].as_u64();
        (busy >= Some(1)).then_some(())
    });
    let asked = Instant::now();
    send(3, "system.cancel", json!({ "id": 1 }));
    let mut answers: Vec<Value> = Vec::new();
    while answers.len() < 3 {
        answers.push(peer.read_frame().expect("an answer").expect("an answer").json);
    }
    let of = |id: u64| answers.iter().find(|answer| answer["id"] == id).expect("an answer");
    assert_eq!(of(1)["error"]["data"]["kind"], "cancelled", "{}", of(1));
    assert_eq!(of(2)["result"]["width"], 16, "{}", of(2));
    assert_eq!(of(3)["result"]["found"], true, "{}", of(3));
    // Drawn to its end it would have taken longer than this, in a build for tests.
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    daemon.stop();
}
