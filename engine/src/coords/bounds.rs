//! Boxes of voxels.

use super::{CHUNK_BITS, ChunkPos, VoxelPos};

/// The smallest corner of a box was beyond its largest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a box cannot reach from {min:?} to {max:?}: min is beyond max on some axis")]
pub struct InvertedBounds {
    /// The corner given as the smallest.
    pub min: [i32; 3],
    /// The corner given as the largest.
    pub max: [i32; 3],
}

/// A box of at least one voxel; both corners belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Bounds {
    min: VoxelPos,
    max: VoxelPos,
}

impl Bounds {
    /// Everything there can be.
    pub const ALL: Self = Self { min: VoxelPos::MIN, max: VoxelPos::MAX };

    /// The box from `min` to `max`, both included.
    pub fn new(min: VoxelPos, max: VoxelPos) -> Result<Self, InvertedBounds> {
        let mut ends = min.to_array().into_iter().zip(max.to_array());
        if ends.all(|(min, max)| min <= max) {
            Ok(Self { min, max })
        } else {
            Err(InvertedBounds { min: min.to_array(), max: max.to_array() })
        }
    }

    /// The box between any two opposite corners.
    pub fn from_corners(a: VoxelPos, b: VoxelPos) -> Self {
        Self { min: both(a, b, i32::min), max: both(a, b, i32::max) }
    }

    /// The box of one voxel.
    pub fn of_voxel(pos: VoxelPos) -> Self {
        Self { min: pos, max: pos }
    }

    /// The corner with the smallest coordinates.
    #[inline]
    pub fn min(&self) -> VoxelPos {
        self.min
    }

    /// The corner with the largest coordinates.
    #[inline]
    pub fn max(&self) -> VoxelPos {
        self.max
    }

    /// Voxels along x, y and z.
    pub fn size(&self) -> [u32; 3] {
        let (min, max) = (self.min.to_array(), self.max.to_array());
        std::array::from_fn(|axis| max[axis].abs_diff(min[axis]) + 1)
    }

    /// How many voxels fit, at most 2^48.
    pub fn volume(&self) -> u64 {
        self.size().into_iter().map(u64::from).product()
    }

    /// Whether `pos` lies in the box.
    #[inline]
    pub fn contains(&self, pos: VoxelPos) -> bool {
        let (min, max, pos) = (self.min.to_array(), self.max.to_array(), pos.to_array());
        (0..3).all(|axis| (min[axis]..=max[axis]).contains(&pos[axis]))
    }

    /// Whether every voxel of `other` lies in the box.
    pub fn encloses(&self, other: &Self) -> bool {
        self.contains(other.min) && self.contains(other.max)
    }

    /// The voxels that both boxes have.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        Self::new(both(self.min, other.min, i32::max), both(self.max, other.max, i32::min)).ok()
    }

    /// The smallest box with both boxes in it.
    pub fn union(&self, other: &Self) -> Self {
        Self { min: both(self.min, other.min, i32::min), max: both(self.max, other.max, i32::max) }
    }

    /// The smallest box with both boxes in it, where one of them may be missing.
    pub fn union_all(boxes: impl IntoIterator<Item = Self>) -> Option<Self> {
        boxes.into_iter().reduce(|whole, next| whole.union(&next))
    }

    /// The chunks at the corners.
    pub(crate) fn chunk_corners(&self) -> ([i32; 3], [i32; 3]) {
        (self.min.chunk().to_array(), self.max.chunk().to_array())
    }

    /// How many chunks the box touches.
    pub fn chunk_count(&self) -> u64 {
        let (min, max) = self.chunk_corners();
        (0..3).map(|axis| (max[axis] - min[axis]) as u64 + 1).product()
    }

    /// The chunks the box touches, x fastest, then y, then z.
    pub fn chunks(&self) -> impl Iterator<Item = ChunkPos> + use<> {
        let (min, max) = self.chunk_corners();
        steps(min, max).map(|pos| VoxelPos::of(pos.map(|coord| coord << CHUNK_BITS)).chunk())
    }

    /// Every position in the box, x fastest, then y, then z.
    pub fn iter(&self) -> impl Iterator<Item = VoxelPos> + use<> {
        steps(self.min.to_array(), self.max.to_array()).map(VoxelPos::of)
    }
}

fn steps(min: [i32; 3], max: [i32; 3]) -> impl Iterator<Item = [i32; 3]> {
    (min[2]..=max[2]).flat_map(move |z| {
        (min[1]..=max[1]).flat_map(move |y| (min[0]..=max[0]).map(move |x| [x, y, z]))
    })
}

/// One of two coordinates on each axis.
fn both(a: VoxelPos, b: VoxelPos, choose: fn(i32, i32) -> i32) -> VoxelPos {
    let (a, b) = (a.to_array(), b.to_array());
    VoxelPos::of(std::array::from_fn(|axis| choose(a[axis], b[axis])))
}
