//! The journal's turns: all that waits is one batch. [`super::Journal`] turns on a thread of its own, a
//! simulation wherever it likes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::journal::blob::Blobs;
use crate::journal::disk::Disk;
use crate::journal::recovery::Recovered;

use super::{Append, Appender, Completions, Core, Failure, Message, Settings, Shared};

/// The owner of the segments, and the queue that it serves.
pub struct Writer<T> {
    core: Core<T>,
    receiver: Receiver<Message<T>>,
    batch: Batch<T>,
}

impl<T> Writer<T> {
    /// A writer that goes on where recovery ended, and the way to its queue.
    pub fn new(
        disk: Arc<dyn Disk>,
        recovered: Recovered,
        settings: Settings,
    ) -> (Self, Appender<T>) {
        let (sender, receiver) = bounded(settings.queue_max.max(1));
        let blobs = Blobs::new(Arc::clone(&disk), recovered.next_blob);
        let store = recovered.store;
        let core = Core::new(disk, recovered, settings);
        let (status, pulse) = (core.status(), core.pulse());
        let shared = Arc::new(Shared { store, settings, blobs, status, pulse });
        let batch = Batch { appends: Vec::new(), bytes: 0 };
        (Self { core, receiver, batch }, Appender { sender, shared })
    }

    /// What it knows of segments and projects.
    pub fn core(&mut self) -> &mut Core<T> {
        &mut self.core
    }

    /// Takes what waits and writes it, without waiting for more. Returns whether there was anything.
    pub fn turn(&mut self, completions: &mut dyn FnMut(Completions<T>)) -> bool {
        match self.receiver.try_recv() {
            Ok(first) => {
                self.take_all(first, completions);
                true
            }
            Err(_) => false,
        }
    }

    /// Turns until it is closed, or every handle is gone.
    pub(super) fn run(&mut self, completions: &mut dyn FnMut(Completions<T>)) {
        loop {
            let first = match self.core.due() {
                None => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => {
                    let wait = due.saturating_duration_since(Instant::now()).min(self.core.quiet());
                    self.receiver.recv_timeout(wait)
                }
            };
            match first {
                Ok(first) => {
                    if self.take_all(first, completions) {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    // A failure shows in the status; what was acknowledged is kept for the next try.
                    let _ = self.core.sync(Instant::now());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let _ = self.core.close();
                    return;
                }
            }
        }
    }

    /// Takes this message and all behind it, as far as one batch goes. Returns whether one of them
    /// was the close.
    fn take_all(&mut self, first: Message<T>, completions: &mut dyn FnMut(Completions<T>)) -> bool {
        let mut next = Some(first);
        while let Some(message) = next {
            if let Some(reply) = self.take(message, completions) {
                let _ = reply.send(self.core.close());
                return true;
            }
            next = if self.batch.is_full() { None } else { self.receiver.try_recv().ok() };
        }
        self.write(completions);
        if self.core.due().is_some_and(|due| due <= Instant::now()) {
            // As above.
            let _ = self.core.sync(Instant::now());
        }
        false
    }

    /// One message, in its order. A close gives back whom to answer.
    fn take(
        &mut self,
        message: Message<T>,
        completions: &mut dyn FnMut(Completions<T>),
    ) -> Option<Sender<Result<(), Failure>>> {
        if let Message::Append(append) = message {
            let bytes = append.record.bytes.len();
            self.core.status().queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.batch.bytes += bytes;
            self.batch.appends.push(append);
            return None;
        }
        self.write(completions);
        let core = &mut self.core;
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

    fn write(&mut self, completions: &mut dyn FnMut(Completions<T>)) {
        if !self.batch.appends.is_empty() {
            self.batch.bytes = 0;
            let appends = std::mem::take(&mut self.batch.appends);
            completions(self.core.append(appends, Instant::now()));
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
