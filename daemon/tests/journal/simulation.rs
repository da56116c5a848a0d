//! Random edits, faults, kills and losses of power against what the callers were told.

use std::io::ErrorKind;
use std::time::Duration;

use goxe_daemon::journal::ProjectId;
use goxe_daemon::journal::writer::Durability;

use crate::mem_disk::{Faults, MemDisk};
use crate::power_cut::Keep;
use crate::random::Random;
use crate::world::{INTERVAL, World, settings};

const SEEDS: u64 = 150;
const LIVES: usize = 8;
const PROJECTS: usize = 4;

#[test]
fn what_is_acknowledged_survives() {
    if let Some(seed) = std::env::var("GOXE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()) {
        run(seed);
        return;
    }
    let mut answered = 0;
    for seed in 0..SEEDS {
        match std::panic::catch_unwind(|| run(seed)) {
            Ok(count) => answered += count,
            Err(panic) => {
                eprintln!("replay with GOXE_TEST_SEED={seed}");
                std::panic::resume_unwind(panic);
            }
        }
    }
    assert!(answered > 5_000, "only {answered} edits were answered: the simulation idles");
}

fn run(seed: u64) -> usize {
    let mut random = Random::new(seed);
    let durability = if random.one_in(2) { Durability::Sync } else { INTERVAL };
    let disk = MemDisk::new(seed);
    let mut world = World::new(disk, settings(durability));
    for _ in 0..LIVES {
        live(&mut world, &mut random);
        let (disk, cut) = match random.below(4) {
            0 => (world.disk.after_kill(), false),
            1 => (world.disk.after_power_cut(&mut random, Keep::Nothing), true),
            2 => (world.disk.after_power_cut(&mut random, Keep::Prefix), true),
            _ => (world.disk.after_power_cut(&mut random, Keep::Sectors), true),
        };
        world.restart(disk, cut);
        if random.one_in(3) {
            // A kill in the midst of the recovery, then the recovery again.
            let disk = world.disk.after_kill();
            world.restart(disk, false);
        }
    }
    world.answered
}

/// One process, until it is killed or has done enough.
fn live(world: &mut World, random: &mut Random) {
    let faulty = random.one_in(2);
    if random.one_in(2) {
        let dies_in = Some(random.below(120));
        world.disk.set_faults(Faults { dies_in, ..Faults::default() });
    }
    for _ in 0..random.below(60) {
        if world.disk.is_dead() {
            return;
        }
        match random.below(12) {
            0..=6 => edits(world, random),
            7 => world.sync(),
            8 => {
                world.now += Duration::from_millis(60);
                if world.core.due().is_some_and(|due| due <= world.now) {
                    world.sync();
                }
            }
            9 => save(world, random),
            10 if faulty => fault(world, random),
            _ => world.go_back(),
        }
    }
    if !world.disk.is_dead() && random.one_in(4) {
        // A clean end: everything acknowledged is durable.
        if world.core.close().is_ok() && !world.disk.is_dead() {
            for strand in world.strands.values_mut() {
                strand.durable = strand.acknowledged.len();
            }
        }
    }
}

/// A batch of edits of some projects. Strands that have not heard of a failure yet go on.
fn edits(world: &mut World, random: &mut Random) {
    let mut batch = Vec::new();
    for _ in 0..random.below(6) + 1 {
        let project = ProjectId(u32::try_from(random.below(PROJECTS)).unwrap());
        let length = match random.below(12) {
            0 => 1501 + random.below(2000),
            1 => 600 + random.below(900),
            _ => random.below(200),
        };
        let change = if random.one_in(8) { vec![0; length] } else { random.bytes(length) };
        batch.extend(world.prepare(project, change));
    }
    world.append(batch);
    if random.one_in(2) {
        world.go_back();
    }
}

fn save(world: &mut World, random: &mut Random) {
    let saved: Vec<ProjectId> = world.strands.keys().copied().collect();
    if let Some(project) = saved.get(random.below(saved.len())) {
        world.save(*project);
    }
}

fn fault(world: &mut World, random: &mut Random) {
    let kinds = [ErrorKind::StorageFull, ErrorKind::Other, ErrorKind::WriteZero];
    let mut faults = Faults::default();
    match random.below(6) {
        0 => {
            let kind = kinds[random.below(kinds.len())];
            faults.write_fails_in = Some((random.below(4), kind));
        }
        1 => faults.sync_fails_in = Some(random.below(4)),
        2 => {
            faults.write_fails_in = Some((random.below(3), ErrorKind::Other));
            faults.truncate_fails = true;
        }
        3 => faults.full = true,
        4 => faults.broken = true,
        _ => {}
    }
    // What fails while files cannot be cut may come back, until a write succeeds.
    world.uncertain = faults.broken || faults.truncate_fails;
    faults.dies_in = random.one_in(4).then(|| random.below(60));
    world.disk.set_faults(faults);
}
