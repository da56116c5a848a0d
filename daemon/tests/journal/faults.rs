//! Disks that refuse: what is answered, what is left behind, how it goes on.

use std::io::ErrorKind;

use goxe_daemon::journal::blob;
use goxe_daemon::journal::disk::Disk;
use goxe_daemon::journal::segment::{self, Header};
use goxe_daemon::journal::writer::{Durability, Failure};
use goxe_daemon::journal::{ProjectId, StoreId};

use crate::mem_disk::{Faults, MemDisk};
use crate::power_cut::Keep;
use crate::random::Random;
use crate::world::{INTERVAL, World, load, recovered, settings};

const ONE: ProjectId = ProjectId(1);
const TWO: ProjectId = ProjectId(2);

fn outcomes(world: &mut World, projects: &[ProjectId]) -> Vec<Result<(), Failure>> {
    let batch =
        projects.iter().map(|project| world.prepare(*project, b"an edit".to_vec()).unwrap());
    let batch = batch.collect();
    let completions = world.core.append(batch, world.now);
    completions.into_iter().map(|completion| completion.outcome.map(drop)).collect()
}

fn headers(disk: &MemDisk) -> Vec<Header> {
    let names = disk.list("journal").unwrap();
    let firsts = names.iter().filter_map(|name| segment::parse_name(name));
    firsts
        .map(|first| Header::decode(&disk.bytes(&segment::path(first))).unwrap().unwrap())
        .collect()
}

#[test]
fn without_space_edits_fail_and_go_on_when_there_is_some() {
    for durability in [INTERVAL, Durability::Sync] {
        let disk = MemDisk::new(3);
        let mut world = World::new(disk.clone(), settings(durability));
        world.edit(1, b"first");
        world.edit(2, b"first");
        let before = disk.bytes(&segment::path(headers(&disk)[0].first));

        disk.set_faults(Faults { full: true, ..Faults::default() });
        let failed = outcomes(&mut world, &[ONE, ONE, TWO]);
        assert_eq!(failed, vec![Err(Failure::NoSpace); 3]);
        assert!(world.core.status().counters().degraded);
        let after = disk.bytes(&segment::path(headers(&disk)[0].first));
        assert_eq!(before, after, "the torn tail is cut");

        disk.set_faults(Faults::default());
        assert_eq!(outcomes(&mut world, &[ONE, TWO]), vec![Err(Failure::Above); 2]);
        world.core.reset(ONE, 1);
        let strand = world.strands.get_mut(&ONE).unwrap();
        (strand.head, strand.generation) = (strand.written(), 1);
        let mixed = outcomes(&mut world, &[TWO, ONE, ONE]);
        assert_eq!(mixed, [Err(Failure::Above), Ok(()), Ok(())]);
        assert!(!world.core.status().counters().degraded);

        // A record of the old generation that comes late is never written.
        world.strands.get_mut(&ONE).unwrap().generation = 0;
        assert_eq!(outcomes(&mut world, &[ONE]), [Err(Failure::Above)]);
    }
}

#[test]
fn a_record_that_does_not_follow_is_refused() {
    let mut world = World::new(MemDisk::new(0), settings(INTERVAL));
    world.edit(1, b"first");
    let written = world.strands[&ONE].written();
    let skipped = world.prepare(ONE, b"skipped".to_vec()).unwrap();
    assert_eq!(outcomes(&mut world, &[ONE]), [Err(Failure::OutOfOrder(written))]);
    let outcome = world.core.append(vec![skipped], world.now).remove(0).outcome;
    assert_eq!(outcome, Err(Failure::Above));
}

#[test]
fn a_failed_sync_fails_what_was_not_acknowledged_and_voids_it() {
    let disk = MemDisk::new(0);
    let mut world = World::new(disk.clone(), settings(Durability::Sync));
    world.edit(1, b"first");
    disk.set_faults(Faults { sync_fails_in: Some(0), ..Faults::default() });
    let failed = outcomes(&mut world, &[ONE, TWO]);
    assert!(failed.iter().all(|outcome| matches!(outcome, Err(Failure::Io(_)))), "{failed:?}");
    disk.set_faults(Faults::default());
    world.strands.values_mut().for_each(|strand| strand.failed = true);
    world.go_back();
    world.edit(1, b"second");
    world.edit(2, b"first of two");

    let headers = headers(&disk);
    assert_eq!(headers.len(), 2, "the next segment was begun");
    assert_eq!((headers[1].after, headers[1].voids), (headers[0].first, true));
    disk.check();
    let cut = disk.after_power_cut(&mut Random::new(1), Keep::Nothing);
    world.restart(cut, true);
}

