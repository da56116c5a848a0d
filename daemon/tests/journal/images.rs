//! Images: flipped and cut at every byte, and what they let go of.

use goxe_daemon::journal::disk::Disk;
use goxe_daemon::journal::image::{self, ImageError};
use goxe_daemon::journal::recovery::{Note, RecoveryError, recover};
use goxe_daemon::journal::segment;
use goxe_daemon::journal::{Corrupt, ProjectId};

use crate::mem_disk::{Faults, MemDisk};
use crate::power_cut::Keep;
use crate::random::Random;
use crate::world::{INTERVAL, STORE, World, load, recovered, settings};

const PROJECT: ProjectId = ProjectId(7);

fn edits(world: &mut World, count: usize, bytes: usize) {
    let mut random = Random::new(world.serial);
    for _ in 0..count {
        let change = random.bytes(bytes);
        world.edit(PROJECT.0, &change);
    }
}

fn segments(disk: &MemDisk) -> usize {
    disk.list("journal").unwrap().iter().filter_map(|name| segment::parse_name(name)).count()
}

#[test]
fn an_image_flipped_or_cut_at_any_byte_is_unsound_and_the_rest_stands_in() {
    let mut world = World::new(MemDisk::new(0), settings(INTERVAL));
    edits(&mut world, 2, 20);
    world.save(PROJECT);
    edits(&mut world, 2, 20);
    world.save(PROJECT);
    edits(&mut world, 1, 20);
    let whole = world.strands[&PROJECT].changes();
    let path = image::path(PROJECT, 4);
    let length = world.disk.bytes(&path).len();
    for at in 0..2 * length {
        let disk = world.disk.after_kill();
        disk.rot(&path, |bytes| {
            if at < length {
                bytes[at] ^= 1 << (at % 8);
            } else {
                bytes.truncate(at - length);
            }
        });
        assert!(image::read(&disk, PROJECT, 4).is_err(), "change {at}");
        let found = recovered(&disk);
        let back = load(&disk, &found, PROJECT);
        assert_eq!(back.state, whole, "change {at}");
        assert_eq!((back.revision.number, back.corrupt), (5, None), "change {at}");
        assert_eq!(back.keys.len(), 5, "change {at}");
    }
}

#[test]
fn unsound_images_whose_records_are_gone_make_the_project_read_only() {
    let mut world = World::new(MemDisk::new(0), settings(INTERVAL));
    edits(&mut world, 2, 20);
    world.save(PROJECT);
    edits(&mut world, 60, 150);
    world.save(PROJECT);
    assert!(segments(&world.disk) < 3, "covered segments are gone");
    let whole = world.strands[&PROJECT].changes();
    let flip = |disk: &MemDisk, number, at| {
        disk.rot(&image::path(PROJECT, number), |bytes| bytes[at] ^= 1);
    };
    for at in [3, 90] {
        let disk = world.disk.after_kill();
        flip(&disk, 62, at);
        let found = recovered(&disk);
        let back = load(&disk, &found, PROJECT);
        assert_eq!(back.state.0, whole.0[..2], "the older image is the last sound revision");
        assert!(back.corrupt.is_some());
        flip(&disk, 2, at);
        let found = recovered(&disk);
        let back = load(&disk, &found, PROJECT);
        assert!(back.corrupt.is_some(), "an empty project must not look sound");
        assert!(back.state.0.is_empty());
    }
    // Without a single record left, too.
    let disk = world.disk.after_kill();
    for name in disk.list("journal").unwrap() {
        disk.remove(&format!("journal/{name}")).unwrap();
    }
    flip(&disk, 62, 3);
    flip(&disk, 2, 3);
    let found = recovered(&disk);
    assert!(matches!(found.notes[..], [Note::UnsoundImage { .. }, Note::UnsoundImage { .. }]));
    assert_eq!(load(&disk, &found, PROJECT).corrupt, Some(Corrupt::IMAGE));
}

