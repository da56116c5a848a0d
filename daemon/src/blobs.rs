//! Content larger than a frame: unnamed files that peers fill and read by ranges.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use goxe_protocol::{Code, Error};

use crate::{
    memory::{Account, Charge, Memory},
    slice::Slice,
};

mod held;

use held::Held;

/// One blob. What was written in large pieces is held in the memory it arrived in, as far as there is
/// room; everything else lies in a file. The file has no name any more, so that it goes with the last
/// user, even after a crash.
///
/// A blob does not change but for its file: who reads one has the pieces of one moment.
#[derive(Debug)]
pub struct Blob {
    /// Its id on the wire.
    pub id: Arc<str>,
    /// To whom it belongs.
    pub principal: Arc<str>,
    /// Its size.
    pub bytes: u64,
    file: Arc<File>,
    /// What counts in place of the file's content.
    held: Held,
}

/// A write that took place.
#[derive(Debug)]
pub struct BlobWrite {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// Room for what was written, if it is not in the file.
    pub room: Option<Charge>,
}

impl Blob {
    /// Makes an empty blob of this size with a file in `folder`.
    pub fn create(
        folder: &Path,
        id: String,
        principal: Arc<str>,
        bytes: u64,
    ) -> io::Result<Arc<Self>> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(&id);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        std::fs::remove_file(&path)?;
        file.set_len(bytes)?;
        let (id, file) = (id.into(), Arc::new(file));
        Ok(Arc::new(Blob { id, principal, bytes, file, held: Held::default() }))
    }

    /// Writes `content` at `offset`, into the file; what is held there counts until it is let go.
    pub fn write(&self, offset: u64, content: &[u8]) -> Result<(), Error> {
        self.check(offset, content.len())?;
        self.file.write_all_at(content, offset).map_err(|error| io_error(&error))
    }

    /// Whether `length` bytes at `offset` may be held, because they lie inside and pieces are few.
    pub fn may_hold(&self, offset: u64, length: usize) -> Result<bool, Error> {
        self.check(offset, length)?;
        Ok(self.held.takes_more())
    }

    /// Whether something is held in this stretch.
    pub fn holds(&self, offset: u64, length: u64) -> bool {
        self.held.overlaps(offset, length)
    }

    /// The same blob after a write: what was written is held, or counts in the file from now on.
    fn after(&self, written: BlobWrite, content: Option<Slice>) -> Self {
        let BlobWrite { offset, length, room } = written;
        let mut held = self.held.clone();
        held.let_go(offset, length);
        if let (Some(content), Some(room)) = (content, room) {
            held.add(offset, content, room);
        }
        let (id, principal) = (Arc::clone(&self.id), Arc::clone(&self.principal));
        Blob { id, principal, bytes: self.bytes, file: Arc::clone(&self.file), held }
    }

    /// Reads `length` bytes at `offset`, without a copy where they are held in one piece.
    pub fn read(&self, offset: u64, length: usize) -> Result<Slice, Error> {
        self.check(offset, length)?;
        if let Some(content) = self.held.whole(offset, length) {
            return Ok(content);
        }
        let mut content = Vec::with_capacity(length);
        while content.len() < length {
            let at = offset + to_u64(content.len());
            let rest = length - content.len();
            match self.held.from(at) {
                Ok(piece) => content.extend_from_slice(&piece[..piece.len().min(rest)]),
                Err(next) => {
                    let gap = next.map_or(u64::MAX, |next| next - at);
                    let gap = usize::try_from(gap).unwrap_or(usize::MAX).min(rest);
                    let from = content.len();
                    content.resize(from + gap, 0);
                    let read = self.file.read_exact_at(&mut content[from..], at);
                    read.map_err(|error| io_error(&error))?;
                }
            }
        }
        Ok(content.into())
    }

    /// Reads everything.
    pub fn read_all(&self) -> Result<Slice, Error> {
        let length = usize::try_from(self.bytes)
            .map_err(|_| Error::new(Code::TooLarge, "the blob is larger than memory"))?;
        self.read(0, length)
    }

    fn check(&self, offset: u64, length: usize) -> Result<(), Error> {
        let length = to_u64(length);
        if offset.checked_add(length).is_some_and(|end| end <= self.bytes) {
            return Ok(());
        }
        Err(Error::invalid_params(format!(
            "bytes {offset} to {} lie outside the blob of {} bytes",
            offset.saturating_add(length),
            self.bytes
        )))
    }
}

fn to_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn io_error(error: &io::Error) -> Error {
    Error::new(Code::Io, format!("the blob's file failed: {error}"))
}

/// Where blobs are made.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    epoch: String,
    bytes_max: u64,
    ever: AtomicU64,
    /// What all blobs hold.
    account: Arc<Account>,
}

/// Blobs hold at most one part in so many of what all peers may.
const SHARE: usize = 4;

