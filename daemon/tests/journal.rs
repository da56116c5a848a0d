//! The journal under faults: disks that fail, power that goes, files that rot.
//!
//! `GOXE_TEST_SEED=N cargo test -p goxe-daemon --test journal` replays one seed of the simulation.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; clippy only exempts the test functions themselves"
)]

#[path = "journal/backup.rs"]
mod backup;
#[path = "journal/damage.rs"]
mod damage;
#[path = "journal/faults.rs"]
mod faults;
#[path = "journal/images.rs"]
mod images;
#[path = "journal/mem_disk.rs"]
mod mem_disk;
#[path = "journal/power_cut.rs"]
mod power_cut;
#[path = "journal/random.rs"]
mod random;
#[path = "journal/simulation.rs"]
mod simulation;
#[path = "journal/thread.rs"]
mod thread;
#[path = "journal/world.rs"]
mod world;
