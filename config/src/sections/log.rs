//! `[log]` and `[lanes]`: what the daemon writes down, and the threads it works with.

use std::path::PathBuf;

use serde::Deserialize;

use crate::schema::{Kind, section};

section! {
    /// The daemon's log.
    Log "log" {
        /// The least important messages that are written.
        level: LogLevel = Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        /// How a message is written.
        format: LogFormat = Kind::Choice(&["json", "text"]),
        /// The current log file: the platform's where nobody chose one.
        file: PathBuf = Kind::Path,
        /// Size at which a new file is begun.
        size_bytes_max: u64 = Kind::bytes(4096, 1 << 30),
        /// Files kept, the current one included.
        files_max: usize = Kind::count(1, 1000),
        /// Size of all log files together.
        total_bytes_max: u64 = Kind::bytes(4096, 1 << 40),
    }
}

/// Importance of a log message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Plain lines for people.
    Text,
}

section! {
    /// The threads that run calls beside the event loop.
    Lanes "lanes" {
        /// Number of threads as configured; [`Lanes::threads`] resolves 0.
        count: usize = Kind::count(0, 256),
        /// Calls of all peers that may wait for a thread.
        queue_max: usize = Kind::count(1, 65_536),
    }
}

impl Lanes {
    /// Number of threads on a host with that many processors: never below 3, because long calls
    /// leave one to short calls and another to those between.
    pub fn threads(&self, processors: usize) -> usize {
        if self.count == 0 { processors.clamp(3, 256) } else { self.count }
    }
}
