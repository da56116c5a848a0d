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
///
/// Positions are ordered by z, then y, then x. They are packed, 16 bits an axis with the sign bit
/// turned round, because most of what is done with them is comparing all axes at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VoxelPos(u64);

/// What makes the smallest coordinate 0.
const BIAS: i32 = -COORD_MIN;
const AXIS_BITS: u32 = 16;
/// The lowest bit of each axis.
const EACH_AXIS: u64 = 1 | 1 << AXIS_BITS | 1 << (2 * AXIS_BITS);

impl VoxelPos {
    /// The corner with the smallest coordinates.
    pub const MIN: Self = Self(0);
    /// The corner with the largest coordinates.
    pub const MAX: Self = Self((1 << (3 * AXIS_BITS)) - 1);
    /// Where the axes meet.
    pub const ORIGIN: Self = Self(EACH_AXIS << 15);

    /// The voxel at these coordinates, if all are within range.
    #[inline]
    pub fn new(x: i32, y: i32, z: i32) -> Result<Self, OutOfRange> {
        let biased = [x, y, z].map(|coord| coord.wrapping_add(BIAS) as u32);
        if (biased[0] | biased[1] | biased[2]) >> AXIS_BITS == 0 {
            return Ok(Self::pack(biased));
        }
        let is_outside = |coord: &i32| !(COORD_MIN..=COORD_MAX).contains(coord);
        let coord = [x, y, z].into_iter().find(is_outside).unwrap_or(i32::MAX);
        Err(OutOfRange { coord: i64::from(coord) })
    }

    #[inline]
    fn pack([x, y, z]: [u32; 3]) -> Self {
        Self(u64::from(x) | u64::from(y) << AXIS_BITS | u64::from(z) << (2 * AXIS_BITS))
    }

    /// As [`VoxelPos::new`] for coordinates known to be within range.
    #[inline]
    fn of([x, y, z]: [i32; 3]) -> Self {
        debug_assert!(Self::new(x, y, z).is_ok(), "{x} {y} {z} are within range");
        Self::pack([x, y, z].map(|coord| coord.wrapping_add(BIAS) as u32 & 0xffff))
    }

    /// As [`VoxelPos::new`], from an array.
    #[inline]
    pub fn from_array([x, y, z]: [i32; 3]) -> Result<Self, OutOfRange> {
        Self::new(x, y, z)
    }

    /// The nearest position within range.
    pub fn clamped(pos: [i64; 3]) -> Self {
        Self::of(pos.map(|coord| coord.clamp(COORD_MIN.into(), COORD_MAX.into()) as i32))
    }

    /// The coordinate to the right.
    #[inline]
    pub fn x(self) -> i32 {
        (self.0 & 0xffff) as i32 - BIAS
    }

    /// The coordinate to the back.
    #[inline]
    pub fn y(self) -> i32 {
        (self.0 >> AXIS_BITS & 0xffff) as i32 - BIAS
    }

    /// The coordinate upwards.
    #[inline]
    pub fn z(self) -> i32 {
        (self.0 >> (2 * AXIS_BITS)) as i32 - BIAS
    }

    /// x, y and z.
    #[inline]
    pub fn to_array(self) -> [i32; 3] {
        [self.x(), self.y(), self.z()]
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
        let [x, y, z] = self.to_array().map(|coord| (coord >> CHUNK_BITS) as i16);
        ChunkPos { x, y, z }
    }

    /// Where in its chunk this voxel lies.
    #[inline]
    pub fn local(self) -> LocalPos {
        // The bias has no bits this low.
        LocalPos((self.0 & 0xf | self.0 >> 12 & 0xf0 | self.0 >> 24 & 0xf00) as u16)
    }

    /// A number that all voxels of a cube of 2^`bits` share, and no others.
    #[inline]
    pub(crate) fn cube(self, bits: u32) -> u64 {
        self.0 & !(((1 << bits) - 1) * EACH_AXIS)
    }

    /// Which chunk of its region of 4^3 chunks this voxel lies in: x + 4 y + 16 z.
    #[inline]
    pub(crate) fn region_slot(self) -> usize {
        (self.0 >> 4 & 3 | self.0 >> 18 & 0xc | self.0 >> 32 & 0x30) as usize
    }
}

impl std::fmt::Debug for VoxelPos {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "({}, {}, {})", self.x(), self.y(), self.z())
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
        VoxelPos::of(self.to_array().map(|coord| coord << CHUNK_BITS))
    }

    /// The voxel at `local` in this chunk.
    #[inline]
    pub fn voxel(self, local: LocalPos) -> VoxelPos {
        let [x, y, z] = self.origin().to_array();
        VoxelPos::of([x | local.x(), y | local.y(), z | local.z()])
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
