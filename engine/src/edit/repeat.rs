//! Copies at even steps: fences, stairs, windows.

use super::draft::{Draft, checked_bounds};
use super::motion::{Motion, overlay, split};
use crate::coords::Bounds;
use crate::error::EditFault;

impl Draft<'_> {
    pub(super) fn repeat(
        &mut self,
        layer: &str,
        offset: [i32; 3],
        count: u32,
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        let volume = &self.content.layers()[self.find(layer)?].volume;
        let (inside, _) = split(volume, within);
        let Some(bounds) = inside.bounds().filter(|_| offset != [0; 3]) else { return Ok(()) };
        self.charge(inside.count().saturating_mul(count.into()))?;
        // The last one lies farthest out: with it, all of them are within range.
        let way = |number: u32| offset.map(|step| i64::from(step) * i64::from(number));
        let [min, max] = [bounds.min(), bounds.max()].map(|pos| {
            let (pos, way) = (pos.to_array(), way(count));
            std::array::from_fn(|axis| i64::from(pos[axis]) + way[axis])
        });
        checked_bounds(min, max)?;
        let mut open = self.open(layer)?;
        for number in 1..=count {
            // In range, as the farthest one is.
            let step = way(number).map(|coord| coord as i32);
            let copy = self.moved(&inside, &Motion::shift(step))?;
            overlay(&mut open.volume, copy);
            self.check_bytes(&open)?;
        }
        self.close(open)
    }
}
