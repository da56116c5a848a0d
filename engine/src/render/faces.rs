//! Finding the faces that can be seen.

use super::grid::{Grid, Rows};

/// One side of one voxel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) chunk: u32,
    /// Coordinates within the chunk.
    pub(super) cell: [i32; 3],
    pub(super) axis: usize,
    pub(super) is_clear: bool,
}

impl Face {
    /// A number other than 0 that stands for an opaque face.
    #[inline]
    pub(super) fn name(&self) -> u64 {
        let [x, y, z] = self.cell.map(|coord| coord as u64);
        u64::from(self.chunk) << 14 | z << 10 | y << 6 | x << 2 | self.axis as u64
    }

    /// The opaque face of a name.
    #[inline]
    pub(super) fn of_name(name: u64) -> Self {
        let cell = [2, 6, 10].map(|shift| (name >> shift & 15) as i32);
        Self { chunk: (name >> 14) as u32, cell, axis: (name & 3) as usize % 3, is_clear: false }
    }

    pub(super) fn cell_index(&self) -> usize {
        let [x, y, z] = self.cell.map(|coord| coord as usize);
        x | y << 4 | z << 8
    }
}

/// Visits the faces of a chunk that look towards the sides `facing` and are not covered by a
/// neighbour, from the farthest voxel to the nearest.
pub(super) fn visit(grid: &Grid<'_>, chunk: u32, facing: [i32; 3], mut face: impl FnMut(Face)) {
    let opaque = Neighbors::new(facing, |near| grid.opaque(chunk, near));
    let clear = Neighbors::new(facing, |near| grid.clear(chunk, near));
    let sees_clear = grid.has_clear();
    let order =
        |axis: usize| (0..16).map(move |step: i32| if facing[axis] < 0 { 15 - step } else { step });
    for z in order(2) {
        for y in order(1) {
            let solid = opaque.row(y, z);
            let glassy = if sees_clear { clear.row(y, z) } else { 0 };
            if solid | glassy == 0 {
                continue;
            }
            let mut free = opaque.uncovered(y, z);
            let mut free_clear = [0; 3];
            if glassy != 0 {
                let open = clear.uncovered(y, z);
                // A clear voxel shows no face towards an opaque one: that one is seen instead.
                free_clear = std::array::from_fn(|axis| glassy & open[axis] & free[axis]);
            }
            free = free.map(|open| open & solid);
            let any = free.iter().chain(&free_clear).fold(0, |any, bits| any | bits);
            for x in order(0).filter(|x| any >> x & 1 != 0) {
                for axis in 0..3 {
                    let is_clear = free_clear[axis] >> x & 1 != 0;
                    if is_clear || free[axis] >> x & 1 != 0 {
                        face(Face { chunk, cell: [x, y, z], axis, is_clear });
                    }
                }
            }
        }
    }
}

/// The bits of a chunk and of its three neighbours on the sides that are seen.
struct Neighbors<'a> {
    own: &'a Rows,
    beyond: [&'a Rows; 3],
    facing: [i32; 3],
}

impl<'a> Neighbors<'a> {
    fn new(facing: [i32; 3], rows: impl Fn([usize; 3]) -> &'a Rows) -> Self {
        let beyond = std::array::from_fn(|axis| {
            let mut near = [1; 3];
            near[axis] = (1 + facing[axis]) as usize;
            rows(near)
        });
        Self { own: rows([1; 3]), beyond, facing }
    }

    #[inline]
    fn row(&self, y: i32, z: i32) -> u16 {
        self.own[((y & 15) | (z & 15) << 4) as usize]
    }

    /// For each axis, the voxels of a row with nothing before them on the side that is seen.
    #[inline]
    fn uncovered(&self, y: i32, z: i32) -> [u16; 3] {
        let place = |y: i32, z: i32| ((y & 15) | (z & 15) << 4) as usize;
        let (own, across) = (self.row(y, z), self.beyond[0][place(y, z)]);
        let covered_x = match self.facing[0] {
            1 => own >> 1 | across << 15,
            -1 => own << 1 | across >> 15,
            _ => u16::MAX,
        };
        let (next_y, next_z) = (y + self.facing[1], z + self.facing[2]);
        let rows_y = if next_y & !15 == 0 { self.own } else { self.beyond[1] };
        let rows_z = if next_z & !15 == 0 { self.own } else { self.beyond[2] };
        let covered_y = if self.facing[1] == 0 { u16::MAX } else { rows_y[place(next_y, z)] };
        let covered_z = if self.facing[2] == 0 { u16::MAX } else { rows_z[place(y, next_z)] };
        [!covered_x, !covered_y, !covered_z]
    }
}
