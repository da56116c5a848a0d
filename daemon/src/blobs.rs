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

/// One blob. Its file has no name any more, so that it goes with the last user, even after a crash.
#[derive(Debug)]
pub struct Blob {
    /// Its id on the wire.
    pub id: String,
    /// To whom it belongs.
    pub principal: Arc<str>,
    /// Its size.
    pub bytes: u64,
    file: File,
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
        Ok(Arc::new(Blob { id, principal, bytes, file }))
    }

    /// Writes `content` at `offset`.
    pub fn write(&self, offset: u64, content: &[u8]) -> Result<(), Error> {
        self.check(offset, content.len())?;
        self.file.write_all_at(content, offset).map_err(|error| io_error(&error))
    }

    /// Reads `length` bytes at `offset`.
    pub fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        self.check(offset, length)?;
        let mut content = vec![0; length];
        self.file.read_exact_at(&mut content, offset).map_err(|error| io_error(&error))?;
        Ok(content)
    }

    /// Reads everything.
    pub fn read_all(&self) -> Result<Vec<u8>, Error> {
        let length = usize::try_from(self.bytes)
            .map_err(|_| Error::new(Code::TooLarge, "the blob is larger than memory"))?;
        self.read(0, length)
    }

    fn check(&self, offset: u64, length: usize) -> Result<(), Error> {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
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
}

impl Shelf {
    /// A shelf with files in `folder`; ids begin with the epoch, so that one of an earlier run of
    /// the daemon is not taken for one of this.
    pub fn new(folder: PathBuf, epoch: &str, bytes_max: u64) -> Self {
        Shelf { folder, epoch: epoch.to_owned(), bytes_max, ever: AtomicU64::new(0) }
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
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
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
        let found = self.blobs.iter_mut().find(|(_, blob)| blob.id == id);
        match found.filter(|(_, blob)| &*blob.principal == principal) {
            Some((used, blob)) => {
                *used = now;
                Ok(Arc::clone(blob))
            }
            None => Err(Error::not_found("blob", id)
                .hint("make one with blob.create; one that is not used for a while goes")),
        }
    }

    /// Takes a principal's blob out.
    pub fn remove(&mut self, principal: &str, id: &str) -> Option<Arc<Blob>> {
        let mut blobs = self.blobs.iter();
        let index = blobs.position(|(_, blob)| blob.id == id && &*blob.principal == principal)?;
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
mod tests {
    use std::time::Duration;

    use super::*;

    fn blob(folder: &Path, id: &str) -> Arc<Blob> {
        Blob::create(folder, id.into(), "uid:1".into(), 10).unwrap()
    }

    #[test]
    fn ranges_are_checked_and_the_file_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let blob = blob(folder.path(), "b1");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        blob.write(3, b"abc").unwrap();
        assert_eq!(blob.read(2, 5).unwrap(), b"\0abc\0");
        assert_eq!(blob.read_all().unwrap().len(), 10);
        for (offset, length) in [(8, 3), (11, 0), (u64::MAX, 1)] {
            assert!(blob.read(offset, length).is_err(), "{offset} {length}");
        }
    }

    #[test]
    fn a_blob_belongs_to_its_principal_and_goes_when_it_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let mut blobs = Blobs::default();
        let start = Instant::now();
        blobs.insert(blob(folder.path(), "b1"), start);
        blobs.insert(blob(folder.path(), "b2"), start);
        assert!(blobs.find("uid:2", "b1", start).is_err());
        let later = start + Duration::from_secs(9);
        assert!(blobs.find("uid:1", "b1", later).is_ok());
        let gone = blobs.expire(start + Duration::from_secs(5));
        assert_eq!(gone.iter().map(|blob| blob.id.as_str()).collect::<Vec<_>>(), ["b2"]);
        assert_eq!(blobs.len(), 1);
    }
}
