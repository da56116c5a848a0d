//! Guests of a daemon behind the real manager and the real server, in this process.
#![cfg(target_os = "linux")]
#![expect(clippy::panic, reason = "helpers of tests fail by panicking, as tests do")]

mod asks;
mod calls;
#[path = "../../examples/guest_host/host/mod.rs"]
mod host;
mod lists;
mod losses;
mod resources;
#[expect(dead_code, reason = "the other tests use all of it")]
#[path = "../tools/session.rs"]
mod session;
mod stage;
#[path = "../../examples/guest_host/suite/mod.rs"]
mod suite;

/// What [`session`] names of the other tests: a daemon that is not used here.
mod fake {
    pub use goxe_mcp_bridge::manager::Manager as Fake;
}
