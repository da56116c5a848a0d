//! The writer's counters, for reading by others.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::journal::Lsn;

/// Counters of the writer, for reading by others.
#[derive(Debug, Default)]
pub struct Status {
    pub(super) degraded: AtomicBool,
    pub(super) queued_bytes: AtomicUsize,
    pub(super) records: AtomicU64,
    pub(super) batches: AtomicU64,
    pub(super) syncs: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) segments: AtomicU64,
    pub(super) journal_bytes: AtomicU64,
    pub(super) written: AtomicU64,
    pub(super) durable: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// The last write or sync was refused.
    pub degraded: bool,
    /// Bytes of records that wait.
    pub queued_bytes: usize,
    /// Records written.
    pub records: u64,
    /// Batches written.
    pub batches: u64,
    /// Syncs done.
    pub syncs: u64,
    /// Writes and syncs refused.
    pub failures: u64,
    /// Segments on disk.
    pub segments: u64,
    /// Their bytes.
    pub journal_bytes: u64,
    /// The last record written.
    pub written: Lsn,
    /// The last record synced.
    pub durable: Lsn,
}

impl Status {
    /// The counters now.
    pub fn counters(&self) -> Counters {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            degraded: self.degraded.load(Ordering::Relaxed),
            queued_bytes: self.queued_bytes.load(Ordering::Relaxed),
            records: number(&self.records),
            batches: number(&self.batches),
            syncs: number(&self.syncs),
            failures: number(&self.failures),
            segments: number(&self.segments),
            journal_bytes: number(&self.journal_bytes),
            written: Lsn(number(&self.written)),
            durable: Lsn(number(&self.durable)),
        }
    }
}
