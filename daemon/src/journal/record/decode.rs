//! From bytes to a record: nothing is believed before its checksum.

use crate::journal::blob::BlobRef;
use crate::journal::bytes::{Malformed, Reader};
use crate::journal::keys::Key;
use crate::journal::{FORMAT, Lsn, ProjectId, Revision, StoreId};

use super::{
    ANSWER_BYTES_MAX, AUTHOR_BYTES_MAX, CHANGE_INLINE_BYTES_MAX, HEADER_BYTES, HEADER_CRC_AT,
    HEADER_MAGIC, Header, Identity, Kind, LABEL_BYTES_MAX, PAYLOAD_BYTES_MAX, Record, RecordError,
    StoredChange, TRAILER_BYTES, TRAILER_CRC_AT, TRAILER_MAGIC, payload_crc,
};

/// Decodes the payload of a [`Kind::Heads`] record.
pub(crate) fn decode_heads(
    identity: &Identity,
    payload: &[u8],
) -> Result<(StoreId, Vec<(ProjectId, Revision)>), RecordError> {
    let mut reader = checked_payload(identity, payload)?;
    let store = StoreId(reader.u64("store")?);
    check_format(&mut reader)?;
    let count = reader.length(PAYLOAD_BYTES_MAX, "count of heads")?;
    if count.checked_mul(16) != Some(reader.remaining()) {
        return Err(reader.malformed("as many heads as counted").into());
    }
    let mut heads = Vec::with_capacity(count);
    for _ in 0..count {
        let project = ProjectId(reader.u32("project")?);
        let number = reader.u64("number")?;
        heads.push((project, Revision { number, chain: reader.u32("chain")? }));
    }
    reader.end()?;
    Ok((store, heads))
}

/// Reads a header; none if it is not one.
pub(crate) fn parse_header(bytes: &[u8; HEADER_BYTES]) -> Option<Header> {
    let (covered, crc) = bytes.split_at(HEADER_CRC_AT);
    if crc != crc32fast::hash(covered).to_le_bytes() {
        return None;
    }
    let mut reader = Reader::new(covered);
    if reader.array("magic").ok()? != HEADER_MAGIC {
        return None;
    }
    let payload_bytes = reader.length(PAYLOAD_BYTES_MAX, "length").ok()?;
    let kind = Kind::from_number(reader.u32("kind").ok()?)?;
    let project = ProjectId(reader.u32("project").ok()?);
    let lsn = Lsn(reader.u64("lsn").ok()?);
    let number = reader.u64("number").ok()?;
    let synced = Lsn(reader.u64("synced").ok()?);
    Some(Header { identity: Identity { kind, project, lsn, number, payload_bytes }, synced })
}

/// Reads a trailer; none if it is not one.
pub(crate) fn parse_trailer(bytes: &[u8; TRAILER_BYTES]) -> Option<Identity> {
    let (covered, rest) = bytes.split_at(TRAILER_CRC_AT);
    let (crc, magic) = rest.split_at(4);
    if magic != TRAILER_MAGIC || crc != crc32fast::hash(covered).to_le_bytes() {
        return None;
    }
    let mut reader = Reader::new(covered);
    let payload_bytes = reader.length(PAYLOAD_BYTES_MAX, "length").ok()?;
    let kind = Kind::from_number(reader.u32("kind").ok()?)?;
    let project = ProjectId(reader.u32("project").ok()?);
    let lsn = Lsn(reader.u64("lsn").ok()?);
    let number = reader.u64("number").ok()?;
    Some(Identity { kind, project, lsn, number, payload_bytes })
}

/// Decodes a whole record: header, payload and trailer have to agree and to be sound.
pub fn decode(bytes: &[u8]) -> Result<Record<'_>, RecordError> {
    let mut reader = Reader::new(bytes);
    let header = parse_header(&reader.array("header")?).ok_or(reader.malformed("sound header"))?;
    let payload = reader.take(header.identity.payload_bytes, "payload")?;
    let trailer =
        parse_trailer(&reader.array("trailer")?).ok_or(reader.malformed("sound trailer"))?;
    reader.end()?;
    if trailer != header.identity || header.identity.kind != Kind::Change {
        return Err(reader.malformed("a trailer that repeats the header").into());
    }
    decode_change(&header.identity, payload)
}

/// Decodes the payload of a [`Kind::Change`] record.
pub(crate) fn decode_change<'a>(
    identity: &Identity,
    payload: &'a [u8],
) -> Result<Record<'a>, RecordError> {
    let mut reader = checked_payload(identity, payload)?;
    let store = StoreId(reader.u64("store")?);
    check_format(&mut reader)?;
    let number = identity.number;
    let before_number = number.checked_sub(1).ok_or(reader.malformed("number from 1"))?;
    let before = Revision { number: before_number, chain: reader.u32("chain before")? };
    let after = Revision { number, chain: reader.u32("chain after")? };
    let time_ms = reader.i64("time")?;
    let key = match reader.u8("key mark")? {
        0 => None,
        1 => Some(Key(reader.array("key")?)),
        _ => return Err(reader.malformed("key mark 0 or 1").into()),
    };
    let params = reader.array("params digest")?;
    let author = reader.text(AUTHOR_BYTES_MAX, "author")?;
    let label = reader.text(LABEL_BYTES_MAX, "label")?;
    let answer = reader.bytes(ANSWER_BYTES_MAX, "answer")?;
    let change = match reader.u8("change mark")? {
        0 => StoredChange::Inline(reader.bytes(CHANGE_INLINE_BYTES_MAX, "change")?),
        1 => StoredChange::Blob(BlobRef {
            id: reader.u64("blob id")?,
            length: reader.u64("blob length")?,
            crc: reader.u32("blob crc")?,
        }),
        _ => return Err(reader.malformed("change mark 0 or 1").into()),
    };
    reader.end()?;
    let project = identity.project;
    let lsn = identity.lsn;
    Ok(Record {
        lsn,
        project,
        store,
        before,
        after,
        author,
        time_ms,
        key,
        params,
        answer,
        label,
        change,
    })
}

fn check_format(reader: &mut Reader<'_>) -> Result<(), RecordError> {
    match reader.u16("format")? {
        FORMAT => Ok(()),
        0 => Err(reader.malformed("a format").into()),
        found => Err(RecordError::Newer { found }),
    }
}

/// The payload without its checksum, if that is right.
fn checked_payload<'a>(identity: &Identity, payload: &'a [u8]) -> Result<Reader<'a>, Malformed> {
    let damaged = Malformed { offset: HEADER_BYTES as u64, what: "a payload that fits its crc" };
    let (covered, crc) = payload.split_last_chunk::<4>().ok_or(damaged)?;
    if payload_crc(identity.project, identity.number, covered).to_le_bytes() != *crc {
        return Err(damaged);
    }
    Ok(Reader::new(covered))
}
