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

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
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
        let (sender, receiver) = bounded(settings.queue_max.max(1));
        let blobs = Blobs::new(Arc::clone(&disk), recovered.next_blob);
        let store = recovered.store;
        let mut core = Core::new(disk, recovered, settings);
        let (status, pulse) = (core.status(), core.pulse());
        let shared = Arc::new(Shared { store, settings, blobs, status, pulse });
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || run(&mut core, &receiver, &mut *completions))?;
        Ok(Self { handle: Appender { sender, shared }, thread })
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

/// The thread: it ends after a close, or when every handle is gone.
fn run<T>(
    core: &mut Core<T>,
    receiver: &Receiver<Message<T>>,
    completions: &mut dyn FnMut(Completions<T>),
) {
    let mut batch = Batch { appends: Vec::new(), bytes: 0 };
    loop {
        let first = match core.due() {
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => {
                let wait = due.saturating_duration_since(Instant::now()).min(core.quiet());
                receiver.recv_timeout(wait)
            }
        };
        match first {
            Ok(first) => {
                let mut next = Some(first);
                while let Some(message) = next {
                    if let Some(reply) = take(core, message, &mut batch, completions) {
                        let _ = reply.send(core.close());
                        return;
                    }
                    let full = batch.is_full();
                    next = if full { None } else { receiver.try_recv().ok() };
                }
                write(core, &mut batch, completions);
                if core.due().is_some_and(|due| due <= Instant::now()) {
                    // A failure shows in the status; what was acknowledged is kept for the next try.
                    let _ = core.sync(Instant::now());
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let _ = core.sync(Instant::now());
            }
            Err(RecvTimeoutError::Disconnected) => {
                let _ = core.close();
                return;
            }
        }
    }
}

/// Records that are written with one call.
struct Batch<T> {
    appends: Vec<Append<T>>,
    bytes: usize,
}

impl<T> Batch<T> {
    fn is_full(&self) -> bool {
        const APPENDS_MAX: usize = 4096;
        const BYTES_MAX: usize = 8 << 20;
        self.appends.len() >= APPENDS_MAX || self.bytes >= BYTES_MAX
    }
}

/// One message, in its order. A close gives back whom to answer.
fn take<T>(
    core: &mut Core<T>,
    message: Message<T>,
    batch: &mut Batch<T>,
    completions: &mut dyn FnMut(Completions<T>),
) -> Option<Sender<Result<(), Failure>>> {
    if let Message::Append(append) = message {
        let bytes = append.record.bytes.len();
        core.status().queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        batch.bytes += bytes;
        batch.appends.push(append);
        return None;
    }
    write(core, batch, completions);
    match message {
        Message::Append(_) => unreachable!("taken above"),
        Message::Reset { project, generation } => core.reset(project, generation),
        Message::ImageDone(image) => core.image_done(image),
        Message::Purge(project) => core.purge(project),
        // Whoever asked may be gone.
        Message::Locate { project, reply } => drop(reply.send(core.locate(project))),
        Message::Flush { reply } => drop(reply.send(core.sync(Instant::now()))),
        Message::Close { reply } => return Some(reply),
    }
    None
}

fn write<T>(core: &mut Core<T>, batch: &mut Batch<T>, completions: &mut dyn FnMut(Completions<T>)) {
    if !batch.appends.is_empty() {
        batch.bytes = 0;
        completions(core.append(std::mem::take(&mut batch.appends), Instant::now()));
    }
}
