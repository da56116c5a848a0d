//! The chunks of a scene as bits, with their neighbours at hand.

use super::camera::Vector;
use super::faces::Face;
use super::projection::{Extent, Sides};
use super::{Meter, RenderError, SurfaceMaterial};
use crate::chunk::Chunk;
use crate::coords::{Bounds, COORD_MAX, COORD_MIN, ChunkPos, LocalPos, VoxelPos};
use crate::progress::Cancelled;
use crate::volume::Volume;
use crate::voxel::Voxel;
use rustc_hash::FxHashMap;

/// Which voxels of a chunk: bit x of row y + 16 z.
pub(super) type Rows = [u16; 256];

const NO_ROWS: u32 = 0;
const ALL_ROWS: u32 = 1;
/// The chunk that stands for every chunk that is empty.
const NOBODY: u32 = 0;
/// More than any coordinate of a chunk.
const NEAREST: i32 = 1 << 16;
/// Chunks between two calls of `Progress::step`.
const STEP_CHUNKS: usize = 1024;
/// The same where each voxel is looked at.
const STEP_SHINING: usize = 128;

/// A scene ready to be drawn from any side.
pub(super) struct Grid<'a> {
    chunks: Vec<GridChunk<'a>>,
    rows: Vec<Rows>,
    materials: &'a [SurfaceMaterial; 256],
    has_clear: bool,
}

pub(super) struct GridChunk<'a> {
    pub(super) pos: ChunkPos,
    /// The smallest box around what is in it.
    pub(super) bounds: Bounds,
    chunk: &'a Chunk,
    /// Places in `rows`: opaque voxels, and those that one sees through.
    opaque: u32,
    clear: u32,
    /// The chunk itself and the 26 around it: x + 3 y + 9 z.
    near: [u32; 27],
}

impl<'a> Grid<'a> {
    pub(super) fn new(
        volume: &'a Volume,
        materials: &'a [SurfaceMaterial; 256],
        chunks_max: u64,
        meter: &mut Meter<'_>,
    ) -> Result<Self, RenderError> {
        let nobody = GridChunk {
            pos: ChunkPos::of_key(0),
            bounds: ChunkPos::of_key(0).bounds(),
            chunk: const { &Chunk::EMPTY },
            opaque: NO_ROWS,
            clear: NO_ROWS,
            near: [NOBODY; 27],
        };
        let rows = vec![[0; 256], [u16::MAX; 256]];
        let mut grid = Self { chunks: vec![nobody], rows, materials, has_clear: false };
        let mut places = FxHashMap::default();
        for (number, (pos, chunk)) in volume.chunks().enumerate() {
            let place =
                u32::try_from(grid.chunks.len()).ok().filter(|_| (number as u64) < chunks_max);
            places.insert(pos, place.ok_or(RenderError::TooManyChunks { chunks_max })?);
            grid.add(pos, chunk);
            if number % STEP_CHUNKS == 0 {
                meter.tick()?;
            }
        }
        grid.link(&places, meter)?;
        Ok(grid)
    }

    fn add(&mut self, pos: ChunkPos, chunk: &'a Chunk) {
        let (opaque, clear) = match chunk.as_dense() {
            None => self.uniform_rows(chunk.as_uniform().unwrap_or_default()),
            Some(_) if self.materials.iter().all(|material| material.alpha == 255) => {
                (self.keep(chunk.occupancy()), NO_ROWS)
            }
            Some(voxels) => {
                let of = |wanted: fn(u8) -> bool| {
                    let mut rows = [0; 256];
                    for (row, cells) in rows.iter_mut().zip(voxels.chunks_exact(16)) {
                        for (x, voxel) in cells.iter().enumerate() {
                            *row |= u16::from(wanted(self.material(*voxel).alpha)) << x;
                        }
                    }
                    rows
                };
                let (opaque, clear) =
                    (of(|alpha| alpha == 255), of(|alpha| (1..255).contains(&alpha)));
                (self.keep(opaque), self.keep(clear))
            }
        };
        self.has_clear |= clear != NO_ROWS;
        let corners = chunk.local_bounds().unwrap_or((LocalPos::FIRST, LocalPos::LAST));
        let bounds = Bounds::from_corners(pos.voxel(corners.0), pos.voxel(corners.1));
        self.chunks.push(GridChunk { pos, bounds, chunk, opaque, clear, near: [NOBODY; 27] });
    }

