//! `[watchdog]`, `[shutdown]` and `[manager]`: how a daemon is started, watched and stopped.

use crate::schema::{Kind, section};

section! {
    /// The check that nothing inside the daemon is stuck.
    Watchdog "watchdog" {
        /// Time without progress that counts as stuck.
        stuck_ms: u64 = Kind::millis(1000, 600_000),
    }
}

section! {
    /// How the daemon stops.
    Shutdown "shutdown" {
        /// Time that running calls get to finish.
        drain_ms: u64 = Kind::millis(0, 600_000),
    }
}

section! {
    /// How clients start, watch and restart the daemon.
    Manager "manager" {
        /// Time within which a started daemon must answer, from its last progress.
        startup_ms: u64 = Kind::millis(1000, 600_000),
        /// Age at which a known good health is checked again.
        health_ms: u64 = Kind::millis(100, 300_000),
        /// Time within which a health check must be answered.
        probe_timeout_ms: u64 = Kind::millis(50, 60_000),
        /// Failed starts in a row before the manager gives up.
        restart_max: u32 = Kind::count(0, 100),
        /// Uptime after which a start counts as good.
        stable_ms: u64 = Kind::millis(1000, 3_600_000),
        /// Pause after the second failed start.
        backoff_ms_min: u64 = Kind::millis(1, 60_000),
        /// Longest pause between two starts.
        backoff_ms_max: u64 = Kind::millis(1, 600_000),
    }
}
