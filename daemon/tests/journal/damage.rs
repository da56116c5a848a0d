//! Journals cut and flipped at every byte: what is lost, and that nothing else is.

use std::collections::BTreeMap;

use goxe_daemon::journal::disk::Disk;
use goxe_daemon::journal::recovery::{Note, RecoveryError, recover};
use goxe_daemon::journal::segment::{self, Content, Item, Scan};
use goxe_daemon::journal::{Corrupt, Lsn, ProjectId, StoreId};

use crate::mem_disk::MemDisk;
use crate::random::Random;
use crate::world::{Changes, INTERVAL, STORE, World, load, recovered, settings, small};

const FIRST: Lsn = Lsn(1);

/// Start and end of a record; its project and revision number, if it is a commit.
type Extent = (u64, u64, Option<(ProjectId, u64)>);

/// The records of a segment.
fn layout(disk: &MemDisk, first: Lsn) -> Vec<Extent> {
    let path = segment::path(first);
    let mut scan = Scan::new(disk, &path, disk.length(&path).unwrap(), STORE);
    let mut found = Vec::new();
    while let Some(item) = scan.step().unwrap() {
        match item {
            Item::Sound(sound) => {
                let identity = sound.header.identity;
                let owner = match sound.content {
                    Content::Change { .. } => Some((identity.project, identity.number)),
                    Content::Heads(_) => None,
                };
                found.push((sound.offset, sound.end(), owner));
            }
            Item::Damaged(damage) => panic!("{damage:?}"),
        }
    }
    found
}

fn states(world: &World) -> BTreeMap<ProjectId, Changes> {
    world.strands.iter().map(|(project, strand)| (*project, strand.changes())).collect()
}

#[test]
fn a_journal_cut_at_any_byte_keeps_the_whole_records_before_the_cut() {
    for closed in [false, true] {
        let disk = MemDisk::new(0);
        let states = states(&small(&disk, closed));
        let records = layout(&disk, FIRST);
        let length = disk.bytes(&segment::path(FIRST)).len();
        for cut in 0..length {
            let disk = disk.after_kill();
            disk.rot(&segment::path(FIRST), |bytes| bytes.truncate(cut));
            let found = recovered(&disk);
            for (project, whole) in &states {
                let kept = records
                    .iter()
                    .filter(|(_, end, owner)| {
                        *end <= cut as u64 && owner.is_some_and(|(of, _)| of == *project)
                    })
                    .count();
                let back = load(&disk, &found, *project);
                assert_eq!(back.state.0, whole.0[..kept], "cut at {cut}");
                assert_eq!(back.corrupt, None, "cut at {cut}");
            }
            // What was cut is cut for good, and the journal goes on.
            let again = recovered(&disk.after_kill());
            assert!(again.notes.is_empty(), "cut at {cut}: {:?}", again.notes);
        }
    }
}

#[test]
fn a_flip_at_any_byte_costs_one_project_its_later_revisions_and_nothing_else() {
    for closed in [false, true] {
        let disk = MemDisk::new(0);
        let states = states(&small(&disk, closed));
        let records = layout(&disk, FIRST);
        let path = segment::path(FIRST);
        for at in 0..disk.bytes(&path).len() {
            let disk = disk.after_kill();
            disk.rot(&path, |bytes| bytes[at] ^= 1 << (at % 8));
            let rotten = disk.bytes(&path);
            let found = recovered(&disk);
            let hit = records
                .iter()
                .find(|(start, end, _)| (*start..*end).contains(&(at as u64)))
                .and_then(|(start, _, owner)| owner.map(|owner| (*start, owner)));
            for (project, whole) in &states {
                let back = load(&disk, &found, *project);
                match hit {
                    Some((offset, (owner, number))) if owner == *project => {
                        let kept = usize::try_from(number).unwrap() - 1;
                        assert_eq!(back.state.0, whole.0[..kept], "flip at {at}");
                        let place = Corrupt { segment: FIRST, offset };
                        assert_eq!(back.corrupt, Some(place), "flip at {at}");
                    }
                    Some(_) | None => {
                        assert_eq!(back.state, *whole, "flip at {at}");
                        assert_eq!(back.corrupt, None, "flip at {at}");
                    }
                }
            }
            assert_eq!(disk.bytes(&path), rotten, "the file is kept");
        }
    }
}

