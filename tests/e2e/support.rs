//! What every subject starts from: a place with a daemon of its own, clients, bridges, seeds.

pub mod bridge;
pub mod client;
pub mod disk;
pub mod place;
pub mod processes;
pub mod raw;
pub mod seed;
pub mod wait;

pub use bridge::Bridge;
pub use client::Client;
pub use place::{Daemon, Place};
pub use raw::Raw;
pub use seed::{Rng, count, skip};
pub use wait::until;
