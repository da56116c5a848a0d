//! Deltas as bytes. Dense chunks stand in a [`ChunkPool`] and are named by number.

use super::bytes::{Reader, Writer};
use super::chunk::ChunkPool;
use super::delta::{ChunkDelta, ChunkTo, Delta, Head, Row};
use crate::chunk::Chunk;
use crate::coords::{ChunkPos, LocalPos};
use crate::error::DecodeError;
use crate::layer::{LayerId, check_group, check_name};
use crate::material::Material;
use crate::voxel::{MaterialSlot, Voxel};

const UNIFORM: u8 = 0;
const POOLED: u8 = 1;
const PATCH: u8 = 2;
/// The chunk before, which is uniform, again at so many of the keys that follow.
const REPEAT: u8 = 3;

/// How often one item repeats at most: as many chunks as a region has, and few enough that a
/// hostile item costs little.
const REPEATS_MAX: u64 = 63;

pub(crate) fn encode_delta(delta: &Delta, pool: &mut ChunkPool, out: &mut Writer) {
    out.u8(u8::from(delta.rows.is_some()));
    if let Some(rows) = &delta.rows {
        out.len(rows.len());
        rows.iter().for_each(|row| encode_row(row, out));
    }
    out.len(delta.materials.len());
    for (slot, material) in &delta.materials {
        out.u8(slot.number());
        encode_material(material.as_ref(), out);
    }
    out.len(delta.layers.len());
    for (id, chunks) in &delta.layers {
        out.varint(u64::from(id.0));
        encode_chunks(chunks, pool, out);
    }
}

pub(crate) fn decode_delta(reader: &mut Reader<'_>, pool: &[Chunk]) -> Result<Delta, DecodeError> {
    let mut delta = Delta::default();
    if reader.bool("the list of layers")? {
        let count = reader.count(1, "the list of layers")?;
        delta.rows = Some((0..count).map(|_| decode_row(reader)).collect::<Result<_, _>>()?);
    }
    for _ in 0..reader.count(2, "the materials")? {
        let slot = reader.u8("a material slot")?;
        let slot = MaterialSlot::new(slot).ok_or_else(|| reader.invalid("a material slot"))?;
        delta.materials.push((slot, decode_material(reader)?));
    }
    for _ in 0..reader.count(2, "the layers that differ")? {
        let id = LayerId(reader.varint_u32("a layer")?);
        delta.layers.push((id, decode_chunks(reader, pool)?));
    }
    Ok(delta)
}

fn encode_row(row: &Row, out: &mut Writer) {
    out.varint(u64::from(row.id.0) << 1 | u64::from(row.head.is_some()));
    if let Some(head) = &row.head {
        out.str(&head.name);
        out.str(&head.group);
        out.u8(u8::from(head.visible));
        out.varint(head.copy_of.map_or(0, |from| u64::from(from.0) + 1));
    }
}

fn decode_row(reader: &mut Reader<'_>) -> Result<Row, DecodeError> {
    let number = reader.varint("a layer")?;
    let id = |number: u64, reader: &Reader<'_>| {
        u32::try_from(number).map(LayerId).map_err(|_| reader.invalid("a layer"))
    };
    let mut row = Row { id: id(number >> 1, reader)?, head: None };
    if number & 1 != 0 {
        let name = reader.str("the name of a layer")?;
        let group = reader.str("the group of a layer")?;
        if check_name(&name).is_err() || check_group(&group).is_err() {
            return Err(reader.invalid("the name of a layer"));
        }
        let visible = reader.bool("the visibility of a layer")?;
        let copy_of = reader.varint("the origin of a layer")?.checked_sub(1);
        let copy_of = copy_of.map(|from| id(from, reader)).transpose()?;
        row.head = Some(Head { name, group, visible, copy_of });
    }
    Ok(row)
}

fn encode_material(material: Option<&Material>, out: &mut Writer) {
    out.u8(u8::from(material.is_some()));
    if let Some(Material { name, alpha, metallic, roughness, emission, glass }) = material {
        out.str(name);
        for value in [*alpha, *metallic, *roughness, *emission, u8::from(*glass)] {
            out.u8(value);
        }
    }
}

fn decode_material(reader: &mut Reader<'_>) -> Result<Option<Material>, DecodeError> {
    if !reader.bool("a material")? {
        return Ok(None);
    }
    let name = reader.str("the name of a material")?.to_string();
    let [alpha, metallic, roughness, emission] = reader.array("a material")?;
    let glass = reader.bool("a material")?;
    Ok(Some(Material { name, alpha, metallic, roughness, emission, glass }))
}

