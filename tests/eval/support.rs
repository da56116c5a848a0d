//! What the end-to-end tests start from too: a place with a daemon of its own, clients, bridges.

#![allow(dead_code, reason = "the end-to-end tests need more of it")]

#[path = "../e2e/support/bridge.rs"]
pub mod bridge;
#[path = "../e2e/support/client.rs"]
pub mod client;
#[path = "../e2e/support/disk.rs"]
pub mod disk;
#[path = "../e2e/support/place.rs"]
pub mod place;
#[path = "../e2e/support/processes.rs"]
pub mod processes;
#[path = "../e2e/support/raw.rs"]
pub mod raw;
#[path = "../e2e/support/seed.rs"]
pub mod seed;
#[path = "../e2e/support/wait.rs"]
pub mod wait;

pub use place::Place;
