//! Boxes, cylinders and ellipsoids: a box that is round across some of its axes.
//!
//! All is counted in half voxels from the middle of the box, so that every centre is a whole number
//! and the test of a voxel is exact: the sum of (offset / size)^2 over the round axes is at most 1.

use super::{Cover, Row, mirror};
use crate::coords::{Axis, Bounds, OutOfRange, VoxelPos};
use std::f64::consts::PI;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Solid {
    bounds: Bounds,
    round: [bool; 3],
}

impl Solid {
    pub(super) fn new(bounds: Bounds, round: [bool; 3]) -> Self {
        Self { bounds, round }
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub(super) fn mirrored(&self, axis: Axis, sum: i32) -> Result<Self, OutOfRange> {
        let [a, b] = [self.bounds.min(), self.bounds.max()].map(|pos| mirror(pos, axis, sum));
        Ok(Self { bounds: Bounds::from_corners(a?, b?), round: self.round })
    }

    pub(super) fn contains(&self, pos: VoxelPos) -> bool {
        self.bounds.contains(pos) && self.rule().holds(pos.to_array().map(i64::from), self)
    }

    /// The voxels' cubes fill no more than the body widened by half a voxel on all sides, whose
    /// volume is that of the body, its three shadows, its three widths and 1.
    pub(super) fn count_max(&self) -> u64 {
        let size = self.bounds.size().map(f64::from);
        let (round, flat): (Vec<_>, Vec<_>) = (0..3).partition(|axis| self.round[*axis]);
        let length: f64 = flat.iter().map(|axis| size[*axis]).product();
        let across = match round[..] {
            [a, b] => PI / 4.0 * size[a] * size[b] + size[a] + size[b] + 1.0,
            [x, y, z] => {
                let [x, y, z] = [size[x], size[y], size[z]];
                PI / 6.0 * x * y * z + PI / 4.0 * (x * y + y * z + z * x) + x + y + z + 1.0
            }
            _ => round.iter().map(|axis| size[*axis]).product(),
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
        let rule = self.rule();
        if !rule.allows(near) {
            Cover::Outside
        } else if part == *bounds && rule.allows(far) {
            Cover::Inside
        } else {
            Cover::Mixed
        }
    }

    pub(super) fn rows(&self, clip: &Bounds, row: &mut impl FnMut(Row)) {
        let rule = self.rule();
        let (min, max) = (clip.min(), clip.max());
        for z in min.z()..=max.z() {
            for y in min.y()..=max.y() {
                let Some(reach) = rule.reach_x([self.offset(1, y), self.offset(2, z)]) else {
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

    fn rule(&self) -> Rule {
        let size = self.bounds.size().map(u128::from);
        let square = |axis: usize| if self.round[axis] { size[axis] * size[axis] } else { 1 };
        let [x, y, z] = [square(0), square(1), square(2)];
        let weight = |axis: usize, others: u128| if self.round[axis] { others } else { 0 };
        Rule {
            weights: [weight(0, y * z), weight(1, x * z), weight(2, x * y)],
            limit: x * y * z,
            half_x: i64::from(self.bounds.size()[0]),
        }
    }
}

/// The sum of the weighted squares must not be above the limit. Offsets have 17 bits, squares 34,
/// weights 68: no sum comes near 128 bits.
struct Rule {
    weights: [u128; 3],
    limit: u128,
    half_x: i64,
}

impl Rule {
    fn term(&self, axis: usize, offset: i64) -> u128 {
        let offset = u128::from(offset.unsigned_abs());
        self.weights[axis] * offset * offset
    }

    fn allows(&self, offset: [i64; 3]) -> bool {
        (0..3).map(|axis| self.term(axis, offset[axis])).sum::<u128>() <= self.limit
    }

    fn holds(&self, pos: [i64; 3], solid: &Solid) -> bool {
        self.allows(std::array::from_fn(|axis| 2 * pos[axis] + 1 - solid.doubled_middle(axis)))
    }

    /// The largest offset along x that is allowed beside these along y and z.
    fn reach_x(&self, beside: [i64; 2]) -> Option<i64> {
        let rest = self.limit.checked_sub(self.term(1, beside[0]) + self.term(2, beside[1]))?;
        if self.weights[0] == 0 {
            return Some(self.half_x);
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
