//! The journal writer: one thread that owns the segments and answers in journal order.
//!
//! Edits are encoded where they are made and handed over through one bounded queue. The thread takes
//! all that waits as one batch, writes it with one call, syncs it if asked, and only then says so.
//!
//! After a failure for a project nothing above it can be written: every further record of it fails
//! too, until its owner has gone back to the last written revision and said so with
//! [`Appender::reset`]. The records it sends then carry the new generation.

mod appender;
mod core;
mod gates;
mod pulse;
mod retention;
mod status;
mod tail;
mod turns;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use thiserror::Error;

use super::blob::Blobs;
use super::disk::Disk;
use super::image::ImageHeader;
use super::index::ProjectIndex;
use super::recovery::Recovered;
use super::{Corrupt, Lsn, ProjectId, Revision, StoreId};

pub use self::core::{Append, Core};
pub use appender::{Appender, EncodeError, RejectReason, Rejected};
pub use pulse::Pulse;
pub use status::{Counters, Status};
pub use turns::Writer;

/// When an acknowledged edit survives a loss of power. A crash of the process never loses one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// Always: a batch is synced before it is acknowledged.
    Sync,
    /// After this time at most, or as soon as the journal has nothing to do.
    Interval(Duration),
}

/// Limits of the writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// When edits are synced.
    pub durability: Durability,
    /// Length at which a segment is closed.
    pub segment_bytes: u64,
    /// Largest change inside a record; a larger one becomes a blob.
    pub change_inline_bytes_max: usize,
    /// Messages that may wait.
    pub queue_max: usize,
    /// Bytes of records that may wait.
    pub queue_bytes_max: usize,
}

/// What became of a record, delivered in journal order.
#[derive(Debug)]
pub struct Completion<T> {
    /// What was handed over with it.
    pub ticket: T,
    /// The project.
    pub project: ProjectId,
    /// The revision that it makes.
    pub revision: Revision,
    /// The generation it carried.
    pub generation: u32,
    /// Bytes it takes in journal and blobs.
    pub bytes: u64,
    /// Its place in the journal, or why it is not there.
    pub outcome: Result<Lsn, Failure>,
}

impl<T> Completion<T> {
    fn of(append: Append<T>, outcome: Result<Lsn, Failure>) -> Self {
        let record = append.record;
        let blob_bytes = record.blob.map_or(0, |blob| blob.length);
        Self {
            ticket: append.ticket,
            project: record.project,
            revision: record.after,
            generation: append.generation,
            bytes: blob_bytes.saturating_add(record.bytes.len() as u64),
            outcome,
        }
    }
}

/// Outcomes of one batch.
pub type Completions<T> = Vec<Completion<T>>;

/// Why a record is not in the journal. Nothing of it will come back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// No space is left. Edits go on when there is some.
    #[error("no space left for the journal")]
    NoSpace,
    /// The disk refused.
    #[error("the journal cannot be written: {0}")]
    Io(String),
    /// An edit below this one failed.
    #[error("an edit before this one could not be journaled")]
    Above,
    /// It does not follow the last written revision, which is given.
    #[error("the journal is at revision {0}, which this edit does not follow")]
    OutOfOrder(Revision),
    /// The project is read-only: its journal is damaged.
    #[error("the project's journal is damaged in {0}")]
    Corrupt(Corrupt),
}

impl Failure {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            _ => Self::Io(error.to_string()),
        }
    }
}

/// The journal is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the journal is closed")]
pub struct Closed;

/// What the journal holds of a project, and whether it may be edited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located {
    /// Images and records.
    pub index: ProjectIndex,
    /// The last written revision.
    pub head: Revision,
}

enum Message<T> {
    Append(Append<T>),
    Reset { project: ProjectId, generation: u32 },
    ImageDone(ImageHeader),
    Purge(ProjectId),
    Locate { project: ProjectId, reply: Sender<Located> },
    Flush { reply: Sender<Result<(), Failure>> },
    Close { reply: Sender<Result<(), Failure>> },
}

/// The running journal. Closing it syncs what is there and ends its thread.
pub struct Journal<T> {
    handle: Appender<T>,
    thread: JoinHandle<()>,
}

struct Shared {
    store: StoreId,
    settings: Settings,
    blobs: Blobs,
    status: Arc<Status>,
    pulse: Arc<Pulse>,
}

impl<T: Send + 'static> Journal<T> {
    /// Starts the writer on what recovery found. `completions` is called on the journal's thread,
    /// in journal order; it must not wait for anybody who waits for the journal.
    pub fn spawn(
        disk: Arc<dyn Disk>,
        recovered: Recovered,
        settings: Settings,
        mut completions: Box<dyn FnMut(Completions<T>) + Send>,
    ) -> io::Result<Self> {
        let (mut writer, handle) = Writer::new(disk, recovered, settings);
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run(&mut *completions))?;
        Ok(Self { handle, thread })
    }

    /// A handle for others.
    pub fn handle(&self) -> Appender<T> {
        self.handle.clone()
    }

    /// Writes what waits, syncs, ends the thread. What is handed over later is refused.
    pub fn close(self) -> Result<(), Failure> {
        let (reply, answer) = bounded(1);
        let closed = match self.handle.sender.send(Message::Close { reply }) {
            Ok(()) => answer.recv().unwrap_or(Ok(())),
            Err(_) => Ok(()),
        };
        match self.thread.join() {
            Ok(()) => closed,
            Err(_) => Err(Failure::Io("the journal's thread panicked".to_owned())),
        }
    }
}