/// Chunks in the order of their keys; each key is told as its distance to the key before.
fn encode_chunks(chunks: &[ChunkDelta], pool: &mut ChunkPool, out: &mut Writer) {
    let mut items = Writer::default();
    let mut count = 0;
    let mut next_key = 0;
    let mut rest = chunks;
    while let Some((first, tail)) = rest.split_first() {
        let key = first.pos.key();
        items.varint(key - next_key);
        next_key = key + 1;
        count += 1;
        rest = tail;
        match &first.to {
            ChunkTo::Patch(voxels) => encode_patch(voxels, &mut items),
            ChunkTo::Whole(chunk) => match pool.number(chunk) {
                Some(number) => {
                    items.u8(POOLED);
                    items.varint(number);
                }
                None => {
                    items.u8(UNIFORM);
                    items.u32(chunk.as_uniform().unwrap_or_default().bits());
                    let repeats = repeats(chunk, next_key, rest);
                    if repeats > 0 {
                        items.u8(REPEAT);
                        items.len(repeats);
                        next_key += repeats as u64;
                        rest = &rest[repeats..];
                    } else {
                        items.u8(UNIFORM);
                    }
                }
            },
        }
    }
    out.len(count);
    out.0.append(&mut items.0);
}

/// How many of the chunks that follow are the same uniform chunk at the keys that follow.
fn repeats(chunk: &Chunk, next_key: u64, rest: &[ChunkDelta]) -> usize {
    let same = |(key, next): (u64, &ChunkDelta)| {
        next.pos.key() == key && matches!(&next.to, ChunkTo::Whole(other) if other.ptr_eq(chunk))
    };
    (next_key..next_key + REPEATS_MAX).zip(rest).take_while(|pair| same(*pair)).count()
}

fn decode_chunks(reader: &mut Reader<'_>, pool: &[Chunk]) -> Result<Vec<ChunkDelta>, DecodeError> {
    const WHAT: &str = "a chunk that differs";
    let count = reader.count(3, WHAT)?;
    let mut chunks = Vec::with_capacity(count);
    let mut next_key = 0_u64;
    let place =
        |key: u64, reader: &Reader<'_>| ChunkPos::from_key(key).ok_or_else(|| reader.invalid(WHAT));
    for _ in 0..count {
        let gap = reader.varint(WHAT)?;
        let key = next_key.checked_add(gap).ok_or_else(|| reader.invalid(WHAT))?;
        let pos = place(key, reader)?;
        next_key = key + 1;
        match reader.u8(WHAT)? {
            PATCH => chunks.push(ChunkDelta { pos, to: ChunkTo::Patch(decode_patch(reader)?) }),
            POOLED => {
                let number = usize::try_from(reader.varint(WHAT)?).ok();
                let chunk = number.and_then(|number| pool.get(number));
                let chunk = chunk.ok_or_else(|| reader.invalid(WHAT))?.clone();
                chunks.push(ChunkDelta { pos, to: ChunkTo::Whole(chunk) });
            }
            UNIFORM => {
                let chunk = Chunk::uniform(Voxel::from_bits(reader.u32(WHAT)?));
                let repeats = match reader.u8(WHAT)? {
                    UNIFORM => 0,
                    REPEAT => reader.varint(WHAT)?,
                    _ => return Err(reader.invalid(WHAT)),
                };
                if repeats > REPEATS_MAX {
                    return Err(reader.invalid(WHAT));
                }
                for key in key..=key + repeats {
                    let pos = place(key, reader)?;
                    chunks.push(ChunkDelta { pos, to: ChunkTo::Whole(chunk.clone()) });
                }
                next_key += repeats;
            }
            _ => return Err(reader.invalid(WHAT)),
        }
    }
    Ok(chunks)
}

/// Places as distances to the place before, doubled; odd where the voxel is that before.
fn encode_patch(voxels: &[(LocalPos, Voxel)], out: &mut Writer) {
    out.u8(PATCH);
    out.len(voxels.len());
    let (mut next, mut last) = (0, None);
    for (pos, voxel) in voxels {
        let same = last == Some(*voxel);
        out.len((pos.index() - next) << 1 | usize::from(same));
        if !same {
            out.u32(voxel.bits());
        }
        (next, last) = (pos.index() + 1, Some(*voxel));
    }
}

fn decode_patch(reader: &mut Reader<'_>) -> Result<Vec<(LocalPos, Voxel)>, DecodeError> {
    const WHAT: &str = "the voxels that differ in a chunk";
    let count = reader.count(1, WHAT)?;
    let mut voxels = Vec::with_capacity(count);
    let (mut next, mut last) = (0_u16, None);
    for _ in 0..count {
        let step = reader.varint_u32(WHAT)?;
        let index = u16::try_from(step >> 1).ok().and_then(|gap| next.checked_add(gap));
        let pos = index.and_then(LocalPos::from_index).ok_or_else(|| reader.invalid(WHAT))?;
        let voxel = match (step & 1, last) {
            (0, _) => Voxel::from_bits(reader.u32(WHAT)?),
            (_, Some(last)) => last,
            (_, None) => return Err(reader.invalid(WHAT)),
        };
        voxels.push((pos, voxel));
        (next, last) = (index.unwrap_or_default() + 1, Some(voxel));
    }
    Ok(voxels)
}
