//! Reading a segment from end to end, over whatever happened to it.
//!
//! A scan never stops at damage. A record whose header is damaged is measured by its trailer; where
//! both are gone the next sound record is searched. What a damaged stretch looks like is kept as a
//! [`Cause`]: only the one who knows which records were synced can say whether it was lost with the
//! power (a torn tail) or went bad later.

use std::io;

use thiserror::Error;

use super::Newer;
use super::window::Window;
use crate::journal::blob::BlobRef;
use crate::journal::disk::Disk;
use crate::journal::record::{
    self, HEADER_BYTES, HEADER_MAGIC, Header, Identity, Kind, PAYLOAD_BYTES_MAX, RecordError,
    StoredChange, TRAILER_BYTES, TRAILER_MAGIC,
};
use crate::journal::{Lsn, ProjectId, Revision, StoreId};

/// What a disk writes whole or not at all.
const SECTOR_BYTES: u64 = 512;

/// What was found at a place of a segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// A whole record that passed every check.
    Sound(Sound),
    /// Bytes that are no sound record.
    Damaged(Damage),
}

/// A sound record and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sound {
    /// Its header.
    pub header: Header,
    /// Its first byte in the segment.
    pub offset: u64,
    /// What it holds.
    pub content: Content,
}

impl Sound {
    /// The byte after it.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.header.identity.record_bytes() as u64)
    }
}

/// What recovery has to know of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// A commit.
    Change {
        /// The revision before.
        before: Revision,
        /// The revision after.
        after: Revision,
        /// Where its change is, if not inside.
        blob: Option<BlobRef>,
    },
    /// Where projects stood when the segment was begun.
    Heads(Vec<(ProjectId, Revision)>),
}

/// A stretch of bytes that is no sound record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Its first byte in the segment.
    pub offset: u64,
    /// The byte after it.
    pub end: u64,
    /// Whose record it was, when header or trailer still say so.
    pub identity: Option<Identity>,
    /// What it looks like.
    pub cause: Cause,
}

/// What a damaged stretch looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The file ends inside it.
    CutShort,
    /// A sector of it is zero-filled, as one is that was never written.
    Unwritten,
    /// Everything was written, but does not fit its checksums.
    Flipped,
    /// A sound record out of order or of another store: it does not belong here.
    Misplaced,
}

/// Why a scan cannot go on.
#[derive(Debug, Error)]
pub enum ScanError {
    /// A newer goxe wrote this.
    #[error("written by a newer goxe, format {found}")]
    Newer {
        /// The format it names.
        found: u16,
    },
    /// The disk does not give it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<Newer> for ScanError {
    fn from(newer: Newer) -> Self {
        Self::Newer { found: newer.found }
    }
}

/// A running scan. It ends when [`Scan::step`] returns none.
pub struct Scan<'d> {
    window: Window<'d>,
    store: StoreId,
    offset: u64,
    last: Lsn,
}

impl<'d> Scan<'d> {
    /// Begins behind the header of the segment at `path`, which has `length` bytes.
    pub fn new(disk: &'d dyn Disk, path: &str, length: u64, store: StoreId) -> Self {
        let window = Window::new(disk, path, length);
        Self { window, store, offset: super::HEADER_BYTES as u64, last: Lsn::default() }
    }

    /// The segment's header; none if both copies are unreadable.
    pub fn header(&mut self) -> Result<Option<super::Header>, ScanError> {
        let bytes = self.window.slice(0, super::HEADER_BYTES)?;
        Ok(super::Header::decode(bytes)?)
    }

    /// Bytes read so far.
    pub fn offset(&self) -> u64 {
        self.offset.min(self.window.length())
    }

    /// What comes next in the segment.
    pub fn step(&mut self) -> Result<Option<Item>, ScanError> {
        if self.offset >= self.window.length() {
            return Ok(None);
        }
        let item = self.examine(self.offset)?;
        match &item {
            Item::Sound(sound) => {
                self.last = sound.header.identity.lsn;
                self.offset = sound.end();
            }
            Item::Damaged(damage) => {
                debug_assert!(damage.end > self.offset, "a scan always gets on");
                self.offset = damage.end;
            }
        }
        Ok(Some(item))
    }

    fn examine(&mut self, offset: u64) -> Result<Item, ScanError> {
        let bytes = self.window.slice(offset, HEADER_BYTES)?;
        let Ok(bytes) = <&[u8; HEADER_BYTES]>::try_from(bytes) else {
            return Ok(Item::Damaged(self.to_the_end(offset, None, Cause::CutShort)));
        };
        let Some(header) = record::parse_header(bytes) else {
            return self.without_header(offset).map(Item::Damaged);
        };
        let end = offset.saturating_add(header.identity.record_bytes() as u64);
        if end > self.window.length() {
            let identity = Some(header.identity);
            return Ok(Item::Damaged(self.to_the_end(offset, identity, Cause::CutShort)));
        }
        if let Some(content) = self.content(offset, &header)? {
            return Ok(match content {
                Ok(content) => Item::Sound(Sound { header, offset, content }),
                // Whose record was here before is not known.
                Err(cause) => Item::Damaged(Damage { offset, end, identity: None, cause }),
            });
        }
        let cause = self.cause(offset, end)?;
        Ok(Item::Damaged(Damage { offset, end, identity: Some(header.identity), cause }))
    }

