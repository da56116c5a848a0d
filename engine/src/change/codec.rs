//! Changes as bytes: a version, then one block that is compressed where that helps.

use std::sync::Arc;

use super::bytes::{Reader, Writer, pack, unpack};
use super::chunk::{ChunkPool, DENSE_BYTES_MIN, decode_chunk, encode_chunk};
use super::{Change, Step, Summary, decode_delta, encode_delta};
use crate::chunk::Chunk;
use crate::coords::{Bounds, VoxelPos};
use crate::error::DecodeError;

/// The newest version of the format, which is the one that is written.
pub const VERSION: u8 = 1;
/// Fast; what a journal writes is read once at most.
const LEVEL: i32 = 1;

const EDIT: u8 = 0;
const UNDO: u8 = 1;
const REDO: u8 = 2;
const CHECKPOINT_CREATE: u8 = 3;
const CHECKPOINT_DELETE: u8 = 4;
const RESTORE: u8 = 5;

impl Change {
    /// The change as bytes, from which [`Change::decode`] makes an equal one.
    pub fn encode(&self) -> Vec<u8> {
        let mut pool = ChunkPool::default();
        let mut step = Writer::default();
        encode_step(&self.step, &mut pool, &mut step);
        let mut body = Writer::default();
        encode_pool(pool.chunks(), &mut body);
        body.varint(self.base);
        body.varint(self.forget_until);
        encode_summary(&self.summary, &mut body);
        body.0.append(&mut step.0);
        let mut out = vec![VERSION];
        pack(&body.0, LEVEL, &mut out);
        out
    }

    /// Reads what [`Change::encode`] wrote. Whatever the bytes are, memory stays below 100 KB for
    /// each of them.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let version = Reader::new(bytes).u8("the version")?;
        if version > VERSION {
            return Err(DecodeError::NewerVersion { found: version.into(), known: VERSION.into() });
        }
        if version != VERSION {
            return Err(DecodeError::Invalid { offset: 0, what: "the version" });
        }
        let body = unpack(&bytes[1..])?;
        let mut reader = Reader::new(&body);
        let pool = decode_pool(&mut reader)?;
        let base = reader.varint("the revision it was prepared on")?;
        let forget_until = reader.varint("the group that is forgotten")?;
        let summary = decode_summary(&mut reader)?;
        let step = decode_step(&mut reader, &pool)?;
        reader.end("the end of a change")?;
        Ok(Self { base, step, summary, forget_until })
    }
}

pub(crate) fn encode_pool(chunks: &[Chunk], out: &mut Writer) {
    out.len(chunks.len());
    chunks.iter().for_each(|chunk| encode_chunk(chunk, out));
}

pub(crate) fn decode_pool(reader: &mut Reader<'_>) -> Result<Vec<Chunk>, DecodeError> {
    let count = reader.count(DENSE_BYTES_MIN, "the chunks")?;
    (0..count).map(|_| decode_chunk(reader)).collect()
}

fn encode_step(step: &Step, pool: &mut ChunkPool, out: &mut Writer) {
    let named = |tag: u8, name: &str, out: &mut Writer| {
        out.u8(tag);
        out.str(name);
    };
    match step {
        Step::Edit(delta) => {
            out.u8(EDIT);
            encode_delta(delta, pool, out);
        }
        Step::Undo { group } => {
            out.u8(UNDO);
            out.varint(*group);
        }
        Step::Redo { group } => {
            out.u8(REDO);
            out.varint(*group);
        }
        Step::CheckpointCreate { name } => named(CHECKPOINT_CREATE, name, out),
        Step::CheckpointDelete { name } => named(CHECKPOINT_DELETE, name, out),
        Step::Restore { name, differs } => {
            named(RESTORE, name, out);
            out.u8(u8::from(*differs));
        }
    }
}

fn decode_step(reader: &mut Reader<'_>, pool: &[Chunk]) -> Result<Step, DecodeError> {
    const NAME: &str = "the name of a checkpoint";
    Ok(match reader.u8("the kind of a change")? {
        EDIT => Step::Edit(decode_delta(reader, pool)?),
        UNDO => Step::Undo { group: reader.varint("a group")? },
        REDO => Step::Redo { group: reader.varint("a group")? },
        CHECKPOINT_CREATE => Step::CheckpointCreate { name: reader.str(NAME)? },
        CHECKPOINT_DELETE => Step::CheckpointDelete { name: reader.str(NAME)? },
        RESTORE => Step::Restore { name: reader.str(NAME)?, differs: reader.bool(NAME)? },
        _ => return Err(reader.invalid("the kind of a change")),
    })
}

pub(crate) fn encode_summary(summary: &Summary, out: &mut Writer) {
    let Summary { added, removed, changed, bounds, layers, bytes_before, bytes_after } = summary;
    for count in [added, removed, changed, bytes_before, bytes_after] {
        out.varint(*count);
    }
    out.u8(u8::from(bounds.is_some()));
    for corner in bounds.iter().flat_map(|bounds| [bounds.min(), bounds.max()]) {
        for coord in corner.to_array() {
            out.u32(coord.cast_unsigned());
        }
    }
    out.len(layers.len());
    layers.iter().for_each(|name| out.str(name));
}

pub(crate) fn decode_summary(reader: &mut Reader<'_>) -> Result<Summary, DecodeError> {
    const COUNT: &str = "the counts of a change";
    let mut counts = [0; 5];
    for count in &mut counts {
        *count = reader.varint(COUNT)?;
    }
    let [added, removed, changed, bytes_before, bytes_after] = counts;
    let bounds = match reader.bool("the box of a change")? {
        false => None,
        true => Some(decode_bounds(reader)?),
    };
    let count = reader.count(1, "the layers of a change")?;
    if count > Summary::LAYERS_MAX {
        return Err(reader.invalid("the layers of a change"));
    }
    let names = (0..count).map(|_| reader.str("the layers of a change"));
    let layers = names.collect::<Result<Vec<Arc<str>>, _>>()?;
    Ok(Summary { added, removed, changed, bounds, layers, bytes_before, bytes_after })
}

fn decode_bounds(reader: &mut Reader<'_>) -> Result<Bounds, DecodeError> {
    const BOX: &str = "the box of a change";
    let mut coords = [0_i32; 6];
    for coord in &mut coords {
        *coord = reader.u32(BOX)?.cast_signed();
    }
    let [a, b, c, d, e, f] = coords;
    let corners = VoxelPos::new(a, b, c).ok().zip(VoxelPos::new(d, e, f).ok());
    let bounds = corners.and_then(|(min, max)| Bounds::new(min, max).ok());
    bounds.ok_or_else(|| reader.invalid(BOX))
}
