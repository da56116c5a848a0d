//! One record of the journal, as bytes.
//!
//! ```text
//! header   magic, payload length, kind, project, lsn, number, synced, crc            44 bytes
//! payload  store, format, author, time, key, params digest, answer, label,
//!          chain before and after, change or the blob that holds it, crc
//! trailer  payload length, kind, project, lsn, number, crc, magic                    36 bytes
//! ```
//!
//! Header and trailer both say whose record it is, each under its own checksum: after any one flip
//! the project is still known and the next record is found. The payload's checksum covers project
//! and number too, so a payload cannot pass for another record's. A record is encoded before its
//! lsn is known; `stamp` sets it when the record's turn has come.

mod decode;
mod encode;

use thiserror::Error;

pub(crate) use decode::{decode_change, decode_heads, parse_header, parse_trailer};
pub(crate) use encode::{encode_heads, stamp};

pub use decode::decode;
pub use encode::encode;

use super::blob::BlobRef;
use super::bytes::Malformed;
use super::chain::ParamsDigest;
use super::keys::Key;
use super::{FORMAT, Lsn, ProjectId, Revision, StoreId};

/// Longest author.
pub const AUTHOR_BYTES_MAX: usize = 256;
/// Longest label.
pub const LABEL_BYTES_MAX: usize = 1024;
/// Largest answer that a record keeps.
pub const ANSWER_BYTES_MAX: usize = 4096;
/// Largest change inside a record; a larger one is always a blob.
pub const CHANGE_INLINE_BYTES_MAX: usize = 64 << 20;

/// Bytes of a header.
pub const HEADER_BYTES: usize = 44;
/// Bytes of a trailer.
pub const TRAILER_BYTES: usize = 36;
/// Largest payload: the largest change and everything beside it.
pub const PAYLOAD_BYTES_MAX: usize = CHANGE_INLINE_BYTES_MAX + (8 << 10);

/// First bytes of a header.
pub(crate) const HEADER_MAGIC: [u8; 4] = *b"gxRe";
/// Last bytes of a trailer. None of them is zero: an end that was never written shows.
pub(crate) const TRAILER_MAGIC: [u8; 4] = *b"gxEn";

const HEADER_CRC_AT: usize = HEADER_BYTES - 4;
const TRAILER_CRC_AT: usize = TRAILER_BYTES - 8;
const LSN_AT: usize = 16;
const SYNCED_AT: usize = 32;
const TRAILER_LSN_AT: usize = 12;

/// What a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A commit of one project or of the catalogue.
    Change,
    /// Where the projects of the segment before stood when this segment was begun.
    Heads,
}

impl Kind {
    fn number(self) -> u32 {
        match self {
            Self::Change => 1,
            Self::Heads => 2,
        }
    }

    fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Change),
            2 => Some(Self::Heads),
            _ => None,
        }
    }
}

/// Whose record it is: what header and trailer repeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// What it is.
    pub kind: Kind,
    /// The project that it commits to.
    pub project: ProjectId,
    /// Its place in the journal.
    pub lsn: Lsn,
    /// The project's revision number after it.
    pub number: u64,
    /// Bytes of its payload.
    pub payload_bytes: usize,
}

impl Identity {
    /// Bytes of the whole record.
    pub fn record_bytes(&self) -> usize {
        HEADER_BYTES + self.payload_bytes + TRAILER_BYTES
    }
}

/// A header that passed its checksum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Whose record it is.
    pub identity: Identity,
    /// Every record up to this one was synced before this record was written.
    pub synced: Lsn,
}

/// A commit that is to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The project, or the catalogue.
    pub project: ProjectId,
    /// The revision that the change was prepared against.
    pub before: Revision,
    /// The revision that it makes: `before.next(..)`.
    pub after: Revision,
    /// Who did it: the principal to whom its key belongs.
    pub author: String,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The key under which it may be asked for again.
    pub key: Option<Key>,
    /// Digest of the call's params.
    pub params: ParamsDigest,
    /// The answer that a repeated call gets.
    pub answer: Vec<u8>,
    /// What the history shows.
    pub label: String,
    /// What changed.
    pub change: Vec<u8>,
}

/// A record's bytes, ready for its lsn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Encoded {
    /// The project.
    pub project: ProjectId,
    /// The revision before.
    pub before: Revision,
    /// The revision after.
    pub after: Revision,
    /// Where the change is, if not inside.
    pub blob: Option<BlobRef>,
    /// The record.
    pub bytes: Vec<u8>,
}

/// A change as a record holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoredChange<'a> {
    /// Inside the record.
    Inline(&'a [u8]),
    /// In a blob.
    Blob(BlobRef),
}

/// A record that was read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// Its place in the journal.
    pub lsn: Lsn,
    /// The project, or the catalogue.
    pub project: ProjectId,
    /// The lineage it was written in.
    pub store: StoreId,
    /// The revision before.
    pub before: Revision,
    /// The revision after.
    pub after: Revision,
    /// Who did it.
    pub author: &'a str,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The key under which it may be asked for again.
    pub key: Option<Key>,
    /// Digest of the call's params.
    pub params: ParamsDigest,
    /// The answer that a repeated call gets.
    pub answer: &'a [u8],
    /// What the history shows.
    pub label: &'a str,
    /// What changed.
    pub change: StoredChange<'a>,
}

/// Something that does not fit a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{field} has {bytes} bytes, a record holds {bytes_max}")]
pub struct TooLong {
    /// The field.
    pub field: &'static str,
    /// Its length.
    pub bytes: usize,
    /// What fits.
    pub bytes_max: usize,
}

/// Why bytes are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordError {
    /// They are not what the format says.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A newer goxe wrote it.
    #[error("record of format {found}, this goxe reads up to {FORMAT}")]
    Newer {
        /// The format it names.
        found: u16,
    },
}

fn payload_crc(project: ProjectId, number: u64, covered: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&project.0.to_le_bytes());
    hasher.update(&number.to_le_bytes());
    hasher.update(covered);
    hasher.finalize()
}

#[cfg(test)]
mod tests;