#[test]
fn a_failed_sync_loses_nothing_that_was_acknowledged() {
    let disk = MemDisk::new(0);
    let mut world = World::new(disk.clone(), settings(INTERVAL));
    for edit in [b"one", b"two"] {
        world.edit(1, edit);
        world.edit(2, edit);
    }
    disk.set_faults(Faults { sync_fails_in: Some(0), ..Faults::default() });
    world.sync();
    assert_eq!(world.strands[&ONE].durable, 2, "carried over into a file that was synced");
    let located = world.core.locate(ONE);
    assert_eq!(located.head.number, 2);
    let second = headers(&disk)[1].first;
    let plan = located.index.plan(Default::default());
    assert!(plan.records.iter().all(|record| record.segment == second), "records moved");
    world.edit(1, b"three");
    let cut = disk.after_power_cut(&mut Random::new(1), Keep::Nothing);
    world.restart(cut, true);
    assert_eq!(world.strands[&ONE].acknowledged.len(), 2);
}

#[test]
fn a_disk_that_is_broken_for_a_while_keeps_what_was_acknowledged() {
    let disk = MemDisk::new(0);
    let mut world = World::new(disk.clone(), settings(INTERVAL));
    world.edit(1, b"one");
    disk.set_faults(Faults { broken: true, ..Faults::default() });
    assert!(world.core.sync(world.now).is_err());
    assert!(world.core.due().is_some(), "it is tried again");
    assert!(world.core.status().counters().degraded);
    assert!(matches!(outcomes(&mut world, &[ONE])[..], [Err(Failure::Io(_))]));
    let killed = disk.after_kill();
    assert_eq!(load(&killed, &recovered(&killed), ONE).revision.number, 1);

    disk.set_faults(Faults::default());
    world.sync();
    assert!(world.core.due().is_none());
    disk.check();
    let cut = disk.after_power_cut(&mut Random::new(1), Keep::Nothing);
    assert_eq!(load(&cut, &recovered(&cut), ONE).revision.number, 1);
}

#[test]
fn what_a_file_that_cannot_be_cut_holds_is_voided() {
    let disk = MemDisk::new(0);
    for seed in 0..20 {
        let disk = MemDisk::new(seed);
        let mut world = World::new(disk.clone(), settings(INTERVAL));
        world.edit(1, b"one");
        world.edit(2, b"one");
        let fails = Some((0, ErrorKind::Other));
        disk.set_faults(Faults {
            write_fails_in: fails,
            truncate_fails: true,
            ..Faults::default()
        });
        assert!(outcomes(&mut world, &[ONE, TWO, ONE]).iter().all(Result::is_err));
        world.strands.values_mut().for_each(|strand| strand.failed = true);
        let killed = disk.after_kill();
        world.restart(killed, false);
    }
    drop(disk);
}

#[test]
fn large_changes_are_blobs() {
    let disk = MemDisk::new(0);
    let mut world = World::new(disk.clone(), settings(Durability::Sync));
    let large = Random::new(5).bytes(5000);
    world.edit(1, b"small");
    world.edit(1, &large);
    world.edit(1, b"small again");
    let [id] = blob::list(&disk).unwrap()[..] else { panic!("one blob") };

    let cut = disk.after_power_cut(&mut Random::new(0), Keep::Nothing);
    let back = load(&cut, &recovered(&cut), ONE);
    assert_eq!(back.state.0[1], large);

    let path = format!("blobs/{id:016x}.blob");
    for spoil in [0, 1, 2] {
        let disk = disk.after_kill();
        match spoil {
            0 => disk.rot(&path, |bytes| bytes[17] ^= 1),
            1 => disk.rot(&path, |bytes| bytes.truncate(4999)),
            _ => disk.remove(&path).unwrap(),
        }
        let back = load(&disk, &recovered(&disk), ONE);
        assert_eq!((back.revision.number, back.corrupt.is_some()), (1, true));
    }

    // A blob whose record was never written is nobody's.
    let orphan = blob::Blobs::new(std::sync::Arc::new(disk.clone()), 900);
    orphan.write(&large).unwrap();
    assert_eq!(blob::list(&disk).unwrap().len(), 2);
    let found = recovered(&disk);
    assert_eq!(blob::list(&disk).unwrap(), [id]);
    assert_eq!(found.store, crate::world::STORE);

    // The blob goes with the last segment that names it.
    let disk = disk.after_kill();
    world.restart(disk.clone(), false);
    world.edit(1, b"in the next segment");
    world.save(ONE);
    assert!(blob::list(&disk).unwrap().is_empty());
}

#[test]
fn records_of_another_store_are_not_taken_for_ours() {
    let disk = MemDisk::new(0);
    let mut world = World::new(disk.clone(), settings(INTERVAL));
    world.edit(1, b"one");
    let draft = crate::world::draft(TWO, Default::default(), b"foreign".to_vec(), 99);
    let mut foreign = goxe_daemon::journal::record::encode(&draft, None, StoreId(5)).unwrap();
    let ticket = crate::world::Edit { change: vec![], serial: 99, revision: draft.after };
    foreign.project = TWO;
    let append = goxe_daemon::journal::writer::Append { record: foreign, generation: 0, ticket };
    world.core.append(vec![append], world.now);
    world.edit(1, b"two");
    let found = recovered(&disk.after_kill());
    assert!(!found.projects.contains_key(&TWO));
    let back = load(&disk, &found, ONE);
    assert_eq!((back.revision.number, back.corrupt), (2, None));
}
