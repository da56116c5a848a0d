//! Edits: all or nothing, undone to the voxel, and independent between projects.

use std::thread;
use std::time::Duration;

use goxe_protocol::Code;
use serde_json::{Value, json};

use crate::support::{Client, Place};

/// A scene that every kind of edit finds something in.
fn scene(client: &mut Client) {
    client.create("castle");
    let edits = json!([
        { "edit": "box", "min": [0, 0, 0], "max": [19, 19, 3], "color": "#808080" },
        { "edit": "sphere", "center": [10, 10, 12], "radius": 6.5, "color": "#c81e1e" },
        { "edit": "create_layer", "name": "roof", "group": "house/top" },
        { "edit": "box", "layer": "roof", "min": [5, 5, 5], "max": [9, 9, 9], "color": "#1e1ec8" },
    ]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
}

/// One of every kind of edit, and every mode.
fn every_edit() -> Vec<Value> {
    vec![
        json!({ "edit": "set", "voxels": [{ "at": [50, 0, 0], "color": "#00ff00", "material": 1 }] }),
        json!({ "edit": "remove", "at": [[0, 0, 0], [1, 1, 1]] }),
        json!({ "edit": "paint", "at": [[2, 2, 2], [90, 90, 90]], "color": "#ffff00" }),
        json!({ "edit": "box", "min": [-3, -3, -3], "max": [3, 3, 3], "color": "#123456" }),
        json!({ "edit": "box", "min": [0, 0, 0], "max": [9, 9, 1], "mode": "subtract" }),
        json!({ "edit": "box", "min": [0, 0, 0], "max": [9, 9, 9], "mode": "paint", "color": "#abc123" }),
        json!({ "edit": "box", "min": [0, 0, 0], "max": [15, 15, 15], "mode": "intersect" }),
        json!({ "edit": "sphere", "center": [0, 0, 20], "radius": 4.2, "color": "#0f0f0f" }),
        json!({ "edit": "cylinder", "base": [30, 0, 0], "axis": "z", "radius": 3.5, "height": 7, "color": "#777777" }),
        json!({ "edit": "line", "from": [0, 0, 0], "to": [30, 20, 10], "color": "#ff00ff" }),
        json!({ "edit": "flood_fill", "start": [10, 10, 12], "color": "#00ffff" }),
        json!({ "edit": "flood_fill", "start": [0, 0, 40], "color": "#00ffff", "connectivity": "26",
                "within": { "min": [0, 0, 38], "max": [4, 4, 42] } }),
        json!({ "edit": "replace_color", "from": "#808080", "to": "#909090", "tolerance": 2 }),
        json!({ "edit": "mirror", "axis": "x", "plane": -0.5 }),
        json!({ "edit": "mirror", "axis": "y", "plane": 40, "flip": true }),
        json!({ "edit": "move", "offset": [5, -5, 1] }),
        json!({ "edit": "move", "offset": [0, 0, 9], "within": { "min": [-60, 70, -60], "max": [60, 99, 60] } }),
        json!({ "edit": "create_layer", "name": "garden" }),
        json!({ "edit": "set_material", "slot": 7, "material": { "name": "glass", "alpha": 90, "glass": true } }),
    ]
}

#[test]
fn undo_and_redo_return_identical_content() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    scene(&mut client);
    let step = json!({ "project": "castle" });
    for edit in every_edit() {
        let before = client.content("castle");
        let params = json!({ "project": "castle", "edits": [edit] });

        let mut dry = params.clone();
        dry["dry_run"] = json!(true);
        let promised = client.call("voxel.edit", dry);
        assert!(client.content("castle") == before, "a dry run did something: {edit}");
        let done = client.call("voxel.edit", params);
        for count in ["added", "removed", "changed", "bounds"] {
            assert_eq!(promised[count], done[count], "{count} of {edit}");
        }
        assert!(done["group"].is_u64(), "nothing changed by {edit}: {done}");
        let after = client.content("castle");
        let undone = client.call("history.undo", step.clone());
        assert_eq!(undone["group"], done["group"]);
        assert!(client.content("castle") == before, "undo of {edit}");
        client.call("history.redo", step.clone());
        assert!(client.content("castle") == after, "redo of {edit}");
    }
    daemon.stop();
}

#[test]
fn an_edit_list_with_one_bad_edit_changes_nothing() {
    let place = Place::new().set("engine", "edit_voxels_max", 1_000_000);
    let daemon = place.daemon();
    let mut client = daemon.client();
    scene(&mut client);
    let (before, revision) = (client.content("castle"), client.revision("castle"));
    let bad = [
        (json!({ "edit": "box", "min": [0, 0, 0], "max": [1, 1, 1] }), Code::InvalidParams),
        (
            json!({ "edit": "box", "min": [5, 0, 0], "max": [1, 1, 1], "color": "#ffffff" }),
            Code::InvalidParams,
        ),
        (json!({ "edit": "set", "layer": "none", "voxels": [] }), Code::NotFound),
        (
            json!({ "edit": "set", "voxels": [{ "at": [40_000, 0, 0], "color": "#ffffff" }] }),
            Code::InvalidParams,
        ),
        (
            json!({ "edit": "sphere", "center": [0, 0, 0], "radius": -1.0, "color": "#ffffff" }),
            Code::InvalidParams,
        ),
        (
            json!({ "edit": "box", "min": [0, 0, 0], "max": [999, 999, 9], "color": "#ffffff" }),
            Code::LimitExceeded,
        ),
        (json!({ "edit": "create_layer", "name": "roof" }), Code::Conflict),
        (json!({ "edit": "explode" }), Code::InvalidParams),
    ];
    for (edit, code) in bad {
        let mut edits = every_edit();
        edits.truncate(8);
        edits.push(edit.clone());
        let error = client.refused("voxel.edit", json!({ "project": "castle", "edits": edits }));
        assert_eq!(error.code, code, "{edit}: {error}");
        assert!(client.content("castle") == before, "{edit} left something behind");
        assert_eq!(client.revision("castle"), revision);
    }
    daemon.stop();
}

