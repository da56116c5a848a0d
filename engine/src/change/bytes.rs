//! Reading and writing the bytes of changes and images.
//!
//! Numbers are little endian or LEB128 ("varint"); texts and blocks carry their length. Reading
//! never takes a length on trust: memory is set aside only for bytes that are there.

use std::borrow::Cow;
use std::sync::Arc;

use crate::error::DecodeError;

/// How many bytes a compressed block may become, for each byte it has. A block that compresses
/// better is padded, so that a few hostile bytes never cost much memory.
const EXPANSION_MAX: usize = 64;
/// Blocks below this are not worth compressing.
const COMPRESS_BYTES_MIN: usize = 128;

/// Grows a block of bytes.
#[derive(Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(crate) fn len(&mut self, value: usize) {
        self.varint(value as u64);
    }

    pub(crate) fn str(&mut self, text: &str) {
        self.len(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Takes a block of bytes apart.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.offset
    }

    pub(crate) fn invalid(&self, what: &'static str) -> DecodeError {
        DecodeError::Invalid { offset: self.offset, what }
    }

    pub(crate) fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.offset..];
        let Some((taken, _)) = rest.split_at_checked(len) else {
            return Err(DecodeError::Truncated { offset: self.bytes.len(), what });
        };
        self.offset += len;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, what)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        Ok(self.array::<1>(what)?[0])
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub(crate) fn i64(&mut self, what: &'static str) -> Result<i64, DecodeError> {
        Ok(i64::from_le_bytes(self.array(what)?))
    }

    pub(crate) fn bool(&mut self, what: &'static str) -> Result<bool, DecodeError> {
        match self.u8(what)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.invalid(what)),
        }
    }

    pub(crate) fn varint(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8(what)?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.invalid(what))
    }

    /// A number that must fit into 32 bits.
    pub(crate) fn varint_u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        u32::try_from(self.varint(what)?).map_err(|_| self.invalid(what))
    }

    /// A count of items, each of which takes at least `bytes_min` of the bytes that follow.
    pub(crate) fn count(
        &mut self,
        bytes_min: usize,
        what: &'static str,
    ) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.varint(what)?).map_err(|_| self.invalid(what))?;
        match count.checked_mul(bytes_min) {
            Some(bytes) if bytes <= self.remaining() => Ok(count),
            _ => Err(self.invalid(what)),
        }
    }

    pub(crate) fn str(&mut self, what: &'static str) -> Result<Arc<str>, DecodeError> {
        let len = self.count(1, what)?;
        let text = std::str::from_utf8(self.take(len, what)?);
        text.map(Arc::from).map_err(|_| self.invalid(what))
    }

    /// Fails if anything is left.
    pub(crate) fn end(&self, what: &'static str) -> Result<(), DecodeError> {
        if self.remaining() == 0 { Ok(()) } else { Err(self.invalid(what)) }
    }
}

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// Puts `raw` behind `out`, compressed if that makes it smaller.
pub(crate) fn pack(raw: &[u8], level: i32, out: &mut Vec<u8>) {
    let compressed = (raw.len() >= COMPRESS_BYTES_MIN)
        .then(|| zstd::bulk::compress(raw, level).ok())
        .flatten()
        .filter(|compressed| compressed.len() + 16 < raw.len());
    let Some(compressed) = compressed else {
        out.push(PLAIN);
        out.extend_from_slice(raw);
        return;
    };
    let start = out.len();
    let mut head = Writer(std::mem::take(out));
    head.u8(ZSTD);
    head.len(raw.len());
    head.len(compressed.len());
    head.0.extend_from_slice(&compressed);
    *out = head.0;
    let len_min = raw.len() / EXPANSION_MAX + 1;
    out.resize(out.len().max(start + len_min), 0);
}

/// The other way round: `packed` is one block up to its last byte.
pub(crate) fn unpack(packed: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    let mut reader = Reader::new(packed);
    match reader.u8("a block")? {
        PLAIN => Ok(Cow::Borrowed(&packed[1..])),
        ZSTD => {
            let len = reader.varint("the length of a block")?;
            let len = usize::try_from(len)
                .ok()
                .filter(|len| len / EXPANSION_MAX < packed.len())
                .ok_or_else(|| reader.invalid("the length of a block"))?;
            let frame_len = reader.count(1, "the length of a compressed block")?;
            let frame = reader.take(frame_len, "a compressed block")?;
            let raw = zstd::bulk::decompress(frame, len).ok().filter(|raw| raw.len() == len);
            raw.map(Cow::Owned).ok_or_else(|| reader.invalid("a compressed block"))
        }
        _ => Err(reader.invalid("the form of a block")),
    }
}

#[cfg(test)]
mod tests {
    use super::{EXPANSION_MAX, Reader, Writer, pack, unpack};

    #[test]
    fn numbers_come_back() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut writer = Writer::default();
            writer.varint(value);
            let mut reader = Reader::new(&writer.0);
            assert_eq!(reader.varint("n"), Ok(value));
            assert_eq!(reader.end("n"), Ok(()));
            assert!(Reader::new(&writer.0[1..]).varint("n").is_err() || value > 127);
        }
        assert!(Reader::new(&[0xff; 10]).varint("n").is_err());
        assert!(Reader::new(&[0x80; 11]).varint("n").is_err());
    }

    #[test]
    fn a_count_must_be_backed_by_bytes() {
        let mut writer = Writer::default();
        writer.varint(1 << 40);
        assert!(Reader::new(&writer.0).count(1, "n").is_err());
        assert!(Reader::new(&writer.0).str("n").is_err());
    }

    #[test]
    fn blocks_come_back_and_never_expand_too_far() {
        for raw in [vec![], vec![7; 100], vec![7; 1 << 20], (0..=255).collect::<Vec<u8>>()] {
            let mut packed = Vec::new();
            pack(&raw, 1, &mut packed);
            assert_eq!(unpack(&packed).as_deref(), Ok(&raw[..]));
            assert!(raw.len() <= packed.len() * EXPANSION_MAX);
        }
        let mut bomb = Vec::new();
        pack(&vec![7; 1 << 20], 1, &mut bomb);
        bomb.truncate(100);
        assert!(unpack(&bomb).is_err());
    }
}
