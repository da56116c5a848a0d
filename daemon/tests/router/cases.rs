//! Single situations, each as it was found: what waits, what is refused, what ends in between.

use std::time::Duration;

use serde_json::{Value, json};

use crate::mem_disk::Faults;
use crate::traffic::Traffic;
use crate::world::{World, limits};

/// An edit that sets one voxel.
pub fn set(project: &str, x: i32, color: &str) -> Value {
    let voxels = json!([{ "at": [x, 0, 0], "color": color }]);
    let edits = json!([{ "edit": "set", "voxels": voxels }]);
    json!({ "project": project, "layer": "main", "edits": edits })
}

/// A world with a project `a` that has two voxels, and a client.
pub fn with_project() -> (World, usize) {
    let mut world = World::new();
    let peer = world.connect();
    world.ask(peer, "project.create", json!({ "project": "a" })).result();
    world.ask(peer, "voxel.edit", set("a", 0, "#ff0000")).result();
    world.ask(peer, "voxel.edit", set("a", 1, "#00ff00")).result();
    (world, peer)
}

#[test]
fn a_cursor_is_taken_where_it_belongs_and_as_it_was_given() {
    let (mut world, peer) = with_project();
    world.ask(peer, "project.create", json!({ "project": "b" })).result();
    let voxels =
        json!([{ "at": [1, 2, 3], "color": "#ff0000" }, { "at": [2, 2, 3], "color": "#ff0000" }]);
    let edits = json!([{ "edit": "set", "voxels": voxels }]);
    world.ask(peer, "voxel.edit", json!({ "project": "b", "edits": edits })).result();
    let page = world.ask(peer, "voxel.read", json!({ "project": "a", "limit": 1 }));
    let cursor = page.result()["cursor"].as_str().unwrap().to_owned();
    let next =
        |project: &str, cursor: &str| json!({ "project": project, "limit": 1, "cursor": cursor });
    world.ask(peer, "voxel.read", next("a", &cursor)).result();
    let (revision, rest) = cursor.split_once('/').unwrap();
    let (place, check) = rest.split_once('/').unwrap();
    for altered in [
        format!("{revision}/{place}0/{check}"),
        format!("{revision}/{place}"),
        format!("{revision}/{place}/{check}/"),
        format!("{revision}/0{place}/{check}"),
    ] {
        let answer = world.ask(peer, "voxel.read", next("a", &altered));
        assert_eq!(answer.error(), "invalid_params", "{altered}");
    }
    let find = json!({ "project": "a", "limit": 1, "color": "#ff0000", "cursor": cursor });
    assert_eq!(world.ask(peer, "voxel.find", find).error(), "invalid_params");
    assert_eq!(world.ask(peer, "voxel.read", next("b", &cursor)).error(), "cursor_expired");
    world.end();
}

#[test]
fn a_cursor_that_expired_is_told_so() {
    let (mut world, peer) = with_project();
    let page = world.ask(peer, "voxel.read", json!({ "project": "a", "limit": 1 }));
    let next = json!({ "project": "a", "limit": 1, "cursor": page.result()["cursor"] });
    world.ask(peer, "voxel.edit", set("a", 2, "#0000ff")).result();
    assert_eq!(
        world.ask(peer, "voxel.read", next.clone()).result()["voxels"][0]["at"],
        json!([1, 0, 0])
    );
    world.pass(world.router.limits.pinned_max * 2);
    assert_eq!(world.ask(peer, "voxel.read", next.clone()).error(), "cursor_expired");
    // The same for a read that was held back behind an edit.
    let edit = world.call(peer, "voxel.edit", set("a", 3, "#0000ff"));
    let read = world.call(peer, "voxel.read", next);
    world.lanes();
    assert!(!world.is_answered(peer, read));
    world.settle();
    world.answer(peer, edit).result();
    assert_eq!(world.answer(peer, read).error(), "cursor_expired");
    world.end();
}

