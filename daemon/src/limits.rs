//! Every bound of the daemon that concerns peers and calls, in one plain value.

use std::time::Duration;

use goxe_config::Config;
use goxe_protocol::{inbound::InboundLimits, rpc::RpcLimits};

/// The bounds, as the configuration sets them.
#[derive(Clone, Debug)]
pub struct Limits {
    /// What a peer may send.
    pub inbound: InboundLimits,
    /// What one payload may be.
    pub rpc: RpcLimits,
    /// Unanswered calls of one peer; beyond that it is not read.
    pub in_flight_max: usize,
    /// Connected peers.
    pub peers_max: usize,
    /// Unsent bytes of one peer; beyond that it is not read.
    pub send_buffer_bytes_max: usize,
    /// Time in which a begun message must be complete.
    pub partial_frame_max: Duration,
    /// Time after which a peer without calls is closed.
    pub idle_max: Option<Duration>,
    /// Bytes of one answer.
    pub reply_bytes_max: usize,
    /// Partial frames, queued calls and unsent answers of all peers.
    pub memory_bytes_max: usize,
    /// Subscriptions of one peer.
    pub subscriptions_max: usize,
    /// Old snapshots that paging cursors keep.
    pub pinned_snapshots_max: usize,
    /// Memory of those snapshots; what they share with newer ones counts.
    pub pinned_bytes_max: u64,
    /// How long a cursor keeps its snapshot.
    pub pinned_max: Duration,
    /// Background jobs, finished ones included.
    pub jobs_max: usize,
    /// Bytes of the replies that finished jobs keep, all together.
    pub job_bytes_max: usize,
    /// How long a finished job keeps its reply.
    pub job_keep: Duration,
    /// Bytes of one blob.
    pub blob_bytes_max: u64,
    /// Blobs at a time.
    pub blobs_max: usize,
    /// Calls of all peers that are not answered, beyond which each has its part.
    pub lane_queue_max: usize,
    /// Long calls of one peer that wait or run.
    pub long_calls_max: usize,
    /// Memory that one peer may hold.
    pub peer_bytes_max: usize,
    /// How long a peer may leave an answer without taking a byte of it.
    pub send_max: Duration,
    /// Projects in all, trash included.
    pub projects_max: usize,
    /// Memory of all loaded projects.
    pub projects_bytes_max: u64,
    /// How long a deleted project can be restored.
    pub trash_keep_ms: u64,
    /// Pixels of one picture.
    pub render_pixels_max: u64,
    /// Bytes of journal after which a project is saved whole.
    pub image_after_bytes: u64,
    /// How long a draining daemon lets calls finish.
    pub drain: Duration,
}

/// Bytes of the hello that must come first where a token is asked for.
pub const HELLO_BYTES_MAX: u32 = 64 << 10;

/// JSON up to here is parsed on the loop. A parse takes about 0.1 us a KiB, and handing a message
/// to a lane and back about 30 us, so that smaller messages would only wait.
pub const PARSE_ON_LOOP_BYTES_MAX: usize = 512 << 10;

impl Limits {
    /// The bounds that `config` sets.
    pub fn new(config: &Config) -> Self {
        let limits = &config.limits;
        let ms = Duration::from_millis;
        Limits {
            inbound: InboundLimits {
                payload_bytes_max: u32::try_from(limits.frame_bytes_max).unwrap_or(u32::MAX),
                line_bytes_max: limits.frame_bytes_max,
            },
            rpc: RpcLimits {
                depth_max: limits.json_depth_max,
                batch_items_max: limits.batch_items_max,
            },
            in_flight_max: limits.in_flight_max,
            peers_max: limits.peers_max,
            send_buffer_bytes_max: limits.send_buffer_bytes_max,
            partial_frame_max: ms(limits.partial_frame_ms_max),
            idle_max: Some(ms(limits.idle_ms_max)).filter(|idle| !idle.is_zero()),
            reply_bytes_max: limits.reply_bytes_max,
            memory_bytes_max: limits.memory_bytes_max,
            subscriptions_max: limits.subscriptions_max,
            pinned_snapshots_max: limits.pinned_snapshots_max,
            pinned_bytes_max: limits.pinned_bytes_max,
            pinned_max: ms(limits.pinned_ms_max),
            jobs_max: limits.jobs_max,
            job_bytes_max: limits.job_bytes_max,
            job_keep: ms(limits.job_keep_ms),
            blob_bytes_max: limits.blob_bytes_max,
            blobs_max: limits.blobs_max,
            lane_queue_max: config.lanes.queue_max,
            long_calls_max: limits.long_calls_max,
            peer_bytes_max: limits.peer_bytes_max,
            send_max: ms(limits.send_ms_max),
            projects_max: config.engine.projects_max,
            projects_bytes_max: config.engine.projects_bytes_max,
            trash_keep_ms: config.engine.trash_keep_ms,
            render_pixels_max: config.engine.render_pixels_max,
            image_after_bytes: config.journal.image_after_bytes,
            drain: ms(config.shutdown.drain_ms),
        }
    }

    /// The largest file that is made of a project. It is made in memory.
    pub fn export_bytes_max(&self) -> usize {
        self.memory_bytes_max / 2
    }
}
