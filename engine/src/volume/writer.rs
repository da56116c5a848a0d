//! Writing many voxels: the regions written to are taken out of the tree and put back at the end.

use super::Volume;
use super::node::Node;
use super::region_cache::{NOWHERE, RegionCache, origin_of, region_name, region_slot, within};
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
    at_hand: AtHand,
    open: Vec<OpenChunk>,
    regions: Vec<OpenRegion>,
    /// Where in `regions` a region is: those met last, and all.
    near: RegionCache<usize>,
    all: FxHashMap<u32, usize>,
}

/// The chunk of the last voxel.
enum AtHand {
    /// Written to: its start, its place in `open`.
    Open([i32; 3], usize),
    /// Only looked at: its start, its voxels.
    Closed([i32; 3], Chunk),
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
    /// The place of each chunk in the writer's `open`, or `CLOSED`.
    places: [u32; REGION_CHUNKS],
    /// The chunks that are closed.
    chunks: Box<[Chunk; REGION_CHUNKS]>,
}

impl<'a> VolumeWriter<'a> {
    pub(super) fn new(volume: &'a mut Volume) -> Self {
        Self {
            volume,
            at_hand: AtHand::Closed(NOWHERE, Chunk::EMPTY),
            open: Vec::new(),
            regions: Vec::new(),
            near: RegionCache::new(0),
            all: FxHashMap::default(),
        }
    }

    /// The voxel at `pos`, as written last.
    #[inline]
    pub fn get(&mut self, pos: VoxelPos) -> Voxel {
        match &self.at_hand {
            AtHand::Open(origin, place) if within(*origin, pos) => {
                self.open[*place].dense.voxels()[pos.local().index()]
            }
            AtHand::Closed(origin, chunk) if within(*origin, pos) => chunk.get(pos.local()),
            AtHand::Open(..) | AtHand::Closed(..) => self.get_elsewhere(pos),
        }
    }

    /// Puts `voxel` at `pos`; what was there before comes back.
    #[inline]
    pub fn set(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        match &self.at_hand {
            AtHand::Open(origin, place) if within(*origin, pos) => {
                self.open[*place].set(pos, voxel)
            }
            AtHand::Closed(origin, chunk)
                if within(*origin, pos) && chunk.get(pos.local()) == voxel =>
            {
                voxel
            }
            AtHand::Open(..) | AtHand::Closed(..) => self.set_elsewhere(pos, voxel),
        }
    }

    fn get_elsewhere(&mut self, pos: VoxelPos) -> Voxel {
        let region = self.region(pos);
        self.at_hand = match self.place(region, pos) {
            Some(place) => AtHand::Open(origin_of(pos), place),
            None => AtHand::Closed(origin_of(pos), self.closed(region, pos).clone()),
        };
        self.get(pos)
    }

    #[inline]
    fn set_elsewhere(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        let region = self.region(pos);
        let place = match self.place(region, pos) {
            Some(place) => place,
            None if self.closed(region, pos).get(pos.local()) == voxel => {
                self.at_hand = AtHand::Closed(origin_of(pos), self.closed(region, pos).clone());
                return voxel;
            }
            None => self.open_chunk(region, pos),
        };
        self.at_hand = AtHand::Open(origin_of(pos), place);
        self.open[place].set(pos, voxel)
    }

    /// The open region of `pos`, if it is open.
    #[inline]
    fn region(&mut self, pos: VoxelPos) -> Option<usize> {
        let near = self.near.find(pos);
        if near.is_some() {
            return near;
        }
        let found = self.all.get(&region_name(pos)).copied();
        if let Some(found) = found {
            self.near.remember(pos, found);
        }
        found
    }

    /// The place in `open` of the chunk of `pos`, if it is open.
    #[inline]
    fn place(&self, region: Option<usize>, pos: VoxelPos) -> Option<usize> {
        let place = self.regions[region?].places[region_slot(pos) as usize];
        (place != CLOSED).then_some(place as usize)
    }

    fn closed(&self, region: Option<usize>, pos: VoxelPos) -> &Chunk {
        match region {
            Some(region) => &self.regions[region].chunks[region_slot(pos) as usize],
            None => self.volume.chunk(pos.chunk()).unwrap_or(const { &Chunk::EMPTY }),
        }
    }

    #[cold]
    fn open_chunk(&mut self, region: Option<usize>, pos: VoxelPos) -> usize {
        // What is at hand may be this very chunk, and would be a second reference to it.
        self.at_hand = AtHand::Closed(NOWHERE, Chunk::EMPTY);
        let region = region.unwrap_or_else(|| self.open_region(pos));
        let (slot, place) = (region_slot(pos) as usize, self.open.len());
        let region = &mut self.regions[region];
        let dense = region.chunks[slot].take_dense();
        region.places[slot] = u32::try_from(place).expect("fewer open chunks than memory has room");
        self.open.push(OpenChunk { solid: dense.solid(), dense: Unique::new(dense) });
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
        self.near.remember(pos, place);
        self.all.insert(region_name(pos), place);
        place
    }
}

impl Drop for VolumeWriter<'_> {
    fn drop(&mut self) {
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
    fn set(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        let cell = &mut self.dense.voxels_mut()[pos.local().index()];
        let old = std::mem::replace(cell, voxel);
        if old.is_empty() != voxel.is_empty() {
            self.solid = if voxel.is_empty() { self.solid - 1 } else { self.solid + 1 };
        }
        old
    }

    fn close(mut self) -> Chunk {
        self.dense.set_solid(self.solid);
        Chunk::from_dense(self.dense.into_arc())
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
