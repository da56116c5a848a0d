//! Positions of voxels and chunks, and boxes of voxels. Z is up.
//!
//! A value of these types is always within range: it is checked once, when it is made.

mod bounds;
#[cfg(test)]
mod tests;

pub use bounds::{Bounds, InvertedBounds};

/// The smallest coordinate on every axis.
pub const COORD_MIN: i32 = -32_768;
/// The largest coordinate on every axis.
pub const COORD_MAX: i32 = 32_767;
/// Voxels along the side of a chunk.
pub const CHUNK_SIDE: i32 = 16;
/// Voxels in a chunk.
pub const CHUNK_VOXELS: usize = 4096;

const CHUNK_BITS: u32 = 4;
const CHUNK_COORD_MIN: i32 = COORD_MIN >> CHUNK_BITS;
const CHUNK_COORD_MAX: i32 = COORD_MAX >> CHUNK_BITS;
/// Bits of a chunk key: 12 a axis.
const KEY_BITS: u32 = 36;

/// One of the three directions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Axis {
    /// To the right.
    X,
    /// To the back.
    Y,
    /// Upwards.
    Z,
}

impl Axis {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::X, Self::Y, Self::Z];

    /// 0 for x, 1 for y, 2 for z: the place in an array of coordinates.
    #[inline]
    pub fn index(self) -> usize {
        match self {
            Self::X => 0,
            Self::Y => 1,
            Self::Z => 2,
        }
    }
}

/// A coordinate beyond [`COORD_MIN`]..=[`COORD_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("coordinate {coord} is outside {min}..={max}", min = COORD_MIN, max = COORD_MAX)]
pub struct OutOfRange {
    /// The coordinate that was asked for, in voxels.
    pub coord: i64,
}

/// The position of one voxel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct VoxelPos {
    x: i32,
    y: i32,
    z: i32,
}

impl VoxelPos {
    /// The corner with the smallest coordinates.
    pub const MIN: Self = Self { x: COORD_MIN, y: COORD_MIN, z: COORD_MIN };
    /// The corner with the largest coordinates.
    pub const MAX: Self = Self { x: COORD_MAX, y: COORD_MAX, z: COORD_MAX };
    /// Where the axes meet.
    pub const ORIGIN: Self = Self { x: 0, y: 0, z: 0 };

    /// The voxel at these coordinates, if all are within range.
    #[inline]
    pub fn new(x: i32, y: i32, z: i32) -> Result<Self, OutOfRange> {
        for coord in [x, y, z] {
            if !(COORD_MIN..=COORD_MAX).contains(&coord) {
                return Err(OutOfRange { coord: i64::from(coord) });
            }
        }
        Ok(Self { x, y, z })
    }

    /// As [`VoxelPos::new`], from an array.
    #[inline]
    pub fn from_array([x, y, z]: [i32; 3]) -> Result<Self, OutOfRange> {
        Self::new(x, y, z)
    }

    /// The nearest position within range.
    pub fn clamped(pos: [i64; 3]) -> Self {
        let clamp = |coord: i64| coord.clamp(i64::from(COORD_MIN), i64::from(COORD_MAX)) as i32;
        Self { x: clamp(pos[0]), y: clamp(pos[1]), z: clamp(pos[2]) }
    }

    /// The coordinate to the right.
    #[inline]
    pub fn x(self) -> i32 {
        self.x
    }

    /// The coordinate to the back.
    #[inline]
    pub fn y(self) -> i32 {
        self.y
    }

    /// The coordinate upwards.
    #[inline]
    pub fn z(self) -> i32 {
        self.z
    }

    /// x, y and z.
    #[inline]
    pub fn to_array(self) -> [i32; 3] {
        [self.x, self.y, self.z]
    }

    /// This position moved by `offset`, if that is within range.
    #[inline]
    pub fn checked_add(self, offset: [i32; 3]) -> Result<Self, OutOfRange> {
        let mut sum = [0; 3];
        for (axis, coord) in self.to_array().into_iter().enumerate() {
            let moved = i64::from(coord) + i64::from(offset[axis]);
            sum[axis] = i32::try_from(moved).map_err(|_| OutOfRange { coord: moved })?;
        }
        Self::from_array(sum)
    }

    /// The chunk this voxel lies in.
    #[inline]
    pub fn chunk(self) -> ChunkPos {
        ChunkPos {
            x: (self.x >> CHUNK_BITS) as i16,
            y: (self.y >> CHUNK_BITS) as i16,
            z: (self.z >> CHUNK_BITS) as i16,
        }
    }

    /// Where in its chunk this voxel lies.
    #[inline]
    pub fn local(self) -> LocalPos {
        LocalPos(((self.x & 15) | (self.y & 15) << 4 | (self.z & 15) << 8) as u16)
    }
}

/// The position of a chunk: a voxel's coordinates divided by 16.
///
/// Chunks are ordered as a [`crate::volume::Volume`] lists them: by [`ChunkPos::key`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChunkPos {
    x: i16,
    y: i16,
    z: i16,
}

