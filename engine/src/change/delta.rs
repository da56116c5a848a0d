//! The difference between two contents of a project.

use std::sync::Arc;

use super::Summary;
use super::compare::Comparison;
use crate::chunk::Chunk;
use crate::content::Content;
use crate::coords::{Bounds, ChunkPos, LocalPos};
use crate::error::ApplyError;
use crate::layer::{Layer, LayerId};
use crate::material::Material;
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

/// Above so many voxels a chunk is stored whole, not as a list of them.
const PATCH_VOXELS_MAX: u64 = 256;

/// Chunks of a node of the tree, which follow one another by their keys.
const REGION_CHUNKS: usize = 64;

/// What makes one content out of another: values from after, never from before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delta {
    /// The layers after, in order, if anything about them but their voxels differs.
    pub(crate) rows: Option<Vec<Row>>,
    /// Slots that differ.
    pub(crate) materials: Vec<(MaterialSlot, Option<Material>)>,
    /// Chunks that differ, by layer, in the order of their keys.
    pub(crate) layers: Vec<(LayerId, Vec<ChunkDelta>)>,
}

/// One layer of the list after.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: LayerId,
    /// `None`: as it is before.
    pub(crate) head: Option<Head>,
}

/// A layer without its voxels.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) name: Arc<str>,
    pub(crate) group: Arc<str>,
    pub(crate) visible: bool,
    /// A new layer begins with the voxels that this one has before.
    pub(crate) copy_of: Option<LayerId>,
}

/// A chunk that differs.
#[derive(Debug, Clone)]
pub(crate) struct ChunkDelta {
    pub(crate) pos: ChunkPos,
    pub(crate) to: ChunkTo,
}

/// What a chunk becomes.
#[derive(Debug, Clone)]
pub(crate) enum ChunkTo {
    /// This; empty means that it goes.
    Whole(Chunk),
    /// What it is before, but for these voxels.
    Patch(Vec<(LocalPos, Voxel)>),
}

/// Looks at one chunk before and after and says what to write down.
trait Record {
    fn chunk(&mut self, pos: ChunkPos, before: &Chunk, after: &Chunk) -> Option<ChunkTo>;
}

impl PartialEq for Content {
    /// Equal layers in equal order, voxel by voxel, and equal materials. What is shared is not
    /// looked into.
    fn eq(&self, other: &Self) -> bool {
        Delta::between(self, other).is_empty()
    }
}

