//! Cutting a shape along the tree of a volume.

use super::{Cover, Shape};
use crate::coords::{Axis, Bounds, ChunkPos, VoxelPos};

/// A part of a shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    /// The shape covers this box wholly; it is made of whole chunks and matches a node of the tree.
    Whole(Bounds),
    /// The shape may cover some voxels of this chunk.
    Part(ChunkPos),
}

/// Voxels along the side of the largest cubes that are looked at.
const LARGEST: i32 = 16 << 12;

pub(super) fn split(shape: &Shape, mut piece: impl FnMut(Piece)) {
    visit(shape, &shape.bounds(), VoxelPos::MIN, LARGEST, &mut piece);
}

fn visit(
    shape: &Shape,
    around: &Bounds,
    corner: VoxelPos,
    side: i32,
    piece: &mut impl FnMut(Piece),
) {
    let far = corner.to_array().map(|coord| i64::from(coord) + i64::from(side) - 1);
    let cube = Bounds::from_corners(corner, VoxelPos::clamped(far));
    let Some(part) = around.intersect(&cube) else { return };
    match shape.cover(&cube) {
        Cover::Outside => {}
        Cover::Inside => piece(Piece::Whole(cube)),
        Cover::Mixed if side == 16 => piece(Piece::Part(corner.chunk())),
        Cover::Mixed => {
            let step = side / 4;
            let [x_steps, y_steps, z_steps] = Axis::ALL.map(|axis| {
                let start = corner.to_array()[axis.index()];
                let first = (part.min().to_array()[axis.index()] - start) / step;
                let last = (part.max().to_array()[axis.index()] - start) / step;
                (first..=last).map(move |number| i64::from(start) + i64::from(number * step))
            });
            for z in z_steps {
                for y in y_steps.clone() {
                    for x in x_steps.clone() {
                        visit(shape, around, VoxelPos::clamped([x, y, z]), step, piece);
                    }
                }
            }
        }
    }
}
