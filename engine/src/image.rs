//! Images: a whole project as bytes, with its history and checkpoints.
//!
//! An image is a head and sections, each with its length and checksum, the last one an end mark:
//! chunks first, each distinct one once, then the project, which names them by number. The present
//! content is told as the difference from nothing, every other content as the difference from one
//! next to it, and so what shared memory shares it again after reading.

mod section;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::change::Delta;
use crate::change::bytes::{Reader, Writer};
use crate::change::chunk::{ChunkPool, encode_chunk};
use crate::change::{decode_delta, decode_pool, decode_summary, encode_delta, encode_summary};
use crate::chunk::Chunk;
use crate::content::Content;
use crate::error::{ApplyError, DecodeError, ImageError};
use crate::history::{Checkpoint, Group, History};
use crate::layer::check_name;
use crate::project::Project;
use section::{Section, SectionReader, write_head, write_section};

/// The newest version of the format, which is the one that is written.
pub const VERSION: u16 = 1;

/// Chunks are compressed together until they take so much: enough for the compressor to learn
/// from, little enough to hold.
const GROUP_BYTES: usize = 256 << 10;

/// The project as bytes.
pub fn encode(project: &Project) -> Vec<u8> {
    let mut pool = ChunkPool::default();
    let mut body = Writer::default();
    encode_project(project, &mut pool, &mut body);
    let mut out = write_head(VERSION);
    let (mut count, mut group) = (0, Writer::default());
    for chunk in pool.chunks() {
        encode_chunk(chunk, &mut group);
        count += 1;
        if group.0.len() >= GROUP_BYTES {
            write_chunks(count, &group, &mut out);
            (count, group.0) = (0, Vec::new());
        }
    }
    if count > 0 {
        write_chunks(count, &group, &mut out);
    }
    write_section(Section::Project, &body.0, &mut out);
    write_section(Section::End, &[], &mut out);
    out
}

/// Reads what [`encode`] wrote. Whatever the bytes are, memory stays below 100 KB for each of
/// them.
pub fn decode(bytes: &[u8]) -> Result<Project, ImageError> {
    let mut sections = SectionReader::new(bytes, VERSION)?;
    let mut chunks: Vec<Chunk> = Vec::new();
    loop {
        let (section, body) = sections.next()?;
        let mut reader = Reader::new(&body);
        match section {
            Section::Chunks => {
                chunks.extend(decode_pool(&mut reader)?);
                reader.end("the end of the chunks")?;
            }
            Section::Project => {
                let project = decode_project(&mut reader, &chunks)?;
                reader.end("the end of the project")?;
                sections.end()?;
                return Ok(project);
            }
            Section::End => return Err(sections.invalid("an end without a project").into()),
        }
    }
}

fn write_chunks(count: usize, group: &Writer, out: &mut Vec<u8>) {
    let mut body = Writer::default();
    body.len(count);
    body.0.extend_from_slice(&group.0);
    write_section(Section::Chunks, &body.0, out);
}

fn encode_project(project: &Project, pool: &mut ChunkPool, out: &mut Writer) {
    let Project { content, history, next_layer, number } = project;
    out.varint(*number);
    out.varint(u64::from(*next_layer));
    encode_delta(&Delta::between(&Content::default(), content), pool, out);
    out.len(history.undo.size());
    let mut next = content;
    for group in history.undo.values().rev() {
        encode_group(group, next, pool, out);
        next = &group.content;
    }
    out.len(history.redo.size());
    next = content;
    for group in history.redo.values() {
        encode_group(group, next, pool, out);
        next = &group.content;
    }
    out.len(history.checkpoints.size());
    for (name, checkpoint) in &history.checkpoints {
        let Checkpoint { number, author, time_ms, content: kept } = &**checkpoint;
        out.str(name);
        out.varint(*number);
        out.str(author);
        out.i64(*time_ms);
        encode_delta(&Delta::between(content, kept), pool, out);
    }
}

fn decode_project(reader: &mut Reader<'_>, chunks: &[Chunk]) -> Result<Project, ImageError> {
    let number = reader.varint("the revision number")?;
    let next_layer = reader.varint_u32("the next layer")?;
    let content = decode_content(reader, chunks, &Content::default(), next_layer)?;
    let mut history = History::default();
    let mut next = content.clone();
    for _ in 0..reader.count(1, "the undo groups")? {
        let group = decode_group(reader, chunks, &next, next_layer)?;
        let newer = history.undo.first().map_or(number, |(number, _)| number - 1);
        if !(1..=newer).contains(&group.number) {
            return Err(reader.invalid("the number of a group").into());
        }
        next = group.content.clone();
        history.undo.insert_mut(group.number, Arc::new(group));
    }
    let mut older = history.undo.last().map_or(0, |(number, _)| *number);
    next = content.clone();
    for _ in 0..reader.count(1, "the redo groups")? {
        let group = decode_group(reader, chunks, &next, next_layer)?;
        if group.number <= older || group.number > number {
            return Err(reader.invalid("the number of a group").into());
        }
        older = group.number;
        next = group.content.clone();
        history.redo.insert_mut(group.number, Arc::new(group));
    }
    for _ in 0..reader.count(1, "the checkpoints")? {
        let name = reader.str("the name of a checkpoint")?;
        if check_name(&name).is_err() {
            return Err(reader.invalid("the name of a checkpoint").into());
        }
        let checkpoint = Checkpoint {
            number: reader.varint("the number of a checkpoint")?,
            author: reader.str("the author of a checkpoint")?,
            time_ms: reader.i64("the time of a checkpoint")?,
            content: decode_content(reader, chunks, &content, next_layer)?,
        };
        history.add_checkpoint(&name, checkpoint)?;
    }
    history.measure(&content);
    Ok(Project { content, history, next_layer, number })
}

fn encode_group(group: &Group, next: &Content, pool: &mut ChunkPool, out: &mut Writer) {
    let Group { number, author, time_ms, label, summary, content } = group;
    out.varint(*number);
    out.str(author);
    out.i64(*time_ms);
    out.str(label);
    encode_summary(summary, out);
    encode_delta(&Delta::between(next, content), pool, out);
}

fn decode_group(
    reader: &mut Reader<'_>,
    chunks: &[Chunk],
    next: &Content,
    next_layer: u32,
) -> Result<Group, ImageError> {
    Ok(Group {
        number: reader.varint("the number of a group")?,
        author: reader.str("the author of a group")?,
        time_ms: reader.i64("the time of a group")?,
        label: reader.str("the label of a group")?,
        summary: decode_summary(reader)?,
        content: decode_content(reader, chunks, next, next_layer)?,
    })
}

fn decode_content(
    reader: &mut Reader<'_>,
    chunks: &[Chunk],
    base: &Content,
    next_layer: u32,
) -> Result<Content, ImageError> {
    let content = decode_delta(reader, chunks)?.apply(base)?;
    match content.layers().iter().find(|layer| layer.id.0 >= next_layer) {
        Some(layer) => Err(ApplyError::LayersInconsistent { id: layer.id.0 }.into()),
        None => Ok(content),
    }
}

impl SectionReader<'_> {
    fn invalid(&self, what: &'static str) -> DecodeError {
        DecodeError::Invalid { offset: self.offset(), what }
    }
}