#[test]
fn a_deadline_that_passes_in_a_queue_is_answered() {
    let (mut world, peer) = with_project();
    let soon = json!({ "deadline_ms": 60_000 });
    let send = |world: &mut World, method: &str, params: Value| {
        world.call_with(peer, method, params, soon.clone(), None)
    };
    // One edit has the strand, the next waits for it, a read waits behind both.
    let running = send(&mut world, "voxel.edit", set("a", 5, "#0000ff"));
    let queued = send(&mut world, "voxel.edit", set("a", 6, "#0000ff"));
    let held = send(&mut world, "project.info", json!({ "project": "a" }));
    let renders: Vec<u64> = (0..4)
        .map(|_| {
            let params = json!({ "project": "a", "width": 8, "height": 8 });
            let other = world.connect();
            world.call_with(other, "render.image", params, soon.clone(), None)
        })
        .collect();
    world.pass(Duration::from_secs(61));
    assert_eq!(world.answer(peer, queued).error(), "timeout");
    assert!(!world.is_answered(peer, running), "a lane has it");
    let late = (1..5).zip(&renders).filter(|(peer, id)| world.is_answered(*peer, **id)).count();
    assert_eq!(late, 2, "two of four have a lane each");
    world.settle();
    world.answer(peer, running).result();
    assert_eq!(world.answer(peer, held).error(), "timeout");
    world.end();
}

#[test]
fn a_call_that_waits_is_cancelled_at_once() {
    let (mut world, peer) = with_project();
    let running = world.call(peer, "voxel.edit", set("a", 5, "#0000ff"));
    let queued = world.call(peer, "voxel.edit", set("a", 6, "#0000ff"));
    let read = world.call(peer, "project.info", json!({ "project": "a" }));
    for id in [queued, read] {
        let cancel = world.call(peer, "system.cancel", json!({ "id": id }));
        assert_eq!(world.answer(peer, cancel).result()["found"], true);
        assert_eq!(world.answer(peer, id).error(), "cancelled");
    }
    world.settle();
    world.answer(peer, running).result();
    world.end();
}

#[test]
fn a_background_render_shows_the_edits_that_were_sent_before_it() {
    let (mut world, peer) = with_project();
    let edit = world.call(peer, "voxel.edit", set("a", 5, "#0000ff"));
    let render = json!({ "project": "a", "width": 8, "height": 8, "job": true });
    let render = world.call(peer, "render.image", render);
    let job = world.answer(peer, render).result()["job"].clone();
    world.settle();
    let revision = world.answer(peer, edit).result()["revision"].clone();
    let status = world.ask(peer, "job.status", json!({ "job": job }));
    assert_eq!(status.result()["reply"]["revision"], revision);
    world.end();
}

#[test]
fn the_trash_is_emptied_when_it_is_time() {
    let mut limits = limits();
    limits.trash_keep_ms = 0;
    let mut world = World::with(limits);
    let peer = world.connect();
    for name in ["a", "b"] {
        world.ask(peer, "project.create", json!({ "project": name })).result();
        world.ask(peer, "voxel.edit", set(name, 0, "#ff0000")).result();
    }
    world.ask(peer, "project.delete", json!({ "project": "a" })).result();
    let trash = |world: &mut World| {
        let list = world.ask(peer, "project.list", json!({ "trash": true }));
        list.result()["projects"].as_array().unwrap().len()
    };
    assert_eq!(trash(&mut world), 1);
    // A journal that takes nothing is asked again later.
    world.disk.set_faults(Faults { full: true, ..Faults::default() });
    world.pass(Duration::from_secs(2));
    world.settle();
    assert_eq!(trash(&mut world), 1);
    world.disk.set_faults(Faults::default());
    world.pass(Duration::from_secs(61));
    world.settle();
    assert_eq!(trash(&mut world), 0);
    assert!(world.router.deadline().is_none(), "there is nothing left to wake up for");
    world.ask(peer, "voxel.edit", set("b", 1, "#ff0000")).result();
    world.end();
}

#[test]
fn projects_that_grow_are_unloaded_like_those_that_are_brought() {
    let (mut world, peer) = with_project();
    world.ask(peer, "project.create", json!({ "project": "b" })).result();
    let used = world.router.projects.bytes();
    world.router.limits.projects_bytes_max = used + 10_000;
    let size = json!({ "min": [0, 0, 0], "max": [63, 63, 63] });
    let content: Vec<u8> =
        (0..1u32 << 18).flat_map(|n| (n << 8 | 1).rotate_right(8).to_le_bytes()).collect();
    let write = json!({ "project": "b", "layer": "main", "bounds": size });
    let id = world.call_with(peer, "voxel.write", write, Value::Null, Some(&content));
    world.settle();
    world.answer(peer, id).result();
    assert_eq!(world.router.projects.counts(), (2, 1), "the one that nobody uses is unloaded");
    let info = world.ask(peer, "project.info", json!({ "project": "a" }));
    assert_eq!(info.result()["voxels"], 2);
    world.end();
}

