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
//! lsn is known; [`stamp`] sets it when the record's turn has come.

use thiserror::Error;

use super::blob::BlobRef;
use super::bytes::{Malformed, Put, Reader};
use super::chain::{self, ParamsDigest};
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

/// Encodes a commit whose change is inside, or in `blob` if that is given.
pub fn encode(draft: &Draft, blob: Option<BlobRef>, store: StoreId) -> Result<Encoded, TooLong> {
    let inline = if blob.is_some() { 0 } else { draft.change.len() };
    for (field, bytes, bytes_max) in [
        ("author", draft.author.len(), AUTHOR_BYTES_MAX),
        ("label", draft.label.len(), LABEL_BYTES_MAX),
        ("answer", draft.answer.len(), ANSWER_BYTES_MAX),
        ("change", inline, CHANGE_INLINE_BYTES_MAX),
    ] {
        if bytes > bytes_max {
            return Err(TooLong { field, bytes, bytes_max });
        }
    }
    debug_assert_eq!(
        draft.after,
        draft.before.next(
            draft.project,
            &draft.author,
            draft.time_ms,
            &chain::change_digest(&draft.change)
        ),
        "the revision after follows from the one before and the change"
    );
    let mut bytes = begin(inline + draft.answer.len() + draft.author.len() + draft.label.len());
    put_payload(&mut bytes, draft, blob, store);
    finish(&mut bytes, Kind::Change, draft.project, draft.after.number);
    Ok(Encoded { project: draft.project, before: draft.before, after: draft.after, blob, bytes })
}

fn put_payload(out: &mut Vec<u8>, draft: &Draft, blob: Option<BlobRef>, store: StoreId) {
    out.put_u64(store.0);
    out.put_u16(FORMAT);
    out.put_u32(draft.before.chain);
    out.put_u32(draft.after.chain);
    out.put_i64(draft.time_ms);
    match draft.key {
        Some(key) => {
            out.put_u8(1);
            out.put(&key.0);
        }
        None => out.put_u8(0),
    }
    out.put(&draft.params);
    out.put_bytes(draft.author.as_bytes());
    out.put_bytes(draft.label.as_bytes());
    out.put_bytes(&draft.answer);
    match blob {
        Some(blob) => {
            out.put_u8(1);
            out.put_u64(blob.id);
            out.put_u64(blob.length);
            out.put_u32(blob.crc);
        }
        None => {
            out.put_u8(0);
            out.put_bytes(&draft.change);
        }
    }
}

/// Encodes where projects stand. As many as fit: a project left out is only proven less.
pub(crate) fn encode_heads(heads: &[(ProjectId, Revision)], store: StoreId) -> Vec<u8> {
    const HEAD_BYTES: usize = 16;
    let fitting = heads.len().min((PAYLOAD_BYTES_MAX - 64) / HEAD_BYTES);
    let mut bytes = begin(fitting * HEAD_BYTES);
    bytes.put_u64(store.0);
    bytes.put_u16(FORMAT);
    bytes.put_u32(u32::try_from(fitting).expect("limited by the payload"));
    for (project, head) in heads.iter().take(fitting) {
        bytes.put_u32(project.0);
        bytes.put_u64(head.number);
        bytes.put_u32(head.chain);
    }
    finish(&mut bytes, Kind::Heads, ProjectId::CATALOGUE, 0);
    bytes
}

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

/// Sets a record's place in the journal, once or again.
pub(crate) fn stamp(record: &mut [u8], lsn: Lsn, synced: Lsn) {
    let trailer_at = record.len() - TRAILER_BYTES;
    let (head, trailer) = record.split_at_mut(trailer_at);
    set(head, LSN_AT, &lsn.0.to_le_bytes());
    set(head, SYNCED_AT, &synced.0.to_le_bytes());
    let header_crc = crc32fast::hash(&head[..HEADER_CRC_AT]);
    set(head, HEADER_CRC_AT, &header_crc.to_le_bytes());
    set(trailer, TRAILER_LSN_AT, &lsn.0.to_le_bytes());
    let trailer_crc = crc32fast::hash(&trailer[..TRAILER_CRC_AT]);
    set(trailer, TRAILER_CRC_AT, &trailer_crc.to_le_bytes());
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

fn payload_crc(project: ProjectId, number: u64, covered: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&project.0.to_le_bytes());
    hasher.update(&number.to_le_bytes());
    hasher.update(covered);
    hasher.finalize()
}

fn begin(content_bytes: usize) -> Vec<u8> {
    const FIXED_BYTES: usize = 128;
    let mut bytes = Vec::with_capacity(HEADER_BYTES + FIXED_BYTES + content_bytes + TRAILER_BYTES);
    bytes.resize(HEADER_BYTES, 0);
    bytes
}

/// Adds checksum and trailer to a payload, and fills the header's room.
fn finish(bytes: &mut Vec<u8>, kind: Kind, project: ProjectId, number: u64) {
    let crc = payload_crc(project, number, &bytes[HEADER_BYTES..]);
    bytes.put_u32(crc);
    let length = u32::try_from(bytes.len() - HEADER_BYTES).expect("limited before encoding");
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.put(&HEADER_MAGIC);
    header.put_u32(length);
    header.put_u32(kind.number());
    header.put_u32(project.0);
    header.put_u64(0);
    header.put_u64(number);
    header.put_u64(0);
    header.put_u32(0);
    set(bytes, 0, &header);
    bytes.put_u32(length);
    bytes.put_u32(kind.number());
    bytes.put_u32(project.0);
    bytes.put_u64(0);
    bytes.put_u64(number);
    bytes.put_u32(0);
    bytes.put(&TRAILER_MAGIC);
    stamp(bytes, Lsn::default(), Lsn::default());
}

fn set(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

#[cfg(test)]
mod tests;
