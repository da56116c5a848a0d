//! kill -9 at any moment: what was acknowledged is there once, all else once or not at all, and one can find out.

mod ledger;
mod storm;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use goxe_protocol::blocking::CallError;
use serde_json::json;
use uuid::Uuid;

use self::ledger::{Ledger, revision_number};
use self::storm::{Said, Storm, kill_again_and_again, read_through, write_through};
use crate::support::client::{is_lost, mark};
use crate::support::{Bridge, Client, Daemon, Place, Rng, count, until};

/// Edits are numbered; the next number is nobody's yet.
static NEXT: AtomicU64 = AtomicU64::new(1);

fn next_number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A place where images are written and segments removed all the time.
fn busy_place() -> Place {
    Place::new()
        .set("journal", "image_after_bytes", 65_536)
        .set("journal", "segment_bytes", 65_536)
        .set("engine", "history_groups_max", 100_000)
}

/// What one writer sent until the daemon was gone.
#[derive(Default)]
struct Sent {
    /// Number -> revision of what was acknowledged.
    acknowledged: Vec<(u64, String)>,
    /// The call that was never answered: its number and key.
    open: Option<(u64, String)>,
}

/// Edits as fast as answers come, until the daemon is gone.
fn write_until_lost(client: &mut Client) -> Sent {
    let mut sent = Sent::default();
    loop {
        let number = next_number();
        let key = Uuid::now_v7().to_string();
        match client.send("voxel.edit", mark("castle", number), Some(&key), None) {
            Ok(answered) => {
                let revision = answered.reply["revision"].as_str().expect("a revision");
                sent.acknowledged.push((number, revision.to_owned()));
            }
            Err(error) if is_lost(&error) => {
                sent.open = Some((number, key));
                return sent;
            }
            Err(error) => panic!("edit {number} was refused: {error}"),
        }
    }
}

/// A moment to kill at: after a random while, or as soon as an image or a segment comes or goes.
fn await_moment(place: &Place, rng: &mut Rng) {
    let names = |folder: &str| -> Vec<_> {
        let mut names = Vec::new();
        collect_names(&place.data().join(folder), &mut names);
        names.sort();
        names
    };
    let watched = match rng.below(4) {
        0 => "images",
        1 => "journal",
        _ => {
            thread::sleep(Duration::from_micros(rng.below(60_000)));
            return;
        }
    };
    let (before, begin) = (names(watched), Instant::now());
    while names(watched) == before && begin.elapsed() < Duration::from_millis(400) {}
    thread::sleep(Duration::from_micros(rng.below(3000)));
}

fn collect_names(folder: &Path, names: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_names(&entry.path(), names);
        }
        names.push(entry.path());
    }
}

#[test]
fn no_acknowledged_edit_is_lost_or_doubled() {
    const WRITERS: usize = 3;
    let place = busy_place();
    let mut rng = Rng::of_test();
    let mut daemon = place.daemon();
    daemon.client().create("castle");
    let commits = revision_number(&daemon.client().revision("castle"));
    let mut ledger = Ledger { commits, ..Ledger::default() };
    for _ in 0..count(100) {
        let mut clients: Vec<Client> = (0..WRITERS).map(|_| daemon.client()).collect();
        let sent = thread::scope(|scope| {
            let writers: Vec<_> =
                clients.iter_mut().map(|client| scope.spawn(|| write_until_lost(client))).collect();
            await_moment(&place, &mut rng);
            daemon.kill();
            writers.into_iter().map(|writer| writer.join().expect("a writer")).collect()
        });
        daemon = place.daemon();
        ledger.settle(&mut daemon.client(), sent, &mut rng);
    }
    ledger.check(&mut daemon.client(), 0);
    daemon.stop();
    // A clean end changes nothing either.
    let daemon = place.daemon();
    ledger.check(&mut daemon.client(), 0);
    daemon.stop();
}

#[test]
fn bridge_hides_the_death_of_its_daemon_or_says_what_became_of_an_edit() {
    let place = busy_place()
        .set("manager", "restart_max", 100)
        .set("manager", "stable_ms", 1000)
        .set("manager", "backoff_ms_min", 1)
        .set("manager", "backoff_ms_max", 1);
    let mut rng = Rng::of_test();
    let mut bridges = [Bridge::legacy(&place), Bridge::modern(&place)];
    let mut readers = [Bridge::modern(&place), Bridge::legacy(&place)];
    bridges[0].tool("project", json!({ "action": "create", "project": "castle" }));
    let before = revision_number(&place.client().revision("castle"));
    let storm = &Storm::default();
    let kills = count(300);
    let (said, reads): (Vec<Said>, u64) = thread::scope(|scope| {
        let writers: Vec<_> = (0..)
            .zip(&mut bridges)
            .map(|(number, bridge)| scope.spawn(move || write_through(bridge, storm, number)))
            .collect();
        let readers: Vec<_> = (2..)
            .zip(&mut readers)
            .map(|(number, bridge)| scope.spawn(move || read_through(bridge, storm, number)))
            .collect();
        kill_again_and_again(&place, &mut rng, kills, storm);
        storm.is_over.store(true, Ordering::Relaxed);
        (
            writers.into_iter().map(|writer| writer.join().expect("a writer")).collect(),
            readers.into_iter().map(|reader| reader.join().expect("a reader")).sum(),
        )
    });

    let mut ledger = Ledger { commits: before, ..Ledger::default() };
    let unknown: u64 = said.iter().map(|said| said.unknown).sum();
    for said in said {
        for (number, revision) in said.done {
            ledger.commit(number, &revision);
        }
        ledger.never.extend(said.not_done);
    }
    let (done, never) = (ledger.committed.len(), ledger.never.len());
    println!(
        "{kills} kills: {reads} reads, {done} edits done, {never} not done, {unknown} unknown at first"
    );
    assert!(ledger.committed.len() as u64 > kills, "hardly an edit got through");
    assert!(reads > kills, "hardly a read got through");
    let mut client = place.client();
    assert_eq!(revision_number(&client.revision("castle")), ledger.commits, "some edit ran twice");
    ledger.check(&mut client, 0);
    for bridge in bridges.into_iter().chain(readers) {
        assert!(bridge.leave().success());
    }
    place.json(&["daemon", "stop"]);
}

