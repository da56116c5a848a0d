//! Random clients, lanes, disks and clocks, under a seed.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use goxe_daemon::journal::writer::Durability;
use goxe_daemon::limits::Limits;
use goxe_daemon::router::State;
use serde_json::json;

use crate::mem_disk::{Faults, MemDisk};
use crate::random::Random;
use crate::traffic::Traffic;
use crate::world::{World, limits, settings};

const SEEDS: u64 = 220;
const STEPS: usize = 300;

#[test]
fn every_call_gets_one_answer_and_every_answer_is_true() {
    if let Some(seed) = std::env::var("GOXE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()) {
        run(seed);
        return;
    }
    let seeds = std::env::var("GOXE_TEST_COUNT").ok().and_then(|seeds| seeds.parse().ok());
    let vox = vox();
    let mut records = 0;
    for seed in 0..seeds.unwrap_or(SEEDS) {
        match catch_unwind(AssertUnwindSafe(|| run_with(seed, &vox))) {
            Ok(count) => records += count,
            Err(panic) => {
                eprintln!("replay with GOXE_TEST_SEED={seed}");
                resume_unwind(panic);
            }
        }
    }
    assert!(records > 2_000, "only {records} records were written: the simulation idles");
}

/// A file to import.
fn vox() -> Vec<u8> {
    let mut world = World::new();
    let peer = world.connect();
    world.ask(peer, "project.create", json!({ "project": "a" }));
    let voxels = json!([{ "at": [1, 2, 3], "color": "#ff0000" }]);
    let edits = json!([{ "edit": "set", "voxels": voxels }]);
    world.ask(peer, "voxel.edit", json!({ "project": "a", "edits": edits })).result();
    let export = world.ask(peer, "project.export", json!({ "project": "a", "format": "vox" }));
    world.end();
    export.attachment.unwrap()
}

fn run(seed: u64) -> usize {
    run_with(seed, &vox())
}

fn run_with(seed: u64, vox: &[u8]) -> usize {
    let mut random = Random::new(seed);
    let durability = match random.one_in(2) {
        true => Durability::Sync,
        false => Durability::Interval(Duration::from_millis(50)),
    };
    let mut settings = settings(durability);
    settings.queue_max = [1, 5, 70, 1024][random.below(4)];
    settings.queue_bytes_max = if random.one_in(4) { 2000 } else { 1 << 20 };
    let mut world = World::starting(MemDisk::new(seed), small(&mut random), settings);
    let mut traffic = Traffic::new(vox);
    for _ in 0..STEPS {
        step(&mut world, &mut traffic, &mut random);
    }
    if random.one_in(4) {
        world.router.drain();
        for _ in 0..20 {
            step(&mut world, &mut traffic, &mut random);
        }
    }
    world.disk.set_faults(Faults::default());
    let records = world.oracle.records;
    world.end();
    records
}

/// Bounds that are reached.
fn small(random: &mut Random) -> Limits {
    let mut limits = limits();
    limits.in_flight_max = random.below(8) + 2;
    limits.lane_queue_max = random.below(40) + 4;
    limits.send_buffer_bytes_max = 4096 << random.below(6);
    limits.reply_bytes_max = if random.one_in(4) { 8 << 10 } else { 8 << 20 };
    limits.memory_bytes_max = if random.one_in(4) { 2 << 20 } else { 64 << 20 };
    limits.subscriptions_max = 2;
    limits.pinned_snapshots_max = random.below(4) + 1;
    limits.jobs_max = random.below(4) + 1;
    limits.blobs_max = 3;
    limits.projects_max = 8;
    limits.projects_bytes_max = if random.one_in(2) { 1 } else { 1 << 40 };
    limits.image_after_bytes = 200 << random.below(8);
    limits
}

fn step(world: &mut World, traffic: &mut Traffic, random: &mut Random) {
    let open: Vec<usize> =
        (0..world.clients.len()).filter(|&peer| world.clients[peer].open).collect();
    match random.below(32) {
        0..=9 if !open.is_empty() => {
            let peer = open[random.below(open.len())];
            traffic.send(world, random, peer);
        }
        0..=10 if open.len() < 5 => traffic.connect(world, random),
        11..=17 if !world.jobs.is_empty() => {
            // A lane takes the first job, and may be slower than the others.
            let index = random.below(world.jobs.len().min(3));
            world.run(index);
        }
        18..=21 => {
            for _ in 0..=random.below(4) {
                world.finish();
            }
        }
        22..=24 => world.turn(),
        25..=27 => {
            for _ in 0..=random.below(4) {
                world.complete();
            }
        }
        28 if random.one_in(3) && !open.is_empty() => {
            world.disconnect(open[random.below(open.len())]);
        }
        29 => fault(world, random),
        30 => {
            let long = random.one_in(4);
            world.pass(Duration::from_secs(if long { 3600 } else { 20 }));
        }
        31 => world.events_missed = random.below(3),
        _ => {}
    }
}

fn fault(world: &mut World, random: &mut Random) {
    if matches!(world.router.state, State::Recovering { .. }) {
        return;
    }
    let mut faults = Faults::default();
    match random.below(6) {
        0 => {
            let kinds = [ErrorKind::StorageFull, ErrorKind::Other];
            faults.write_fails_in = Some((random.below(4), kinds[random.below(kinds.len())]));
        }
        1 => faults.sync_fails_in = Some(random.below(4)),
        2 if random.one_in(3) => faults.full = true,
        _ => {}
    }
    world.disk.set_faults(faults);
}
