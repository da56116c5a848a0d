//! Straight lines, thin and thick.

use super::{Cover, Row, ShapeError, around, mirror};
use crate::coords::{Axis, Bounds, OutOfRange, VoxelPos};
use std::f64::consts::PI;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Line {
    from: VoxelPos,
    to: VoxelPos,
    thickness: u32,
    bounds: Bounds,
}

impl Line {
    pub(super) fn new(from: VoxelPos, to: VoxelPos, thickness: u32) -> Result<Self, ShapeError> {
        if thickness == 0 {
            return Err(ShapeError::Empty { what: "the thickness of a line" });
        }
        let reach = [i64::from(thickness / 2); 3];
        let bounds = around(from, reach, reach)?.union(&around(to, reach, reach)?);
        Ok(Self { from, to, thickness, bounds })
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub(super) fn mirrored(&self, axis: Axis, sum: i32) -> Result<Self, OutOfRange> {
        let [from, to] = [mirror(self.from, axis, sum)?, mirror(self.to, axis, sum)?];
        let [a, b] = [self.bounds.min(), self.bounds.max()].map(|pos| mirror(pos, axis, sum));
        Ok(Self { from, to, bounds: Bounds::from_corners(a?, b?), ..*self })
    }

    pub(super) fn contains(&self, pos: VoxelPos) -> bool {
        if self.is_thin() {
            let (axis, step) = self.step_of(pos);
            (0..=self.steps(axis)).contains(&step) && self.at_step(axis, step) == pos.to_array()
        } else {
            self.distance_squared(pos.to_array().map(f64::from)) <= self.radius().powi(2)
        }
    }

    /// As for solids: body, shadows, widths and 1 of the body widened by half a voxel.
    pub(super) fn count_max(&self) -> u64 {
        if self.is_thin() {
            return self.steps(self.longest()) as u64 + 1;
        }
        let (radius, way) = (self.radius(), self.way());
        let length = way.iter().map(|d| d * d).sum::<f64>().sqrt();
        let body = PI * radius.powi(2) * (length + 4.0 / 3.0 * radius);
        let shadows = 3.0 * (PI * radius.powi(2) + 2.0 * radius * length);
        let widths: f64 = way.iter().map(|d| d.abs() + 2.0 * radius).sum();
        ((body + shadows + widths + 1.0).ceil() as u64).min(self.bounds.volume())
    }

    pub(super) fn cover(&self, bounds: &Bounds) -> Cover {
        if self.bounds.intersect(bounds).is_none() {
            return Cover::Outside;
        }
        let (low, high) = (bounds.min().to_array(), bounds.max().to_array());
        let middle = std::array::from_fn(|axis| f64::from(low[axis] + high[axis]) / 2.0);
        let half: [f64; 3] = std::array::from_fn(|axis| f64::from(high[axis] - low[axis]) / 2.0);
        let reach = half.iter().map(|side| side * side).sum::<f64>().sqrt();
        let distance = self.distance_squared(middle).sqrt();
        // The voxels of a thin line are at most half a voxel off on two axes.
        let radius = if self.is_thin() { 0.75 } else { self.radius() };
        if distance > radius + reach {
            Cover::Outside
        } else if !self.is_thin() && distance + reach < radius {
            Cover::Inside
        } else {
            Cover::Mixed
        }
    }

    pub(super) fn rows(&self, clip: &Bounds, row: &mut impl FnMut(Row)) {
        if self.is_thin() {
            self.thin_rows(clip, row);
            return;
        }
        let (min, max) = (clip.min(), clip.max());
        let limit = self.radius().powi(2);
        for z in min.z()..=max.z() {
            for y in min.y()..=max.y() {
                let inside = |x: &i32| self.distance_squared([*x, y, z].map(f64::from)) <= limit;
                // A thick line is convex: one run of voxels a row.
                let Some(first) = (min.x()..=max.x()).find(inside) else { continue };
                let last = (first..=max.x()).rev().find(inside).unwrap_or(first);
                row(Row::new(first..=last, y, z));
            }
        }
    }

    /// Rows in the order y, then z, whichever way the line goes.
    fn thin_rows(&self, clip: &Bounds, row: &mut impl FnMut(Row)) {
        let axis = self.longest();
        let [a, b] = [self.step_of(clip.min()).1, self.step_of(clip.max()).1];
        let (first, last) = (a.min(b).max(0), a.max(b).min(self.steps(axis)));
        let mut voxels: Vec<_> = (first..=last)
            .map(|step| self.at_step(axis, step))
            .filter(|[x, y, z]| VoxelPos::new(*x, *y, *z).is_ok_and(|pos| clip.contains(pos)))
            .collect();
        voxels.sort_unstable_by_key(|[x, y, z]| (*z, *y, *x));
        for run in voxels.chunk_by(|a, b| a[1..] == b[1..]) {
            if let ([first, y, z], Some([last, ..])) = (run[0], run.last()) {
                row(Row::new(first..=*last, y, z));
            }
        }
    }

    fn is_thin(&self) -> bool {
        self.thickness == 1
    }

    fn radius(&self) -> f64 {
        f64::from(self.thickness) / 2.0
    }

    fn way(&self) -> [f64; 3] {
        let (from, to) = (self.from.to_array(), self.to.to_array());
        std::array::from_fn(|axis| f64::from(to[axis] - from[axis]))
    }

    /// The first of the longest axes.
    fn longest(&self) -> Axis {
        let way = self.way().map(f64::abs);
        let [x, y, z] = Axis::ALL;
        let longer = |a: Axis, b: Axis| if way[b.index()] > way[a.index()] { b } else { a };
        longer(longer(x, y), z)
    }

    fn steps(&self, axis: Axis) -> i64 {
        self.way()[axis.index()].abs() as i64
    }

    /// How many steps along the longest axis `pos` is from the start.
    fn step_of(&self, pos: VoxelPos) -> (Axis, i64) {
        let axis = self.longest();
        let ahead = i64::from(pos.to_array()[axis.index()] - self.from.to_array()[axis.index()]);
        (axis, if self.way()[axis.index()] < 0.0 { -ahead } else { ahead })
    }

    fn at_step(&self, axis: Axis, step: i64) -> [i32; 3] {
        let (from, to, steps) = (self.from.to_array(), self.to.to_array(), self.steps(axis).max(1));
        std::array::from_fn(|axis| {
            let way = i64::from(to[axis] - from[axis]);
            let moved = (2 * way.abs() * step + steps) / (2 * steps);
            from[axis] + (moved * way.signum()) as i32
        })
    }

    /// From a point, in voxels, to the way between the ends.
    fn distance_squared(&self, point: [f64; 3]) -> f64 {
        let (way, from) = (self.way(), self.from.to_array().map(f64::from));
        let to_point: [f64; 3] = std::array::from_fn(|axis| point[axis] - from[axis]);
        let length_squared: f64 = way.iter().map(|d| d * d).sum();
        let along: f64 = (0..3).map(|axis| way[axis] * to_point[axis]).sum();
        let part =
            if length_squared > 0.0 { (along / length_squared).clamp(0.0, 1.0) } else { 0.0 };
        (0..3).map(|axis| (to_point[axis] - part * way[axis]).powi(2)).sum()
    }
}
