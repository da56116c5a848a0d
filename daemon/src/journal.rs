//! The journal: every edit is on disk here before it is answered, and comes back after a crash.
//!
//! ```text
//! DATA/lineage             whose data this is: the store, random, new after a restore
//! DATA/journal/LSN.seg     segments: a header, then records, in the order of their numbers (lsn)
//! DATA/blobs/ID.blob       changes too large for a record, synced before the record that names them
//! DATA/images/PROJECT/N.img  one project saved whole at revision N, the newest two of each
//! ```
//!
//! What lies in a change or an image is opaque here: this folder knows records, revisions and disks,
//! and nothing of what is edited. Formats are pure functions over bytes; [`disk::Disk`] is the one
//! way to a file system; [`writer::Journal`] is the one thread that writes segments.

pub mod blob;
mod bytes;
pub mod chain;
pub mod disk;
pub mod image;
pub mod index;
pub mod keys;
pub mod lineage;
pub mod record;
pub mod recovery;
pub mod replay;
pub mod revision;
pub mod segment;
pub mod writer;

use std::fmt;

pub use bytes::Malformed;
pub(crate) use bytes::{Put, Reader};
pub use revision::Revision;

/// Version of everything this crate writes to disk. A newer one is refused, never guessed.
pub const FORMAT: u16 = 1;

/// The folder of segments, below the data folder.
pub const JOURNAL_FOLDER: &str = "journal";

/// A project, or the catalogue of all of them. Numbers are never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProjectId(pub u32);

impl ProjectId {
    /// The catalogue: it is journaled and saved like a project.
    pub const CATALOGUE: Self = Self(0);
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// Number of a record in the whole journal. It only rises; gaps are allowed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Lsn(pub u64);

impl Lsn {
    /// The number after this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Lineage of a data folder: random, and new after a restore.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StoreId(pub u64);

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Where a project's journal stopped being sound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Corrupt {
    /// First record number of the segment, which is also its file's name.
    pub segment: Lsn,
    /// Byte of the segment where the damaged or missing record begins.
    pub offset: u64,
}

impl Corrupt {
    /// Not a segment: an image is unsound, and the records that led to it are gone.
    pub const IMAGE: Self = Self { segment: Lsn(0), offset: 0 };
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::IMAGE {
            return f.write_str("an image");
        }
        write!(f, "segment {} at byte {}", self.segment, self.offset)
    }
}