impl Delta {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_none() && self.materials.is_empty() && self.layers.is_empty()
    }

    /// Memory of the chunks in it that hold more than one value.
    pub(crate) fn bytes(&self) -> u64 {
        let chunks = self.layers.iter().flat_map(|(_, chunks)| chunks);
        chunks
            .map(|chunk| match &chunk.to {
                ChunkTo::Whole(chunk) => chunk.bytes() as u64,
                ChunkTo::Patch(voxels) => (voxels.len() * size_of::<(LocalPos, Voxel)>()) as u64,
            })
            .sum()
    }

    /// The difference, chunks whole: shares the memory of `after`.
    pub(crate) fn between(before: &Content, after: &Content) -> Self {
        Self::record(before, after, &[], &mut Whole)
    }

    /// The difference with small changes as lists of voxels, and how much it is. `origins` says
    /// which new layers were made as a copy of which layer before.
    pub(crate) fn measure(
        before: &Content,
        after: &Content,
        origins: &[(LayerId, LayerId)],
    ) -> (Self, Summary) {
        let mut measure = Measure::default();
        let delta = Self::record(before, after, origins, &mut measure);
        let mut summary = measure.summary;
        let chunks_differ = |layer: &Layer| delta.layers.iter().any(|(id, _)| *id == layer.id);
        for (index, layer) in after.layers.iter().enumerate() {
            match before.layer_at(index, layer.id) {
                Some(old) if Arc::ptr_eq(old, layer) => {}
                Some(old) if same_head(old, layer) && !chunks_differ(layer) => {}
                Some(_) => summary.name(layer),
                None => {
                    summary.name(layer);
                    summary.surround(layer.volume.bounds());
                    summary.added += layer.volume.count();
                    summary.bytes_after += layer.volume.bytes() as u64;
                }
            }
        }
        for (index, layer) in before.layers.iter().enumerate() {
            if delta.rows.is_some() && after.layer_at(index, layer.id).is_none() {
                summary.name(layer);
                summary.surround(layer.volume.bounds());
                summary.removed += layer.volume.count();
                summary.bytes_before += layer.volume.bytes() as u64;
            }
        }
        (delta, summary)
    }

    fn record(
        before: &Content,
        after: &Content,
        origins: &[(LayerId, LayerId)],
        record: &mut impl Record,
    ) -> Self {
        let mut delta = Self::default();
        if !Arc::ptr_eq(&before.materials, &after.materials) {
            let slots = (1..=u8::MAX).filter_map(MaterialSlot::new);
            let (old, new) = (before.materials(), after.materials());
            let differ = slots.filter(|slot| old.get(*slot) != new.get(*slot));
            delta.materials = differ.map(|slot| (slot, new.get(slot).cloned())).collect();
        }
        if Arc::ptr_eq(&before.layers, &after.layers) {
            return delta;
        }
        delta.rows = rows(before, after, origins);
        let nothing = Volume::default();
        for (index, layer) in after.layers.iter().enumerate() {
            let old = before.layer_at(index, layer.id);
            let origin = || before.layer(origin_of(layer, origins)?);
            let base = old.or_else(origin).map_or(&nothing, |base| &base.volume);
            let chunks = match old {
                Some(_) => chunks(base, &layer.volume, record),
                None => chunks(base, &layer.volume, &mut Whole),
            };
            if !chunks.is_empty() {
                delta.layers.push((layer.id, chunks));
            }
        }
        delta
    }

    /// The content after.
    pub(crate) fn apply(&self, before: &Content) -> Result<Content, ApplyError> {
        let mut after = before.clone();
        if let Some(rows) = &self.rows {
            after.layers = Arc::new(list(before, rows)?);
        }
        for (id, chunks) in &self.layers {
            let layers = Arc::make_mut(&mut after.layers);
            let layer = layers.iter_mut().find(|layer| layer.id == *id);
            let layer = layer.ok_or(ApplyError::LayerMissing { id: id.0 })?;
            let volume = &mut Arc::make_mut(layer).volume;
            let mut rest = &chunks[..];
            while let Some((first, tail)) = rest.split_first() {
                if let Some((bounds, voxel)) = uniform_region(rest) {
                    volume.fill(bounds, voxel);
                    rest = &rest[REGION_CHUNKS..];
                } else {
                    first.apply(volume);
                    rest = tail;
                }
            }
        }
        if !self.materials.is_empty() {
            let table = Arc::make_mut(&mut after.materials);
            for (slot, material) in &self.materials {
                table.replace(*slot, material.clone());
            }
        }
        Ok(after)
    }
}

/// The box and value of a whole node of the volume's tree, if the next chunks make up one. A large
/// fill is applied as quickly as it was made.
fn uniform_region(chunks: &[ChunkDelta]) -> Option<(Bounds, Voxel)> {
    let region = chunks.get(..REGION_CHUNKS)?;
    let (first, last) = (region.first()?, region.last()?);
    let key = first.pos.key();
    if !key.is_multiple_of(REGION_CHUNKS as u64) || last.pos.key() != key + 63 {
        return None;
    }
    let uniform = |chunk: &ChunkDelta| match &chunk.to {
        ChunkTo::Whole(chunk) => chunk.as_uniform(),
        ChunkTo::Patch(_) => None,
    };
    let voxel = uniform(first)?;
    let same = region.iter().all(|chunk| uniform(chunk) == Some(voxel));
    same.then(|| (first.pos.bounds().union(&last.pos.bounds()), voxel))
}

impl ChunkDelta {
    fn apply(&self, volume: &mut Volume) {
        let chunk = match &self.to {
            ChunkTo::Whole(chunk) => chunk.clone(),
            ChunkTo::Patch(voxels) => {
                let mut chunk = volume.chunk(self.pos).cloned().unwrap_or_default();
                chunk.edit(|all| voxels.iter().for_each(|(pos, voxel)| all[pos.index()] = *voxel));
                chunk
            }
        };
        volume.set_chunk(self.pos, chunk);
    }
}

