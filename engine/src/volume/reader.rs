//! Reading many voxels: the chunk of the last one and those around are kept at hand.

use super::Volume;
use super::chunk_cache::{ChunkCache, NOWHERE, chunk_of};
use crate::coords::{CHUNK_VOXELS, VoxelPos};
use crate::voxel::Voxel;

/// The voxels of a chunk, or its only value.
type Cells<'a> = Result<&'a [Voxel; CHUNK_VOXELS], Voxel>;

/// Gets voxels of one volume.
pub struct VolumeReader<'a> {
    volume: &'a Volume,
    /// The chunk at hand.
    chunk: u64,
    cells: Cells<'a>,
    near: ChunkCache<Cells<'a>>,
}

impl<'a> VolumeReader<'a> {
    pub(super) fn new(volume: &'a Volume) -> Self {
        let nothing = Err(Voxel::EMPTY);
        Self { volume, chunk: NOWHERE, cells: nothing, near: ChunkCache::new(nothing) }
    }

    /// The voxel at `pos`.
    #[inline]
    pub fn get(&mut self, pos: VoxelPos) -> Voxel {
        if self.chunk != chunk_of(pos) {
            self.turn_to(pos);
        }
        match self.cells {
            Ok(cells) => cells[pos.local().index()],
            Err(value) => value,
        }
    }

    /// By itself, so that the way through one chunk stays short.
    #[inline(never)]
    fn turn_to(&mut self, pos: VoxelPos) {
        self.chunk = chunk_of(pos);
        self.cells = match self.near.find(self.chunk) {
            Some(cells) => cells,
            None => self.find(pos),
        };
    }

    #[cold]
    fn find(&mut self, pos: VoxelPos) -> Cells<'a> {
        let cells = match self.volume.chunk(pos.chunk()) {
            Some(chunk) => chunk.as_dense().ok_or(chunk.as_uniform().unwrap_or_default()),
            None => Err(Voxel::EMPTY),
        };
        self.near.remember(self.chunk, cells);
        cells
    }
}
