//! Drawing a slice of voxels out.

use super::End;
use super::draft::{Draft, checked_bounds};
use super::motion::{Motion, overlay, split};
use crate::coords::{Axis, Bounds};
use crate::error::EditFault;

impl Draft<'_> {
    pub(super) fn extrude(
        &mut self,
        layer: &str,
        axis: Axis,
        end: End,
        distance: u16,
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        let mut open = self.open(layer)?;
        let Some(bounds) = within.or_else(|| open.volume.bounds()) else {
            return self.close(open);
        };
        let axis = axis.index();
        let corners = [bounds.min(), bounds.max()].map(|pos| pos.to_array().map(i64::from));
        let [mut low, mut high] = corners;
        match end {
            End::Low => high[axis] = low[axis],
            End::High => low[axis] = high[axis],
        }
        let (slice, _) = split(&open.volume, Some(checked_bounds(low, high)?));
        self.charge(slice.count().saturating_mul(distance.into()))?;
        // Doubles the slab that is copied, so that a long way takes few steps.
        let towards = if end == End::High { 1 } else { -1 };
        let mut step = [0; 3];
        step[axis] = towards;
        let mut slab = match distance {
            0 => return self.close(open),
            _ => self.moved(&slice, &Motion::shift(step))?,
        };
        let mut thickness = 1;
        while thickness < i32::from(distance) {
            let more = thickness.min(i32::from(distance) - thickness);
            step[axis] = towards * more;
            let copy = self.moved(&slab, &Motion::shift(step))?;
            overlay(&mut slab, copy);
            thickness += more;
        }
        overlay(&mut open.volume, slab);
        self.close(open)
    }
}
