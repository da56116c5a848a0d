//! The pulse: since when the journal has been in its current call to the disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Idle, or in a call since a moment. The journal is stuck when its call is older than is allowed.
#[derive(Debug)]
pub struct Pulse {
    base: Instant,
    /// Microseconds after `base`, plus one; 0 is idle.
    call_started: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { base: Instant::now(), call_started: AtomicU64::new(0) }
    }
}

impl Pulse {
    /// When the current call to the disk was begun; none when the journal is idle.
    pub fn current_call_started(&self) -> Option<Instant> {
        let started = self.call_started.load(Ordering::Acquire).checked_sub(1)?;
        self.base.checked_add(Duration::from_micros(started))
    }

    /// Runs one call to the disk under the eyes of the watchdog.
    pub(super) fn during<R>(&self, call: impl FnOnce() -> R) -> R {
        let started = u64::try_from(self.base.elapsed().as_micros()).unwrap_or(u64::MAX - 1);
        self.call_started.store(started.saturating_add(1), Ordering::Release);
        let result = call();
        self.call_started.store(0, Ordering::Release);
        result
    }
}
