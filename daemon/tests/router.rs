//! The router with everything around it played by the test: peers, lanes, journal, disk, clock.
//!
//! `GOXE_TEST_SEED=N cargo test -p goxe-daemon --test router` replays one seed of the simulation.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; clippy only exempts the test functions themselves"
)]

#[path = "router/cases.rs"]
mod cases;
#[path = "router/client.rs"]
mod client;
#[path = "journal/mem_disk.rs"]
#[expect(dead_code, reason = "the journal's tests use the rest")]
mod mem_disk;
#[path = "router/oracle.rs"]
mod oracle;
#[path = "journal/power_cut.rs"]
#[expect(dead_code, reason = "the journal's tests use it; here no power goes")]
mod power_cut;
#[path = "journal/random.rs"]
mod random;
#[path = "router/simulation.rs"]
mod simulation;
#[path = "router/traffic.rs"]
mod traffic;
#[path = "router/world.rs"]
mod world;