    fn uniform_rows(&self, voxel: Voxel) -> (u32, u32) {
        match self.material(voxel).alpha {
            0 => (NO_ROWS, NO_ROWS),
            255 => (ALL_ROWS, NO_ROWS),
            _ => (NO_ROWS, ALL_ROWS),
        }
    }

    fn keep(&mut self, rows: Rows) -> u32 {
        if rows == self.rows[NO_ROWS as usize] {
            return NO_ROWS;
        }
        self.rows.push(rows);
        (self.rows.len() - 1) as u32
    }

    fn link(
        &mut self,
        places: &FxHashMap<ChunkPos, u32>,
        meter: &mut Meter<'_>,
    ) -> Result<(), Cancelled> {
        for (number, chunk) in self.chunks[1..].iter_mut().enumerate() {
            if number % STEP_CHUNKS == 0 {
                meter.tick()?;
            }
            let [x, y, z] = chunk.pos.to_array();
            for (number, near) in chunk.near.iter_mut().enumerate() {
                let [dx, dy, dz] =
                    [number % 3, number / 3 % 3, number / 9].map(|step| step as i32 - 1);
                let pos = ChunkPos::new(x + dx, y + dy, z + dz);
                *near = pos.ok().and_then(|pos| places.get(&pos).copied()).unwrap_or(NOBODY);
            }
        }
        Ok(())
    }

    /// The chunks, from the farthest to the nearest for who sees them from `sides`: what lies on the
    /// far side of an axis can never hide what lies on the near side.
    pub(super) fn back_to_front(
        &self,
        sides: Sides,
        meter: &mut Meter<'_>,
    ) -> Result<Vec<u32>, Cancelled> {
        let far = |pos: i32, axis: usize| match sides {
            Sides::All(facing) if facing[axis] > 0 => NEAREST - pos,
            Sides::All(_) => NEAREST + pos,
            // A way from the eye leads away from it on each axis.
            Sides::From(eye) => pos.abs_diff(eye[axis].clamp(COORD_MIN, COORD_MAX) >> 4) as i32,
        };
        let mut order: Vec<(u64, u32)> = Vec::with_capacity(self.chunks.len());
        for number in 1..self.chunks.len() as u32 {
            if number as usize % STEP_CHUNKS == 0 {
                meter.tick()?;
            }
            if !self.is_buried(number) {
                let pos = self.chunks[number as usize].pos.to_array();
                let [z, y, x] = [2, 1, 0].map(|axis| far(pos[axis], axis) as u64);
                order.push((z << 40 | y << 20 | x, number));
            }
        }
        order.sort_unstable_by_key(|(far, number)| (std::cmp::Reverse(*far), *number));
        Ok(order.into_iter().map(|(_, number)| number).collect())
    }

    /// Whether no face of the chunk can be seen: it and its six neighbours are full.
    fn is_buried(&self, number: u32) -> bool {
        let chunk = &self.chunks[number as usize];
        let is_full = |near: &usize| self.chunks[chunk.near[*near] as usize].opaque == ALL_ROWS;
        [4, 10, 12, 13, 14, 16, 22].iter().all(is_full)
    }

    /// Visits the opaque voxels below height `end`.
    pub(super) fn visit_low(
        &self,
        end: i32,
        meter: &mut Meter<'_>,
        mut visit: impl FnMut([i32; 3]),
    ) -> Result<(), Cancelled> {
        for (number, chunk) in self.chunks[1..].iter().enumerate() {
            if number % STEP_CHUNKS == 0 {
                meter.tick()?;
            }
            if chunk.bounds.min().z() >= end || chunk.opaque == NO_ROWS {
                continue;
            }
            let [x, y, z] = chunk.pos.origin().to_array();
            let rows = &self.rows[chunk.opaque as usize];
            for (number, row) in
                (0..).zip(rows).filter(|(number, row)| **row != 0 && z + (number >> 4) < end)
            {
                for column in (0..16).filter(|column| row >> column & 1 != 0) {
                    visit([x + column, y + (number & 15), z + (number >> 4)]);
                }
            }
        }
        Ok(())
    }

