//! Boxes, cylinders and ellipsoids: a box that is round across some of its axes.
//!
//! All is counted in half voxels from the middle of the box, so that every centre is a whole number
//! and the test of a voxel is exact: a weighted sum of squares must not be above a limit.

use super::{Cover, Row, mirror};
use crate::coords::{Axis, Bounds, OutOfRange, VoxelPos};
use std::f64::consts::PI;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Solid {
    bounds: Bounds,
    /// How wide the body is where it is round.
    diameters: [Option<f64>; 3],
    rule: Rule,
}

impl Solid {
    /// The body that touches the sides of `bounds` across its round axes.
    pub(super) fn new(bounds: Bounds, round: [bool; 3]) -> Self {
        let size = bounds.size();
        let square = |axis: usize| if round[axis] { u128::from(size[axis]).pow(2) } else { 1 };
        let [x, y, z] = [square(0), square(1), square(2)];
        let weight = |axis: usize, others: u128| if round[axis] { others } else { 0 };
        let weights = [weight(0, y * z), weight(1, x * z), weight(2, x * y)];
        let diameters = std::array::from_fn(|axis| round[axis].then_some(f64::from(size[axis])));
        Self { bounds, diameters, rule: Rule { weights, limit: x * y * z } }
    }

    /// The body with this radius around the middle of `bounds`, which must be wide enough.
    pub(super) fn with_radius(bounds: Bounds, round: [bool; 3], radius: f64) -> Self {
        // Squares of whole numbers: what is behind the point of the limit does not count.
        let limit = 4 * (radius * radius) as u128;
        let diameters = round.map(|round| round.then_some(2.0 * radius));
        Self { bounds, diameters, rule: Rule { weights: round.map(u128::from), limit } }
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub(super) fn mirrored(&self, axis: Axis, sum: i32) -> Result<Self, OutOfRange> {
        let [a, b] = [self.bounds.min(), self.bounds.max()].map(|pos| mirror(pos, axis, sum));
        Ok(Self { bounds: Bounds::from_corners(a?, b?), ..*self })
    }

    pub(super) fn contains(&self, pos: VoxelPos) -> bool {
        let coords = pos.to_array();
        self.bounds.contains(pos)
            && self.rule.allows(std::array::from_fn(|axis| self.offset(axis, coords[axis])))
    }

    /// The voxels' cubes fill no more than the body widened by half a voxel on all sides, whose
    /// volume is that of the body, its three shadows, its three widths and 1.
    pub(super) fn count_max(&self) -> u64 {
        let round: Vec<f64> = self.diameters.into_iter().flatten().collect();
        let length: f64 = (0..3)
            .filter(|axis| self.diameters[*axis].is_none())
            .map(|axis| f64::from(self.bounds.size()[axis]))
            .product();
        let across = match round[..] {
            [a, b] => PI / 4.0 * a * b + a + b + 1.0,
            [x, y, z] => {
                PI / 6.0 * x * y * z + PI / 4.0 * (x * y + y * z + z * x) + x + y + z + 1.0
            }
            _ => round.iter().product(),
        };
        ((across * length).ceil() as u64).min(self.bounds.volume())
    }

    pub(super) fn cover(&self, bounds: &Bounds) -> Cover {
        let Some(part) = self.bounds.intersect(bounds) else { return Cover::Outside };
        let (low, high) = (part.min().to_array(), part.max().to_array());
        let (mut near, mut far) = ([0; 3], [0; 3]);
        for axis in 0..3 {
            let ends = [self.offset(axis, low[axis]), self.offset(axis, high[axis])];
            let around_middle = ends[0] <= 0 && ends[1] >= 0;
            let reach = ends.map(i64::abs);
            // Centres lie two apart: nothing is nearer to the middle than 0 or 1.
            near[axis] = if around_middle { 0 } else { reach[0].min(reach[1]) };
            far[axis] = reach[0].max(reach[1]);
        }
        if !self.rule.allows(near) {
            Cover::Outside
        } else if part == *bounds && self.rule.allows(far) {
            Cover::Inside
        } else {
            Cover::Mixed
        }
    }

    pub(super) fn rows(&self, clip: &Bounds, row: &mut impl FnMut(Row)) {
        let (min, max) = (clip.min(), clip.max());
        let half_x = i64::from(self.bounds.size()[0]);
        for z in min.z()..=max.z() {
            for y in min.y()..=max.y() {
                let beside = [self.offset(1, y), self.offset(2, z)];
                let Some(reach) = self.rule.reach_x(beside, half_x) else {
                    continue;
                };
                let middle = self.doubled_middle(0);
                // Half-open from the left: the smallest x with 2 x + 1 >= middle - reach.
                let first = (middle - reach).div_euclid(2) as i32;
                let last = (middle + reach - 1).div_euclid(2) as i32;
                let (first, last) = (first.max(min.x()), last.min(max.x()));
                if first <= last {
                    row(Row::new(first..=last, y, z));
                }
            }
        }
    }

    /// Twice the coordinate of the middle.
    fn doubled_middle(&self, axis: usize) -> i64 {
        let (min, max) = (self.bounds.min().to_array(), self.bounds.max().to_array());
        i64::from(min[axis]) + i64::from(max[axis]) + 1
    }

    /// Half voxels from the middle to the centre of the voxels with this coordinate.
    fn offset(&self, axis: usize, coord: i32) -> i64 {
        2 * i64::from(coord) + 1 - self.doubled_middle(axis)
    }
}

/// The sum of the weighted squares must not be above the limit. Offsets have 17 bits, squares 34,
/// weights 68: no sum comes near 128 bits.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Rule {
    /// 0 across a straight axis.
    weights: [u128; 3],
    limit: u128,
}

impl Rule {
    fn term(&self, axis: usize, offset: i64) -> u128 {
        let offset = u128::from(offset.unsigned_abs());
        self.weights[axis] * offset * offset
    }

    fn allows(&self, offset: [i64; 3]) -> bool {
        (0..3).map(|axis| self.term(axis, offset[axis])).sum::<u128>() <= self.limit
    }

    /// The largest offset along x that is allowed beside these along y and z; `half_x` if all are.
    fn reach_x(&self, beside: [i64; 2], half_x: i64) -> Option<i64> {
        let rest = self.limit.checked_sub(self.term(1, beside[0]) + self.term(2, beside[1]))?;
        if self.weights[0] == 0 {
            return Some(half_x);
        }
        // The floating estimate is at most a few steps off; whole numbers have the last word.
        let mut reach = (rest as f64 / self.weights[0] as f64).sqrt() as i64;
        while self.term(0, reach) > rest {
            reach -= 1;
        }
        while self.term(0, reach + 1) <= rest {
            reach += 1;
        }
        Some(reach)
    }
}
