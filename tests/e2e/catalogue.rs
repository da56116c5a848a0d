//! Every method of the catalogue at work, noun by noun, as a client of another language would call it.

use goxe_protocol::Code;
use serde_json::{Value, json};

use crate::support::wait::PATIENCE;
use crate::support::{Client, Place, until};

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {value}"))
}

fn names<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    list.as_array().expect("a list").iter().map(|item| text(item, name)).collect()
}

#[test]
fn system() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    let hello = client.call("system.hello", json!({ "client": "tests/1" }));
    assert_eq!(hello["protocol"], 1);
    assert_eq!(hello["role"], "admin");
    assert!(hello["session"].is_u64() && hello["limits"]["in_flight_max"] == 64, "{hello}");
    assert_eq!(client.call("system.echo", json!({ "a": [1, null] })), json!({ "a": [1, null] }));
    let status = client.call("system.status", json!({}));
    assert_eq!(status["epoch"], hello["epoch"]);
    assert_eq!((&status["state"], &status["healthy"]), (&json!("ready"), &json!(true)), "{status}");
    assert_eq!(client.call("system.cancel", json!({ "id": 999 }))["found"], false);

    let described = client.call("system.describe", json!({}));
    assert!(text(&described, "openrpc").starts_with('1'));
    let methods = names(&described["methods"], "name");
    let catalogue: Vec<&str> =
        goxe_protocol::api::CATALOGUE.iter().map(|method| method.name).collect();
    assert_eq!(methods, catalogue);

    let error = client.refused("system.status", json!({ "unknown": 1 }));
    assert_eq!(error.code, Code::InvalidParams, "{error}");
    assert_eq!(client.refused("no.such", json!({})).code, Code::MethodNotFound);

    client.create("castle");
    client.mark("castle", 1);
    let backup = client.call("system.backup", json!({}));
    assert_eq!(backup["projects"], 1);
    let read = client.send("blob.read", json!({ "blob": backup["blob"], "offset": 0 }), None, None);
    let bytes = read.expect("it is read").attachment.expect("an archive");
    assert_eq!(json!(bytes.len()), backup["bytes"]);
    daemon.stop();
}

#[test]
fn project() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    let created = client.call("project.create", json!({ "project": "castle" }));
    assert_eq!(created["project"], "castle");
    assert_eq!(
        client.refused("project.create", json!({ "project": "castle" })).code,
        Code::Conflict
    );
    for name in ["", "a/b", &"x".repeat(65)] {
        let error = client.refused("project.create", json!({ "project": name }));
        assert_eq!(error.code, Code::InvalidParams, "{name:?}: {error}");
    }
    let added = client.mark("castle", 3);
    let info = client.call("project.info", json!({ "project": "castle" }));
    assert_eq!(info["revision"], added["revision"]);
    assert_eq!((&info["voxels"], &info["undo"]), (&json!(1), &json!(1)), "{info}");
    assert_eq!(names(&info["layers"], "layer"), ["main"]);

    client.call("project.rename", json!({ "project": "castle", "to": "tower" }));
    assert_eq!(client.refused("project.info", json!({ "project": "castle" })).code, Code::NotFound);
    let listed = client.call("project.list", json!({}));
    assert_eq!(names(&listed["projects"], "project"), ["tower"]);

    let stale = json!({ "project": "tower", "if_revision": "0.00000000" });
    assert_eq!(client.refused("project.delete", stale).code, Code::Conflict);
    let deleted = client.call("project.delete", json!({ "project": "tower" }));
    assert_eq!(deleted["id"], created["id"]);
    let trash = client.call("project.list", json!({ "trash": true }));
    assert_eq!(names(&trash["projects"], "project"), ["tower"]);
    let restore = json!({ "id": created["id"], "to": "castle" });
    assert_eq!(client.call("project.restore", restore)["project"], "castle");
    assert_eq!(client.call("voxel.count", json!({ "project": "castle" }))["voxels"], 1);

    client.call("project.delete", json!({ "project": "castle" }));
    client.call("project.purge", json!({ "id": created["id"] }));
    let error = client.refused("project.restore", json!({ "id": created["id"] }));
    assert_eq!(error.code, Code::NotFound, "{error}");
    daemon.stop();
}