    /// Visits the opaque voxels from one corner of a box to the other.
    pub(super) fn visit_opaque(
        &self,
        [low, high]: [[i64; 3]; 2],
        meter: &mut Meter<'_>,
        mut visit: impl FnMut([i32; 3]),
    ) -> Result<(), Cancelled> {
        for (number, chunk) in self.chunks[1..].iter().enumerate() {
            if number % STEP_SHINING == 0 {
                meter.tick()?;
            }
            let origin = chunk.pos.origin().to_array();
            let is_inside = |axis: usize| {
                let first = i64::from(origin[axis]);
                first <= high[axis] && first + 15 >= low[axis]
            };
            if chunk.opaque == NO_ROWS || !(0..3).all(is_inside) {
                continue;
            }
            let rows = &self.rows[chunk.opaque as usize];
            for (number, row) in (0..).zip(rows).filter(|(_, row)| **row != 0) {
                for column in (0..16).filter(|column| row >> column & 1 != 0) {
                    let [x, y, z] = origin;
                    visit([x + column, y + (number & 15), z + (number >> 4)]);
                }
            }
        }
        Ok(())
    }

    /// Visits the voxels that shine by themselves, with their colour and how much they do.
    pub(super) fn visit_shining(
        &self,
        meter: &mut Meter<'_>,
        mut visit: impl FnMut([i32; 3], [u8; 3], u8),
    ) -> Result<(), Cancelled> {
        if self.materials.iter().all(|material| material.emission == 0) {
            return Ok(());
        }
        for (number, chunk) in self.chunks[1..].iter().enumerate() {
            if number % STEP_SHINING == 0 {
                meter.tick()?;
            }
            for (local, voxel) in chunk.chunk.solid() {
                let SurfaceMaterial { alpha, emission } = self.material(voxel);
                if emission > 0 && alpha > 0 {
                    visit(chunk.pos.voxel(local).to_array(), voxel.rgb(), emission);
                }
            }
        }
        Ok(())
    }

    /// Where the voxel of a face is.
    pub(super) fn place(&self, face: &Face) -> Option<VoxelPos> {
        let origin = self.chunk(face.chunk).pos.origin();
        origin.checked_add(face.cell).ok()
    }

    pub(super) fn chunk(&self, number: u32) -> &GridChunk<'a> {
        &self.chunks[number as usize]
    }

    pub(super) fn voxel(&self, number: u32, cell: usize) -> Voxel {
        self.chunk(number).chunk.as_dense().map_or_else(
            || self.chunk(number).chunk.as_uniform().unwrap_or_default(),
            |voxels| voxels[cell & 4095],
        )
    }

    /// What a voxel is made of; an empty one is invisible.
    pub(super) fn material(&self, voxel: Voxel) -> SurfaceMaterial {
        match voxel.slot() {
            Some(slot) => self.materials[usize::from(slot.number())],
            None => SurfaceMaterial { alpha: 0, emission: 0 },
        }
    }

    /// Whether anything can be seen through.
    pub(super) fn has_clear(&self) -> bool {
        self.has_clear
    }

    /// The opaque voxels of a chunk's neighbour; 1 is the chunk itself on each axis.
    #[inline]
    pub(super) fn opaque(&self, number: u32, [x, y, z]: [usize; 3]) -> &Rows {
        let near = self.chunks[number as usize].near[(x + 3 * y + 9 * z) % 27];
        &self.rows[self.chunks[near as usize].opaque as usize]
    }

    /// As [`Grid::opaque`], for voxels that one sees through.
    #[inline]
    pub(super) fn clear(&self, number: u32, [x, y, z]: [usize; 3]) -> &Rows {
        let near = self.chunks[number as usize].near[(x + 3 * y + 9 * z) % 27];
        &self.rows[self.chunks[near as usize].clear as usize]
    }

    /// Whether there is an opaque voxel at these coordinates, counted from the start of the chunk,
    /// at most 16 beyond it.
    #[inline]
    pub(super) fn is_opaque(&self, number: u32, [x, y, z]: [i32; 3]) -> bool {
        let near = [x, y, z].map(|coord| ((coord + 16) >> 4) as usize);
        let row = self.opaque(number, near)[((y & 15) | (z & 15) << 4) as usize];
        row >> (x & 15) & 1 != 0
    }
}

impl Extent for Grid<'_> {
    fn extent(&self, direction: Vector) -> (f64, f64) {
        let chunks = self.chunks[1..].iter().map(|chunk| chunk.bounds.extent(direction));
        chunks.reduce(|all, next| (all.0.min(next.0), all.1.max(next.1))).unwrap_or((0.0, 1.0))
    }
}
