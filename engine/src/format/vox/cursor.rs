//! A reader of little-endian values that knows its place in the file.

use std::borrow::Cow;

use super::error::{ChunkName, VoxError, VoxErrorKind};

/// A window of the file that is read from front to back.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

/// A chunk as it stands in the file.
pub(super) struct Chunk<'a> {
    pub name: ChunkName,
    /// Where its header begins.
    pub offset: usize,
    pub content: Cursor<'a>,
    pub children: Cursor<'a>,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    pub fn offset(&self) -> usize {
        self.offset
    }

    pub fn left(&self) -> usize {
        self.rest.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// A refusal at the next byte.
    pub fn error(&self, kind: VoxErrorKind) -> VoxError {
        VoxError::new(self.offset, kind)
    }

    pub fn bytes(&mut self, size: usize, what: &'static str) -> Result<&'a [u8], VoxError> {
        let Some((head, rest)) = self.rest.split_at_checked(size) else {
            let left = self.left();
            return Err(self.error(VoxErrorKind::Truncated { what, needed: size, left }));
        };
        self.rest = rest;
        self.offset += size;
        Ok(head)
    }

    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<&'a [u8; N], VoxError> {
        let Some((head, rest)) = self.rest.split_first_chunk::<N>() else {
            let left = self.left();
            return Err(self.error(VoxErrorKind::Truncated { what, needed: N, left }));
        };
        self.rest = rest;
        self.offset += N;
        Ok(head)
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, VoxError> {
        Ok(u32::from_le_bytes(*self.array(what)?))
    }

    /// A count of things that take at least `bytes_min` bytes each; a count that the bytes left
    /// cannot hold is refused, so that it is safe to allocate for.
    pub fn count(&mut self, bytes_min: usize, what: &'static str) -> Result<usize, VoxError> {
        let at = self.offset;
        let count = self.u32(what)?;
        match usize::try_from(count) {
            Ok(fits) if fits <= self.left() / bytes_min => Ok(fits),
            _ => Err(VoxError::new(at, VoxErrorKind::Count { what, count, left: self.left() })),
        }
    }

    /// A text with its length before it. Bytes that are not UTF-8 are replaced: old versions wrote
    /// whatever the system's code page was.
    pub fn text(&mut self, what: &'static str) -> Result<Cow<'a, str>, VoxError> {
        let size = self.count(1, what)?;
        Ok(String::from_utf8_lossy(self.bytes(size, what)?))
    }

    /// The next chunk. One that is longer than what is left is refused.
    pub fn chunk(&mut self) -> Result<Chunk<'a>, VoxError> {
        let offset = self.offset;
        let name = ChunkName(*self.array("a chunk's name")?);
        let content = self.u32("a chunk's content size")?;
        let children = self.u32("a chunk's children size")?;
        let size = u64::from(content) + u64::from(children);
        let too_long = || {
            VoxError::new(offset, VoxErrorKind::PastParent { chunk: name, size, left: self.left() })
        };
        let part = |size: u32, from: usize| {
            let start = from.min(self.rest.len());
            let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size))?;
            let rest = self.rest.get(start..end)?;
            Some((Self { rest, offset: self.offset + start }, end))
        };
        let (content, end) = part(content, 0).ok_or_else(too_long)?;
        let (children, end) = part(children, end).ok_or_else(too_long)?;
        self.bytes(end, "a chunk")?;
        Ok(Chunk { name, offset, content, children })
    }
}
