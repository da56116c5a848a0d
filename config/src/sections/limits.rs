//! `[limits]`: what one peer, and all peers together, may ask of the daemon.

use crate::schema::{Kind, section};

section! {
    /// What one peer, and all peers together, may ask of the daemon.
    Limits "limits" {
        /// Largest payload of one frame, in either direction.
        frame_bytes_max: usize = Kind::bytes(1 << 16, 1 << 30),
        /// How deep arrays and objects of a message may nest.
        json_depth_max: usize = Kind::count(8, 120),
        /// Members of one JSON-RPC batch.
        batch_items_max: usize = Kind::count(1, 65_536),
        /// Unanswered calls of one peer.
        in_flight_max: usize = Kind::count(1, 4096),
        /// Long calls of one peer that wait or run.
        long_calls_max: usize = Kind::count(1, 4096),
        /// Connected peers.
        peers_max: usize = Kind::count(1, 65_536),
        /// Unsent bytes of one peer above which it is not read.
        send_buffer_bytes_max: usize = Kind::bytes(1 << 16, 1 << 30),
        /// Time within which a begun frame must be complete.
        partial_frame_ms_max: u64 = Kind::millis(100, 3_600_000),
        /// Time after which an idle peer is closed; 0 is never.
        idle_ms_max: u64 = Kind::millis(0, 604_800_000),
        /// Largest answer, attachment included.
        reply_bytes_max: usize = Kind::bytes(1 << 16, 1 << 30),
        /// Memory of all peers together: messages that arrive, calls, answers and what is kept for them.
        memory_bytes_max: usize = Kind::bytes(1 << 20, 1 << 40),
        /// Memory of one peer; one call alone may take more.
        peer_bytes_max: usize = Kind::bytes(1 << 18, 1 << 40),
        /// How long an answer may wait without its peer taking a byte of it.
        send_ms_max: u64 = Kind::millis(100, 3_600_000),
        /// Subscriptions of one peer.
        subscriptions_max: usize = Kind::count(0, 4096),
        /// Old states that open listings hold at the same time.
        pinned_snapshots_max: usize = Kind::count(1, 4096),
        /// Memory of old states that open listings hold; what they share with newer ones counts.
        pinned_bytes_max: u64 = Kind::bytes(1 << 20, 1 << 40),
        /// How long a listing may hold an old state.
        pinned_ms_max: u64 = Kind::millis(1000, 86_400_000),
        /// Jobs that run, wait or are kept for their result.
        jobs_max: usize = Kind::count(1, 65_536),
        /// Memory of the results that finished jobs keep, all together.
        job_bytes_max: usize = Kind::bytes(1 << 20, 1 << 40),
        /// How long a finished job is kept.
        job_keep_ms: u64 = Kind::millis(1000, 604_800_000),
        /// Largest blob.
        blob_bytes_max: u64 = Kind::bytes(1 << 16, 1 << 40),
        /// Blobs that exist at the same time.
        blobs_max: usize = Kind::count(1, 65_536),
    }
}
