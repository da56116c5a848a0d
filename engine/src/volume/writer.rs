//! Writing many voxels: the regions written to are taken out of the tree and put back at the end.

use super::Volume;
use super::chunk_cache::{ChunkCache, NOWHERE, chunk_of, region_of};
use super::node::Node;
use crate::chunk::{Chunk, Dense};
use crate::coords::{ChunkPos, VoxelPos};
use crate::voxel::Voxel;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Chunks in a region.
const REGION_CHUNKS: usize = 64;
/// The place of a chunk that is not open.
const CLOSED: u32 = u32::MAX;

/// Sets voxels of one volume, which has them all when the writer is dropped.
pub struct VolumeWriter<'a> {
    volume: &'a mut Volume,
    /// The chunk written to last, and its place in `open`.
    chunk: u64,
    place: usize,
    open: Vec<OpenChunk>,
    /// The chunk that was last looked at only, and its voxels.
    looked_at: (u64, Chunk),
    /// Where in `open` the chunks met last are.
    near: ChunkCache<usize>,
    regions: Vec<OpenRegion>,
    /// Where in `regions` a region is.
    region_places: FxHashMap<u64, usize>,
}

/// A chunk that only the writer holds. Its solid voxels are counted when it is closed: counting
/// them as they are written would mean to read, and wait for, what is only to be overwritten.
struct OpenChunk(Unique<Dense>);

struct OpenRegion {
    /// Of any chunk in it.
    pos: ChunkPos,
    /// The place of each chunk in the writer's `open`, or `CLOSED`.
    places: [u32; REGION_CHUNKS],
    /// The chunks that are closed.
    chunks: Box<[Chunk; REGION_CHUNKS]>,
}

impl<'a> VolumeWriter<'a> {
    pub(super) fn new(volume: &'a mut Volume) -> Self {
        Self {
            volume,
            chunk: NOWHERE,
            place: 0,
            open: Vec::new(),
            looked_at: (NOWHERE, Chunk::EMPTY),
            near: ChunkCache::new(0),
            regions: Vec::new(),
            region_places: FxHashMap::default(),
        }
    }

    /// The voxel at `pos`, as written last.
    #[inline]
    pub fn get(&mut self, pos: VoxelPos) -> Voxel {
        if self.chunk == chunk_of(pos) {
            self.open[self.place].get(pos)
        } else {
            self.get_elsewhere(pos)
        }
    }

    /// Puts `voxel` at `pos`; what was there before comes back.
    #[inline]
    pub fn set(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        if self.chunk == chunk_of(pos) {
            self.open[self.place].set(pos, voxel)
        } else {
            self.set_elsewhere(pos, voxel)
        }
    }

    fn get_elsewhere(&mut self, pos: VoxelPos) -> Voxel {
        match self.find_open(pos) {
            Some(place) => self.open[place].get(pos),
            None => self.look_at(pos).get(pos.local()),
        }
    }

    #[inline]
    fn set_elsewhere(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        let place = match self.find_open(pos) {
            Some(place) => place,
            None if self.look_at(pos).get(pos.local()) == voxel => return voxel,
            None => self.open_chunk(pos),
        };
        (self.chunk, self.place) = (chunk_of(pos), place);
        self.open[place].set(pos, voxel)
    }

    /// The place in `open` of the chunk of `pos`, if it is open.
    #[inline]
    fn find_open(&mut self, pos: VoxelPos) -> Option<usize> {
        match self.near.find(chunk_of(pos)) {
            Some(place) => Some(place),
            None if self.looked_at.0 == chunk_of(pos) => None,
            None => self.find_open_far(pos),
        }
    }

    #[cold]
    fn find_open_far(&mut self, pos: VoxelPos) -> Option<usize> {
        let place = self.region(pos)?.places[pos.region_slot()];
        if place == CLOSED {
            return None;
        }
        self.near.remember(chunk_of(pos), place as usize);
        Some(place as usize)
    }

    /// The open region of `pos`, if it is open.
    fn region(&self, pos: VoxelPos) -> Option<&OpenRegion> {
        self.region_places.get(&region_of(pos)).map(|place| &self.regions[*place])
    }

    /// The chunk of `pos`, which is not open.
    fn look_at(&mut self, pos: VoxelPos) -> &Chunk {
        if self.looked_at.0 != chunk_of(pos) {
            let chunk = match self.region(pos) {
                Some(region) => Some(&region.chunks[pos.region_slot()]),
                None => self.volume.chunk(pos.chunk()),
            };
            self.looked_at = (chunk_of(pos), chunk.cloned().unwrap_or_default());
        }
        &self.looked_at.1
    }

    #[cold]
    fn open_chunk(&mut self, pos: VoxelPos) -> usize {
        // What was looked at is this very chunk, and would be a second reference to it.
        self.looked_at = (NOWHERE, Chunk::EMPTY);
        let region = match self.region_places.get(&region_of(pos)) {
            Some(region) => *region,
            None => self.open_region(pos),
        };
        let (slot, place) = (pos.region_slot(), self.open.len());
        let region = &mut self.regions[region];
        let dense = region.chunks[slot].take_dense();
        region.places[slot] = u32::try_from(place).expect("fewer open chunks than memory has room");
        self.open.push(OpenChunk(Unique::new(dense)));
        self.near.remember(chunk_of(pos), place);
        place
    }

    fn open_region(&mut self, pos: VoxelPos) -> usize {
        let chunk = pos.chunk();
        let mut chunks = Box::new([const { Chunk::EMPTY }; REGION_CHUNKS]);
        if let Some(region) = self.volume.take_region(chunk.key()) {
            for (slot, chunk) in Node::into_chunks(region) {
                chunks[slot as usize] = chunk;
            }
        }
        let place = self.regions.len();
        self.regions.push(OpenRegion { pos: chunk, places: [CLOSED; REGION_CHUNKS], chunks });
        self.region_places.insert(region_of(pos), place);
        place
    }
}

impl Drop for VolumeWriter<'_> {
    fn drop(&mut self) {
        self.looked_at = (NOWHERE, Chunk::EMPTY);
        let mut open: Vec<_> = self.open.drain(..).map(Some).collect();
        for OpenRegion { pos, places, mut chunks } in self.regions.drain(..) {
            for (chunk, place) in chunks.iter_mut().zip(places) {
                if let Some(written) = open.get_mut(place as usize).and_then(Option::take) {
                    *chunk = written.close();
                }
            }
            self.volume.put_region(pos.key(), Node::region((0..).zip(*chunks)));
        }
    }
}

impl OpenChunk {
    #[inline]
    fn get(&self, pos: VoxelPos) -> Voxel {
        self.0.voxels()[pos.local().index()]
    }

    #[inline]
    fn set(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        std::mem::replace(&mut self.0.voxels_mut()[pos.local().index()], voxel)
    }

    fn close(mut self) -> Chunk {
        self.0.recount();
        Chunk::from_dense(self.0.into_arc())
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
