//! A cube of 4^3 chunks, with the chunks that touch it.

use super::quad::Side;
use crate::chunk::Chunk;
use crate::coords::{CHUNK_VOXELS, ChunkPos, VoxelPos};
use crate::volume::{Chunks, Volume};
use crate::voxel::Voxel;
use std::iter::Peekable;

/// Voxels along the side of a region.
pub(super) const SIDE: usize = 64;
/// Chunks along it.
pub(super) const CHUNKS: usize = 4;

/// The voxels of a chunk, or the one value of all of them.
#[derive(Clone, Copy)]
pub(super) enum Cells<'a> {
    Uniform(Voxel),
    Dense(&'a [Voxel; CHUNK_VOXELS]),
}

impl<'a> Cells<'a> {
    fn new(chunk: &'a Chunk) -> Self {
        match chunk.as_dense() {
            Some(voxels) => Self::Dense(voxels),
            None => Self::Uniform(chunk.as_uniform().unwrap_or_default()),
        }
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Voxel {
        match self {
            Self::Uniform(voxel) => *voxel,
            // The mask tells the compiler what callers promise.
            Self::Dense(voxels) => voxels[index & (CHUNK_VOXELS - 1)],
        }
    }
}

/// What is meshed at once.
pub(super) struct Region<'a> {
    volume: &'a Volume,
    /// The chunk with the smallest coordinates.
    first: ChunkPos,
    /// x + 4 y + 16 z.
    cells: [Cells<'a>; CHUNKS * CHUNKS * CHUNKS],
    /// Those that are not empty, by their place in `cells`.
    present: Vec<(usize, &'a Chunk)>,
}

impl<'a> Region<'a> {
    /// The chunks that are not empty.
    pub(super) fn chunks(&self) -> impl Iterator<Item = &'a Chunk> {
        self.present.iter().map(|(_, chunk)| *chunk)
    }

    /// The same with where they are: x, y and z in chunks.
    pub(super) fn places(&self) -> impl Iterator<Item = ([usize; 3], Cells<'a>)> {
        self.present
            .iter()
            .map(|(slot, chunk)| ([slot & 3, slot >> 2 & 3, slot >> 4], Cells::new(chunk)))
    }

    /// How many voxels are solid.
    pub(super) fn count(&self) -> u64 {
        self.chunks().map(|chunk| u64::from(chunk.count())).sum()
    }

    /// The coordinates of the first voxel.
    pub(super) fn origin(&self) -> [i32; 3] {
        self.first.origin().to_array()
    }

    /// A chunk by its place in the region, of which one coordinate may be -1 or 4.
    pub(super) fn neighbor(&self, place: [i32; 3]) -> Option<Cells<'a>> {
        let [x, y, z] = self.first.to_array();
        let pos = ChunkPos::new(x + place[0], y + place[1], z + place[2]).ok()?;
        self.volume.chunk(pos).map(Cells::new)
    }

    /// The voxel at these coordinates in the region, each below 64.
    #[inline]
    pub(super) fn voxel(&self, [x, y, z]: [usize; 3]) -> Voxel {
        let chunk = (x >> 4 & 3) | (y >> 4 & 3) << 2 | (z >> 4 & 3) << 4;
        self.cells[chunk].get((x & 15) | (y & 15) << 4 | (z & 15) << 8)
    }

    /// The voxel next to these coordinates, which may lie outside the region.
    pub(super) fn voxel_beside(&self, at: [usize; 3], side: Side) -> Voxel {
        let (origin, step) = (self.origin(), side.normal());
        let pos = [0, 1, 2].map(|axis| origin[axis] + at[axis] as i32 + step[axis]);
        VoxelPos::from_array(pos).map_or(Voxel::EMPTY, |pos| self.volume.get(pos))
    }
}

/// The regions of a volume that are not empty.
pub(super) fn regions(volume: &Volume) -> Regions<'_> {
    Regions { volume, chunks: volume.chunks().peekable() }
}

/// Chunks are listed region by region, so that no region is met twice.
pub(super) struct Regions<'a> {
    volume: &'a Volume,
    chunks: Peekable<Chunks<'a>>,
}

impl<'a> Iterator for Regions<'a> {
    type Item = Region<'a>;

    fn next(&mut self) -> Option<Region<'a>> {
        let key = self.chunks.peek()?.0.key() >> 6;
        let mut region = Region {
            volume: self.volume,
            first: ChunkPos::of_key(key << 6),
            cells: [Cells::Uniform(Voxel::EMPTY); 64],
            present: Vec::with_capacity(64),
        };
        while let Some((pos, chunk)) = self.chunks.next_if(|(pos, _)| pos.key() >> 6 == key) {
            let slot = (pos.key() & 63) as usize;
            region.cells[slot] = Cells::new(chunk);
            region.present.push((slot, chunk));
        }
        Some(region)
    }
}
