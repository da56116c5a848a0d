//! From a commit to a record's bytes.

use crate::journal::blob::BlobRef;
use crate::journal::bytes::Put;
use crate::journal::{FORMAT, Lsn, ProjectId, Revision, StoreId, chain};

use super::{
    ANSWER_BYTES_MAX, AUTHOR_BYTES_MAX, CHANGE_INLINE_BYTES_MAX, Draft, Encoded, HEADER_BYTES,
    HEADER_CRC_AT, HEADER_MAGIC, Kind, LABEL_BYTES_MAX, LSN_AT, PAYLOAD_BYTES_MAX, SYNCED_AT,
    TRAILER_BYTES, TRAILER_CRC_AT, TRAILER_LSN_AT, TRAILER_MAGIC, TooLong, payload_crc,
};

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
