//! A backup is restored whole or not at all.

use std::io::{self, Read};

use goxe_daemon::journal::disk::Disk;
use goxe_daemon::journal::image::ImageHeader;
use goxe_daemon::journal::keys::Keys;
use goxe_daemon::journal::recovery::{RecoveryError, recover};
use goxe_daemon::journal::replay::replay;
use goxe_daemon::journal::{ProjectId, Revision, StoreId};
use goxe_daemon::store::backup::{BackupWriter, RestoreError, Restored, restore};
use goxe_daemon::store::catalogue::{Op, State};
use goxe_engine::project::Project;

use crate::mem_disk::MemDisk;
use crate::power_cut::Keep;
use crate::random::Random;
use crate::world::LIMITS;

const OLD: StoreId = StoreId(1);
const NEW: StoreId = StoreId(2);

fn header(project: ProjectId, revision: Revision) -> ImageHeader {
    // The store is the writer's, whatever it says here.
    ImageHeader { store: StoreId(9), project, revision, time_ms: 5 }
}

/// A catalogue of two projects, one in the trash.
fn catalogue() -> State {
    let mut state = State::default();
    let ops = [
        Op::Create { name: "house".to_owned() },
        Op::Create { name: "car".to_owned() },
        Op::Delete { id: ProjectId(2) },
    ];
    for op in ops {
        let change = state.prepare(&op, 10).unwrap();
        let revision = Revision { number: state.revision().number + 1, chain: 3 };
        state = state.apply(&change, "ann", 1).unwrap().at(revision);
    }
    state
}

fn archive(projects: &[u32], with_catalogue: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = BackupWriter::new(&mut out, OLD, 77).unwrap();
    let state = catalogue();
    if with_catalogue {
        let header = header(ProjectId::CATALOGUE, state.revision());
        writer.add(&header, &state.encode(), &Keys::default()).unwrap();
    }
    for project in projects {
        let body = goxe_engine::image::encode(&Project::new());
        let header = header(ProjectId(*project), Revision::START);
        writer.add(&header, &body, &Keys::default()).unwrap();
    }
    let told = writer.finish().unwrap();
    assert_eq!(told, out.len() as u64);
    out
}

fn restored(bytes: &[u8]) -> (MemDisk, Result<Restored, RestoreError>) {
    let disk = MemDisk::new(0);
    let result = restore(bytes, &disk, NEW, &[]);
    (disk, result)
}

#[test]
fn a_backup_becomes_a_data_folder_of_a_new_lineage() {
    let (disk, result) = restored(&archive(&[1, 2], true));
    assert_eq!(result.unwrap(), Restored { projects: 2, time_ms: 77, from: OLD });
    let disk = disk.after_power_cut(&mut Random::new(0), Keep::Nothing);
    let found = recover(&disk, StoreId(99), &mut |_, _| {}).unwrap();
    assert_eq!(found.store, NEW);
    let index = &found.projects[&ProjectId::CATALOGUE];
    let state = replay::<State>(&disk, ProjectId::CATALOGUE, index, &LIMITS, 0, &mut || {});
    assert_eq!(state.unwrap().state, catalogue());
    assert!(found.projects.contains_key(&ProjectId(1)));
}

#[test]
fn a_cut_or_flipped_backup_leaves_the_folder_empty() {
    let whole = archive(&[1, 2], true);
    for at in 0..whole.len() * 2 {
        let mut bytes = whole.clone();
        if at < whole.len() {
            bytes[at] ^= 1 << (at % 8);
        } else {
            bytes.truncate(at - whole.len());
        }
        let (disk, result) = restored(&bytes);
        let malformed = matches!(&result, Err(RestoreError::Malformed { .. }));
        assert!(malformed, "change {at}: {result:?}");
        assert!(disk.list("").unwrap().is_empty(), "change {at}");
    }
    let (_, longer) = restored(&[&*whole, b"x"].concat());
    assert!(matches!(longer, Err(RestoreError::Malformed { .. })), "{longer:?}");
}

#[test]
fn a_backup_has_the_catalogue_and_each_project_once() {
    for (projects, with_catalogue) in
        [(&[1, 2][..], false), (&[1], true), (&[1, 2, 2], true), (&[1, 2, 3], true), (&[], false)]
    {
        let (_, result) = restored(&archive(projects, with_catalogue));
        assert!(matches!(result, Err(RestoreError::Malformed { .. })), "{projects:?}: {result:?}");
    }
}

#[test]
fn only_an_empty_folder_is_restored_into() {
    let disk = MemDisk::new(0);
    disk.create("lock").unwrap().sync_data().unwrap();
    let bytes = archive(&[1, 2], true);
    let refused = restore(&*bytes, &disk, NEW, &[]).unwrap_err();
    assert!(matches!(refused, RestoreError::NotEmpty(name) if name == "lock"));
    restore(&*bytes, &disk, NEW, &["lock"]).unwrap();
}

#[test]
fn a_restore_that_was_interrupted_is_no_data_folder() {
    struct Interrupted<'a>(&'a [u8]);
    impl Read for Interrupted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                // As if the process ended here: what is on disk stays.
                panic!("killed");
            }
            self.0.read(buffer)
        }
    }
    let disk = MemDisk::new(0);
    let bytes = archive(&[1, 2], true);
    let half = Interrupted(&bytes[..bytes.len() - 50]);
    let killed =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| restore(half, &disk, NEW, &[])));
    assert!(killed.is_err());
    let refused = recover(&disk, NEW, &mut |_, _| {}).unwrap_err();
    assert!(matches!(refused, RecoveryError::RestoreUnfinished));
    assert!(!disk.files().contains(&"lineage".to_owned()));
}

#[test]
fn a_newer_backup_is_refused() {
    let mut bytes = archive(&[1, 2], true);
    bytes[8] = 2;
    let crc = crc32fast::hash(&bytes[..26]);
    bytes[26..30].copy_from_slice(&crc.to_le_bytes());
    let (_, result) = restored(&bytes);
    assert!(matches!(result, Err(RestoreError::Newer { found: 2 })), "{result:?}");
}
