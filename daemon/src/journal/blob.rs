//! Blobs: changes too large for a record, each a file of its own, synced before its record exists.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;

use super::disk::{self, Disk};

/// The folder of blobs, below the data folder.
pub const BLOBS_FOLDER: &str = "blobs";

/// Largest blob that is read back.
pub const BLOB_BYTES_MAX: u64 = 4 << 30;

const ENDING: &str = ".blob";

/// A blob as a record names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlobRef {
    /// Its file's name, as a number.
    pub id: u64,
    /// Its length.
    pub length: u64,
    /// CRC-32 of its bytes.
    pub crc: u32,
}

/// Why a blob cannot be had.
#[derive(Debug, Error)]
pub enum BlobError {
    /// The disk does not give it.
    #[error("blob {0:016x}: {1}")]
    Io(u64, #[source] io::Error),
    /// It is not what the record says.
    #[error("blob {0:016x} has another length or checksum than its record says")]
    Damaged(u64),
}

/// Writes blobs, from any thread.
pub struct Blobs {
    disk: Arc<dyn Disk>,
    next: AtomicU64,
}

impl Blobs {
    /// Goes on with a number that recovery found free.
    pub fn new(disk: Arc<dyn Disk>, next: u64) -> Self {
        Self { disk, next: AtomicU64::new(next) }
    }

    /// Writes a blob; file and name are synced when it returns.
    pub fn write(&self, bytes: &[u8]) -> io::Result<BlobRef> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        disk::create_whole(&*self.disk, BLOBS_FOLDER, &name(id), &[bytes])?;
        Ok(BlobRef { id, length: bytes.len() as u64, crc: crc32fast::hash(bytes) })
    }

    /// Removes a blob that no record names. A failure leaves it to the next start.
    pub fn discard(&self, blob: BlobRef) {
        let _ = remove(&*self.disk, blob.id);
    }
}

/// Reads a blob and compares it with its record.
pub fn read(disk: &dyn Disk, blob: BlobRef) -> Result<Vec<u8>, BlobError> {
    let path = disk::join(BLOBS_FOLDER, &name(blob.id));
    let length = match disk.length(&path) {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BlobError::Damaged(blob.id));
        }
        Err(error) => return Err(BlobError::Io(blob.id, error)),
    };
    if length != blob.length {
        return Err(BlobError::Damaged(blob.id));
    }
    let bytes = disk::read_whole(disk, &path, BLOB_BYTES_MAX)
        .map_err(|error| BlobError::Io(blob.id, error))?;
    if crc32fast::hash(&bytes) == blob.crc { Ok(bytes) } else { Err(BlobError::Damaged(blob.id)) }
}

/// Removes a blob.
pub fn remove(disk: &dyn Disk, id: u64) -> io::Result<()> {
    disk.remove(&disk::join(BLOBS_FOLDER, &name(id)))
}

/// The blobs on disk.
pub fn list(disk: &dyn Disk) -> io::Result<Vec<u64>> {
    Ok(disk.list(BLOBS_FOLDER)?.iter().filter_map(|name| parse(name)).collect())
}

fn name(id: u64) -> String {
    format!("{id:016x}{ENDING}")
}

fn parse(name: &str) -> Option<u64> {
    super::segment::parse_number(name.strip_suffix(ENDING)?)
}
