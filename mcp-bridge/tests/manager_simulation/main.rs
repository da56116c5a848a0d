//! Many managers in one simulated world, under a seed: daemons that start slowly, crash, hang,
//! drain, recover; lost replies, links and events; clock jumps. Invariants after every step.
//!
//! `GOXE_TEST_SEED=n` replays one world.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this is test code, also what stands in files beside the tests"
)]

mod daemon;
mod plan;
mod random;
mod world;
mod world_calls;
mod world_checks;
mod world_daemons;

use std::collections::BTreeMap;

use goxe_mcp_bridge::manager::core::{CallKind, Outcome};
use plan::Plan;
use random::Random;
use world::World;

const SEEDS: u64 = 256;
const FAULTY_MS: u64 = 90_000;
/// Longer than the window of the budget.
const HEALING_MS: u64 = 700_000;

fn run(seed: u64) -> BTreeMap<String, u64> {
    let mut random = Random::new(seed);
    let plan = Plan::draw(&mut random);
    let mut world = World::new(seed, plan.clone());
    for _ in 0..random.between(10, 60) {
        let at_ms = random.between(0, FAULTY_MS);
        let manager = usize::try_from(random.between(0, plan.managers - 1)).expect("small");
        let kind = match random.between(0, 9) {
            0 if random.percent(30) => CallKind::Start,
            0 => CallKind::Ensure,
            1..=4 => CallKind::Read,
            _ => CallKind::Edit,
        };
        let time_ms =
            [500, 5_000, 30_000, 120_000][usize::try_from(random.between(0, 3)).expect("small")];
        world.plan_call(at_ms, manager, kind, time_ms);
    }
    world.plan_faults(FAULTY_MS);
    world.run_until(FAULTY_MS);
    world.cure();
    world.run_until(FAULTY_MS + HEALING_MS);
    // Whatever happened: every manager that lives can still be given a daemon.
    let last = world.ensure_all(300_000);
    world.run_until(world.now_ms() + 400_000);
    for key in last {
        assert_eq!(world.outcome(key), Some(&Outcome::Done), "seed {seed}: no daemon at the end");
    }
    world.check_end();
    world.tally
}

/// Unless all of this happened in some world, the simulation proves less than it says.
const MUST_HAPPEN: [&str; 20] = [
    "AskOutcome",
    "AskServiceManager",
    "Attached",
    "Cancel",
    "Cancelled",
    "Close",
    "Deadline",
    "Done",
    "EndStart",
    "Exhausted",
    "Full",
    "HealthCheck",
    "KeepsFalling",
    "Kill",
    "NeverApplied",
    "Restarted",
    "StartFailed",
    "Stopped",
    "ServiceManagerRefused",
    "Unknown Deadline",
];

#[test]
fn every_world_keeps_the_promises() {
    if let Ok(seed) = std::env::var("GOXE_TEST_SEED") {
        let seed = seed.parse().expect("GOXE_TEST_SEED is a number");
        world::trace(true);
        run(seed);
        return;
    }
    let mut tally = BTreeMap::<String, u64>::new();
    for seed in 0..SEEDS {
        let Ok(counts) = std::panic::catch_unwind(|| run(seed)) else {
            panic!("world {seed} broke a promise: replay it with GOXE_TEST_SEED={seed}");
        };
        for (name, count) in counts {
            *tally.entry(name).or_default() += count;
        }
    }
    println!("{tally:#?}");
    for name in MUST_HAPPEN {
        assert!(tally.contains_key(name), "{name} never happened");
    }
}

#[test]
fn twenty_managers_at_the_same_instant_start_one_daemon() {
    for seed in 0..64 {
        let mut world = World::new(seed, Plan { recovers: 30, ..Plan::healthy(20) });
        let keys: Vec<_> =
            (0..20).map(|manager| world.call_now(manager, CallKind::Edit, 600_000)).collect();
        world.run_until(700_000);
        assert_eq!(world.starts(), 1, "seed {seed}");
        for key in keys {
            assert_eq!(world.outcome(key), Some(&Outcome::Done), "seed {seed}");
        }
        world.check_end();
    }
}

#[test]
fn twenty_managers_wait_for_a_draining_daemon_and_start_one() {
    for seed in 0..64 {
        let mut world = World::new(seed, Plan::healthy(20));
        world.call_now(0, CallKind::Ensure, 60_000);
        world.run_until(10_000);
        world.drain(8_000);
        let keys: Vec<_> =
            (0..20).map(|manager| world.call_now(manager, CallKind::Edit, 60_000)).collect();
        world.run_until(100_000);
        assert_eq!(world.starts(), 2, "seed {seed}");
        for key in keys {
            assert_eq!(world.outcome(key), Some(&Outcome::Done), "seed {seed}");
        }
        world.check_end();
    }
}
