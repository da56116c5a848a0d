//! What readers and writers remember about the chunks they were in.

use crate::coords::VoxelPos;

/// Places at first, and at most: few, because most readers read little.
const PLACE_BITS_MIN: u32 = 5;
const PLACE_BITS_MAX: u32 = 14;
/// No chunk has this name.
pub(super) const NOWHERE: u64 = u64::MAX;

/// A value for each of the chunks met last; a chunk may push another one out.
pub(super) struct ChunkCache<T> {
    places: Vec<(u64, T)>,
    bits: u32,
    unused: T,
    /// Chunks remembered since the cache grew.
    news: usize,
}

impl<T: Copy> ChunkCache<T> {
    pub(super) fn new(unused: T) -> Self {
        let places = vec![(NOWHERE, unused); 1 << PLACE_BITS_MIN];
        Self { places, bits: PLACE_BITS_MIN, unused, news: 0 }
    }

    /// What is known about a chunk, named as by [`chunk_of`].
    #[inline]
    pub(super) fn find(&self, chunk: u64) -> Option<T> {
        let (name, value) = self.places[self.place(chunk)];
        (name == chunk).then_some(value)
    }

    pub(super) fn remember(&mut self, chunk: u64, value: T) {
        self.news += 1;
        if self.news > self.places.len() && self.bits < PLACE_BITS_MAX {
            self.grow();
        }
        let place = self.place(chunk);
        self.places[place] = (chunk, value);
    }

    fn grow(&mut self) {
        self.news = 0;
        self.bits += 3;
        let places = vec![(NOWHERE, self.unused); 1 << self.bits];
        for (name, value) in std::mem::replace(&mut self.places, places) {
            if name != NOWHERE {
                let place = self.place(name);
                self.places[place] = (name, value);
            }
        }
    }

    /// The multiplier spreads the lowest bits of each axis, so neighbours get different places.
    #[inline]
    fn place(&self, chunk: u64) -> usize {
        (chunk.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - self.bits)) as usize
    }
}

/// A number for the chunk a voxel lies in.
#[inline]
pub(super) fn chunk_of(pos: VoxelPos) -> u64 {
    pos.cube(4)
}

/// A number for the region a voxel lies in.
#[inline]
pub(super) fn region_of(pos: VoxelPos) -> u64 {
    pos.cube(6)
}
