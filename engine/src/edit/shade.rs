//! Shades: a run of colours along an axis, and colours that differ a little from voxel to voxel.

use super::draft::Draft;
use super::mask::{Mask, update_at};
use crate::coords::{Axis, Bounds, ChunkPos, VoxelPos};
use crate::error::EditFault;
use crate::voxel::Voxel;

impl Draft<'_> {
    pub(super) fn gradient(
        &mut self,
        layer: &str,
        axis: Axis,
        from: [u8; 3],
        to: [u8; 3],
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        let found = self.content.layers()[self.find(layer)?].volume.bounds();
        let Some(bounds) = within.or(found) else { return Ok(()) };
        let axis = axis.index();
        let (low, high) = (bounds.min().to_array()[axis], bounds.max().to_array()[axis]);
        let steps = i64::from(high) - i64::from(low);
        let color = |coord: i32| {
            let step = i64::from(coord) - i64::from(low);
            std::array::from_fn(|channel| between(from[channel], to[channel], step, steps))
        };
        self.shade(layer, bounds, |pos, _| color(pos.to_array()[axis]))
    }

    pub(super) fn noise(
        &mut self,
        layer: &str,
        amount: u8,
        seed: u32,
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        self.shade(layer, within.unwrap_or(Bounds::ALL), |pos, rgb| {
            let change = deviation(pos, seed, amount);
            rgb.map(|channel| channel.saturating_add_signed(change))
        })
    }

    /// Gives the voxels of a layer in `bounds` colours that depend on their place and their colour.
    fn shade(
        &mut self,
        layer: &str,
        bounds: Bounds,
        color: impl Fn(VoxelPos, [u8; 3]) -> [u8; 3],
    ) -> Result<(), EditFault> {
        let mut open = self.open(layer)?;
        let found = open.volume.chunks_in(bounds);
        let (chunks, counts): (Vec<ChunkPos>, Vec<u64>) =
            found.map(|(pos, chunk)| (pos, u64::from(chunk.count()))).unzip();
        self.charge(counts.iter().sum())?;
        self.each_chunk(&mut open, &chunks, |open, pos| {
            let origin = pos.origin().to_array().map(i64::from);
            update_at(&mut open.volume, pos, &Mask::within(&bounds, pos), |index, voxel| {
                let Some(slot) = voxel.slot() else { return Voxel::EMPTY };
                let local = [index & 15, index >> 4 & 15, index >> 8].map(|part| part as i64);
                let place = std::array::from_fn(|axis| origin[axis] + local[axis]);
                Voxel::new(color(VoxelPos::clamped(place), voxel.rgb()), slot)
            });
        })?;
        self.close(open)
    }
}

/// The value that is `step` of `steps` on the way, rounded; a way of no steps ends where it begins.
fn between(from: u8, to: u8, step: i64, steps: i64) -> u8 {
    if steps == 0 {
        return from;
    }
    let (from, to) = (i64::from(from), i64::from(to));
    let value = (2 * (from * (steps - step) + to * step) + steps) / (2 * steps);
    value.clamp(0, 255) as u8
}

/// A number from -`amount` to `amount` (at most 127) that looks random and is always the same at
/// one place.
fn deviation(pos: VoxelPos, seed: u32, amount: u8) -> i8 {
    let mut hash = u64::from(seed) ^ 0x9e37_79b9_7f4a_7c15;
    for coord in pos.to_array() {
        hash = (hash ^ coord as u32 as u64).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash ^= hash >> 32;
    }
    let amount = i64::from(amount.min(127));
    ((hash >> 8) as i64).rem_euclid(2 * amount + 1).wrapping_sub(amount) as i8
}

#[cfg(test)]
mod tests {
    use super::{between, deviation};
    use crate::coords::VoxelPos;

    #[test]
    fn a_run_begins_and_ends_with_its_colours() {
        let run: Vec<u8> = (0..=4).map(|step| between(10, 20, step, 4)).collect();
        assert_eq!(run, [10, 13, 15, 18, 20]);
        assert_eq!(between(20, 10, 2, 4), 15);
        assert_eq!(between(7, 200, 0, 0), 7);
        // Outside of its way it stays in range.
        assert_eq!((between(0, 255, -9, 4), between(0, 255, 90, 4)), (0, 255));
    }

    #[test]
    fn deviations_are_even_and_repeat() {
        let at = |x| VoxelPos::new(x, 3, -5).unwrap();
        let found: Vec<i8> = (0..2_000).map(|x| deviation(at(x), 1, 10)).collect();
        assert!(found.iter().all(|change| (-10..=10).contains(change)));
        for change in -10..=10 {
            assert!(found.iter().filter(|found| **found == change).count() > 50, "{change}");
        }
        assert_eq!(found[7], deviation(at(7), 1, 10));
        assert!((0..100).any(|x| deviation(at(x), 2, 10) != found[x as usize]));
        assert_eq!(deviation(at(0), 9, 0), 0);
        assert!(deviation(at(0), 9, 255).unsigned_abs() <= 127);
    }
}
