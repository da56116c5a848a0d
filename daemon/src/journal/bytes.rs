//! Reading and writing of little-endian fields, bounded on every side.

use thiserror::Error;

/// Bytes that are not what the format says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("malformed at byte {offset}: {what}")]
pub struct Malformed {
    /// Byte at which it was noticed, counted from the start of what was decoded.
    pub offset: u64,
    /// What was expected there.
    pub what: &'static str,
}

/// A cursor over foreign bytes: never reads past the end, never panics.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: u64,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    pub(crate) fn malformed(&self, what: &'static str) -> Malformed {
        Malformed { offset: self.offset, what }
    }

    pub(crate) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let Some((head, tail)) = self.rest.split_at_checked(count) else {
            return Err(self.malformed(what));
        };
        self.rest = tail;
        self.offset = self.offset.saturating_add(count as u64);
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], Malformed> {
        let Some((head, tail)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.malformed(what));
        };
        self.rest = tail;
        self.offset = self.offset.saturating_add(N as u64);
        Ok(*head)
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, Malformed> {
        self.array(what).map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, Malformed> {
        self.array(what).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, Malformed> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, Malformed> {
        self.array(what).map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self, what: &'static str) -> Result<i64, Malformed> {
        self.array(what).map(i64::from_le_bytes)
    }

    /// A u32 length and as many bytes, `max` at most.
    pub(crate) fn bytes(&mut self, max: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let length = self.length(max, what)?;
        self.take(length, what)
    }

    /// A u32 count that is `max` at most.
    pub(crate) fn length(&mut self, max: usize, what: &'static str) -> Result<usize, Malformed> {
        let start = self.offset;
        match usize::try_from(self.u32(what)?) {
            Ok(length) if length <= max => Ok(length),
            Ok(_) | Err(_) => Err(Malformed { offset: start, what }),
        }
    }

    /// As [`Self::bytes`], in UTF-8.
    pub(crate) fn text(&mut self, max: usize, what: &'static str) -> Result<&'a str, Malformed> {
        let start = self.offset;
        let bytes = self.bytes(max, what)?;
        std::str::from_utf8(bytes).map_err(|_| Malformed { offset: start, what })
    }

    /// Nothing may be left.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.malformed("nothing more")) }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }
}

/// Appending of fields to a buffer.
pub(crate) trait Put {
    fn put(&mut self, bytes: &[u8]);

    fn put_u8(&mut self, value: u8) {
        self.put(&value.to_le_bytes());
    }

    fn put_u16(&mut self, value: u16) {
        self.put(&value.to_le_bytes());
    }

    fn put_u32(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }

    fn put_u64(&mut self, value: u64) {
        self.put(&value.to_le_bytes());
    }

    fn put_i64(&mut self, value: i64) {
        self.put(&value.to_le_bytes());
    }

    /// A u32 length and the bytes. The caller has checked them against a limit far below 4 GiB.
    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_u32(u32::try_from(bytes.len()).expect("lengths are limited before encoding"));
        self.put(bytes);
    }
}

impl Put for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