#[test]
fn an_edit_may_depend_on_the_revision() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    scene(&mut client);
    let revision = client.revision("castle");
    let edit = |revision: &str| {
        let edits = json!([{ "edit": "remove", "at": [[0, 0, 0]] }]);
        json!({ "project": "castle", "edits": edits, "if_revision": revision })
    };
    client.call("voxel.edit", edit(&revision));
    let error = client.refused("voxel.edit", edit(&revision));
    assert_eq!(error.code, Code::Conflict, "{error}");
    let number = revision.split('.').next().expect("a number");
    let forged = format!("{}.00000000", number.parse::<u64>().expect("a number") + 1);
    assert_eq!(client.refused("voxel.edit", edit(&forged)).code, Code::Conflict);
    daemon.stop();
}

#[test]
fn a_heavy_edit_of_one_project_holds_no_other() {
    let place = Place::new();
    let daemon = place.daemon();
    let (mut client, mut heavy) = (daemon.client(), daemon.client());
    client.create("light");
    client.create("heavy");
    thread::scope(|scope| {
        let slow = scope.spawn(move || {
            let ball = |z: i32| json!({ "edit": "sphere", "center": [0, 0, z], "radius": 120, "color": "#c81e1e" });
            for z in 0..3 {
                heavy.call("voxel.edit", json!({ "project": "heavy", "edits": [ball(z)] }));
            }
        });
        let mut edits = 0;
        while !slow.is_finished() || edits < 20 {
            client.mark("light", edits);
            edits += 1;
        }
        slow.join().expect("the heavy edits are done too");
    });
    daemon.stop();
}

#[test]
fn edits_of_one_connection_are_applied_in_order_and_seen_by_its_reads() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let mut peer = crate::support::Raw::connect(&place.socket()).expect("the daemon listens");
    let mut bytes = Vec::new();
    for id in 0..200_u32 {
        let color = format!("#0000{id:02x}");
        let edits = json!([{ "edit": "set", "voxels": [{ "at": [0, 0, 0], "color": color }] }]);
        let edit = json!({ "jsonrpc": "2.0", "id": id * 2, "method": "voxel.edit",
                           "params": { "project": "castle", "edits": edits } });
        let get = json!({ "jsonrpc": "2.0", "id": id * 2 + 1, "method": "voxel.get",
                          "params": { "project": "castle", "at": [[0, 0, 0]] } });
        for call in [edit, get] {
            bytes.extend(crate::support::raw::frame(&call.to_string(), None));
        }
    }
    let mut sender = peer.stream().try_clone().expect("a second handle");
    let writer = thread::spawn(move || std::io::Write::write_all(&mut sender, &bytes));
    let mut revisions = vec![0; 200];
    for _ in 0..400 {
        let answer = peer.read_frame().expect("an answer").expect("not the end").json;
        let id = answer["id"].as_u64().and_then(|id| usize::try_from(id).ok()).expect("an id");
        let revision = answer["result"]["revision"].as_str().expect("a revision");
        let number: u64 =
            revision.split('.').next().and_then(|n| n.parse().ok()).expect("a number");
        if id.is_multiple_of(2) {
            revisions[id / 2] = number;
        } else {
            // The read sees its edit, or a later one; never an earlier one.
            let seen = answer["result"]["voxels"][0]["color"].as_str().expect("a colour");
            let seen = usize::from_str_radix(&seen[5..], 16).expect("a number");
            assert!(seen >= id / 2, "read {} saw edit {seen}", id / 2);
        }
    }
    writer.join().expect("a writer").expect("all was written");
    assert!(revisions.is_sorted(), "{revisions:?}");
    daemon.stop();
}

#[test]
fn a_deadline_and_a_cancel_leave_nothing_behind() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let before = client.revision("castle");
    let mut peer = crate::support::Raw::connect(&place.socket()).expect("the daemon listens");
    let ball =
        json!([{ "edit": "sphere", "center": [0, 0, 0], "radius": 155, "color": "#c81e1e" }]);
    let edit = json!({ "jsonrpc": "2.0", "id": "slow", "method": "voxel.edit",
                       "params": { "project": "castle", "edits": ball } });
    let cancel = json!({ "jsonrpc": "2.0", "id": "cancel", "method": "system.cancel", "params": { "id": "slow" } });
    for call in [edit, cancel] {
        peer.send(&crate::support::raw::frame(&call.to_string(), None)).expect("it is taken");
    }
    peer.set_patience(Duration::from_secs(60));
    let mut found = Value::Null;
    for _ in 0..2 {
        let answer = peer.read_frame().expect("an answer").expect("not the end").json;
        match answer["id"].as_str() {
            Some("cancel") => found = answer["result"]["found"].clone(),
            _ => assert_eq!(answer["error"]["code"], Code::Cancelled.number(), "{answer}"),
        }
    }
    assert_eq!(found, true);
    assert_eq!(client.revision("castle"), before);
    daemon.stop();
}
