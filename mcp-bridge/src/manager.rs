//! The daemon manager: finds the daemon of a data folder, starts it, probes it, heals it, and sees
//! every call through to exactly one outcome.

pub mod core;
