//! Reading many voxels: the chunk and the region of the last one are kept at hand.

use super::Volume;
use super::node::{self, Child, LEVELS, Node};
use crate::coords::{CHUNK_VOXELS, VoxelPos};
use crate::voxel::Voxel;

/// Regions remembered, by the lowest three bits of each of their coordinates.
const REMEMBERED: usize = 512;
/// A place nothing lies at, so that nothing is found there.
const NOWHERE: [i32; 3] = [i32::MIN; 3];

/// Gets voxels of one volume.
pub struct VolumeReader<'a> {
    volume: &'a Volume,
    /// Where the chunk at hand starts.
    origin: [i32; 3],
    /// Its voxels, or its only value.
    cells: Result<&'a [Voxel; CHUNK_VOXELS], Voxel>,
    regions: Box<[(u64, Option<&'a Node>); REMEMBERED]>,
}

impl<'a> VolumeReader<'a> {
    pub(super) fn new(volume: &'a Volume) -> Self {
        Self {
            volume,
            origin: NOWHERE,
            cells: Err(Voxel::EMPTY),
            regions: Box::new([(u64::MAX, None); REMEMBERED]),
        }
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

    fn turn_to(&mut self, pos: VoxelPos) {
        self.origin = pos.to_array().map(|coord| coord & !15);
        let chunk = self.region(pos).and_then(|region| region.child(region_slot(pos)));
        self.cells = match chunk.and_then(Child::as_chunk) {
            Some(chunk) => chunk.as_dense().ok_or(chunk.as_uniform().unwrap_or_default()),
            None => Err(Voxel::EMPTY),
        };
    }

    fn region(&mut self, pos: VoxelPos) -> Option<&'a Node> {
        let [x, y, z] = pos.to_array().map(|coord| (coord >> 6) as u64 & 0x3ff);
        let name = x | y << 10 | z << 20;
        let place = (x & 7 | (y & 7) << 3 | (z & 7) << 6) as usize;
        if self.regions[place].0 != name {
            self.regions[place] = (name, find_region(self.volume, pos));
        }
        self.regions[place].1
    }
}

/// Whether `pos` lies in the chunk that starts at `origin`.
#[inline]
pub(super) fn within(origin: [i32; 3], pos: VoxelPos) -> bool {
    ((pos.x() ^ origin[0]) | (pos.y() ^ origin[1]) | (pos.z() ^ origin[2])) & !15 == 0
}

/// Which chunk of its region `pos` lies in.
#[inline]
pub(super) fn region_slot(pos: VoxelPos) -> u32 {
    (pos.x() >> 4 & 3 | (pos.y() >> 4 & 3) << 2 | (pos.z() >> 4 & 3) << 4) as u32
}

fn find_region(volume: &Volume, pos: VoxelPos) -> Option<&Node> {
    let key = pos.chunk().key();
    let mut node = volume.root.as_ref()?.as_node()?;
    for level in (2..=LEVELS).rev() {
        node = node.child(node::slot(key, level))?.as_node()?;
    }
    Some(node)
}
