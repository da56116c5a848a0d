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
        if min.x <= max.x && min.y <= max.y && min.z <= max.z {
            Ok(Self { min, max })
        } else {
            Err(InvertedBounds { min: min.to_array(), max: max.to_array() })
        }
    }

    /// The box between any two opposite corners.
    pub fn from_corners(a: VoxelPos, b: VoxelPos) -> Self {
        Self {
            min: VoxelPos { x: a.x.min(b.x), y: a.y.min(b.y), z: a.z.min(b.z) },
            max: VoxelPos { x: a.x.max(b.x), y: a.y.max(b.y), z: a.z.max(b.z) },
        }
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
        [
            (self.max.x - self.min.x) as u32 + 1,
            (self.max.y - self.min.y) as u32 + 1,
            (self.max.z - self.min.z) as u32 + 1,
        ]
    }

    /// How many voxels fit, at most 2^48.
    pub fn volume(&self) -> u64 {
        self.size().into_iter().map(u64::from).product()
    }

    /// Whether `pos` lies in the box.
    #[inline]
    pub fn contains(&self, pos: VoxelPos) -> bool {
        (self.min.x..=self.max.x).contains(&pos.x)
            && (self.min.y..=self.max.y).contains(&pos.y)
            && (self.min.z..=self.max.z).contains(&pos.z)
    }

    /// Whether every voxel of `other` lies in the box.
    pub fn encloses(&self, other: &Self) -> bool {
        self.contains(other.min) && self.contains(other.max)
    }

    /// The voxels that both boxes have.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let (a, b) = (self, other);
        let min =
            VoxelPos { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y), z: a.min.z.max(b.min.z) };
        let max =
            VoxelPos { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y), z: a.max.z.min(b.max.z) };
        Self::new(min, max).ok()
    }

    /// The smallest box with both boxes in it.
    pub fn union(&self, other: &Self) -> Self {
        let low = Self::from_corners(self.min, other.min);
        let high = Self::from_corners(self.max, other.max);
        Self { min: low.min, max: high.max }
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
        let side = 1 << CHUNK_BITS;
        steps(min, max)
            .map(move |[x, y, z]| VoxelPos { x: x * side, y: y * side, z: z * side }.chunk())
    }

    /// Every position in the box, x fastest, then y, then z.
    pub fn iter(&self) -> impl Iterator<Item = VoxelPos> + use<> {
        steps(self.min.to_array(), self.max.to_array()).map(|[x, y, z]| VoxelPos { x, y, z })
    }
}

fn steps(min: [i32; 3], max: [i32; 3]) -> impl Iterator<Item = [i32; 3]> {
    (min[2]..=max[2]).flat_map(move |z| {
        (min[1]..=max[1]).flat_map(move |y| (min[0]..=max[0]).map(move |x| [x, y, z]))
    })
}
