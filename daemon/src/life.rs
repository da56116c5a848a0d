//! The daemon as a process: lock, log, signs of life, what the service manager is told.

pub mod files;
mod identity;
pub mod lock;
pub mod log;
pub mod notify;
mod run;

pub use run::{Options, RunError, run};