#[test]
fn project_files() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    client.mark("castle", 5);
    let export = json!({ "project": "castle", "format": "vox" });
    let file = client.send("project.export", export, None, None).expect("it is exported");
    let file = file.attachment.expect("a file");
    assert!(file.starts_with(b"VOX "));
    client.create("copy");
    let import = json!({ "project": "copy", "format": "vox" });
    let sent = client.send("project.import", import.clone(), None, Some(&file));
    assert_eq!(sent.expect("it is imported").reply["voxels"], 1);

    // The same content as a blob, in two portions.
    let bytes = file.len();
    let blob = client.call("blob.create", json!({ "bytes": bytes }))["blob"].clone();
    for (offset, part) in [(0, &file[..bytes / 2]), (bytes / 2, &file[bytes / 2..])] {
        let write = json!({ "blob": blob, "offset": offset });
        client.send("blob.write", write, None, Some(part)).expect("it is written");
    }
    let read = json!({ "blob": blob, "offset": 1, "bytes": 3 });
    let read = client.send("blob.read", read, None, None).expect("it is read");
    assert_eq!(read.attachment.as_deref(), Some(&b"OX "[..]));
    assert_eq!(read.reply["total"], bytes);
    let mut by_blob = import;
    by_blob["blob"] = blob.clone();
    assert_eq!(client.call("project.import", by_blob)["voxels"], 1);
    client.call("blob.delete", json!({ "blob": blob }));
    assert_eq!(
        client.refused("blob.read", json!({ "blob": blob, "offset": 0 })).code,
        Code::NotFound
    );
    daemon.stop();
}

#[test]
fn layer() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let with = |layer: &str| json!({ "project": "castle", "layer": layer });
    let mut grouped = with("roof");
    grouped["group"] = json!("house/top");
    client.call("layer.create", grouped);
    let edits = json!([{ "edit": "box", "min": [0, 0, 0], "max": [3, 0, 0], "color": "#c81e1e" }]);
    client.call("voxel.edit", json!({ "project": "castle", "layer": "roof", "edits": edits }));
    let listed = client.call("layer.list", json!({ "project": "castle" }));
    assert_eq!(names(&listed["layers"], "layer"), ["main", "roof"]);
    assert_eq!(listed["layers"][1]["group"], "house/top");
    assert_eq!(listed["layers"][1]["voxels"], 4);

    let seen = |client: &mut Client| {
        client.call("voxel.count", json!({ "project": "castle" }))["voxels"].clone()
    };
    client.call("layer.hide", with("roof"));
    assert_eq!(seen(&mut client), 0, "a hidden layer is not seen");
    client.call("layer.show", with("roof"));
    assert_eq!(seen(&mut client), 4);
    let mut rename = with("roof");
    rename["to"] = json!("top");
    assert_eq!(client.call("layer.rename", rename)["layer"], "top");
    client.call("layer.delete", with("top"));
    assert_eq!(seen(&mut client), 0);
    client.call("history.undo", json!({ "project": "castle" }));
    assert_eq!(seen(&mut client), 4, "undo brings the layer back with its voxels");
    assert_eq!(client.refused("layer.hide", with("none")).code, Code::NotFound);
    daemon.stop();
}

#[test]
fn voxel() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let edits = json!([
        { "edit": "box", "min": [0, 0, 0], "max": [9, 9, 0], "color": "#808080" },
        { "edit": "set", "voxels": [{ "at": [0, 0, 1], "color": "#c81e1e" }] },
    ]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
    let scope = json!({ "project": "castle" });
    let got =
        client.call("voxel.get", json!({ "project": "castle", "at": [[0, 0, 1], [5, 5, 5]] }));
    assert_eq!(got["voxels"][0]["color"], "#c81e1e");
    assert!(got["voxels"][1].is_null());
    let bounds = client.call("voxel.bounds", scope.clone());
    assert_eq!(bounds["bounds"], json!({ "min": [0, 0, 0], "max": [9, 9, 1] }));
    assert_eq!(client.call("voxel.count", scope.clone())["voxels"], 101);
    let histogram = client.call("voxel.histogram", scope);
    assert_eq!(names(&histogram["colors"], "color"), ["#808080", "#c81e1e"]);
    let found = client
        .call("voxel.find", json!({ "project": "castle", "color": "#c01818", "tolerance": 8 }));
    assert_eq!(found["total"], 1);
    assert_eq!(found["voxels"][0]["at"], json!([0, 0, 1]));

    // Pages of one revision, while somebody edits.
    let mut page = client.call("voxel.read", json!({ "project": "castle", "limit": 30 }));
    let revision = page["revision"].clone();
    client.mark("castle", 77_777);
    let mut voxels = names(&page["voxels"], "color").len();
    while page["cursor"].is_string() {
        let next = json!({ "project": "castle", "limit": 30, "cursor": page["cursor"] });
        page = client.call("voxel.read", next);
        assert_eq!(page["revision"], revision);
        voxels += names(&page["voxels"], "color").len();
    }
    assert_eq!(voxels, 101);

    let small = json!({ "project": "castle", "bounds": { "min": [0, 0, 5], "max": [1, 0, 5] }, "keep": true });
    let bytes = [1, 2, 3, 1, 0, 0, 0, 0];
    let written = client.send("voxel.write", small.clone(), None, Some(&bytes)).expect("it fits");
    assert_eq!(written.reply["added"], 1);
    match client.send("voxel.write", small, None, Some(&bytes[..7])) {
        Err(goxe_protocol::blocking::CallError::Remote(error)) => {
            assert_eq!(error.code, Code::InvalidParams, "{error}");
        }
        other => panic!("7 bytes for two voxels: {other:?}"),
    }
    daemon.stop();
}