#[test]
fn a_state_that_is_not_written_answers_nobody() {
    let (mut world, peer) = with_project();
    let other = world.connect();
    // Lanes are done with both; the journal has neither, and then refuses.
    for works in [true, false] {
        let first = world.call(peer, "voxel.edit", set("a", 7, "#0000ff"));
        let same = world.call(other, "voxel.edit", set("a", 7, "#0000ff"));
        let create = world.call(peer, "project.create", json!({ "project": "b" }));
        let taken = world.call(other, "project.create", json!({ "project": "b" }));
        world.lanes();
        for (peer, id) in [(peer, first), (other, same), (peer, create), (other, taken)] {
            assert!(!world.is_answered(peer, id));
        }
        if works {
            // They come back with the next journal.
            world.disk.set_faults(Faults { full: true, ..Faults::default() });
            world.journal();
            world.disk.set_faults(Faults::default());
            for (peer, id) in [(peer, first), (other, same), (peer, create), (other, taken)] {
                assert_eq!(world.answer(peer, id).error(), "io");
            }
            world.settle();
        } else {
            world.settle();
            assert_eq!(world.answer(peer, first).result()["added"], 1);
            assert_eq!(world.answer(other, same).result()["added"], 0);
            assert_eq!(world.answer(other, taken).error(), "project_exists");
        }
    }
    world.end();
}

#[test]
fn a_purge_answers_whoever_waits_for_the_project() {
    let (mut world, peer) = with_project();
    let other = world.connect();
    let running = world.call(peer, "voxel.edit", set("a", 7, "#0000ff"));
    let queued = world.call(peer, "voxel.edit", set("a", 8, "#0000ff"));
    let key = json!({ "idempotency_key": Traffic::new(&[]).key() });
    let keyed = world.call_with(peer, "voxel.edit", set("a", 9, "#00ffff"), key.clone(), None);
    let joined = world.call_with(other, "voxel.edit", set("a", 9, "#00ffff"), key, None);
    let held = world.call(peer, "project.info", json!({ "project": "a" }));
    let delete = world.call(other, "project.delete", json!({ "project": "a" }));
    world.journal();
    let id = world.answer(other, delete).result()["id"].clone();
    let purge = world.call(other, "project.purge", json!({ "id": id }));
    world.journal();
    world.answer(other, purge).result();
    for (peer, id) in [(peer, queued), (peer, keyed), (other, joined)] {
        assert_eq!(world.answer(peer, id).error(), "project_not_found");
    }
    world.settle();
    for id in [running, held] {
        world.answer(peer, id);
    }
    world.end();
}

#[test]
fn edits_run_behind_the_imports_that_were_sent_before_them() {
    let (mut world, peer) = with_project();
    let export = world.ask(peer, "project.export", json!({ "project": "a", "format": "vox" }));
    let (vox, other) = (export.attachment.unwrap(), world.connect());
    let params = json!({ "project": "a", "format": "vox" });
    let first = world.call_with(peer, "project.import", params.clone(), Value::Null, Some(&vox));
    let bad = world.call_with(peer, "project.import", params.clone(), Value::Null, Some(b"VOX?"));
    let behind = world.call(peer, "voxel.edit", set("a", 5, "#0000ff"));
    let last = world.call_with(peer, "project.import", params, Value::Null, Some(&vox));
    let free = world.call(other, "voxel.edit", set("a", 6, "#0000ff"));
    // The edit of the other peer is the job behind the two imports that have a lane each.
    world.run(2);
    world.finish();
    world.journal();
    assert!(world.is_answered(other, free) && !world.is_answered(peer, behind));
    world.settle();
    assert_eq!(world.answer(peer, bad).error(), "bad_file");
    let numbers = [first, behind, last].map(|id| {
        let answer = world.answer(peer, id);
        let text = answer.result()["revision"].as_str().unwrap();
        text.split('.').next().unwrap().parse::<u64>().unwrap()
    });
    assert!(numbers.is_sorted(), "{numbers:?}");
    world.end();
}

