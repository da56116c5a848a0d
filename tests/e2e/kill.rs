//! kill -9 at any moment: what was acknowledged is there once, all else once or not at all, and one can find out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use goxe_protocol::blocking::CallError;
use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::client::{is_lost, mark};
use crate::support::place::pid;
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

/// What is known of every edit: the number of its revision, or that it never was.
#[derive(Default)]
struct Ledger {
    committed: BTreeMap<u64, u64>,
    never: Vec<u64>,
    /// Commits in all: the revision number that the project must have.
    commits: u64,
}

fn revision_number(revision: &str) -> u64 {
    let number = revision.split('.').next().and_then(|number| number.parse().ok());
    number.expect("a revision begins with its number")
}

impl Ledger {
    fn commit(&mut self, number: u64, revision: &str) {
        let revision = revision_number(revision);
        assert_eq!(self.committed.insert(number, revision), None, "edit {number} twice");
        self.commits += 1;
    }

    /// Finds out about the edits that were sent, and checks that the project holds what it must.
    fn settle(&mut self, client: &mut Client, sent: Vec<Sent>, rng: &mut Rng) {
        let first =
            sent.iter().flat_map(|sent| &sent.acknowledged).map(|(number, _)| *number).min();
        for sent in sent {
            for (number, revision) in &sent.acknowledged {
                self.commit(*number, revision);
            }
            if let Some((number, key)) = sent.open {
                self.find_out(client, number, &key, rng);
            }
        }
        let revisions: std::collections::BTreeSet<u64> = self.committed.values().copied().collect();
        assert_eq!(revisions.len() as u64, self.commits, "two edits share a revision");
        let revision = client.revision("castle");
        assert_eq!(revision_number(&revision), self.commits, "commits that nobody knows of");
        self.check(client, first.unwrap_or(0));
    }

    /// Asks what became of an edit that was not answered; half of the time sends it again instead.
    fn find_out(&mut self, client: &mut Client, number: u64, key: &str, rng: &mut Rng) {
        let outcome =
            client.call_patiently("history.outcome", json!({ "project": "castle", "key": key }));
        let committed = outcome["revision"].as_str().map(str::to_owned);
        match outcome["outcome"].as_str() {
            Some("committed") => assert!(committed.is_some(), "{outcome}"),
            Some("never") => assert!(committed.is_none(), "{outcome}"),
            other => panic!("edit {number} is {other:?} after a restart"),
        }
        if rng.below(2) == 0 {
            let again = client.send("voxel.edit", mark("castle", number), Some(key), None);
            let again = again.expect("the same call with the same key");
            let revision = again.reply["revision"].as_str().expect("a revision").to_owned();
            assert!(committed.is_none_or(|committed| committed == revision), "it ran again");
            self.commit(number, &revision);
        } else if let Some(revision) = committed {
            self.commit(number, &revision);
        } else {
            self.never.push(number);
        }
    }

    /// Every edit from this number on is there, or is not, as it should be.
    fn check(&self, client: &mut Client, from: u64) {
        let committed = self.committed.range(from..).map(|(number, _)| (*number, true));
        let never =
            self.never.iter().filter(|number| **number >= from).map(|number| (*number, false));
        let all: Vec<(u64, bool)> = committed.chain(never).collect();
        for part in all.chunks(64) {
            let at: Vec<_> = part.iter().map(|(number, _)| position(*number)).collect();
            let voxels = client.call("voxel.get", json!({ "project": "castle", "at": at }));
            for ((number, is_there), voxel) in
                part.iter().zip(voxels["voxels"].as_array().expect("a list"))
            {
                assert_eq!(voxel.is_object(), *is_there, "edit {number}: {voxel}");
            }
        }
    }
}

