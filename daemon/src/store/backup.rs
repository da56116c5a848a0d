//! Backups: all projects of one moment in one stream of bytes, and a data folder made of them.
//!
//! ```text
//! head    magic, format, store, time, crc
//! entry   mark, length, image as it is in a data folder (which carries its own checksums)
//! end     mark, count of entries, SHA-256 of everything before it
//! ```
//!
//! A restored folder is a new lineage: its store is another one, so that nobody takes revisions of
//! before for revisions of after.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::journal::disk::{self, Disk};
use crate::journal::image::{self, IMAGES_FOLDER, ImageError, ImageHeader};
use crate::journal::keys::Keys;
use crate::journal::lineage::{self, RESTORING_FILE};
use crate::journal::{FORMAT, ProjectId, Put, Reader, StoreId};

use super::catalogue;

const MAGIC: [u8; 8] = *b"goxe.bak";
const HEAD_BYTES: usize = 30;
const ENTRY_MARK: u8 = b'E';
const END_MARK: u8 = b'Z';

/// Writes a backup, one image at a time.
pub struct BackupWriter<W> {
    out: W,
    hasher: Sha256,
    store: StoreId,
    count: u32,
    bytes: u64,
}

impl<W: Write> BackupWriter<W> {
    /// Begins a backup of a store.
    pub fn new(out: W, store: StoreId, time_ms: i64) -> io::Result<Self> {
        let mut writer = Self { out, hasher: Sha256::new(), store, count: 0, bytes: 0 };
        let mut head = Vec::with_capacity(HEAD_BYTES);
        head.put(&MAGIC);
        head.put_u16(FORMAT);
        head.put_u64(store.0);
        head.put_i64(time_ms);
        head.put_u32(crc32fast::hash(&head));
        writer.put(&head)?;
        Ok(writer)
    }

