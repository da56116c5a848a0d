//! Which cells of a region are of one kind, as bits.

use super::region::{CHUNKS, Cells, Region, SIDE};
use crate::coords::CHUNK_VOXELS;
use crate::voxel::Voxel;

/// A region's side with one cell more at both ends.
const PADDED: usize = SIDE + 2;

/// A number for each row, bit n for cell n, in planes of `PADDED` rows.
type Bits = Box<[u64; PADDED * PADDED]>;

/// Where in [`Bits`] a row lies. Rows and planes are counted from one cell outside the region.
#[inline]
fn place(row: usize, plane: usize) -> usize {
    row + plane * PADDED
}

/// The cells of one kind, in a region and one cell around it.
#[derive(Debug)]
pub(super) struct Masks {
    /// Bits along x; a row for each y, a plane for each z.
    along_x: Bits,
    /// Bits along y; a row for each x, a plane for each z.
    along_y: Bits,
}

impl Default for Masks {
    fn default() -> Self {
        let empty = || {
            let bits = vec![0; PADDED * PADDED].into_boxed_slice();
            bits.try_into().expect("as long as it was made")
        };
        Self { along_x: empty(), along_y: empty() }
    }
}

impl Masks {
    /// The row along x at y and z, which are counted from one cell outside the region: 0 to 65.
    #[inline]
    pub(super) fn along_x(&self, y: usize, z: usize) -> u64 {
        self.along_x[place(y, z)]
    }

    /// The row along y at x and z, which are counted from one cell outside the region: 0 to 65.
    #[inline]
    pub(super) fn along_y(&self, x: usize, z: usize) -> u64 {
        self.along_y[place(x, z)]
    }

    /// Takes the bits from the voxels for which `is_set` holds.
    #[inline]
    pub(super) fn fill(&mut self, region: &Region<'_>, is_set: impl Fn(Voxel) -> bool + Copy) {
        self.along_x.fill(0);
        self.along_y.fill(0);
        for ([x, y, z], cells) in region.places() {
            match cells {
                Cells::Uniform(voxel) if is_set(voxel) => self.add([x, y, z], &FULL),
                Cells::Uniform(_) => {}
                Cells::Dense(voxels) => self.add([x, y, z], &ChunkBits::new(voxels, is_set)),
            }
        }
        self.fill_around(region, is_set);
    }

    fn add(&mut self, [x, y, z]: [usize; 3], bits: &ChunkBits) {
        for plane in 0..16 {
            let at = place(16 * y + 1, 16 * z + plane + 1);
            let to = &mut self.along_x[at..at + 16];
            for (to, row) in to.iter_mut().zip(&bits.along_x[16 * plane..][..16]) {
                *to |= u64::from(*row) << (16 * x);
            }
            let at = place(16 * x + 1, 16 * z + plane + 1);
            let to = &mut self.along_y[at..at + 16];
            for (to, row) in to.iter_mut().zip(&bits.along_y[16 * plane..][..16]) {
                *to |= u64::from(*row) << (16 * y);
            }
        }
    }

    /// The cells one step outside, which decide about the faces at the border.
    fn fill_around(&mut self, region: &Region<'_>, is_set: impl Fn(Voxel) -> bool + Copy) {
        for (a, b) in (0..CHUNKS).flat_map(|a| (0..CHUNKS).map(move |b| (a, b))) {
            // The chunk's place beyond the border, the cell's in the chunk, the row's among the rows.
            for (beyond, cell, row) in [(-1, 15, 0), (4, 0, SIDE + 1)] {
                let (ca, cb) = (a as i32, b as i32);
                if let Some(cells) = region.neighbor([beyond, ca, cb]) {
                    let is_set = |y, z| is_set(cells.get(cell | y << 4 | z << 8));
                    for z in 0..16 {
                        let to = &mut self.along_y[place(row, 16 * b + z + 1)];
                        *to |= row_of(|y| is_set(y, z)) << (16 * a);
                    }
                }
                if let Some(cells) = region.neighbor([ca, beyond, cb]) {
                    let is_set = |x, z| is_set(cells.get(x | cell << 4 | z << 8));
                    for z in 0..16 {
                        let to = &mut self.along_x[place(row, 16 * b + z + 1)];
                        *to |= row_of(|x| is_set(x, z)) << (16 * a);
                    }
                }
                if let Some(cells) = region.neighbor([ca, cb, beyond]) {
                    let is_set = |x, y| is_set(cells.get(x | y << 4 | cell << 8));
                    for y in 0..16 {
                        let to = &mut self.along_x[place(16 * b + y + 1, row)];
                        *to |= row_of(|x| is_set(x, y)) << (16 * a);
                    }
                }
            }
        }
    }
}

/// 16 cells as bits.
fn row_of(is_set: impl Fn(usize) -> bool) -> u64 {
    (0..16).fold(0, |row, bit| row | u64::from(is_set(bit)) << bit)
}

/// The bits of one chunk, both ways: along x by y + 16 z, along y by x + 16 z.
struct ChunkBits {
    along_x: [u16; 256],
    along_y: [u16; 256],
}

const FULL: ChunkBits = ChunkBits { along_x: [u16::MAX; 256], along_y: [u16::MAX; 256] };

impl ChunkBits {
    #[inline]
    fn new(voxels: &[Voxel; CHUNK_VOXELS], is_set: impl Fn(Voxel) -> bool) -> Self {
        let mut bits = Self { along_x: [0; 256], along_y: [0; 256] };
        let planes = bits.along_x.chunks_exact_mut(16).zip(bits.along_y.chunks_exact_mut(16));
        for (voxels, (along_x, along_y)) in voxels.chunks_exact(256).zip(planes) {
            // Numbers as wide as a voxel, so that all 16 are worked on at once.
            let mut columns = [0_u32; 16];
            for (y, (row, cells)) in along_x.iter_mut().zip(voxels.chunks_exact(16)).enumerate() {
                let mut bits = 0;
                for (x, (column, voxel)) in columns.iter_mut().zip(cells).enumerate() {
                    let is_set = u32::from(is_set(*voxel));
                    *column |= is_set << y;
                    bits |= is_set << x;
                }
                *row = bits as u16;
            }
            for (row, column) in along_y.iter_mut().zip(columns) {
                *row = column as u16;
            }
        }
        bits
    }
}
