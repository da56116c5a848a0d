//! Sets of voxels in a chunk, one bit each, and changing a volume where the bits are set.

use std::ops::Range;

use crate::chunk::Chunk;
use crate::coords::{Bounds, CHUNK_SIDE, CHUNK_VOXELS, ChunkPos};
use crate::volume::Volume;
use crate::voxel::Voxel;

/// Some of the voxels of a chunk: a row of x each, as [`Chunk::occupancy`] orders them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Mask(pub(super) [u16; 256]);

impl Mask {
    pub(super) const NONE: Self = Self([0; 256]);
    pub(super) const ALL: Self = Self([u16::MAX; 256]);

    /// Those in `bounds`, of the chunk at `pos`.
    pub(super) fn within(bounds: &Bounds, pos: ChunkPos) -> Self {
        if bounds.encloses(&pos.bounds()) {
            return Self::ALL;
        }
        let origin = pos.origin().to_array();
        let (min, max) = (bounds.min().to_array(), bounds.max().to_array());
        let low: [i32; 3] = std::array::from_fn(|axis| (min[axis] - origin[axis]).max(0));
        let high: [i32; 3] = std::array::from_fn(|axis| (max[axis] - origin[axis]).min(15));
        let mut mask = Self::NONE;
        for z in low[2]..=high[2] {
            for y in low[1]..=high[1] {
                mask.add_row(y, z, low[0], high[0]);
            }
        }
        mask
    }

    /// Adds the voxels from `first` to `last` of a row; parts outside of the chunk do not matter.
    pub(super) fn add_row(&mut self, y: i32, z: i32, first: i32, last: i32) {
        let (first, last) = (first.max(0), last.min(CHUNK_SIDE - 1));
        if first <= last {
            let bits = u16::MAX >> (CHUNK_SIDE - 1 - (last - first)) << first;
            self.0[((y & 15) | (z & 15) << 4) as usize] |= bits;
        }
    }

    /// Those that both have.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(row, other)| *row &= other);
        self
    }

    /// The voxels of a chunk that are not in here.
    pub(super) fn not(mut self) -> Self {
        self.0.iter_mut().for_each(|row| *row = !*row);
        self
    }

    pub(super) fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    pub(super) fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|row| u64::from(row.count_ones())).sum()
    }
}

/// Changes the voxels of one chunk that are in `mask`. A chunk that stays equal is not touched, so
/// that it stays shared.
pub(super) fn update(
    volume: &mut Volume,
    pos: ChunkPos,
    mask: &Mask,
    change: impl Fn(Voxel) -> Voxel,
) {
    let uniform = volume.chunk(pos).unwrap_or(&Chunk::EMPTY).as_uniform();
    match uniform.filter(|_| mask.is_all()) {
        Some(voxel) => drop(volume.set_chunk(pos, Chunk::uniform(change(voxel)))),
        None => update_at(volume, pos, mask, |_, voxel| change(voxel)),
    }
}

/// As [`update`], where the change may look at what is at the same place of `other`.
pub(super) fn update_from(
    volume: &mut Volume,
    pos: ChunkPos,
    mask: &Mask,
    other: &Chunk,
    change: impl Fn(Voxel, Voxel) -> Voxel,
) {
    match (other.as_uniform(), other.as_dense()) {
        (Some(value), _) => update(volume, pos, mask, |voxel| change(voxel, value)),
        (_, Some(values)) => {
            update_at(volume, pos, mask, |index, voxel| change(voxel, values[index]));
        }
        (None, None) => {}
    }
}

/// As [`update`], where the change may look at the place, as an index into the chunk.
pub(super) fn update_at(
    volume: &mut Volume,
    pos: ChunkPos,
    mask: &Mask,
    change: impl Fn(usize, Voxel) -> Voxel,
) {
    let chunk = volume.chunk(pos).unwrap_or(&Chunk::EMPTY);
    let differs = |index: usize, voxel: Voxel| change(index, voxel) != voxel;
    let touched = match chunk.as_dense() {
        Some(voxels) => places(mask).any(|index| differs(index, voxels[index])),
        None => {
            let value = chunk.as_uniform().unwrap_or_default();
            places(mask).any(|index| differs(index, value))
        }
    };
    if touched {
        volume.update_chunk(pos, |chunk| {
            chunk.edit(|voxels| {
                each_run(mask, |run| {
                    for (index, voxel) in run.clone().zip(&mut voxels[run]) {
                        *voxel = change(index, *voxel);
                    }
                });
            });
        });
    }
}

/// Puts one value where the mask is set; a whole chunk costs no more than one voxel.
pub(super) fn put(volume: &mut Volume, pos: ChunkPos, mask: &Mask, voxel: Voxel) {
    if mask.is_all() {
        volume.set_chunk(pos, Chunk::uniform(voxel));
    } else if !mask.is_none() {
        update(volume, pos, mask, |_| voxel);
    }
}

/// The indices that are set, in order.
fn places(mask: &Mask) -> impl Iterator<Item = usize> + '_ {
    mask.0.iter().enumerate().filter(|(_, bits)| **bits != 0).flat_map(|(row, bits)| {
        let place = move |x: usize| (row * 16 + x) & (CHUNK_VOXELS - 1);
        (0..16).filter(move |x| bits >> x & 1 != 0).map(place)
    })
}

/// The indices that are set, as the longest runs within a row.
fn each_run(mask: &Mask, mut work: impl FnMut(Range<usize>)) {
    for (row, bits) in mask.0.iter().enumerate() {
        // The upper half is zero, so that every run has an end.
        let mut bits = u32::from(*bits);
        while bits != 0 {
            let first = bits.trailing_zeros();
            let last = first + (!(bits >> first)).trailing_zeros();
            work(row * 16 + first as usize..row * 16 + last as usize);
            bits &= u32::MAX << last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mask, places};
    use crate::coords::{Bounds, ChunkPos, LocalPos, VoxelPos};

    #[test]
    fn a_box_cuts_a_chunk() {
        let at = |x, y, z| VoxelPos::new(x, y, z).unwrap();
        let bounds = Bounds::new(at(-20, 3, 15), at(-14, 3, 40)).unwrap();
        let pos = ChunkPos::new(-1, 0, 0).unwrap();
        let inside: Vec<usize> = places(&Mask::within(&bounds, pos)).collect();
        assert_eq!(inside, [0, 1, 2].map(|x| LocalPos::new(x, 3, 15).index()));
        let pos = ChunkPos::new(-2, 0, 1).unwrap();
        assert_eq!(Mask::within(&bounds, pos).count(), 4 * 16);
        let pos = ChunkPos::new(5, 0, 1).unwrap();
        assert!(Mask::within(&bounds, pos).is_none());
        assert!(Mask::within(&Bounds::ALL, pos).is_all());
        assert!(Mask::ALL.not().is_none());
    }
}
