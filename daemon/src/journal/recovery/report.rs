//! What recovery has to report: for the log, and instead of a start.

use std::io;

use thiserror::Error;

use crate::journal::{Corrupt, FORMAT, Lsn, ProjectId, StoreId};

/// Something for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The newest segment was cut: its end was torn when the power went.
    TornTail {
        /// Where.
        at: Corrupt,
        /// What was cut.
        bytes: u64,
    },
    /// A record is damaged.
    Damaged {
        /// Whose it was, if that is known.
        project: Option<ProjectId>,
        /// Where.
        at: Corrupt,
    },
    /// Both copies of a segment's header are unreadable; its records were read without it.
    HeaderLost {
        /// The segment.
        segment: Lsn,
    },
    /// An image is unsound; an older one and the records stand in.
    UnsoundImage {
        /// Whose.
        project: ProjectId,
        /// Which.
        number: u64,
        /// Why.
        reason: String,
    },
}

/// Why a data folder cannot be used.
#[derive(Debug, Error)]
pub enum RecoveryError {
    /// A newer goxe wrote in it.
    #[error("{path} was written by a newer goxe (format {found}, this one reads up to {FORMAT})")]
    Newer {
        /// The file.
        path: String,
        /// The format it names.
        found: u16,
    },
    /// A file of another data folder.
    #[error("{path} belongs to store {found}, this data folder is store {expected}")]
    Foreign {
        /// The file.
        path: String,
        /// The store it names.
        found: StoreId,
        /// The store of the folder.
        expected: StoreId,
    },
    /// A restore did not finish.
    #[error("a restore into this data folder did not finish: empty the folder and restore again")]
    RestoreUnfinished,
    /// The disk does not do it.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the disk said.
        source: io::Error,
    },
}