    /// Adds a project or the catalogue, which comes first.
    pub fn add(&mut self, header: &ImageHeader, body: &[u8], keys: &Keys) -> io::Result<()> {
        let header = ImageHeader { store: self.store, ..*header };
        let image = image::encode(&header, body, keys);
        self.put(&[ENTRY_MARK])?;
        self.put(&(image.len() as u64).to_le_bytes())?;
        self.put(&image)?;
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// Ends the backup. Tells its length in bytes.
    pub fn finish(mut self) -> io::Result<u64> {
        let count = self.count;
        self.put(&[END_MARK])?;
        self.put(&count.to_le_bytes())?;
        let digest: [u8; 32] = self.hasher.clone().finalize().into();
        self.put(&digest)?;
        self.out.flush()?;
        Ok(self.bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        Ok(())
    }
}

/// What a restore brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Projects, those in the trash too.
    pub projects: usize,
    /// When the backup was made, in Unix milliseconds.
    pub time_ms: i64,
    /// The lineage that it was made of.
    pub from: StoreId,
}

/// Why a backup was not restored.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// It is not a whole, sound backup.
    #[error("the backup is malformed at byte {offset}: {what}")]
    Malformed {
        /// Where it was noticed.
        offset: u64,
        /// What was expected there.
        what: String,
    },
    /// A newer goxe made it.
    #[error("backup of format {found}, this goxe reads up to {FORMAT}")]
    Newer {
        /// The format it names.
        found: u16,
    },
    /// The data folder holds something.
    #[error("a backup is restored into an empty data folder; this one holds \"{0}\"")]
    NotEmpty(String),
    /// The backup cannot be read, or the data folder not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Makes a data folder of a backup, under a new lineage. Names in `ignored` may be there already,
/// such as the lock of the one who restores. Until all is written and synced no daemon opens it.
pub fn restore(
    source: impl Read,
    disk: &dyn Disk,
    store: StoreId,
    ignored: &[&str],
) -> Result<Restored, RestoreError> {
    if let Some(name) = disk.list("")?.into_iter().find(|name| !ignored.contains(&&**name)) {
        return Err(RestoreError::NotEmpty(name));
    }
    disk::create_whole(disk, "", RESTORING_FILE, &[])?;
    disk::create_folder_synced(disk, "", IMAGES_FOLDER)?;
    let restored = restore_images(source, disk, store);
    let restored = match restored {
        Ok(restored) => restored,
        Err(error) => {
            clear(disk)?;
            return Err(error);
        }
    };
    lineage::write(disk, store)?;
    disk.remove(RESTORING_FILE)?;
    disk.sync_folder("")?;
    Ok(restored)
}

fn restore_images(
    source: impl Read,
    disk: &dyn Disk,
    store: StoreId,
) -> Result<Restored, RestoreError> {
    let mut source = Source { inner: source, hasher: Sha256::new(), offset: 0 };
    let (from, time_ms) = read_head(&mut source)?;
    let mut projects = BTreeSet::new();
    let mut known: Option<catalogue::State> = None;
    let mut count = 0u32;
    loop {
        let start = source.offset;
        match source.array::<1>("an entry or the end")? {
            [ENTRY_MARK] => {}
            [END_MARK] => break,
            _ => return Err(malformed(start, "an entry or the end")),
        }
        let length = u64::from_le_bytes(source.array("an entry's length")?);
        let at = source.offset;
        let bytes = source.take(length)?;
        let image = image::decode(&bytes).map_err(|error| unsound(at, error))?;
        let project = image.header.project;
        match &known {
            None if project == ProjectId::CATALOGUE => {
                let state = catalogue::State::decode(&image.body)
                    .map_err(|error| malformed(at, error.to_string()))?;
                if state.revision() != image.header.revision {
                    return Err(malformed(at, "a catalogue of the revision it says"));
                }
                known = Some(state);
            }
            Some(state) if state.item(project).is_some() && projects.insert(project) => {}
            Some(_) | None => {
                return Err(malformed(at, "the catalogue, then each project of it once"));
            }
        }
        if image.header.store != from {
            return Err(malformed(at, "an image of the store that was backed up"));
        }
        let header = ImageHeader { store, ..image.header };
        image::write(disk, &header, &image.body, &image.keys)?;
        count = count.saturating_add(1);
    }
    let counted = u32::from_le_bytes(source.array("the count of entries")?);
    let digest: [u8; 32] = source.hasher.clone().finalize().into();
    let at = source.offset;
    if counted != count || source.array::<32>("the digest")? != digest {
        return Err(malformed(at, "the digest of everything before it"));
    }
    source.end()?;
    let state = known.ok_or_else(|| malformed(at, "a catalogue"))?;
    match state.names().find(|(id, _)| !projects.contains(id)) {
        Some((id, name)) => Err(malformed(at, format!("project {}, \"{name}\"", id.0))),
        None => Ok(Restored { projects: projects.len(), time_ms, from }),
    }
}

fn read_head(source: &mut Source<impl Read>) -> Result<(StoreId, i64), RestoreError> {
    let head: [u8; HEAD_BYTES] = source.array("a backup's head")?;
    let damaged = || malformed(0, "the head of a goxe backup");
    let (covered, crc) = head.split_last_chunk::<4>().ok_or_else(damaged)?;
    let mut reader = Reader::new(covered);
    let mut read = || {
        let magic: [u8; 8] = reader.array("magic")?;
        let format = reader.u16("format")?;
        let store = StoreId(reader.u64("store")?);
        Ok((magic, format, store, reader.i64("time")?))
    };
    let (magic, format, store, time_ms) =
        read().map_err(|_: crate::journal::Malformed| damaged())?;
    if magic != MAGIC || *crc != crc32fast::hash(covered).to_le_bytes() {
        return Err(damaged());
    }
    if format != FORMAT {
        return Err(RestoreError::Newer { found: format });
    }
    Ok((store, time_ms))
}

/// Takes back what a failed restore has written.
fn clear(disk: &dyn Disk) -> io::Result<()> {
    for project in image::projects(disk)? {
        image::remove_all(disk, project)?;
    }
    disk.remove_folder(IMAGES_FOLDER)?;
    disk.remove(RESTORING_FILE)?;
    disk.sync_folder("")
}

fn malformed(offset: u64, what: impl Into<String>) -> RestoreError {
    RestoreError::Malformed { offset, what: what.into() }
}

fn unsound(at: u64, error: ImageError) -> RestoreError {
    match error {
        ImageError::Malformed(error) => malformed(at.saturating_add(error.offset), error.what),
        ImageError::Newer { found } => RestoreError::Newer { found },
        ImageError::Io(error) => error.into(),
    }
}

/// What is read, counted and digested.
struct Source<R> {
    inner: R,
    hasher: Sha256,
    offset: u64,
}

impl<R: Read> Source<R> {
    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], RestoreError> {
        let mut bytes = [0; N];
        match self.inner.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(malformed(self.offset, what));
            }
            Err(error) => return Err(error.into()),
        }
        self.hasher.update(bytes);
        self.offset = self.offset.saturating_add(N as u64);
        Ok(bytes)
    }

    /// As many bytes as are announced; memory grows only with what is really there.
    fn take(&mut self, length: u64) -> Result<Vec<u8>, RestoreError> {
        let mut bytes = Vec::new();
        let read = (&mut self.inner).take(length).read_to_end(&mut bytes)?;
        if read as u64 != length {
            return Err(malformed(self.offset, "as many bytes as announced"));
        }
        self.hasher.update(&bytes);
        self.offset = self.offset.saturating_add(length);
        Ok(bytes)
    }

    fn end(&mut self) -> Result<(), RestoreError> {
        match self.inner.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(malformed(self.offset, "nothing more")),
        }
    }
}
