//! A data folder made by a store, then looked at without one.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use goxe_config::{Choice, Environment};

use super::*;
use crate::journal::chain::change_digest;
use crate::journal::keys::KeyLimits;
use crate::journal::record::Draft;
use crate::journal::writer::{Durability, Settings};
use crate::journal::{JOURNAL_FOLDER, ProjectId};
use crate::store::Store;
use crate::store::catalogue::Op;

fn paths(folder: &Path) -> Paths {
    let choice = Choice { data: Some(folder.to_owned()), ..Choice::default() };
    Paths::resolve(&Environment::default(), &choice).unwrap()
}

/// A folder whose catalogue has these projects.
fn fill(folder: &Path, names: &[&str]) {
    let settings = Settings {
        durability: Durability::Interval(Duration::from_millis(1)),
        segment_bytes: 1 << 20,
        change_inline_bytes_max: 1 << 20,
        queue_max: 16,
        queue_bytes_max: 1 << 20,
    };
    let (sender, ends) = channel();
    let listener = Box::new(move |batch: Vec<_>| {
        batch.into_iter().for_each(|end| sender.send(end).unwrap());
    });
    let limits = KeyLimits { keep_ms: 1000, keys_max: 10 };
    let disk = Arc::new(disk::Folder::new(folder));
    let store = Store::<()>::new(disk, settings, limits, listener);
    let found = store.recover(&mut |_, _| {}).unwrap();
    let mut state = (*found.catalogue).clone();
    for name in names {
        let change = state.prepare(&Op::Create { name: (*name).to_owned() }, 10).unwrap();
        let (project, before, time_ms) = (ProjectId::CATALOGUE, state.revision(), 7);
        let after = before.next(project, "ann", time_ms, &change_digest(&change.encode()));
        let draft = Draft {
            project,
            before,
            after,
            author: "ann".to_owned(),
            time_ms,
            key: None,
            params: [0; 16],
            answer: b"{}".to_vec(),
            label: format!("create {name}"),
            change: change.encode(),
        };
        let record = found.appender.encode(&draft).unwrap();
        found.appender.append(record, 0, ()).unwrap();
        ends.recv().unwrap().outcome.unwrap();
        state = state.apply(&change, "ann", time_ms).unwrap().at(after);
    }
    store.close().unwrap();
}

fn dump(offline: &Offline) -> Vec<Entry> {
    let mut entries = Vec::new();
    let each = &mut |entry| {
        entries.push(entry);
        true
    };
    offline.dump(each).unwrap();
    entries
}

#[test]
fn a_sound_folder_is_told_record_by_record() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), &["house", "car"]);
    let offline = Offline::open(&paths(folder.path())).unwrap();
    let checked = offline.check(&mut |_, _| {}).unwrap();
    assert!(checked.sound, "{checked:?}");
    let names: Vec<_> = checked.projects.iter().map(|it| it.project.as_deref()).collect();
    assert_eq!(names, [None, Some("house"), Some("car")]);
    assert!(checked.projects[0].revision.as_ref().unwrap().starts_with("2."));
    let labels: Vec<String> = dump(&offline)
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Commit { label, project: 0, .. } => Some(label),
            Entry::Commit { .. } | Entry::Heads { .. } | Entry::Damaged { .. } => None,
        })
        .collect();
    assert_eq!(labels, ["create house", "create car"]);
}

#[test]
fn damage_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), &["house", "car"]);
    let segments = folder.path().join(JOURNAL_FOLDER);
    let segment = segments.read_dir().unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = crate::journal::segment::HEADER_BYTES + 60;
    bytes[middle] ^= 0xff;
    std::fs::write(&segment, &bytes).unwrap();
    let offline = Offline::open(&paths(folder.path())).unwrap();
    let checked = offline.check(&mut |_, _| {}).unwrap();
    assert!(!checked.sound, "{checked:?}");
    assert!(dump(&offline).iter().any(|entry| matches!(entry, Entry::Damaged { .. })));
    assert_eq!(std::fs::read(&segment).unwrap(), bytes);
}

#[test]
fn a_folder_that_is_served_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let paths = paths(folder.path());
    let first = Offline::open(&paths).unwrap();
    assert!(matches!(Offline::open(&paths), Err(OfflineError::Lock(_))));
    drop(first);
    let absent = self::paths(&folder.path().join("nothing"));
    assert!(matches!(Offline::open(&absent), Err(OfflineError::Absent(_))));
}

#[test]
fn what_is_no_backup_leaves_the_folder_free() {
    let folder = tempfile::tempdir().unwrap();
    let paths = paths(&folder.path().join("data"));
    let offline = Offline::open_or_make(&paths).unwrap();
    for _ in 0..2 {
        let error = offline.restore(&b"no backup"[..]).err().unwrap();
        assert!(matches!(error, OfflineError::Restore(RestoreError::Malformed { .. })), "{error}");
    }
    drop(offline);
    fill(&paths.data, &["house"]);
    let offline = Offline::open(&paths).unwrap();
    let error = offline.restore(&b"no backup"[..]).err().unwrap();
    assert!(matches!(error, OfflineError::Restore(RestoreError::NotEmpty(_))), "{error}");
}