#[test]
fn a_damaged_project_takes_no_edits_and_the_others_go_on() {
    let disk = MemDisk::new(0);
    small(&disk, true);
    let (offset, _, _) = layout(&disk, FIRST)[2];
    disk.rot(&segment::path(FIRST), |bytes| bytes[usize::try_from(offset).unwrap() + 60] ^= 4);
    let mut world = World::new(disk.after_kill(), settings(INTERVAL));
    let found = recovered(&world.disk);
    for project in [1, 2] {
        let back = load(&world.disk, &found, ProjectId(project));
        world.strands.entry(ProjectId(project)).or_default().head = back.revision;
        let append = world.prepare(ProjectId(project), b"more".to_vec()).unwrap();
        let outcome = world.core.append(vec![append], world.now).remove(0).outcome;
        assert_eq!(outcome.is_ok(), back.corrupt.is_none());
        assert_eq!(outcome.is_ok(), project == 2);
    }
    world.core.close().unwrap();
    let found = recovered(&world.disk.after_kill());
    let back = load(&world.disk, &found, ProjectId(2));
    assert_eq!((back.revision.number, back.corrupt), (5, None));
    assert!(load(&world.disk, &found, ProjectId(1)).corrupt.is_some());
}

/// Segments enough for some to be in the middle.
fn long(disk: &MemDisk) -> World {
    let mut world = World::new(disk.clone(), settings(INTERVAL));
    let mut random = Random::new(2);
    for round in 0..60 {
        // Project 1 is edited in the first segments only.
        let project = if round < 20 { 1 + round % 2 } else { 2 };
        let change = random.bytes(150);
        world.edit(project, &change);
    }
    world.core.close().unwrap();
    world
}

#[test]
fn records_missing_from_older_segments_are_noticed() {
    let disk = MemDisk::new(0);
    let states = states(&long(&disk));
    let segments: Vec<Lsn> =
        disk.list("journal").unwrap().iter().filter_map(|name| segment::parse_name(name)).collect();
    assert!(segments.len() >= 4, "{segments:?}");
    let (newest, older) = segments.split_last().unwrap();
    for first in older {
        for (start, _, _) in layout(&disk, *first) {
            let disk = disk.after_kill();
            let cut = usize::try_from(start).unwrap();
            disk.rot(&segment::path(*first), |bytes| bytes.truncate(cut));
            check_lost(&disk, &states, &layout_before(&disk, *newest, &segments));
        }
        let disk = disk.after_kill();
        disk.remove(&segment::path(*first)).unwrap();
        let left: Vec<Lsn> = segments.iter().copied().filter(|other| other != first).collect();
        check_lost(&disk, &states, &layout_before(&disk, *newest, &left));
    }
}

/// Records of each project that are still on disk.
fn layout_before(disk: &MemDisk, newest: Lsn, segments: &[Lsn]) -> BTreeMap<ProjectId, usize> {
    let mut counts = BTreeMap::new();
    for first in segments.iter().filter(|first| **first <= newest) {
        for (_, _, owner) in layout(disk, *first) {
            if let Some((project, _)) = owner {
                *counts.entry(project).or_default() += 1;
            }
        }
    }
    counts
}

fn check_lost(
    disk: &MemDisk,
    states: &BTreeMap<ProjectId, Changes>,
    left: &BTreeMap<ProjectId, usize>,
) {
    let found = recovered(disk);
    for (project, whole) in states {
        let back = load(disk, &found, *project);
        let complete = left.get(project).copied().unwrap_or_default() == whole.0.len();
        assert_eq!(back.corrupt.is_none(), complete, "{project}");
        assert!(whole.0.starts_with(&back.state.0), "{project}: a state that was never there");
        if complete {
            assert_eq!(back.state, *whole);
        }
    }
}

#[test]
fn a_zero_filled_end_is_torn_and_a_whole_record_that_went_bad_is_not() {
    let disk = MemDisk::new(0);
    small(&disk, false);
    let path = segment::path(FIRST);
    let (start, end, owner) = *layout(&disk, FIRST).last().unwrap();
    let (project, number) = owner.unwrap();
    let (start, end) = (usize::try_from(start).unwrap(), usize::try_from(end).unwrap());
    for from in start..end {
        let disk = disk.after_kill();
        disk.rot(&path, |bytes| bytes[from / 512 * 512..].fill(0));
        disk.rot(&path, |bytes| bytes.resize(bytes.len() + 700, 0));
        let found = recovered(&disk);
        let note = found.notes.first().unwrap();
        assert!(matches!(note, Note::TornTail { .. }), "{note:?}");
        assert_eq!(load(&disk, &found, project).corrupt, None);
    }
    disk.rot(&path, |bytes| bytes[start + 60] ^= 1);
    let found = recovered(&disk);
    let back = load(&disk, &found, project);
    assert_eq!((back.revision.number, back.corrupt.is_some()), (number - 1, true));
}

