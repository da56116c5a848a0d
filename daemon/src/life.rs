//! The daemon as a process: lock, log, signs of life, what the service manager is told.

pub mod lock;
pub mod log;
pub mod notify;
pub mod vitals;
