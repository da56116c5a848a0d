//! Mirrors: what is drawn on one side appears on the other.

use super::{Shape, mirror};
use crate::coords::{Axis, OutOfRange, VoxelPos};

/// Up to three mirrors, one across each axis.
///
/// A mirror is named by the sum of two coordinates that it swaps: 2 c is the mirror through the
/// middle of the voxels at c, 2 c + 1 the mirror between c and c + 1, so -1 is the plane at zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Symmetry {
    /// The sums of the mirrors across x, y and z; `None` where there is none.
    pub sums: [Option<i32>; 3],
}

impl Symmetry {
    /// No mirrors.
    pub const NONE: Self = Self { sums: [None; 3] };

    /// `pos` and its images, each once: 1 to 8 positions.
    pub fn positions(&self, pos: VoxelPos) -> Result<Vec<VoxelPos>, OutOfRange> {
        self.images(pos, |pos, axis, sum| mirror(*pos, axis, sum))
    }

    /// `shape` and its images, each once: 1 to 8 shapes.
    pub fn shapes(&self, shape: Shape) -> Result<Vec<Shape>, OutOfRange> {
        self.images(shape, Shape::mirrored)
    }

    fn images<T: PartialEq>(
        &self,
        first: T,
        mirrored: impl Fn(&T, Axis, i32) -> Result<T, OutOfRange>,
    ) -> Result<Vec<T>, OutOfRange> {
        let mut images = vec![first];
        for axis in Axis::ALL {
            let Some(sum) = self.sums[axis.index()] else { continue };
            for index in 0..images.len() {
                let image = mirrored(&images[index], axis, sum)?;
                if !images.contains(&image) {
                    images.push(image);
                }
            }
        }
        Ok(images)
    }
}