#[test]
fn a_gap_is_told_as_soon_as_there_is_room() {
    let (mut world, peer) = with_project();
    world.ask(peer, "event.subscribe", json!({ "topics": ["project"] })).result();
    world.events_missed = 1;
    world.ask(peer, "voxel.edit", set("a", 5, "#0000ff")).result();
    assert!(world.clients[peer].notes.is_empty());
    world.router.tell_gaps(world.clients[peer].id);
    world.apply();
    assert_eq!(world.clients[peer].notes[0]["params"]["topic"], "gap");
    world.router.tell_gaps(world.clients[peer].id);
    world.apply();
    assert_eq!(world.clients[peer].notes.len(), 1, "told once");
    world.end();
}

#[test]
fn a_gap_in_a_subscription_is_announced() {
    let (mut world, peer) = with_project();
    world.ask(peer, "event.subscribe", json!({ "topics": ["project"] })).result();
    world.events_missed = 1;
    world.ask(peer, "voxel.edit", set("a", 5, "#0000ff")).result();
    world.ask(peer, "voxel.edit", set("a", 6, "#0000ff")).result();
    let topics = |world: &World| -> Vec<String> {
        let notes = world.clients[peer].notes.iter();
        notes.map(|note| note["params"]["topic"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(topics(&world), ["gap", "project"]);
    // Somebody who comes back goes on where it was.
    let seq = world.clients[peer].notes[1]["params"]["seq"].clone();
    world.ask(peer, "voxel.edit", set("a", 7, "#0000ff")).result();
    let back = world.connect();
    let again = json!({ "topics": ["project"], "after": seq });
    world.ask(back, "event.subscribe", again).result();
    assert_eq!(world.clients[back].notes.len(), 1);
    assert_eq!(world.clients[back].notes[0]["params"]["data"]["what"], "edited");
    world.end();
}

#[test]
fn a_draining_daemon_answers_what_runs_and_refuses_what_comes() {
    let (mut world, peer) = with_project();
    let edit = world.call(peer, "voxel.edit", set("a", 5, "#0000ff"));
    let read = world.call(peer, "project.info", json!({ "project": "a" }));
    world.router.drain();
    let late = world.call(peer, "voxel.edit", set("a", 6, "#0000ff"));
    assert_eq!(world.answer(peer, late).error(), "shutting_down");
    let status = world.ask(peer, "system.status", json!({}));
    assert_eq!(status.result()["state"], "draining");
    assert_eq!(world.answer(peer, edit).result()["added"], 1);
    assert_eq!(world.answer(peer, read).result()["voxels"], 3);
    assert!(world.router.is_quiet());
    world.end();
}

#[test]
fn what_is_sent_behind_a_new_project_finds_it() {
    for batch in [true, false] {
        let mut world = World::new();
        let peer = world.connect();
        let members = [
            world.request(peer, "project.create", json!({ "project": "a" }), Value::Null),
            world.request(peer, "voxel.edit", set("a", 0, "#ff0000"), Value::Null),
            world.request(
                peer,
                "project.rename",
                json!({ "project": "a", "to": "b" }),
                Value::Null,
            ),
            world.request(peer, "project.info", json!({ "project": "b" }), Value::Null),
            world.request(peer, "project.delete", json!({ "project": "b" }), Value::Null),
            world.request(peer, "project.info", json!({ "project": "b" }), Value::Null),
        ];
        let ids: Vec<u64> = members.iter().map(|member| member["id"].as_u64().unwrap()).collect();
        let bytes = match batch {
            true => world.clients[peer].message(&json!(members), None),
            false => {
                let messages = members.iter().map(|json| world.clients[peer].message(json, None));
                messages.collect::<Vec<_>>().concat()
            }
        };
        world.send(peer, &bytes);
        world.settle();
        for id in &ids[..5] {
            world.answer(peer, *id).result();
        }
        assert_eq!(world.answer(peer, ids[3]).result()["voxels"], 1);
        assert_eq!(world.answer(peer, ids[5]).error(), "project_not_found");
        world.end();
    }
}