impl Shelf {
    /// A shelf with files in `folder`; ids begin with the epoch, so that one of an earlier run of
    /// the daemon is not taken for one of this.
    pub fn new(folder: PathBuf, epoch: &str, bytes_max: u64, memory: &Arc<Memory>) -> Self {
        let account = memory.part(memory.bytes_max() / SHARE);
        let (epoch, ever) = (epoch.to_owned(), AtomicU64::new(0));
        Shelf { folder, epoch, bytes_max, ever, account }
    }

    /// Room to hold so much, if there is any.
    pub fn room(&self, bytes: usize) -> Option<Charge> {
        self.account.reserve(bytes).ok()
    }

    /// A blob of these contents, one behind the other: held, where there is room.
    pub fn keep(&self, principal: Arc<str>, contents: Vec<Vec<u8>>) -> Result<Arc<Blob>, Error> {
        let bytes = contents.iter().map(|content| to_u64(content.len())).sum();
        let mut blob = self.make(principal, bytes)?;
        let mut offset = 0;
        for content in contents {
            let length = to_u64(content.len());
            match self.room(content.capacity()) {
                Some(room) => {
                    let written = BlobWrite { offset, length, room: Some(room) };
                    blob = Arc::new(blob.after(written, Some(content.into())));
                }
                None => blob.write(offset, &content)?,
            }
            offset += length;
        }
        Ok(blob)
    }

    /// The largest blob there may be.
    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Makes an empty blob.
    pub fn make(&self, principal: Arc<str>, bytes: u64) -> Result<Arc<Blob>, Error> {
        if bytes > self.bytes_max {
            return Err(Error::limit_exceeded("limits.blob_bytes_max", bytes, self.bytes_max));
        }
        let number = self.ever.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-blob{number}", self.epoch);
        Blob::create(&self.folder, id, principal, bytes).map_err(|error| io_error(&error))
    }
}

/// A blob that is written from its beginning, and is as long as what was written.
#[derive(Debug)]
pub struct Filling {
    blob: Blob,
    bytes_max: u64,
}

impl Shelf {
    /// Begins a blob whose length is not known.
    pub fn fill(&self, principal: Arc<str>) -> Result<Filling, Error> {
        let blob = Arc::try_unwrap(self.make(principal, 0)?)
            .map_err(|_| Error::internal("a new blob has another user"))?;
        Ok(Filling { blob, bytes_max: self.bytes_max })
    }
}

impl Filling {
    /// The blob, complete.
    pub fn finish(self) -> Result<Arc<Blob>, Error> {
        Ok(Arc::new(self.blob))
    }
}

impl io::Write for Filling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = to_u64(bytes.len());
        let end = self.blob.bytes.saturating_add(length);
        if end > self.bytes_max {
            let limit = format!("it is larger than limits.blob_bytes_max = {}", self.bytes_max);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, limit));
        }
        self.blob.file.write_all_at(bytes, self.blob.bytes)?;
        self.blob.bytes = end;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The blobs that exist.
#[derive(Debug, Default)]
pub struct Blobs {
    blobs: Vec<(Instant, Arc<Blob>)>,
}

impl Blobs {
    /// Enters a blob.
    pub fn insert(&mut self, blob: Arc<Blob>, now: Instant) {
        self.blobs.push((now, blob));
    }

    /// A principal's blob.
    pub fn find(&mut self, principal: &str, id: &str, now: Instant) -> Result<Arc<Blob>, Error> {
        let found = self.blobs.iter_mut().find(|(_, blob)| *blob.id == *id);
        match found.filter(|(_, blob)| &*blob.principal == principal) {
            Some((used, blob)) => {
                *used = now;
                Ok(Arc::clone(blob))
            }
            None => Err(Error::not_found("blob", id)
                .hint("make one with blob.create; one that is not used for a while goes")),
        }
    }

    /// Enters that a blob was written to. What it was before, which may hold much, comes back.
    pub fn written(
        &mut self,
        blob: &Blob,
        written: BlobWrite,
        content: Option<Slice>,
    ) -> Option<Arc<Blob>> {
        // One that was deleted in the meantime stays so.
        let (_, now) = self.blobs.iter_mut().find(|(_, known)| known.id == blob.id)?;
        let after = Arc::new(now.after(written, content));
        Some(std::mem::replace(now, after))
    }

    /// Takes a principal's blob out.
    pub fn remove(&mut self, principal: &str, id: &str) -> Option<Arc<Blob>> {
        let mut blobs = self.blobs.iter();
        let index = blobs.position(|(_, blob)| *blob.id == *id && &*blob.principal == principal)?;
        Some(self.blobs.swap_remove(index).1)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.blobs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.blobs.is_empty()
    }

    /// When the one that was not used for longest was used.
    pub fn oldest(&self) -> Option<Instant> {
        self.blobs.iter().map(|(used, _)| *used).min()
    }

    /// Takes out what was not used since `before`.
    pub fn expire(&mut self, before: Instant) -> Vec<Arc<Blob>> {
        let (old, kept) = self.blobs.drain(..).partition(|(used, _)| *used < before);
        self.blobs = kept;
        let old: Vec<(Instant, Arc<Blob>)> = old;
        old.into_iter().map(|(_, blob)| blob).collect()
    }
}

#[cfg(test)]
mod tests;
