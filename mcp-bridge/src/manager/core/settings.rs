//! The manager's bounds and delays, each with its default.

/// Bounds and delays of the manager.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Start a daemon when there is none.
    pub autostart: bool,
    /// Replace a daemon that three probes judged bad.
    pub restart_bad: bool,
    /// Health older than this is asked for again before an operation.
    pub health_ms_max: u64,
    /// With a call in flight, a longer silence is asked about.
    pub silence_ms_max: u64,
    /// Probes without an answer that judge a daemon bad.
    pub probes_max: u32,
    /// Pause between two such probes.
    pub probe_gap_ms: u64,
    /// Longest time without progress until a start or a recovery is given up.
    pub progress_ms_max: u64,
    /// How often a recovering daemon is asked how far it is.
    pub recover_check_ms: u64,
    /// How often to look again while waiting, should a change of the endpoint file be missed.
    pub look_again_ms: u64,
    /// Longest wait for a daemon that drains without answering.
    pub drain_ms_max: u64,
    /// How long a cancelled call may take to answer.
    pub cancel_ms_max: u64,
    /// Pause before an edit's outcome is asked for once more.
    pub settle_ms: u64,
    /// The same where the daemon only needs a moment to be able to say it.
    pub moment_ms: u64,
    /// Time an edit in doubt is given, beyond its deadline, to learn what became of it.
    pub doubt_ms: u64,
    /// How often one read may be sent.
    pub read_sends_max: u32,
    /// A daemon that lived this long after it was ready did start.
    pub stable_ms: u64,
    /// Failed starts within `starts_window_ms` after which no more are tried.
    pub starts_max: u32,
    /// See `starts_max`.
    pub starts_window_ms: u64,
    /// Pause after the second failed start; doubles with each further one.
    pub backoff_ms: u64,
    /// Longest pause between two starts.
    pub backoff_ms_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            autostart: true,
            restart_bad: true,
            health_ms_max: 3_000,
            silence_ms_max: 1_000,
            probes_max: 3,
            probe_gap_ms: 250,
            progress_ms_max: 30_000,
            recover_check_ms: 200,
            look_again_ms: 500,
            drain_ms_max: 60_000,
            cancel_ms_max: 2_000,
            settle_ms: 500,
            moment_ms: 30,
            doubt_ms: 10_000,
            read_sends_max: 3,
            stable_ms: 30_000,
            starts_max: 5,
            starts_window_ms: 600_000,
            backoff_ms: 500,
            backoff_ms_max: 30_000,
        }
    }
}