/// The list of layers after, if it says anything new.
fn rows(before: &Content, after: &Content, origins: &[(LayerId, LayerId)]) -> Option<Vec<Row>> {
    let row = |(index, layer): (usize, &Arc<Layer>)| {
        let old = before.layer_at(index, layer.id);
        let differs = !old.is_some_and(|old| same_head(old, layer));
        let head = differs.then(|| Head {
            name: layer.name.clone(),
            group: layer.group.clone(),
            visible: layer.visible,
            copy_of: if old.is_none() { origin_of(layer, origins) } else { None },
        });
        Row { id: layer.id, head }
    };
    let rows: Vec<Row> = after.layers.iter().enumerate().map(row).collect();
    let ids_before = before.layers.iter().map(|layer| layer.id);
    let differs =
        rows.iter().any(|row| row.head.is_some()) || !ids_before.eq(rows.iter().map(|row| row.id));
    differs.then_some(rows)
}

fn same_head(old: &Arc<Layer>, new: &Arc<Layer>) -> bool {
    Arc::ptr_eq(old, new)
        || (old.name == new.name && old.group == new.group && old.visible == new.visible)
}

fn origin_of(layer: &Layer, origins: &[(LayerId, LayerId)]) -> Option<LayerId> {
    origins.iter().find(|(id, _)| *id == layer.id).map(|(_, from)| *from)
}

/// The list of layers that `rows` say, with the voxels they have before.
fn list(before: &Content, rows: &[Row]) -> Result<Vec<Arc<Layer>>, ApplyError> {
    let mut layers: Vec<Arc<Layer>> = Vec::with_capacity(rows.len());
    for (index, Row { id, head }) in rows.iter().enumerate() {
        let missing = |id: &LayerId| ApplyError::LayerMissing { id: id.0 };
        let old = before.layer_at(index, *id);
        let layer = match head {
            None => old.ok_or_else(|| missing(id))?.clone(),
            Some(head) => {
                let volume = match (old, &head.copy_of) {
                    (Some(old), _) => old.volume.clone(),
                    (None, Some(from)) => {
                        before.layer(*from).ok_or_else(|| missing(from))?.volume.clone()
                    }
                    (None, None) => Volume::default(),
                };
                Arc::new(Layer {
                    id: *id,
                    name: head.name.clone(),
                    group: head.group.clone(),
                    visible: head.visible,
                    volume,
                })
            }
        };
        layers.push(layer);
    }
    let mut ids: Vec<_> = layers.iter().map(|layer| (layer.id, &layer.name)).collect();
    ids.sort_unstable_by_key(|(id, _)| *id);
    let twin_id = ids.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0);
    ids.sort_unstable_by_key(|(_, name)| *name);
    let twin_name = ids.windows(2).find(|pair| pair[0].1 == pair[1].1).map(|pair| pair[0].0);
    match twin_id.or(twin_name) {
        Some(id) => Err(ApplyError::LayersInconsistent { id: id.0 }),
        None => Ok(layers),
    }
}

fn chunks(before: &Volume, after: &Volume, record: &mut impl Record) -> Vec<ChunkDelta> {
    let look = |pos: ChunkPos| {
        let old = before.chunk(pos).unwrap_or(&Chunk::EMPTY);
        let new = after.chunk(pos).unwrap_or(&Chunk::EMPTY);
        Some(ChunkDelta { pos, to: record.chunk(pos, old, new)? })
    };
    if before.ptr_eq(after) { Vec::new() } else { after.diff(before).filter_map(look).collect() }
}

struct Whole;

impl Record for Whole {
    fn chunk(&mut self, _: ChunkPos, before: &Chunk, after: &Chunk) -> Option<ChunkTo> {
        (before != after).then(|| ChunkTo::Whole(after.clone()))
    }
}

#[derive(Default)]
struct Measure {
    summary: Summary,
}

impl Record for Measure {
    fn chunk(&mut self, pos: ChunkPos, before: &Chunk, after: &Chunk) -> Option<ChunkTo> {
        let found = Comparison::of(before, after)?;
        let summary = &mut self.summary;
        summary.added += found.added;
        summary.removed += found.removed;
        summary.changed += found.changed;
        // Looking for the exact box costs more than seeing that it is inside already.
        if !summary.bounds.is_some_and(|known| known.encloses(&pos.bounds())) {
            summary.surround(Some(found.bounds(pos)));
        }
        summary.bytes_before += before.bytes() as u64;
        summary.bytes_after += after.bytes() as u64;
        if after.as_uniform().is_some() || found.count() > PATCH_VOXELS_MAX {
            return Some(ChunkTo::Whole(after.clone()));
        }
        Some(ChunkTo::Patch(found.places().map(|place| (place, after.get(place))).collect()))
    }
}
