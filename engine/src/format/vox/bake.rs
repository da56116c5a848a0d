//! Models to chunks, with turn and move applied: the inner loop of reading.

use std::collections::HashMap;
use std::rc::Rc;

use super::error::{Limit, VoxError, VoxErrorKind};
use super::import::ImportError;
use super::limits::VoxLimits;
use super::parse::{Model, VoxFile};
use super::placement::Rotation;
use crate::chunk::Chunk;
use crate::coords::{CHUNK_SIDE, CHUNK_VOXELS};
use crate::progress::Progress;
use crate::voxel::Voxel;

/// Records between two progress steps.
const STEP_RECORDS: usize = 1 << 20;
/// About what an entry in a volume's tree takes.
const ENTRY_BYTES: u64 = 64;

/// Cells of a chunk along x.
const ROW: usize = CHUNK_SIDE as usize;

/// Added to an index by a voxel outside its model: beyond every grid, and three of them still fit.
const OUTSIDE: u32 = 1 << 30;

/// A model in chunks, for one turn and one place within the grid of chunks.
pub(super) struct Baked {
    /// Where each chunk lies, in chunks from the one with the lowest corner, and what it holds.
    pub chunks: Vec<([i64; 3], Chunk)>,
    /// Solid voxels in them.
    pub voxels: u64,
}

/// Bakes models, each turn and place once.
pub(super) struct Baker<'a> {
    file: &'a VoxFile<'a>,
    voxels: [Voxel; 256],
    limits: &'a VoxLimits,
    /// The colour indices of one model, chunk after chunk; all zero between two models. One byte a
    /// voxel, so that chunks of one value are found before their memory is taken.
    cells: Vec<u8>,
    baked: HashMap<(usize, Rotation, [u8; 3]), Rc<Baked>>,
    bytes: u64,
    records: u64,
    placed_voxels: u64,
}

impl<'a> Baker<'a> {
    pub fn new(file: &'a VoxFile<'a>, voxels: [Voxel; 256], limits: &'a VoxLimits) -> Self {
        Self {
            file,
            voxels,
            limits,
            cells: Vec::new(),
            baked: HashMap::new(),
            bytes: 0,
            records: 0,
            placed_voxels: 0,
        }
    }

    /// The chunks of a model turned by `rotation`, with its lowest corner `shift` voxels into a
    /// chunk. Whatever stands alike modulo 16 gets the same chunks.
    pub fn bake(
        &mut self,
        index: usize,
        rotation: Rotation,
        shift: [u8; 3],
        progress: &mut dyn Progress,
    ) -> Result<Rc<Baked>, ImportError> {
        let key = (index, rotation, shift);
        if let Some(baked) = self.baked.get(&key) {
            return Ok(Rc::clone(baked));
        }
        let model = self.file.models[index];
        self.records = self.records.saturating_add(model.voxels.len() as u64);
        self.check_voxels(self.records, model.offset)?;
        let grid = Grid::new(model.size, rotation, shift);
        let cells = grid.chunks() * CHUNK_VOXELS;
        if self.cells.len() < cells {
            self.cells = vec![0; cells];
        }
        let mut touched = vec![false; grid.chunks()];
        for (part, records) in model.voxels.chunks(STEP_RECORDS).enumerate() {
            let done = part * STEP_RECORDS;
            if let Some(at) = scatter(records, &grid, &mut self.cells, &mut touched) {
                return Err(bad_record(&model, done + at).into());
            }
            progress.step((done + records.len()) as u64, model.voxels.len() as u64)?;
        }
        let mut baked = Baked { chunks: Vec::new(), voxels: 0 };
        for (at, _) in touched.iter().enumerate().filter(|(_, touched)| **touched) {
            let chunk = self.chunk(at, model.offset)?;
            baked.voxels += u64::from(chunk.count());
            baked.chunks.push((grid.position(at), chunk));
        }
        let baked = Rc::new(baked);
        self.baked.insert(key, Rc::clone(&baked));
        Ok(baked)
    }

    /// Books the place that `baked` takes in one more layer.
    pub fn book(&mut self, baked: &Baked, offset: usize) -> Result<(), VoxError> {
        self.placed_voxels = self.placed_voxels.saturating_add(baked.voxels);
        self.check_voxels(self.placed_voxels, offset)?;
        self.take_bytes(baked.chunks.len() as u64 * ENTRY_BYTES, offset)
    }

    fn check_voxels(&self, voxels: u64, offset: usize) -> Result<(), VoxError> {
        if voxels > self.limits.voxels_max {
            let (limit, max) = (Limit::Voxels, self.limits.voxels_max);
            return Err(VoxError::new(offset, VoxErrorKind::TooMany { limit, max }));
        }
        Ok(())
    }