#[test]
fn a_torn_place_that_was_synced_is_damage() {
    let disk = MemDisk::new(0);
    small(&disk, true);
    let (start, end, owner) = layout(&disk, FIRST)[6];
    let (project, number) = owner.unwrap();
    let path = segment::path(FIRST);
    let (start, end) = (usize::try_from(start).unwrap(), usize::try_from(end).unwrap());
    // Header and payload are gone, the trailer still says whose they were.
    disk.rot(&path, |bytes| bytes[start..end - 36].fill(0));
    let found = recovered(&disk);
    let back = load(&disk, &found, project);
    assert_eq!((back.revision.number, back.corrupt.is_some()), (number - 1, true));
    assert!(!found.notes.iter().any(|note| matches!(note, Note::TornTail { .. })));
}

#[test]
fn other_stores_and_newer_formats_are_refused() {
    let refused = |disk: &MemDisk| recover(disk, STORE, &mut |_, _| {}).unwrap_err();
    let disk = MemDisk::new(0);
    small(&disk, true);
    let path = segment::path(FIRST);

    let foreign = disk.after_kill();
    let header = segment::Header { store: StoreId(1), first: FIRST, after: Lsn(0), voids: false };
    foreign.rot(&path, |bytes| {
        bytes.splice(..segment::HEADER_BYTES, header.encode());
    });
    assert!(matches!(refused(&foreign), RecoveryError::Foreign { found: StoreId(1), .. }));

    let newer = disk.after_kill();
    newer.rot(&path, |bytes| {
        bytes[8] = 2;
        let crc = crc32fast::hash(&bytes[..40]);
        bytes[40..44].copy_from_slice(&crc.to_le_bytes());
    });
    assert!(matches!(refused(&newer), RecoveryError::Newer { found: 2, .. }));

    let newer = disk.after_kill();
    newer.rot("lineage", |bytes| {
        bytes[8] = 3;
        let crc = crc32fast::hash(&bytes[..18]);
        bytes[18..].copy_from_slice(&crc.to_le_bytes());
    });
    assert!(matches!(refused(&newer), RecoveryError::Newer { found: 3, .. }));

    let restoring = disk.after_kill();
    restoring.create("restoring").unwrap();
    assert!(matches!(refused(&restoring), RecoveryError::RestoreUnfinished));
}

#[test]
fn a_lost_lineage_is_taken_from_the_segments() {
    let disk = MemDisk::new(0);
    small(&disk, true);
    for at in 0..disk.bytes("lineage").len() {
        let disk = disk.after_kill();
        disk.rot("lineage", |bytes| bytes[at] ^= 1);
        let found = recover(&disk, StoreId(77), &mut |_, _| {}).unwrap();
        assert_eq!(found.store, STORE);
    }
    disk.remove("lineage").unwrap();
    assert_eq!(recover(&disk, StoreId(77), &mut |_, _| {}).unwrap().store, STORE);
}

#[test]
fn whatever_is_done_to_the_segments_each_project_is_a_prefix() {
    let disk = MemDisk::new(0);
    let states = states(&long(&disk));
    let names = disk.list("journal").unwrap();
    for seed in 0..600 {
        let mut random = Random::new(seed);
        let disk = disk.after_kill();
        for _ in 0..random.below(4) + 1 {
            let path = format!("journal/{}", names[random.below(names.len())]);
            let length = disk.bytes(&path).len();
            let from = random.below(length + 1);
            let to = (from + random.below(700)).min(length);
            let noise = random.bytes(to - from);
            match random.below(6) {
                0 => disk.rot(&path, |bytes| bytes[from..to].copy_from_slice(&noise)),
                1 => disk.rot(&path, |bytes| bytes[from..to].fill(0)),
                2 => disk.rot(&path, |bytes| drop(bytes.drain(from..to))),
                3 => disk.rot(&path, |bytes| drop(bytes.splice(from..from, noise))),
                4 => disk.rot(&path, |bytes| bytes.extend_from_within(from..to)),
                _ => disk.rot(&path, |bytes| bytes.truncate(from)),
            }
        }
        let found = recovered(&disk);
        for (project, whole) in &states {
            let back = load(&disk, &found, *project);
            assert!(whole.0.starts_with(&back.state.0), "{project}, seed {seed}");
        }
        // And the journal goes on for those that are sound.
        let mut world = World::new(disk.after_kill(), settings(INTERVAL));
        for project in states.keys() {
            let back = load(&disk, &found, *project);
            world.strands.entry(*project).or_default().head = back.revision;
            let append = world.prepare(*project, b"more".to_vec()).unwrap();
            let outcome = world.core.append(vec![append], world.now).remove(0).outcome;
            assert_eq!(outcome.is_ok(), back.corrupt.is_none(), "{project}, seed {seed}");
        }
    }
}
