//! A journal that was cut or spoilt on disk: the daemon starts, and every project is some whole prefix of what it was.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use goxe_protocol::Code;
use goxe_protocol::blocking::CallError;
use serde_json::{Value, json};

use crate::support::client::mark;
use crate::support::{Client, Place, Rng, count};

const PROJECTS: [&str; 2] = ["castle", "tower"];
const EDITS: u64 = 40;

/// A place whose daemon was killed after so many edits of each project.
fn killed() -> Place {
    let place = Place::new();
    let mut daemon = place.daemon();
    let mut client = daemon.client();
    for project in PROJECTS {
        client.create(project);
    }
    for number in 1..=EDITS {
        for project in PROJECTS {
            client.mark(project, number);
        }
    }
    daemon.kill();
    drop(daemon);
    place
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder is made");
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).expect("it is ours");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (kind, to) = (entry.file_type().expect("a type"), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &to);
        } else if kind.is_file() {
            fs::copy(entry.path(), to).expect("a file is copied");
        }
    }
}

/// The journal's files that hold anything, in the order of their names.
fn segments(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.data().join("journal")).expect("a journal").flatten();
    let whole =
        |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0);
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(whole).collect();
    files.sort();
    files
}

/// How many of its edits a project holds: all up to that number, and none after it.
fn prefix(client: &mut Client, project: &str) -> u64 {
    let at: Vec<Value> = (1..=EDITS)
        .map(|number| mark(project, number)["edits"][0]["voxels"][0]["at"].clone())
        .collect();
    let got = client.call("voxel.get", json!({ "project": project, "at": at }));
    let there: Vec<bool> =
        got["voxels"].as_array().expect("voxels").iter().map(Value::is_object).collect();
    let holds = there.iter().take_while(|there| **there).count();
    assert!(there[holds..].iter().all(|there| !there), "{project}: no prefix explains {there:?}");
    let holds = u64::try_from(holds).expect("a small number");
    let revision = client.revision(project);
    assert!(revision.starts_with(&format!("{holds}.")), "{project}: {holds} edits at {revision}");
    holds
}

/// Starts a daemon on a damaged copy and tells what each project holds, and whether it can be edited.
fn look(original: &Place, damage: impl FnOnce(&Place)) -> Vec<Option<(u64, bool)>> {
    let place = Place::new();
    copy(original.data(), place.data());
    fs::remove_dir_all(place.data().join("run")).expect("what the dead daemon left");
    damage(&place);
    let daemon = place.daemon();
    let mut client = daemon.client();
    let listed = client.call("project.list", json!({}));
    let is_listed = |project: &str| {
        let projects = listed["projects"].as_array().expect("projects");
        projects.iter().any(|item| item["project"] == project)
    };
    let mut held = Vec::new();
    for project in PROJECTS {
        if !is_listed(project) {
            held.push(None);
            continue;
        }
        let holds = prefix(&mut client, project);
        match client.try_call("voxel.edit", mark(project, 1000)) {
            Ok(_) => held.push(Some((holds, true))),
            Err(CallError::Remote(error)) => {
                assert_eq!(error.code, Code::Corrupt, "{project}: {error}");
                held.push(Some((holds, false)));
            }
            Err(error) => panic!("{project}: {error}"),
        }
    }
    daemon.stop();
    held
}

#[test]
fn a_journal_that_was_cut_is_a_prefix_that_can_be_edited() {
    let original = killed();
    let mut rng = Rng::of_test();
    for _ in 0..count(30) {
        let mut cut = 0;
        let held = look(&original, |place| {
            let last = segments(place).pop().expect("a segment");
            let bytes = fs::metadata(&last).expect("a segment").len();
            cut = rng.below(bytes);
            let file = fs::File::options().write(true).open(last).expect("a segment");
            file.set_len(cut).expect("it is cut");
        });
        // Edits of both were written in turns, so neither holds many more than the other.
        let edits: Vec<u64> = held.iter().map(|held| held.map_or(0, |(holds, _)| holds)).collect();
        assert!(edits[0] >= edits[1] && edits[0] <= edits[1] + 1, "cut at {cut}: {held:?}");
        assert!(held.iter().flatten().all(|(_, editable)| *editable), "cut at {cut}: {held:?}");
    }
}

#[test]
fn a_bit_that_flipped_costs_no_more_than_what_it_spoilt() {
    let original = killed();
    let mut rng = Rng::of_test();
    let mut whole = 0;
    for _ in 0..count(30) {
        let (mut at, mut bytes) = (0, 0);
        let held = look(&original, |place| {
            let files = segments(place);
            let file = &files[rng.index(files.len())];
            let mut content = fs::read(file).expect("a segment");
            (at, bytes) = (rng.index(content.len()), content.len());
            content[at] ^= 1 << rng.below(8);
            fs::write(file, content).expect("it is spoilt");
        });
        // One of the two may be read-only at an older state; what can be edited lost nothing.
        for (project, held) in PROJECTS.iter().zip(&held) {
            if let Some((holds, true)) = held {
                // The last record's end may look like a tail that was never written.
                assert!(
                    *holds + 1 >= EDITS,
                    "{project} lost edits silently: {held:?} at {at} of {bytes}"
                );
                whole += 1;
            }
        }
    }
    assert!(whole > 0, "one bit spoils everything");
}