    /// Books memory before it is taken.
    pub fn take_bytes(&mut self, bytes: u64, offset: usize) -> Result<(), VoxError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.bytes_max {
            let (limit, max) = (Limit::Bytes, self.limits.bytes_max);
            return Err(VoxError::new(offset, VoxErrorKind::TooMany { limit, max }));
        }
        Ok(())
    }

    /// Takes the chunk at `at` out of the cells.
    fn chunk(&mut self, at: usize, offset: usize) -> Result<Chunk, VoxError> {
        let cells = at * CHUNK_VOXELS..(at + 1) * CHUNK_VOXELS;
        let first = self.cells[cells.start];
        let chunk = if is_uniform(&self.cells[cells.clone()]) {
            Chunk::uniform(self.voxels[usize::from(first)])
        } else {
            self.take_bytes(size_of::<[Voxel; CHUNK_VOXELS]>() as u64, offset)?;
            let mut chunk = Chunk::EMPTY;
            chunk.edit(|voxels| {
                for (voxel, index) in voxels.iter_mut().zip(&self.cells[cells.clone()]) {
                    *voxel = self.voxels[usize::from(*index)];
                }
            });
            chunk
        };
        self.cells[cells].fill(0);
        Ok(chunk)
    }
}

/// Puts every record's colour index into its cell. A position is the sum of three table entries,
/// whatever the turn; one outside the model adds up to an index that no cell has. Stops at the
/// first bad record and gives its number.
fn scatter(
    records: &[[u8; 4]],
    grid: &Grid,
    cells: &mut [u8],
    touched: &mut [bool],
) -> Option<usize> {
    let mut last = u32::MAX;
    let mut number = 0;
    while let Some(&[x, y, z, index]) = records.get(number) {
        let at = grid.steps[0][usize::from(x)]
            + grid.steps[1][usize::from(y)]
            + grid.steps[2][usize::from(z)];
        let place = at as usize;
        let row = match grid.row_width {
            Some(width) if place.is_multiple_of(ROW) => row(&records[number..], width),
            _ => None,
        };
        match (row, cells.get_mut(place..place + ROW)) {
            (Some(row), Some(cells)) => {
                cells.copy_from_slice(&row);
                number += ROW;
            }
            _ => {
                let (Some(cell), 1..) = (cells.get_mut(place), index) else { return Some(number) };
                *cell = index;
                number += 1;
            }
        }
        let chunk = at / CHUNK_VOXELS as u32;
        if chunk != last {
            last = chunk;
            touched[chunk as usize] = true;
        }
    }
    None
}

/// The colour indices of the next records, if they are sixteen good ones in a row along x within
/// a model of this width. Most writers go along x, and solid parts of models are made of such rows.
fn row(records: &[[u8; 4]], width: usize) -> Option<[u8; ROW]> {
    const POSITION: u32 = 0x00ff_ffff;
    let records: &[[u8; 4]; ROW] = records.first_chunk()?;
    let first = u32::from_le_bytes(records[0]) & POSITION;
    let mut differs = 0;
    for (record, expected) in records.iter().zip(first..) {
        differs |= u32::from_le_bytes(*record) & POSITION ^ expected;
    }
    let row = records.map(|[.., index]| index);
    // The width also keeps the sums above from running on into y.
    let inside = usize::from(records[0][0]) + ROW <= width;
    (inside && differs == 0 && !row.contains(&0)).then_some(row)
}

/// Whether all are equal; looked at by the cache line, which is what makes it quick.
fn is_uniform(cells: &[u8]) -> bool {
    let differs = |line: &[u8]| line.iter().fold(0, |seen, index| seen | (index ^ cells[0])) != 0;
    !cells.chunks_exact(64).any(differs)
}

fn bad_record(model: &Model<'_>, number: usize) -> VoxError {
    let [x, y, z, index] = model.voxels[number];
    let kind = match index {
        0 => VoxErrorKind::ColourZero,
        _ => VoxErrorKind::VoxelOutside { voxel: [x, y, z], size: model.size },
    };
    VoxError::new(model.offset + number * 4, kind)
}

/// The chunks that a turned and shifted model reaches into.
struct Grid {
    /// Chunks along each axis.
    sides: [usize; 3],
    /// For each axis of the model and each coordinate on it, its share of the index of a cell.
    steps: [[u32; 256]; 3],
    /// The model's width, if its x is the grid's, so that a row in one is a row in the other.
    row_width: Option<usize>,
}

impl Grid {
    fn new(size: [u32; 3], rotation: Rotation, shift: [u8; 3]) -> Self {
        const SIDE: u32 = CHUNK_SIDE as u32;
        let shift = shift.map(u32::from);
        let sides = [0, 1, 2].map(|axis| {
            let (from, _) = rotation.source(axis);
            (shift[axis] + size[from]).div_ceil(SIDE)
        });
        let mut steps = [[OUTSIDE; 256]; 3];
        let (mut chunk_step, mut cell_step) = (CHUNK_VOXELS as u32, 1);
        for axis in 0..3 {
            let (from, negative) = rotation.source(axis);
            for (coordinate, step) in (0..size[from]).zip(&mut steps[from]) {
                let turned = if negative { size[from] - 1 - coordinate } else { coordinate };
                let place = shift[axis] + turned;
                *step = place / SIDE * chunk_step + place % SIDE * cell_step;
            }
            chunk_step *= sides[axis];
            cell_step *= SIDE;
        }
        let row_width = (rotation.source(0) == (0, false)).then_some(size[0] as usize);
        Self { sides: sides.map(|side| side as usize), steps, row_width }
    }

    fn chunks(&self) -> usize {
        self.sides.iter().product()
    }

    fn position(&self, at: usize) -> [i64; 3] {
        let [x, y, _] = self.sides;
        [at % x, at / x % y, at / x / y].map(|side| side as i64)
    }
}
