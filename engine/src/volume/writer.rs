//! Writing many voxels: the regions written to are taken out of the tree and put back at the end.

use super::Volume;
use super::node::Node;
use super::reader::{region_slot, within};
use crate::chunk::{Chunk, Dense};
use crate::coords::{ChunkPos, VoxelPos};
use crate::voxel::Voxel;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Chunks in a region.
const REGION_CHUNKS: usize = 64;

/// Sets voxels of one volume, which has them all when the writer is dropped.
pub struct VolumeWriter<'a> {
    volume: &'a mut Volume,
    current: Option<Current>,
    regions: Vec<OpenRegion>,
    /// Where in `regions` a region is.
    places: FxHashMap<u32, usize>,
}

/// The chunk written to last.
struct Current {
    origin: [i32; 3],
    chunk: OpenChunk,
    region: usize,
    slot: usize,
}

/// A chunk that only the writer holds.
struct OpenChunk {
    dense: Unique<Dense>,
    /// Kept here while the chunk is open: the array's own count would be one more line of cache.
    solid: u32,
}

struct OpenRegion {
    /// Of any chunk in it.
    pos: ChunkPos,
    chunks: Box<[Slot; REGION_CHUNKS]>,
}

enum Slot {
    Closed(Chunk),
    Open(OpenChunk),
}

impl<'a> VolumeWriter<'a> {
    pub(super) fn new(volume: &'a mut Volume) -> Self {
        Self { volume, current: None, regions: Vec::new(), places: FxHashMap::default() }
    }

    /// The voxel at `pos`, as written last.
    #[inline]
    pub fn get(&mut self, pos: VoxelPos) -> Voxel {
        match &self.current {
            Some(current) if within(current.origin, pos) => {
                current.chunk.dense.voxels()[pos.local().index()]
            }
            Some(_) | None => self.get_elsewhere(pos),
        }
    }

    /// Puts `voxel` at `pos`; what was there before comes back.
    #[inline]
    pub fn set(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        match &mut self.current {
            Some(current) if within(current.origin, pos) => current.chunk.set(pos, voxel),
            Some(_) | None => self.set_elsewhere(pos, voxel),
        }
    }

    #[cold]
    fn get_elsewhere(&self, pos: VoxelPos) -> Voxel {
        match self.places.get(&region_name(pos)) {
            None => self.volume.get(pos),
            Some(&region) => match &self.regions[region].chunks[region_slot(pos) as usize] {
                Slot::Closed(chunk) => chunk.get(pos.local()),
                Slot::Open(open) => open.dense.voxels()[pos.local().index()],
            },
        }
    }

    fn set_elsewhere(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        let region = match self.places.get(&region_name(pos)) {
            Some(&region) => region,
            None if self.volume.get(pos) == voxel => return voxel,
            None => self.open_region(pos),
        };
        let slot = region_slot(pos) as usize;
        if matches!(&self.regions[region].chunks[slot], Slot::Closed(chunk) if chunk.get(pos.local()) == voxel)
        {
            return voxel;
        }
        self.put_back();
        let taken =
            std::mem::replace(&mut self.regions[region].chunks[slot], Slot::Closed(Chunk::EMPTY));
        let chunk = match taken {
            Slot::Closed(chunk) => OpenChunk::new(chunk),
            Slot::Open(open) => open,
        };
        let origin = pos.to_array().map(|coord| coord & !15);
        self.current.insert(Current { origin, chunk, region, slot }).chunk.set(pos, voxel)
    }

    fn open_region(&mut self, pos: VoxelPos) -> usize {
        let chunk = pos.chunk();
        let mut chunks = Box::new([const { Slot::Closed(Chunk::EMPTY) }; REGION_CHUNKS]);
        if let Some(region) = self.volume.take_region(chunk.key()) {
            for (slot, chunk) in Node::into_chunks(region) {
                chunks[slot as usize] = Slot::Closed(chunk);
            }
        }
        let place = self.regions.len();
        self.regions.push(OpenRegion { pos: chunk, chunks });
        self.places.insert(region_name(pos), place);
        place
    }

    /// Puts the chunk at hand back into its region.
    fn put_back(&mut self) {
        if let Some(Current { chunk, region, slot, .. }) = self.current.take() {
            self.regions[region].chunks[slot] = Slot::Open(chunk);
        }
    }
}

impl Drop for VolumeWriter<'_> {
    fn drop(&mut self) {
        self.put_back();
        for OpenRegion { pos, chunks } in self.regions.drain(..) {
            let chunks = (0..).zip(chunks.into_iter().map(Slot::close));
            self.volume.put_region(pos.key(), Node::region(chunks));
        }
    }
}

/// The lowest bits of a region's coordinates, packed.
fn region_name(pos: VoxelPos) -> u32 {
    let [x, y, z] = pos.to_array().map(|coord| (coord >> 6) as u32 & 0x3ff);
    x | y << 10 | z << 20
}

impl Slot {
    fn close(self) -> Chunk {
        match self {
            Self::Closed(chunk) => chunk,
            Self::Open(OpenChunk { mut dense, solid }) => {
                dense.set_solid(solid);
                Chunk::from_dense(dense.into_arc())
            }
        }
    }
}

impl OpenChunk {
    fn new(mut chunk: Chunk) -> Self {
        let dense = chunk.take_dense();
        let solid = dense.solid();
        Self { dense: Unique::new(dense), solid }
    }

    #[inline]
    fn set(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        let cell = &mut self.dense.voxels_mut()[pos.local().index()];
        let old = std::mem::replace(cell, voxel);
        if old.is_empty() != voxel.is_empty() {
            self.solid = if voxel.is_empty() { self.solid - 1 } else { self.solid + 1 };
        }
        old
    }
}

/// A reference-counted value that has only this one reference, so that it can be written to without
/// asking for the count each time.
struct Unique<T>(Arc<T>);

impl<T: Clone> Unique<T> {
    fn new(mut shared: Arc<T>) -> Self {
        Arc::make_mut(&mut shared);
        Self(shared)
    }

    fn into_arc(self) -> Arc<T> {
        self.0
    }
}

impl<T> std::ops::Deref for Unique<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> std::ops::DerefMut for Unique<T> {
    #[inline]
    #[expect(unsafe_code, reason = "asking the counter at every voxel costs four times the write")]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: `new` made the reference the only one and left no weak one, the field is private
        // to this module and nothing in it clones the field, so `&mut self` is the only access.
        unsafe { &mut *Arc::as_ptr(&self.0).cast_mut() }
    }
}
