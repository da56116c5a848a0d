//! Finding the faces that can be seen.

use super::grid::{Grid, Rows};
use super::projection::Sides;
use std::ops::Range;

/// One side of one voxel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) chunk: u32,
    /// Coordinates within the chunk.
    pub(super) cell: [i32; 3],
    pub(super) axis: usize,
    /// Whether it looks towards the positive side of its axis.
    pub(super) is_positive: bool,
    pub(super) is_clear: bool,
}

impl Face {
    /// A number other than 0 that stands for an opaque face.
    #[inline]
    pub(super) fn name(&self) -> u64 {
        let [x, y, z] = self.cell.map(|coord| coord as u64);
        let side = u64::from(self.is_positive) << 2 | self.axis as u64;
        u64::from(self.chunk) << 15 | z << 11 | y << 7 | x << 3 | side
    }

    /// The opaque face of a name.
    #[inline]
    pub(super) fn of_name(name: u64) -> Self {
        Self {
            chunk: (name >> 15) as u32,
            cell: [3, 7, 11].map(|shift| (name >> shift & 15) as i32),
            axis: (name & 3) as usize % 3,
            is_positive: name & 4 != 0,
            is_clear: false,
        }
    }

    pub(super) fn cell_index(&self) -> usize {
        let [x, y, z] = self.cell.map(|coord| coord as usize);
        x | y << 4 | z << 8
    }

    /// 1 if it looks towards the positive side of its axis, else -1.
    #[inline]
    pub(super) fn sign(&self) -> i32 {
        if self.is_positive { 1 } else { -1 }
    }
}

/// Some layers of a chunk along one axis, and which side of their voxels is seen.
#[derive(Clone)]
struct Slab {
    layers: Range<i32>,
    facing: i32,
}

/// The slabs along one axis for an eye in layer `eye`, what is nearest last: beyond the eye on
/// either side one sees the faces towards it, in its own layer none.
fn slabs(eye: i32) -> impl Iterator<Item = Slab> + Clone {
    let (below, above) = (0..eye.clamp(0, 16), eye.saturating_add(1).clamp(0, 16)..16);
    let own = eye.clamp(0, 16)..eye.saturating_add(1).clamp(0, 16);
    [(below, 1), (above, -1), (own, 0)]
        .into_iter()
        .map(|(layers, facing)| Slab { layers, facing })
        .filter(|slab| !slab.layers.is_empty())
}

/// Visits the faces of a chunk that can be seen from `sides` and are not covered by a neighbour,
/// from the farthest voxel to the nearest.
pub(super) fn visit(grid: &Grid<'_>, chunk: u32, sides: Sides, mut face: impl FnMut(Face)) {
    let eye = match sides {
        Sides::All(facing) => {
            visit_part(grid, chunk, facing.map(|facing| Slab { layers: 0..16, facing }), &mut face);
            return;
        }
        Sides::From(eye) => eye,
    };
    let origin = grid.chunk(chunk).pos.origin().to_array();
    let eye: [i32; 3] = std::array::from_fn(|axis| eye[axis].saturating_sub(origin[axis]));
    for z in slabs(eye[2]) {
        for y in slabs(eye[1]) {
            for x in slabs(eye[0]) {
                visit_part(grid, chunk, [x, y.clone(), z.clone()], &mut face);
            }
        }
    }
}

fn visit_part(grid: &Grid<'_>, chunk: u32, part: [Slab; 3], face: &mut impl FnMut(Face)) {
    let facing = [part[0].facing, part[1].facing, part[2].facing];
    let opaque = Neighbors::new(facing, |near| grid.opaque(chunk, near));
    let clear = Neighbors::new(facing, |near| grid.clear(chunk, near));
    let sees_clear = grid.has_clear();
    let order = |axis: usize| {
        let Range { start, end } = part[axis].layers;
        (start..end).map(move |step| if facing[axis] < 0 { end - 1 - (step - start) } else { step })
    };
    let columns = part[0].layers.clone().fold(0_u16, |bits, x| bits | 1 << x);
    for z in order(2) {
        for y in order(1) {
            let solid = opaque.row(y, z) & columns;
            let glassy = if sees_clear { clear.row(y, z) & columns } else { 0 };
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
                        let is_positive = facing[axis] > 0;
                        face(Face { chunk, cell: [x, y, z], axis, is_positive, is_clear });
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
