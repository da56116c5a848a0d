//! Cones, pyramids and gable roofs: bodies that grow narrower along an axis.
//!
//! A slice across the axis is a smaller copy of the widest one, which touches the sides of the box.
//! Sides are counted in half voxels from the middle, as in solids.

use super::{Cover, Row, mirror};
use crate::coords::{Axis, Bounds, OutOfRange, VoxelPos};
use std::f64::consts::PI;

/// How a body grows narrower.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taper {
    /// Round: a cone.
    Round,
    /// Square: a pyramid.
    Square,
    /// As a pyramid, but as long as its box along this axis: a gable roof, a wedge.
    Ridge(Axis),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Tapered {
    bounds: Bounds,
    axis: Axis,
    taper: Taper,
    /// Whether the narrow end is where coordinates are lowest.
    narrow_low: bool,
    /// How wide the narrow end is, as a part of the wide one.
    top: f64,
}

impl Tapered {
    pub(super) fn new(
        bounds: Bounds,
        axis: Axis,
        taper: Taper,
        narrow_low: bool,
        top: f64,
    ) -> Self {
        Self { bounds, axis, taper, narrow_low, top }
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub(super) fn mirrored(&self, axis: Axis, sum: i32) -> Result<Self, OutOfRange> {
        let [a, b] = [self.bounds.min(), self.bounds.max()].map(|pos| mirror(pos, axis, sum));
        let narrow_low = self.narrow_low != (axis == self.axis);
        Ok(Self { bounds: Bounds::from_corners(a?, b?), narrow_low, ..*self })
    }

    pub(super) fn contains(&self, pos: VoxelPos) -> bool {
        let coords = pos.to_array();
        let offsets = std::array::from_fn(|axis| self.offset(axis, coords[axis]));
        self.bounds.contains(pos) && self.allows(coords[self.axis.index()], offsets)
    }

    /// The slices' areas, each at most that of its rectangle or of its widened ellipse.
    pub(super) fn count_max(&self) -> u64 {
        let across: Vec<usize> = (0..3).filter(|axis| *axis != self.axis.index()).collect();
        let (low, high) = self.ends(self.axis.index());
        let area = |coord: i32| {
            let [a, b] = [across[0], across[1]].map(|axis| self.width(axis, coord));
            match self.taper {
                Taper::Round => PI / 4.0 * a * b + a + b + 1.0,
                Taper::Square | Taper::Ridge(_) => (a + 1.0) * (b + 1.0),
            }
        };
        let sum: f64 = (low..=high).map(area).sum();
        (sum.ceil() as u64).min(self.bounds.volume())
    }

    pub(super) fn cover(&self, bounds: &Bounds) -> Cover {
        let Some(part) = self.bounds.intersect(bounds) else { return Cover::Outside };
        let (low, high) = (part.min().to_array(), part.max().to_array());
        let (mut near, mut far) = ([0; 3], [0; 3]);
        for axis in 0..3 {
            let ends = [self.offset(axis, low[axis]), self.offset(axis, high[axis])];
            let around_middle = ends[0] <= 0 && ends[1] >= 0;
            let reach = ends.map(i64::abs);
            near[axis] = if around_middle { 0 } else { reach[0].min(reach[1]) };
            far[axis] = reach[0].max(reach[1]);
        }
        let along = self.axis.index();
        let (wide, narrow) = match self.narrow_low {
            true => (high[along], low[along]),
            false => (low[along], high[along]),
        };
        if !self.allows(wide, near) {
            Cover::Outside
        } else if part == *bounds && self.allows(narrow, far) {
            Cover::Inside
        } else {
            Cover::Mixed
        }
    }

    pub(super) fn rows(&self, clip: &Bounds, row: &mut impl FnMut(Row)) {
        let (min, max) = (clip.min(), clip.max());
        for z in min.z()..=max.z() {
            for y in min.y()..=max.y() {
                let inside = |x: &i32| self.contains(VoxelPos::clamped([*x, y, z].map(i64::from)));
                // A row across the axis is even about the middle, one along it begins at the wide
                // end: one run of voxels either way.
                let Some(first) = (min.x()..=max.x()).find(inside) else { continue };
                let last = (first..=max.x()).rev().find(inside).unwrap_or(first);
                row(Row::new(first..=last, y, z));
            }
        }
    }

    fn allows(&self, along: i32, offsets: [i64; 3]) -> bool {
        let mut across = (0..3).filter(|axis| *axis != self.axis.index());
        let reach = |axis: usize| offsets[axis].unsigned_abs() as f64;
        match self.taper {
            Taper::Round => {
                across.map(|axis| (reach(axis) / self.width(axis, along)).powi(2)).sum::<f64>()
                    <= 1.0
            }
            // The centres of the outermost voxels lie half a voxel within the sides.
            Taper::Square | Taper::Ridge(_) => {
                across.all(|axis| reach(axis) <= self.width(axis, along) - 1.0)
            }
        }
    }

    /// How wide the slice at a place of the axis is, in voxels; never so narrow that it is empty.
    fn width(&self, axis: usize, along: i32) -> f64 {
        let size = f64::from(self.bounds.size()[axis]);
        if matches!(self.taper, Taper::Ridge(ridge) if ridge.index() == axis) {
            return size;
        }
        let (low, high) = self.ends(self.axis.index());
        let step = f64::from(if self.narrow_low { high - along } else { along - low });
        let steps = f64::from(self.bounds.size()[self.axis.index()]);
        let is_even = self.bounds.size()[axis].is_multiple_of(2);
        let least = match (is_even, self.taper) {
            (false, _) => 1.0,
            // Four voxels around the middle, whose centres are a diagonal away from it.
            (true, Taper::Round) => 1.5,
            (true, Taper::Square | Taper::Ridge(_)) => 2.0,
        };
        (size * (1.0 - (1.0 - self.top) * step / steps)).max(least)
    }

    fn ends(&self, axis: usize) -> (i32, i32) {
        (self.bounds.min().to_array()[axis], self.bounds.max().to_array()[axis])
    }

    /// Half voxels from the middle to the centre of the voxels with this coordinate.
    fn offset(&self, axis: usize, coord: i32) -> i64 {
        let (low, high) = self.ends(axis);
        2 * i64::from(coord) - i64::from(low) - i64::from(high)
    }
}

#[cfg(test)]
mod tests;
