//! What differs between two chunks at the same place.

use std::iter::repeat;

use crate::chunk::Chunk;
use crate::coords::{Bounds, CHUNK_VOXELS, ChunkPos, LocalPos};
use crate::voxel::Voxel;

/// Voxels that differ between a chunk before and after.
pub(super) struct Comparison {
    pub(super) added: u64,
    pub(super) removed: u64,
    pub(super) changed: u64,
    /// A row of x each, as [`Chunk::occupancy`] orders them.
    rows: [u16; 256],
}

impl Comparison {
    /// `None` if nothing differs.
    pub(super) fn of(before: &Chunk, after: &Chunk) -> Option<Self> {
        if before.ptr_eq(after) {
            return None;
        }
        let found = match (before.as_uniform(), after.as_uniform()) {
            (Some(before), Some(after)) => Self::uniform(before, after),
            _ => Self::dense(before, after),
        };
        (found.count() > 0).then_some(found)
    }

    fn uniform(before: Voxel, after: Voxel) -> Self {
        let all = CHUNK_VOXELS as u64;
        let (added, removed) = (before.is_empty(), after.is_empty());
        Self {
            added: if added { all } else { 0 },
            removed: if removed { all } else { 0 },
            changed: if added || removed { 0 } else { all },
            rows: [u16::MAX; 256],
        }
    }

    fn dense(before: &Chunk, after: &Chunk) -> Self {
        let row = |value: Option<Voxel>| [value.unwrap_or_default(); 16];
        match (before.as_dense(), after.as_dense()) {
            (Some(old), Some(new)) => Self::rows(old.as_chunks::<16>().0, new.as_chunks::<16>().0),
            (Some(old), None) => {
                Self::rows(old.as_chunks::<16>().0, repeat(&row(after.as_uniform())))
            }
            (None, new) => {
                let new = new.map(|voxels| voxels.as_chunks::<16>().0).unwrap_or_default();
                Self::rows(repeat(&row(before.as_uniform())), new)
            }
        }
    }

    fn rows<'a>(
        before: impl IntoIterator<Item = &'a [Voxel; 16]>,
        after: impl IntoIterator<Item = &'a [Voxel; 16]>,
    ) -> Self {
        let mut found = Self { added: 0, removed: 0, changed: 0, rows: [0; 256] };
        let pairs = before.into_iter().zip(after);
        for (row, (old, new)) in found.rows.iter_mut().zip(pairs) {
            if old == new {
                continue;
            }
            *row = bits(|x| old[x] != new[x]);
            // Most rows are empty on one side, which saves looking for the solid voxels of both.
            if is_empty(old) {
                found.added += u64::from(row.count_ones());
            } else if is_empty(new) {
                found.removed += u64::from(row.count_ones());
            } else {
                let (was, is) = (bits(|x| old[x].is_solid()), bits(|x| new[x].is_solid()));
                found.added += u64::from((is & !was).count_ones());
                found.removed += u64::from((was & !is).count_ones());
                found.changed += u64::from((was & is & *row).count_ones());
            }
        }
        found
    }

    /// Voxels that differ.
    pub(super) fn count(&self) -> u64 {
        self.added + self.removed + self.changed
    }

    /// The least box around the voxels that differ, in the chunk at `pos`.
    pub(super) fn bounds(&self, pos: ChunkPos) -> Bounds {
        let (mut across, mut low, mut high) = (0, [15, 15], [0, 0]);
        for (row, bits) in (0_i32..).zip(self.rows).filter(|(_, bits)| *bits != 0) {
            across |= bits;
            low = [low[0].min(row & 15), low[1].min(row >> 4)];
            high = [high[0].max(row & 15), high[1].max(row >> 4)];
        }
        let first = across.trailing_zeros().min(15).cast_signed();
        let last = 15 - across.leading_zeros().min(15).cast_signed();
        Bounds::from_corners(
            pos.voxel(LocalPos::new(first, low[0], low[1])),
            pos.voxel(LocalPos::new(last, high[0], high[1])),
        )
    }

    /// The places that differ, in order.
    pub(super) fn places(&self) -> impl Iterator<Item = LocalPos> + '_ {
        (0_i32..).zip(self.rows).filter(|(_, bits)| *bits != 0).flat_map(|(row, bits)| {
            (0..16)
                .filter(move |x| bits >> x & 1 != 0)
                .map(move |x| LocalPos::new(x, row & 15, row >> 4))
        })
    }
}

/// The places in a row where something holds.
#[inline]
fn bits(holds: impl Fn(usize) -> bool) -> u16 {
    (0..16).fold(0, |bits, x| bits | u16::from(holds(x)) << x)
}

fn is_empty(row: &[Voxel; 16]) -> bool {
    row.iter().fold(0, |all, voxel| all | voxel.bits()) == 0
}

#[cfg(test)]
mod tests {
    use super::Comparison;
    use crate::chunk::Chunk;
    use crate::coords::{ChunkPos, LocalPos};
    use crate::voxel::Voxel;

    #[test]
    fn differences_are_counted_and_found() {
        let [red, blue] = [[255, 0, 0], [0, 0, 255]].map(Voxel::from_rgb);
        let places = [LocalPos::new(3, 4, 5), LocalPos::new(15, 0, 6), LocalPos::new(0, 9, 9)];
        let mut before = Chunk::EMPTY;
        before.set(places[0], red);
        before.set(places[1], red);
        before.set(LocalPos::LAST, red);
        let mut after = Chunk::EMPTY;
        after.set(places[0], blue);
        after.set(places[2], blue);
        after.set(LocalPos::LAST, red);
        let found = Comparison::of(&before, &after).unwrap();
        assert_eq!((found.added, found.removed, found.changed), (1, 1, 1));
        assert_eq!(found.places().collect::<Vec<_>>(), places);
        let pos = ChunkPos::new(-1, 0, 2).unwrap();
        let bounds = found.bounds(pos);
        assert_eq!(bounds.min(), pos.voxel(LocalPos::new(0, 0, 5)));
        assert_eq!(bounds.max(), pos.voxel(LocalPos::new(15, 9, 9)));
        assert!(Comparison::of(&after, &after.clone()).is_none());
    }

    #[test]
    fn chunks_of_one_value_need_no_look_inside() {
        let full = Chunk::uniform(Voxel::from_rgb([1, 2, 3]));
        let found = Comparison::of(&Chunk::EMPTY, &full).unwrap();
        assert_eq!((found.added, found.removed, found.changed), (4096, 0, 0));
        let found = Comparison::of(&full, &Chunk::uniform(Voxel::from_rgb([0; 3]))).unwrap();
        assert_eq!((found.added, found.removed, found.changed), (0, 0, 4096));
        let pos = ChunkPos::new(0, 0, 0).unwrap();
        assert_eq!(found.bounds(pos), pos.bounds());
    }
}
