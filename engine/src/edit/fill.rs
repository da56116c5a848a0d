//! Filling shapes. Whole chunks inside a shape cost no more than a single voxel.

use super::Mode;
use super::draft::{Draft, Open};
use super::mask::{Mask, put, update};
use crate::coords::ChunkPos;
use crate::error::EditFault;
use crate::shape::{Cover, Piece, Shape};
use crate::voxel::{MaterialSlot, Voxel};

impl Draft<'_> {
    pub(super) fn fill(&mut self, layer: &str, shape: &Shape, mode: Mode) -> Result<(), EditFault> {
        self.check_material(mode.slot())?;
        let mut open = self.open(layer)?;
        self.charge(match mode {
            Mode::Over(_) | Mode::Subtract | Mode::Paint(_) => shape.count_max(),
            Mode::Intersect => open.volume.count(),
            Mode::Replace(_) => shape.bounds().volume(),
        })?;
        match mode {
            Mode::Over(voxel) => self.pour(&mut open, shape, voxel)?,
            Mode::Subtract => self.pour(&mut open, shape, Voxel::EMPTY)?,
            Mode::Replace(voxel) => {
                open.volume.fill(shape.bounds(), Voxel::EMPTY);
                self.pour(&mut open, shape, voxel)?;
            }
            Mode::Paint(paint) => {
                let chunks = open.volume.chunks_in(shape.bounds());
                let chunks: Vec<ChunkPos> = chunks.map(|(pos, _)| pos).collect();
                self.each_chunk(&mut open, &chunks, |open, pos| match covered(shape, pos) {
                    None => {}
                    Some(mask) => update(&mut open.volume, pos, &mask, |voxel| paint.over(voxel)),
                })?;
            }
            Mode::Intersect => {
                let chunks: Vec<ChunkPos> = open.volume.chunks().map(|(pos, _)| pos).collect();
                self.each_chunk(&mut open, &chunks, |open, pos| {
                    let inside = covered(shape, pos).unwrap_or(Mask::NONE);
                    put(&mut open.volume, pos, &inside.not(), Voxel::EMPTY);
                })?;
            }
        }
        self.close(open)
    }

    fn pour(&mut self, open: &mut Open, shape: &Shape, voxel: Voxel) -> Result<(), EditFault> {
        let mut pieces = Vec::new();
        shape.pieces(|piece| pieces.push(piece));
        for (done, piece) in pieces.iter().enumerate() {
            if done % 16 == 0 {
                self.tick(done, pieces.len())?;
                self.check_bytes(open)?;
            }
            match piece {
                Piece::Whole(bounds) => open.volume.fill(*bounds, voxel),
                Piece::Part(pos) => put(&mut open.volume, *pos, &part(shape, *pos), voxel),
            }
        }
        Ok(())
    }
}

impl Mode {
    /// The material slot it would put somewhere.
    fn slot(self) -> Option<MaterialSlot> {
        match self {
            Self::Over(voxel) | Self::Replace(voxel) => voxel.slot(),
            Self::Paint(paint) => paint.material,
            Self::Subtract | Self::Intersect => None,
        }
    }
}

/// The voxels of a chunk that belong to the shape; `None` if none does.
fn covered(shape: &Shape, pos: ChunkPos) -> Option<Mask> {
    match shape.cover(&pos.bounds()) {
        Cover::Outside => None,
        Cover::Inside => Some(Mask::ALL),
        Cover::Mixed => Some(part(shape, pos)),
    }
}

fn part(shape: &Shape, pos: ChunkPos) -> Mask {
    let mut mask = Mask::NONE;
    let left = pos.origin().x();
    shape.rows(&pos.bounds(), |row| {
        let first = row.first();
        mask.add_row(first.y(), first.z(), row.x().start() - left, row.x().end() - left);
    });
    mask
}