/// Waits until the project has been saved whole since `before`.
fn await_image(place: &Place, daemon: &Daemon<'_>, before: usize) {
    let mut client = daemon.client();
    until("an image is written", Duration::from_secs(60), || {
        let bytes = vec![0x5a_u8; 4 * 32 * 32 * 32];
        let noisy: Vec<u8> = bytes
            .chunks(4)
            .enumerate()
            .flat_map(|(index, _)| {
                let mut rng = Rng::new(index as u64 ^ next_number());
                [rng.byte(), rng.byte(), rng.byte(), 1]
            })
            .collect();
        let bounds = json!({ "min": [-100, -100, -100], "max": [-69, -69, -69] });
        let params = json!({ "project": "castle", "bounds": bounds });
        client.send("voxel.write", params, None, Some(&noisy)).expect("it is written");
        let mut names = Vec::new();
        collect_names(&place.data().join("images"), &mut names);
        (names.len() > before).then_some(())
    });
}

#[test]
fn undo_kill_redo_across_an_image() {
    let place = busy_place();
    let mut daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let mut states = vec![client.content("castle")];
    for number in 0..6_i32 {
        let edits = json!([
            { "edit": "sphere", "center": [number * 9, 0, 0], "radius": 6, "color": "#c81e1e" },
            { "edit": "box", "min": [0, 0, -number], "max": [number, 9, 0], "color": "#1e1ec8" },
        ]);
        client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
        states.push(client.content("castle"));
    }
    let step = |client: &mut Client, method: &str| {
        client.call(method, json!({ "project": "castle", "any_author": true }));
        client.content("castle")
    };
    assert_eq!(step(&mut client, "history.undo"), states[5]);
    assert_eq!(step(&mut client, "history.undo"), states[4]);

    daemon.kill();
    daemon = place.daemon();
    let mut client = daemon.client();
    assert_eq!(client.content("castle"), states[4], "two undos were acknowledged");
    assert_eq!(step(&mut client, "history.redo"), states[5]);
    assert_eq!(step(&mut client, "history.redo"), states[6]);
    assert_eq!(step(&mut client, "history.undo"), states[5]);

    // Now across an image: enough bytes that the project is saved whole. They end the groups that were undone.
    let mut names = Vec::new();
    collect_names(&place.data().join("images"), &mut names);
    let undone = client.call("history.list", json!({ "project": "castle" }));
    assert!(
        undone["groups"].as_array().expect("groups").iter().any(|group| group["undone"] == true)
    );
    await_image(&place, &daemon, names.len());
    let written = client.content("castle");
    daemon.kill();
    daemon = place.daemon();
    let mut client = daemon.client();
    assert_eq!(client.content("castle"), written);
    // Back over everything that was written, and over the edits from before the image.
    let mut left = client.call("project.info", json!({ "project": "castle" }))["undo"].clone();
    while left.as_u64() > Some(3) {
        step(&mut client, "history.undo");
        left = client.call("project.info", json!({ "project": "castle" }))["undo"].clone();
    }
    assert_eq!(client.content("castle"), states[3]);
    daemon.kill();
    daemon = place.daemon();
    let mut client = daemon.client();
    assert_eq!(client.content("castle"), states[3]);
    assert_eq!(step(&mut client, "history.redo"), states[4]);
    assert_eq!(step(&mut client, "history.redo"), states[5]);
    daemon.stop();
}

#[test]
fn a_key_runs_once_over_a_crash_and_only_for_its_params() {
    let place = Place::new();
    let mut daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let key = Uuid::now_v7().to_string();
    let first = client.send("voxel.edit", mark("castle", 1), Some(&key), None).expect("it runs");
    let again =
        client.send("voxel.edit", mark("castle", 1), Some(&key), None).expect("it is known");
    assert_eq!(first.reply, again.reply);
    daemon.kill();
    daemon = place.daemon();
    let mut client = daemon.client();
    let again =
        client.send("voxel.edit", mark("castle", 1), Some(&key), None).expect("it is known");
    assert_eq!(first.reply, again.reply);
    match client.send("voxel.edit", mark("castle", 2), Some(&key), None) {
        Err(CallError::Remote(error)) => assert_eq!(error.code, goxe_protocol::Code::Conflict),
        other => panic!("the key of another call was taken: {other:?}"),
    }
    assert_eq!(client.call("voxel.count", json!({ "project": "castle" }))["voxels"], 1);
    daemon.stop();
}
