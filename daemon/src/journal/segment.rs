//! Segments: the files of the journal, each named by its first record number.
//!
//! A segment begins with two copies of its header, so that one flip does not cost it. `after` names
//! the last good record before it: what older segments hold above that number is void. That is how
//! a file whose sync failed, and which is never synced again, loses its uncertain end.

mod scan;
mod window;

use thiserror::Error;

pub(crate) use window::Window;

pub use scan::{Cause, Content, Damage, Item, Scan, ScanError, Sound};

use super::bytes::{Put, Reader};
use super::{FORMAT, JOURNAL_FOLDER, Lsn, StoreId, disk};

const ENDING: &str = ".seg";
const MAGIC: [u8; 8] = *b"goxe.seg";
const COPY_BYTES: usize = 44;
const CRC_AT: usize = COPY_BYTES - 4;
const FLAG_VOIDS: u16 = 1;

/// Bytes of a segment before its first record.
pub const HEADER_BYTES: usize = 2 * COPY_BYTES;

/// What a segment says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The lineage it belongs to.
    pub store: StoreId,
    /// Its first record number, and its name.
    pub first: Lsn,
    /// The last good record before it; higher ones in older segments are void.
    pub after: Lsn,
    /// Older segments hold void records: this one must outlive them.
    pub voids: bool,
}

/// A header of a newer format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("segment of format {found}, this goxe reads up to {FORMAT}")]
pub struct Newer {
    /// The format it names.
    pub found: u16,
}

impl Header {
    /// Both copies.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.put(&MAGIC);
        bytes.put_u16(FORMAT);
        bytes.put_u16(if self.voids { FLAG_VOIDS } else { 0 });
        bytes.put_u32(0);
        bytes.put_u64(self.store.0);
        bytes.put_u64(self.first.0);
        bytes.put_u64(self.after.0);
        bytes.put_u32(crc32fast::hash(&bytes));
        bytes.extend_from_within(..);
        bytes
    }

    /// The first sound copy; none if there is none.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, Newer> {
        for copy in bytes.chunks_exact(COPY_BYTES).take(2) {
            if let Some(header) = decode_copy(copy) {
                return header.map(Some);
            }
        }
        Ok(None)
    }
}

fn decode_copy(copy: &[u8]) -> Option<Result<Header, Newer>> {
    let (covered, crc) = copy.split_at_checked(CRC_AT)?;
    if crc != crc32fast::hash(covered).to_le_bytes() {
        return None;
    }
    let mut reader = Reader::new(covered);
    if reader.array("magic").ok()? != MAGIC {
        return None;
    }
    let format = reader.u16("format").ok()?;
    let flags = reader.u16("flags").ok()?;
    let reserved = reader.u32("reserved").ok()?;
    if format != FORMAT || flags & !FLAG_VOIDS != 0 || reserved != 0 {
        return Some(Err(Newer { found: format }));
    }
    let store = StoreId(reader.u64("store").ok()?);
    let first = Lsn(reader.u64("first").ok()?);
    let after = Lsn(reader.u64("after").ok()?);
    Some(Ok(Header { store, first, after, voids: flags & FLAG_VOIDS != 0 }))
}

/// A segment's file name.
pub fn name(first: Lsn) -> String {
    format!("{first}{ENDING}")
}

/// A segment's path below the data folder.
pub fn path(first: Lsn) -> String {
    disk::join(JOURNAL_FOLDER, &name(first))
}

/// The first record number in a segment's file name.
pub fn parse_name(name: &str) -> Option<Lsn> {
    parse_number(name.strip_suffix(ENDING)?).map(Lsn)
}

/// Sixteen lower-case hex digits.
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    let plain =
        text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if plain { u64::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_one_flip_leaves_a_sound_copy() {
        let header =
            Header { store: StoreId(7), first: Lsn(0x1234), after: Lsn(0x1200), voids: true };
        let bytes = header.encode();
        assert_eq!(bytes.len(), HEADER_BYTES);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&flipped), Ok(Some(header)), "bit {bit}");
        }
        for length in 0..COPY_BYTES {
            assert_eq!(Header::decode(&bytes[..length]), Ok(None));
        }
    }

    #[test]
    fn a_newer_format_is_refused() {
        let header = Header { store: StoreId(7), first: Lsn(1), after: Lsn(0), voids: false };
        let mut copy = header.encode()[..CRC_AT].to_vec();
        copy[8] = 2;
        copy.put_u32(crc32fast::hash(&copy));
        assert_eq!(Header::decode(&copy), Err(Newer { found: 2 }));
    }

    #[test]
    fn names_round_trip() {
        assert_eq!(name(Lsn(0xabc)), "0000000000000abc.seg");
        assert_eq!(parse_name(&name(Lsn(u64::MAX))), Some(Lsn(u64::MAX)));
        for other in ["", ".seg", "abc.seg", "0000000000000ABC.seg", "0000000000000abc.seg.tmp"] {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }
}