impl ChunkPos {
    /// The chunk at these chunk coordinates, if its voxels are within range.
    pub fn new(x: i32, y: i32, z: i32) -> Result<Self, OutOfRange> {
        for coord in [x, y, z] {
            if !(CHUNK_COORD_MIN..=CHUNK_COORD_MAX).contains(&coord) {
                return Err(OutOfRange { coord: i64::from(coord) * i64::from(CHUNK_SIDE) });
            }
        }
        Ok(Self { x: x as i16, y: y as i16, z: z as i16 })
    }

    /// The chunk coordinate to the right.
    #[inline]
    pub fn x(self) -> i32 {
        i32::from(self.x)
    }

    /// The chunk coordinate to the back.
    #[inline]
    pub fn y(self) -> i32 {
        i32::from(self.y)
    }

    /// The chunk coordinate upwards.
    #[inline]
    pub fn z(self) -> i32 {
        i32::from(self.z)
    }

    /// x, y and z in chunks.
    #[inline]
    pub fn to_array(self) -> [i32; 3] {
        [self.x(), self.y(), self.z()]
    }

    /// The voxel of this chunk with the smallest coordinates.
    #[inline]
    pub fn origin(self) -> VoxelPos {
        VoxelPos { x: self.x() << CHUNK_BITS, y: self.y() << CHUNK_BITS, z: self.z() << CHUNK_BITS }
    }

    /// The voxel at `local` in this chunk.
    #[inline]
    pub fn voxel(self, local: LocalPos) -> VoxelPos {
        let VoxelPos { x, y, z } = self.origin();
        VoxelPos { x: x | local.x(), y: y | local.y(), z: z | local.z() }
    }

    /// All voxels of this chunk.
    pub fn bounds(self) -> Bounds {
        Bounds::from_corners(self.origin(), self.voxel(LocalPos::LAST))
    }

    /// 36 bits that stand for this position: from the top, six groups of six bits, each two bits of
    /// z, y and x. A group is the way through one level of a volume's tree.
    pub fn key(self) -> u64 {
        let [x, y, z] = self.to_array().map(|coord| spread(coord - CHUNK_COORD_MIN));
        x | y << 2 | z << 4
    }

    /// The chunk of a [`ChunkPos::key`]; `None` if `key` has more than 36 bits.
    pub fn from_key(key: u64) -> Option<Self> {
        (key >> KEY_BITS == 0).then(|| Self::of_key(key))
    }

    /// As [`ChunkPos::from_key`] for keys known to be good.
    pub(crate) fn of_key(key: u64) -> Self {
        debug_assert!(key >> KEY_BITS == 0, "a chunk key has 36 bits");
        let [x, y, z] =
            [key, key >> 2, key >> 4].map(|bits| (gather(bits) + CHUNK_COORD_MIN) as i16);
        Self { x, y, z }
    }
}

impl PartialOrd for ChunkPos {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ChunkPos {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// Twelve bits, two by two, put six bits apart.
fn spread(coord: i32) -> u64 {
    let mut bits = (coord as u64) & 0xfff;
    bits = (bits | bits << 16) & 0x0000_0000_0f00_00ff;
    bits = (bits | bits << 8) & 0x0000_0000_0f00_f00f;
    (bits | bits << 4) & 0x0000_0000_c30c_30c3
}

/// The other way round.
fn gather(key: u64) -> i32 {
    let mut bits = key & 0x0000_0000_c30c_30c3;
    bits = (bits | bits >> 4) & 0x0000_0000_0f00_f00f;
    bits = (bits | bits >> 8) & 0x0000_0000_0f00_00ff;
    ((bits | bits >> 16) & 0xfff) as i32
}

/// Where in its chunk a voxel lies: x + 16 y + 256 z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct LocalPos(u16);

impl LocalPos {
    /// The voxel with the smallest coordinates.
    pub const FIRST: Self = Self(0);
    /// The voxel with the largest coordinates.
    pub const LAST: Self = Self(4095);

    /// The place of this index; `None` from 4096 on.
    pub fn from_index(index: u16) -> Option<Self> {
        (usize::from(index) < CHUNK_VOXELS).then_some(Self(index))
    }

    /// The place at these coordinates within the chunk, of which the lowest four bits count.
    #[inline]
    pub fn new(x: i32, y: i32, z: i32) -> Self {
        Self(((x & 15) | (y & 15) << 4 | (z & 15) << 8) as u16)
    }

    /// 0 to 4095.
    #[inline]
    pub fn index(self) -> usize {
        // The mask tells the compiler what the type promises.
        usize::from(self.0) & (CHUNK_VOXELS - 1)
    }

    /// 0 to 15.
    #[inline]
    pub fn x(self) -> i32 {
        i32::from(self.0) & 15
    }

    /// 0 to 15.
    #[inline]
    pub fn y(self) -> i32 {
        i32::from(self.0) >> 4 & 15
    }

    /// 0 to 15.
    #[inline]
    pub fn z(self) -> i32 {
        i32::from(self.0) >> 8 & 15
    }
}