/// Where the edit of a number sets its voxel.
fn position(number: u64) -> Value {
    mark("castle", number)["edits"][0]["voxels"][0]["at"].clone()
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

/// How many call while daemons die.
const CALLERS: usize = 4;

/// What those who call share with the one who kills.
#[derive(Default)]
struct Storm {
    is_over: AtomicBool,
    /// Calls that each of them began.
    turns: [AtomicU64; CALLERS],
}

impl Storm {
    fn rages(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Lets everybody get an answer. A daemon needs a moment to bring a project into memory; on a busy
    /// machine none would ever live that long.
    fn pause(&self) {
        let turns = || self.turns.each_ref().map(|turns| turns.load(Ordering::Relaxed));
        let before = turns();
        until("everybody was answered", Duration::from_secs(120), || {
            turns().iter().zip(&before).all(|(now, before)| now > before).then_some(())
        });
    }
}

/// What a bridge said of its edits.
#[derive(Default)]
struct Said {
    done: Vec<(u64, String)>,
    not_done: Vec<u64>,
    /// How often it could not tell at first.
    unknown: u64,
}

fn write_through(bridge: &mut Bridge, storm: &Storm, number: usize) -> Said {
    let mut said = Said::default();
    let turns = &storm.turns[number];
    while storm.rages() {
        turns.fetch_add(1, Ordering::Relaxed);
        let number = next_number();
        let answer = bridge.tool_in_trouble("voxels_edit", mark("castle", number));
        let text = answer.text();
        if !answer.is_error() {
            let revision = answer.data()["revision"].as_str().expect("a revision").to_owned();
            said.done.push((number, revision));
        } else if text.contains("Unknown whether") {
            said.unknown += 1;
            match settle(bridge, &text) {
                Some(revision) => said.done.push((number, revision)),
                None => said.not_done.push(number),
            }
        } else {
            assert!(text.contains("Not done"), "edit {number}: neither done nor not done: {text}");
            said.not_done.push(number);
        }
    }
    said
}

/// What `history` says of an edit that nobody could tell of, by the call that its error gives.
fn settle(bridge: &mut Bridge, text: &str) -> Option<String> {
    let arguments = text.split("Next: history ").nth(1).expect("how to find out");
    let arguments: Value = serde_json::from_str(arguments).expect("arguments as JSON");
    let outcome = until("the outcome is known", Duration::from_secs(120), || {
        // As long as daemons die it may have to be asked again, and may be too early to ask.
        let answer = bridge.tool_in_trouble("history", arguments.clone());
        (!answer.is_error()).then(|| answer.data().clone())
    });
    match outcome["outcome"].as_str() {
        Some("committed") => Some(outcome["revision"].as_str().expect("a revision").to_owned()),
        Some("never") => None,
        other => panic!("an edit of a daemon that is gone is {other:?}"),
    }
}

/// Reads until it is told to stop. Whatever happens to daemons, every read succeeds.
fn read_through(bridge: &mut Bridge, storm: &Storm, number: usize) -> u64 {
    let mut reads = 0;
    let turns = &storm.turns[number];
    let arguments = json!({ "read": "at", "project": "castle", "at": [[0, 0, 0], [1, 0, 0]] });
    while storm.rages() {
        turns.fetch_add(1, Ordering::Relaxed);
        let answer = bridge.tool_in_trouble("voxels_read", arguments.clone());
        assert!(!answer.is_error(), "read {reads}: {}", answer.text());
        reads += 1;
    }
    reads
}

/// The daemon that serves a place now, to be killed.
fn daemon_of(place: &Place) -> Option<u32> {
    place.endpoint().map(|endpoint| endpoint.pid)
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

/// Kills the daemon that serves, and the next one, each at some moment of its life.
fn kill_again_and_again(place: &Place, rng: &mut Rng, kills: u64, storm: &Storm) {
    let mut last = 0;
    for number in 0..kills {
        let daemon = until("the bridges started another daemon", Duration::from_secs(60), || {
            daemon_of(place).filter(|pid| *pid != last)
        });
        if number % 10 == 9 {
            storm.pause();
        }
        // Now and then one may live long enough to count as good.
        if number % 60 == 59 {
            thread::sleep(Duration::from_millis(1200));
        }
        await_moment(place, rng);
        last = daemon;
        // It may be gone already: a bridge may have judged it.
        let _ = kill(pid(daemon), Signal::SIGKILL);
        if number % 1000 == 999 {
            println!("{} kills", number + 1);
        }
    }
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