#[test]
fn render() {
    let place = Place::new().set("engine", "render_pixels_max", 1_000_000);
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let edits =
        json!([{ "edit": "sphere", "center": [0, 0, 0], "radius": 20, "color": "#c81e1e" }]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
    for view in ["front", "back", "left", "right", "top", "bottom", "isometric", "perspective"] {
        let params = json!({ "project": "castle", "view": view, "width": 90, "height": 60,
                             "background": "transparent" });
        let mut picture = || {
            let sent = client.send("render.image", params.clone(), None, None);
            sent.expect("it is rendered").attachment.expect("a picture")
        };
        let first = picture();
        assert!(first.starts_with(b"\x89PNG\r\n\x1a\n"), "{view}");
        assert!(first == picture(), "{view}: the same input, other bytes");
    }
    let large = json!({ "project": "castle", "width": 2000, "height": 2000 });
    assert_eq!(client.refused("render.image", large).code, Code::LimitExceeded);
    daemon.stop();
}

#[test]
fn history() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let project = json!({ "project": "castle" });
    for number in 1..=3 {
        client.mark("castle", number);
    }
    let third = client.content("castle");
    let named = json!({ "project": "castle", "checkpoint": "three" });
    client.call("history.checkpoint", named.clone());
    client.mark("castle", 4);
    let listed = client.call("history.list", project.clone());
    assert_eq!(names(&listed["groups"], "label")[..2], ["mark 4", "mark 3"]);
    assert_eq!(names(&listed["checkpoints"], "name"), ["three"]);
    let undone = client.call("history.undo", project.clone());
    assert_eq!(undone["label"], "mark 4");
    client.call("history.redo", project.clone());
    let four = client.content("castle");
    client.call("history.restore", named.clone());
    assert!(client.content("castle") == third);
    client.call("history.undo", project);
    assert!(client.content("castle") == four, "a restore is an edit, which undo takes back");
    client.call("history.forget", named.clone());
    assert_eq!(client.refused("history.restore", named).code, Code::NotFound);

    let key = uuid::Uuid::now_v7().to_string();
    let ask = json!({ "project": "castle", "key": key });
    assert_eq!(client.call("history.outcome", ask.clone())["outcome"], "never");
    let params = crate::support::client::mark("castle", 9);
    let done = client.send("voxel.edit", params, Some(&key), None).expect("it runs").reply;
    let outcome = client.call("history.outcome", ask);
    assert_eq!(
        (&outcome["outcome"], &outcome["revision"]),
        (&json!("committed"), &done["revision"])
    );
    assert_eq!(outcome["answer"], done);
    daemon.stop();
}

#[test]
fn job() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    client.mark("castle", 1);
    let render = json!({ "project": "castle", "width": 64, "height": 64, "job": true });
    let job = client.call("render.image", render)["job"].clone();
    let status = json!({ "job": job, "wait_ms": 20_000 });
    let done = client.send("job.status", status, None, None).expect("a status");
    assert_eq!(done.reply["job"]["state"], "done", "{}", done.reply);
    assert_eq!(done.reply["reply"]["width"], 64);
    assert!(done.attachment.expect("the picture").starts_with(b"\x89PNG"));
    assert_eq!(names(&client.call("job.list", json!({}))["jobs"], "method"), ["render.image"]);
    assert_eq!(client.call("job.cancel", json!({ "job": job }))["found"], false);
    assert_eq!(client.refused("job.status", json!({ "job": "none" })).code, Code::NotFound);
    daemon.stop();
}

#[test]
fn event() {
    let place = Place::new();
    let daemon = place.daemon();
    let (mut watcher, mut client) = (daemon.client(), daemon.client());
    client.create("castle");
    let topics = json!({ "topics": ["project", "job"] });
    let subscribed = watcher.call("event.subscribe", topics);
    let edited = client.mark("castle", 1);
    let event = until("the edit is announced", PATIENCE, || {
        let event = watcher.blocking.next_event().expect("an event");
        (event.topic == "project" && event.data["what"] == "edited").then_some(event)
    });
    assert_eq!(event.subscription, text(&subscribed, "subscription"));
    assert_eq!(event.data["revision"], edited["revision"]);
    assert!(Some(event.seq) > subscribed["seq"].as_u64());
    watcher.call("event.unsubscribe", json!({ "subscription": subscribed["subscription"] }));

    // Another session goes on after the last event it knows of.
    client.mark("castle", 2);
    let mut later = daemon.client();
    later.call("event.subscribe", json!({ "topics": ["project"], "after": event.seq }));
    let missed = later.blocking.next_event().expect("the event in between");
    assert_eq!(missed.seq, event.seq + 1, "{missed:?}");
    daemon.stop();
}
