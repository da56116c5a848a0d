//! Reading many voxels: the chunk of the last one and the regions around are kept at hand.

use super::Volume;
use super::node::{self, Child, LEVELS, Node};
use super::region_cache::{NOWHERE, RegionCache, origin_of, region_slot, within};
use crate::coords::{CHUNK_VOXELS, VoxelPos};
use crate::voxel::Voxel;

/// Gets voxels of one volume.
pub struct VolumeReader<'a> {
    volume: &'a Volume,
    /// Where the chunk at hand starts.
    origin: [i32; 3],
    /// Its voxels, or its only value.
    cells: Result<&'a [Voxel; CHUNK_VOXELS], Voxel>,
    regions: RegionCache<Option<&'a Node>>,
}

impl<'a> VolumeReader<'a> {
    pub(super) fn new(volume: &'a Volume) -> Self {
        let regions = RegionCache::new(None);
        Self { volume, origin: NOWHERE, cells: Err(Voxel::EMPTY), regions }
    }

    /// The voxel at `pos`.
    #[inline]
    pub fn get(&mut self, pos: VoxelPos) -> Voxel {
        if !within(self.origin, pos) {
            self.turn_to(pos);
        }
        match self.cells {
            Ok(cells) => cells[pos.local().index()],
            Err(value) => value,
        }
    }

    #[inline]
    fn turn_to(&mut self, pos: VoxelPos) {
        self.origin = origin_of(pos);
        let region = match self.regions.find(pos) {
            Some(region) => region,
            None => self.find_region(pos),
        };
        self.cells = match region.and_then(|region| region.child(region_slot(pos))) {
            Some(Child::Chunk(chunk)) => {
                chunk.as_dense().ok_or(chunk.as_uniform().unwrap_or_default())
            }
            Some(Child::Node(_)) | None => Err(Voxel::EMPTY),
        };
    }

    #[cold]
    fn find_region(&mut self, pos: VoxelPos) -> Option<&'a Node> {
        let key = pos.chunk().key();
        let mut node = self.volume.root.as_ref().and_then(Child::as_node);
        for level in (2..=LEVELS).rev() {
            node =
                node.and_then(|node| node.child(node::slot(key, level))).and_then(Child::as_node);
        }
        self.regions.remember(pos, node);
        node
    }
}
