//! Whose data a folder holds: a small file with the store's number.

use std::io;

use thiserror::Error;

use super::bytes::{Put, Reader};
use super::disk::{self, Disk};
use super::{FORMAT, StoreId};

/// The file, below the data folder.
pub const LINEAGE_FILE: &str = "lineage";

/// There while a restore writes its images: such a folder is no store yet.
pub const RESTORING_FILE: &str = "restoring";

const MAGIC: [u8; 8] = *b"goxe.dat";
const FILE_BYTES: u64 = 22;

/// Why the lineage is not known.
#[derive(Debug, Error)]
pub enum LineageError {
    /// A newer goxe wrote the folder.
    #[error("data folder of format {found}, this goxe reads up to {FORMAT}")]
    Newer {
        /// The format it names.
        found: u16,
    },
    /// The disk does not give it.
    #[error("lineage: {0}")]
    Io(#[from] io::Error),
}

/// The lineage on disk; none if the file is absent or damaged.
pub fn read(disk: &dyn Disk) -> Result<Option<StoreId>, LineageError> {
    let bytes = match disk::read_whole(disk, LINEAGE_FILE, FILE_BYTES) {
        Ok(bytes) => bytes,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::FileTooLarge
                    | io::ErrorKind::UnexpectedEof
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    decode(&bytes).transpose()
}

/// Writes the lineage.
pub fn write(disk: &dyn Disk, store: StoreId) -> io::Result<()> {
    let mut bytes = Vec::new();
    bytes.put(&MAGIC);
    bytes.put_u16(FORMAT);
    bytes.put_u64(store.0);
    bytes.put_u32(crc32fast::hash(&bytes));
    disk::create_whole(disk, "", LINEAGE_FILE, &[&bytes]).map(drop)
}

fn decode(bytes: &[u8]) -> Option<Result<StoreId, LineageError>> {
    let (covered, crc) = bytes.split_last_chunk::<4>()?;
    if *crc != crc32fast::hash(covered).to_le_bytes() {
        return None;
    }
    let mut reader = Reader::new(covered);
    if reader.array("magic").ok()? != MAGIC {
        return None;
    }
    match reader.u16("format").ok()? {
        FORMAT => {}
        found => return Some(Err(LineageError::Newer { found })),
    }
    let store = StoreId(reader.u64("store").ok()?);
    reader.end().ok()?;
    Some(Ok(store))
}
