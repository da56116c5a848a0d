//! What everybody but the writer's thread holds of the journal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::{Sender, TrySendError, bounded};
use thiserror::Error;

use crate::journal::blob::BlobRef;
use crate::journal::image::ImageHeader;
use crate::journal::record::{self, Draft, Encoded, TooLong};
use crate::journal::{ProjectId, StoreId};

use super::{Append, Closed, Failure, Located, Message, Pulse, Shared, Status};

/// What everybody else holds of the journal: the way to append and to tell it things.
pub struct Appender<T> {
    pub(super) sender: Sender<Message<T>>,
    pub(super) shared: Arc<Shared>,
}

impl<T> Clone for Appender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), shared: Arc::clone(&self.shared) }
    }
}

/// Why a record was not taken. The ticket comes back.
#[derive(Debug)]
pub struct Rejected<T> {
    /// What was handed over with it.
    pub ticket: T,
    /// Why.
    pub reason: RejectReason,
}

/// Why a record was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RejectReason {
    /// The queue is full.
    #[error("the journal's queue is full")]
    Busy,
    /// The journal is closed.
    #[error("the journal is closed")]
    Closed,
}

/// Why a commit has no bytes.
#[derive(Debug, Error)]
pub enum EncodeError {
    /// A field is longer than a record holds.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// Its blob could not be written.
    #[error("a large change could not be written: {0}")]
    Blob(#[from] io::Error),
}

impl<T> Appender<T> {
    /// A commit's bytes. A large change is written as a blob, on the caller's thread.
    pub fn encode(&self, draft: &Draft) -> Result<Encoded, EncodeError> {
        let inline = draft.change.len() <= self.shared.settings.change_inline_bytes_max;
        let blob = if inline { None } else { Some(self.shared.blobs.write(&draft.change)?) };
        record::encode(draft, blob, self.shared.store).map_err(|error| {
            self.discard(blob);
            error.into()
        })
    }

    /// How many more messages the queue takes; none when the records in it are too many bytes.
    pub fn room(&self) -> usize {
        let waiting = self.shared.status.queued_bytes.load(Ordering::Relaxed);
        if waiting > self.shared.settings.queue_bytes_max {
            return 0;
        }
        self.shared.settings.queue_max.saturating_sub(self.sender.len())
    }

    /// Whether the queue takes so many more messages, or as many as a short one can be asked for.
    pub fn has_room(&self, wanted: usize) -> bool {
        self.room() >= wanted.min(self.shared.settings.queue_max / 4).max(1)
    }

    /// Hands a record over. What is refused comes back, its blob is gone.
    pub fn append(&self, record: Encoded, generation: u32, ticket: T) -> Result<(), Rejected<T>> {
        let bytes = record.bytes.len();
        self.shared.status.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let message = Message::Append(Append { record, generation, ticket });
        let (message, reason) = match self.sender.try_send(message) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Full(message)) => (message, RejectReason::Busy),
            Err(TrySendError::Disconnected(message)) => (message, RejectReason::Closed),
        };
        self.shared.status.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        let Message::Append(append) = message else { unreachable!("what was sent comes back") };
        self.discard(append.record.blob);
        Err(Rejected { ticket: append.ticket, reason })
    }

    fn discard(&self, blob: Option<BlobRef>) {
        if let Some(blob) = blob {
            self.shared.blobs.discard(blob);
        }
    }

    /// The project's owner is back at the last written revision: records of `generation` and above
    /// are taken again, older ones never.
    pub fn reset(&self, project: ProjectId, generation: u32) -> Result<(), Closed> {
        self.send(Message::Reset { project, generation })
    }

    /// An image was written and synced, by [`crate::journal::image::write`]. Segments and images that nobody
    /// needs any more are removed.
    pub fn image_done(&self, image: ImageHeader) -> Result<(), Closed> {
        self.send(Message::ImageDone(image))
    }

    /// A project is gone for good: its images are removed, its records hold no segment any more.
    pub fn purge(&self, project: ProjectId) -> Result<(), Closed> {
        self.send(Message::Purge(project))
    }

    /// What the journal holds of a project, behind everything handed over before.
    pub fn locate(&self, project: ProjectId) -> Result<Located, Closed> {
        let (reply, answer) = bounded(1);
        self.send(Message::Locate { project, reply })?;
        answer.recv().map_err(|_| Closed)
    }

    /// Syncs everything handed over before.
    pub fn flush(&self) -> Result<(), Failure> {
        let (reply, answer) = bounded(1);
        let closed = || Failure::Io(Closed.to_string());
        self.send(Message::Flush { reply }).map_err(|_| closed())?;
        answer.recv().unwrap_or_else(|_| Err(closed()))
    }

    /// The lineage of the data folder.
    pub fn store(&self) -> StoreId {
        self.shared.store
    }

    /// The writer's counters.
    pub fn status(&self) -> &Status {
        &self.shared.status
    }

    /// Whether the writer gets on, for the watchdog.
    pub fn pulse(&self) -> &Pulse {
        &self.shared.pulse
    }

    /// Waits for room: these messages must not be lost, and the thread waits for nobody.
    fn send(&self, message: Message<T>) -> Result<(), Closed> {
        self.sender.send(message).map_err(|_| Closed)
    }
}
