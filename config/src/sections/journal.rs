//! `[journal]` and `[idempotency]`: how edits are kept, and how repeated requests are recognised.

use serde::Deserialize;

use crate::schema::{Kind, section};

section! {
    /// The journal that every edit is written to before it is answered.
    Journal "journal" {
        /// When an acknowledged edit survives a loss of power.
        durability: Durability = Kind::Choice(&["interval", "sync"]),
        /// Time between a write and its sync, with [`Durability::Interval`].
        sync_interval_ms: u64 = Kind::millis(1, 60_000),
        /// Size at which a new journal file is begun.
        segment_bytes: u64 = Kind::bytes(1 << 16, 1 << 30),
        /// Journal bytes of one project after which it is saved whole.
        image_after_bytes: u64 = Kind::bytes(1 << 16, 1 << 32),
        /// Edits that may wait for the journal.
        queue_max: usize = Kind::count(1, 65_536),
        /// Largest change written into the journal itself.
        change_inline_bytes_max: usize = Kind::bytes(4096, 1 << 26),
    }
}

/// When an acknowledged edit survives a loss of power. A crash of the daemon never loses one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// After `sync_interval_ms` at most.
    Interval,
    /// Always: every edit is synced before it is answered.
    Sync,
}

section! {
    /// Keys by which a repeated request gets its first answer.
    Idempotency "idempotency" {
        /// How long a key is remembered.
        keep_ms: u64 = Kind::millis(60_000, 2_592_000_000),
        /// Keys remembered for each project.
        keys_max: usize = Kind::count(16, 1_000_000),
    }
}
