//! Single voxels, and dense boxes of them.

use super::draft::{Draft, Open};
use super::mask::{Mask, update_from};
use super::{Empties, Paint};
use crate::chunk::Chunk;
use crate::coords::{Bounds, CHUNK_VOXELS, ChunkPos, LocalPos, VoxelPos};
use crate::error::EditFault;
use crate::volume::VolumeWriter;
use crate::voxel::Voxel;

/// Voxels written between two looks at the memory they took: each may cost a chunk of its own.
const BATCH: usize = 4096;

impl Draft<'_> {
    pub(super) fn set(
        &mut self,
        layer: &str,
        voxels: &[(VoxelPos, Voxel)],
    ) -> Result<(), EditFault> {
        self.check_materials(voxels.iter().map(|(_, voxel)| *voxel))?;
        self.each(layer, voxels, |writer, (pos, voxel)| {
            writer.set(*pos, *voxel);
        })
    }

    pub(super) fn remove(&mut self, layer: &str, at: &[VoxelPos]) -> Result<(), EditFault> {
        self.each(layer, at, |writer, pos| {
            writer.set(*pos, Voxel::EMPTY);
        })
    }

    pub(super) fn paint(
        &mut self,
        layer: &str,
        at: &[VoxelPos],
        paint: Paint,
    ) -> Result<(), EditFault> {
        self.check_material(paint.material)?;
        self.each(layer, at, |writer, pos| {
            let voxel = writer.get(*pos);
            writer.set(*pos, paint.over(voxel));
        })
    }

    fn each<T>(
        &mut self,
        layer: &str,
        items: &[T],
        write: impl Fn(&mut VolumeWriter<'_>, &T),
    ) -> Result<(), EditFault> {
        self.charge(items.len() as u64)?;
        let mut open = self.open(layer)?;
        for (done, batch) in items.chunks(BATCH).enumerate() {
            self.tick(done * BATCH, items.len())?;
            let mut writer = open.volume.writer();
            batch.iter().for_each(|item| write(&mut writer, item));
            drop(writer);
            self.check_bytes(&open)?;
        }
        self.close(open)
    }

    pub(super) fn write(
        &mut self,
        layer: &str,
        bounds: Bounds,
        voxels: &[u32],
        empties: Empties,
    ) -> Result<(), EditFault> {
        let (expected, found) = (bounds.volume(), voxels.len() as u64);
        if expected != found {
            return Err(EditFault::SizeMismatch { expected, found });
        }
        self.charge(expected)?;
        self.check_materials(voxels.iter().map(|bits| Voxel::from_bits(*bits)))?;
        let mut open = self.open(layer)?;
        let mut chunks: Vec<ChunkPos> = bounds.chunks().collect();
        chunks.sort_unstable();
        self.each_chunk(&mut open, &chunks, |open, pos| {
            write_chunk(open, pos, &bounds, voxels, empties);
        })?;
        self.close(open)
    }
}

fn write_chunk(open: &mut Open, pos: ChunkPos, bounds: &Bounds, voxels: &[u32], empties: Empties) {
    let mask = Mask::within(bounds, pos);
    let cut = cut(pos, bounds, voxels);
    match empties {
        Empties::Clear if mask.is_all() => drop(open.volume.set_chunk(pos, cut)),
        Empties::Clear => update_from(&mut open.volume, pos, &mask, &cut, |_, new| new),
        Empties::Keep => {
            let mask = Mask(cut.occupancy());
            update_from(&mut open.volume, pos, &mask, &cut, |_, new| new);
        }
    }
}

/// The part of the dense box that lies in the chunk at `pos`, as a chunk.
fn cut(pos: ChunkPos, bounds: &Bounds, voxels: &[u32]) -> Chunk {
    let mut cells = [Voxel::EMPTY; CHUNK_VOXELS];
    let Some(part) = bounds.intersect(&pos.bounds()) else { return Chunk::EMPTY };
    let [width, depth, _] = bounds.size().map(|side| side as usize);
    let (min, low, high) = (bounds.min(), part.min(), part.max());
    let len = high.x().abs_diff(low.x()) as usize + 1;
    for z in low.z()..=high.z() {
        for y in low.y()..=high.y() {
            let (row, slice) = (z.abs_diff(min.z()) as usize, y.abs_diff(min.y()) as usize);
            let from = (row * depth + slice) * width + low.x().abs_diff(min.x()) as usize;
            let to = LocalPos::new(low.x(), y, z).index();
            for (cell, bits) in cells[to..to + len].iter_mut().zip(&voxels[from..from + len]) {
                *cell = Voxel::from_bits(*bits);
            }
        }
    }
    Chunk::from_voxels(&cells)
}
