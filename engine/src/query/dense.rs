//! Reading a box as an array.

use super::{Meter, View, rows_in};
use crate::coords::Bounds;
use crate::progress::{Cancelled, Progress};

/// Why a box was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DenseError {
    /// The box has more voxels than may be read at once.
    #[error("the box has {voxels} voxels, more than the {voxels_max} that may be read at once")]
    TooLarge {
        /// Voxels in the box.
        voxels: u64,
        /// The limit.
        voxels_max: u64,
    },
    /// Nobody wants it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Every voxel of `bounds` as the little-endian bytes of [`crate::voxel::Voxel::bits`], empty ones too:
/// x fastest, then y, then z.
pub fn read_dense(
    view: &View<'_>,
    bounds: Bounds,
    voxels_max: u64,
    progress: &mut dyn Progress,
) -> Result<Vec<u8>, DenseError> {
    let too_large = || DenseError::TooLarge { voxels: bounds.volume(), voxels_max };
    let bytes = bounds.volume().checked_mul(4).and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(too_large)?;
    if bounds.volume() > voxels_max {
        return Err(too_large());
    }
    let mut dense = vec![0; bytes];
    let mut meter = Meter::new(progress, view.chunk_estimate(&bounds));
    let [width, depth, _] = bounds.size().map(|side| side as usize);
    let start = bounds.min().to_array();
    for (pos, chunk) in view.chunks_in(bounds, None) {
        let Some(part) = bounds.intersect(&pos.bounds()) else { continue };
        let (first, size) = (part.min().to_array(), part.size().map(|side| side as usize));
        let [x, y, z] = std::array::from_fn(|axis| (first[axis] - start[axis]) as usize);
        for (row_number, cells) in rows_in(&part).enumerate() {
            let (row_y, row_z) = (y + row_number % size[1], z + row_number / size[1]);
            let target = x + width * (row_y + depth * row_z);
            let (row, _) = dense[4 * target..4 * (target + cells.len())].as_chunks_mut::<4>();
            match chunk.as_dense() {
                Some(voxels) => {
                    let voxels = row.iter_mut().zip(&voxels[cells]);
                    voxels.for_each(|(to, from)| *to = from.bits().to_le_bytes());
                }
                None => row.fill(chunk.as_uniform().unwrap_or_default().bits().to_le_bytes()),
            }
        }
        meter.chunk_done()?;
    }
    Ok(dense)
}
