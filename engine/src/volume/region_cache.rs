//! What readers and writers remember about the regions they were in.

use crate::coords::VoxelPos;

/// Places, by the lowest three bits of each of a region's coordinates.
const PLACES: usize = 512;
/// No region has this name: names have 30 bits.
const NOBODY: u32 = u32::MAX;

/// A value for each of the regions met last; a region may push another one out.
pub(super) struct RegionCache<T> {
    places: Box<[(u32, T); PLACES]>,
}

impl<T: Copy> RegionCache<T> {
    pub(super) fn new(unused: T) -> Self {
        Self { places: Box::new([(NOBODY, unused); PLACES]) }
    }

    /// What is known about the region of `pos`.
    #[inline]
    pub(super) fn find(&self, pos: VoxelPos) -> Option<T> {
        let (name, value) = self.places[place(pos)];
        (name == region_name(pos)).then_some(value)
    }

    pub(super) fn remember(&mut self, pos: VoxelPos, value: T) {
        self.places[place(pos)] = (region_name(pos), value);
    }
}

#[inline]
fn place(pos: VoxelPos) -> usize {
    (pos.x() >> 6 & 7 | (pos.y() >> 6 & 7) << 3 | (pos.z() >> 6 & 7) << 6) as usize
}

/// A number for each region: ten bits of each of its coordinates.
#[inline]
pub(super) fn region_name(pos: VoxelPos) -> u32 {
    let [x, y, z] = pos.to_array().map(|coord| (coord >> 6) as u32 & 0x3ff);
    x | y << 10 | z << 20
}

/// Which chunk of its region `pos` lies in.
#[inline]
pub(super) fn region_slot(pos: VoxelPos) -> u32 {
    (pos.x() >> 4 & 3 | (pos.y() >> 4 & 3) << 2 | (pos.z() >> 4 & 3) << 4) as u32
}

/// Whether `pos` lies in the chunk that starts at `origin`.
#[inline]
pub(super) fn within(origin: [i32; 3], pos: VoxelPos) -> bool {
    ((pos.x() ^ origin[0]) | (pos.y() ^ origin[1]) | (pos.z() ^ origin[2])) & !15 == 0
}

/// Where the chunk of `pos` starts.
#[inline]
pub(super) fn origin_of(pos: VoxelPos) -> [i32; 3] {
    pos.to_array().map(|coord| coord & !15)
}

/// A place nothing lies at, so that nothing is found there.
pub(super) const NOWHERE: [i32; 3] = [i32::MIN; 3];