    /// The content of a record whose header is sound; none if payload or trailer are not.
    fn content(
        &mut self,
        offset: u64,
        header: &Header,
    ) -> Result<Option<Result<Content, Cause>>, ScanError> {
        let (store, last) = (self.store, self.last);
        let identity = &header.identity;
        let bytes = self.window.slice(offset, identity.record_bytes())?;
        let Some((payload, trailer)) =
            bytes.get(HEADER_BYTES..).and_then(|rest| rest.split_last_chunk::<TRAILER_BYTES>())
        else {
            return Ok(None);
        };
        if record::parse_trailer(trailer).as_ref() != Some(identity) {
            return Ok(None);
        }
        let (found_store, content) = match content_of(identity, payload) {
            Ok(content) => content,
            Err(RecordError::Malformed(_)) => return Ok(None),
            Err(RecordError::Newer { found }) => return Err(ScanError::Newer { found }),
        };
        if found_store != store || identity.lsn <= last {
            return Ok(Some(Err(Cause::Misplaced)));
        }
        Ok(Some(Ok(content)))
    }

    /// Measures a record by its trailer, or goes on to the next sound record, or to the end.
    fn without_header(&mut self, offset: u64) -> Result<Damage, ScanError> {
        if let Some((end, identity)) = self.trailer_of(offset)? {
            let cause = self.cause(offset, end)?;
            return Ok(Damage { offset, end, identity: Some(identity), cause });
        }
        let end = self.next_sound(offset)?.unwrap_or(self.window.length());
        let shortest = (HEADER_BYTES + TRAILER_BYTES) as u64;
        let short = end == self.window.length() && end.saturating_sub(offset) < shortest;
        let cause = if short { Cause::CutShort } else { self.cause(offset, end)? };
        Ok(Damage { offset, end, identity: None, cause })
    }

    /// The trailer of the record that begins at `offset`.
    fn trailer_of(&mut self, offset: u64) -> Result<Option<(u64, Identity)>, ScanError> {
        let longest = (HEADER_BYTES + PAYLOAD_BYTES_MAX + TRAILER_BYTES) as u64;
        let stop = self.window.length().min(offset.saturating_add(longest));
        let mut from = offset.saturating_add(HEADER_BYTES as u64);
        while let Some(magic_at) = self.window.find(TRAILER_MAGIC, from, stop)? {
            from = magic_at.saturating_add(1);
            let end = magic_at.saturating_add(TRAILER_MAGIC.len() as u64);
            let Some(start) = end.checked_sub(TRAILER_BYTES as u64) else { continue };
            let bytes = self.window.slice(start, TRAILER_BYTES)?;
            let Ok(bytes) = <&[u8; TRAILER_BYTES]>::try_from(bytes) else { continue };
            let Some(identity) = record::parse_trailer(bytes) else { continue };
            if end.checked_sub(identity.record_bytes() as u64) == Some(offset) {
                return Ok(Some((end, identity)));
            }
        }
        Ok(None)
    }

    /// Where the next whole and sound record begins.
    fn next_sound(&mut self, offset: u64) -> Result<Option<u64>, ScanError> {
        let mut from = offset.saturating_add(1);
        while let Some(at) = self.window.find(HEADER_MAGIC, from, self.window.length())? {
            from = at.saturating_add(1);
            let bytes = self.window.slice(at, HEADER_BYTES)?;
            let Ok(bytes) = <&[u8; HEADER_BYTES]>::try_from(bytes) else { continue };
            let Some(header) = record::parse_header(bytes) else { continue };
            let whole = at.saturating_add(header.identity.record_bytes() as u64);
            if whole <= self.window.length() && matches!(self.content(at, &header)?, Some(Ok(_))) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    fn to_the_end(&self, offset: u64, identity: Option<Identity>, cause: Cause) -> Damage {
        Damage { offset, end: self.window.length(), identity, cause }
    }

    /// Whether a stretch holds a sector, or its part of one, that was never written.
    fn cause(&mut self, offset: u64, end: u64) -> Result<Cause, ScanError> {
        let mut at = offset;
        while at < end {
            let piece_end = (at / SECTOR_BYTES).saturating_add(1) * SECTOR_BYTES;
            let length = usize::try_from(piece_end.min(end) - at).expect("at most a sector");
            let piece = self.window.slice(at, length)?;
            if piece.iter().all(|byte| *byte == 0) {
                return Ok(Cause::Unwritten);
            }
            at = piece_end;
        }
        Ok(Cause::Flipped)
    }
}

fn content_of(identity: &Identity, payload: &[u8]) -> Result<(StoreId, Content), RecordError> {
    match identity.kind {
        Kind::Change => {
            let record = record::decode_change(identity, payload)?;
            let blob = match record.change {
                StoredChange::Inline(_) => None,
                StoredChange::Blob(blob) => Some(blob),
            };
            let (before, after) = (record.before, record.after);
            Ok((record.store, Content::Change { before, after, blob }))
        }
        Kind::Heads => {
            let (store, heads) = record::decode_heads(identity, payload)?;
            Ok((store, Content::Heads(heads)))
        }
    }
}
