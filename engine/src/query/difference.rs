//! How two volumes differ, in numbers.

use super::Meter;
use crate::chunk::Chunk;
use crate::coords::{Bounds, CHUNK_VOXELS, ChunkPos, LocalPos};
use crate::progress::{Cancelled, Progress};
use crate::volume::Volume;
use crate::voxel::Voxel;

/// What it takes to get from one volume to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Difference {
    /// Voxels solid only in the second.
    pub added: u64,
    /// Voxels solid only in the first.
    pub removed: u64,
    /// Voxels solid in both, but not the same.
    pub changed: u64,
    /// The smallest box around all of these.
    pub bounds: Option<Bounds>,
}

impl Difference {
    /// Both differences together, as of two layers of one project.
    pub fn plus(self, other: Self) -> Self {
        Self {
            added: self.added + other.added,
            removed: self.removed + other.removed,
            changed: self.changed + other.changed,
            bounds: Bounds::union_all(self.bounds.into_iter().chain(other.bounds)),
        }
    }

    /// Counts `count` differences between unequal voxels.
    fn add(&mut self, old: Voxel, new: Voxel, count: u64) {
        match (old.is_empty(), new.is_empty()) {
            (true, _) => self.added += count,
            (false, true) => self.removed += count,
            (false, false) => self.changed += count,
        }
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.bounds.is_none()
    }
}

/// Compares two volumes. What they share costs nothing.
pub fn compare(
    before: &Volume,
    after: &Volume,
    progress: &mut dyn Progress,
) -> Result<Difference, Cancelled> {
    let mut difference = Difference::default();
    let total = Bounds::union_all(before.bounds().into_iter().chain(after.bounds()));
    let mut meter = Meter::new(progress, total.map_or(0, |bounds| bounds.chunk_count()));
    for pos in before.diff(after) {
        let [old, new] = [before, after].map(|v| v.chunk(pos).unwrap_or(const { &Chunk::EMPTY }));
        difference = difference.plus(compare_chunks(pos, old, new));
        meter.chunk_done()?;
    }
    Ok(difference)
}

fn compare_chunks(pos: ChunkPos, old: &Chunk, new: &Chunk) -> Difference {
    let mut difference = Difference::default();
    if let (Some(old), Some(new)) = (old.as_uniform(), new.as_uniform()) {
        difference.add(old, new, CHUNK_VOXELS as u64);
        difference.bounds = Some(pos.bounds());
        return difference;
    }
    let (mut min, mut max) = ([15; 3], [0; 3]);
    for (index, (old, new)) in (0..).zip(old.voxels().zip(new.voxels())) {
        if old == new {
            continue;
        }
        difference.add(old, new, 1);
        let local = LocalPos::from_index(index).unwrap_or(LocalPos::LAST);
        for (axis, coord) in [local.x(), local.y(), local.z()].into_iter().enumerate() {
            min[axis] = coord.min(min[axis]);
            max[axis] = coord.max(max[axis]);
        }
    }
    let corner = |[x, y, z]: [i32; 3]| pos.voxel(LocalPos::new(x, y, z));
    difference.bounds = (min <= max).then(|| Bounds::from_corners(corner(min), corner(max)));
    difference
}