#[test]
fn a_segment_goes_when_every_project_in_it_has_a_newer_image() {
    let mut world = World::new(MemDisk::new(0), settings(INTERVAL));
    world.edit(8, b"the other project");
    edits(&mut world, 60, 150);
    let before = segments(&world.disk);
    assert!(before >= 4, "{before} segments");
    world.save(PROJECT);
    let first = world.disk.list("journal").unwrap().remove(0);
    assert_eq!(segment::parse_name(&first).unwrap().0, 1, "project 8 holds the first one");
    assert_eq!(segments(&world.disk), 2, "and nobody those between");
    world.save(ProjectId(8));
    assert_eq!(segments(&world.disk), 1, "the newest stays");
    let disk = world.disk.after_kill();
    world.restart(disk, false);
    assert_eq!(world.core.locate(PROJECT).head.number, 60);
    edits(&mut world, 1, 20);
    assert_eq!(world.core.locate(PROJECT).head.number, 61);
}

#[test]
fn an_image_of_a_killed_process_is_synced_before_segments_go() {
    for dies_in in 0..20 {
        let mut world = World::new(MemDisk::new(0), settings(INTERVAL));
        edits(&mut world, 60, 150);
        world.edit(8, b"the other project");
        world.sync();
        world.disk.set_faults(Faults { dies_in: Some(dies_in), ..Faults::default() });
        world.save(PROJECT);
        let disk = world.disk.after_kill();
        world.restart(disk, false);
        // The image may be there, by a name that no sync has reached.
        world.edit(8, b"more");
        world.save(ProjectId(8));
        world.sync();
        for seed in 0..10 {
            // Removed names may stay and new ones be lost, each for itself.
            let disk = world.disk.after_power_cut(&mut Random::new(seed), Keep::Sectors);
            let found = recovered(&disk);
            for (project, strand) in &world.strands {
                let back = load(&disk, &found, *project);
                assert_eq!(back.state, strand.changes(), "killed at {dies_in}, seed {seed}");
            }
        }
    }
}

#[test]
fn only_the_newest_two_images_are_kept() {
    let mut world = World::new(MemDisk::new(0), settings(INTERVAL));
    for _ in 0..5 {
        edits(&mut world, 3, 20);
        world.save(PROJECT);
    }
    assert_eq!(image::list(&world.disk, PROJECT).unwrap(), [15, 12]);
    // One that could not be written leaves what is there alone.
    edits(&mut world, 3, 20);
    world.disk.set_faults(Faults { full: true, ..Faults::default() });
    world.save(PROJECT);
    world.disk.set_faults(Faults::default());
    assert_eq!(image::list(&world.disk, PROJECT).unwrap(), [15, 12]);
    let disk = world.disk.after_kill();
    world.restart(disk, false);
}

#[test]
fn a_purged_project_leaves_nothing() {
    let mut world = World::new(MemDisk::new(0), settings(INTERVAL));
    world.edit(8, b"the other project");
    edits(&mut world, 30, 150);
    world.edit(8, &[1; 2000]);
    world.save(PROJECT);
    world.save(ProjectId(8));
    world.core.purge(PROJECT);
    world.core.purge(ProjectId(8));
    assert_eq!(segments(&world.disk), 1);
    assert!(world.disk.files().iter().all(|path| !path.starts_with("images/")));
}

#[test]
fn a_newer_image_is_refused() {
    let mut world = World::new(MemDisk::new(0), settings(INTERVAL));
    edits(&mut world, 2, 20);
    world.save(PROJECT);
    world.disk.rot(&image::path(PROJECT, 2), |bytes| {
        bytes[8] = 2;
        let crc = crc32fast::hash(&bytes[..66]);
        bytes[66..70].copy_from_slice(&crc.to_le_bytes());
    });
    let read = image::read(&world.disk, PROJECT, 2);
    assert!(matches!(read, Err(ImageError::Newer { found: 2 })), "{read:?}");
    let refused = recover(&world.disk, STORE, &mut |_, _| {}).unwrap_err();
    assert!(matches!(refused, RecoveryError::Newer { found: 2, .. }));
}
