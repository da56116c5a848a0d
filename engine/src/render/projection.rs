//! Where on a picture a place in space appears, and the other way.

use super::camera::{Axes, Vector, dot};
use crate::coords::Bounds;

/// What is nearer to an eye is not seen, in voxels.
pub(super) const NEAR: f64 = 0.02;

/// What reaches from somewhere to somewhere in any direction.
pub(super) trait Extent {
    /// The lowest and the highest place along `direction`, in voxels.
    fn extent(&self, direction: Vector) -> (f64, f64);
}

impl Extent for Bounds {
    fn extent(&self, direction: Vector) -> (f64, f64) {
        let (min, max) = (self.min().to_array(), self.max().to_array());
        let (mut low, mut high) = (0.0, 0.0);
        for axis in 0..3 {
            let ends = [min[axis], max[axis] + 1].map(|end| f64::from(end) * direction[axis]);
            low += ends[0].min(ends[1]);
            high += ends[0].max(ends[1]);
        }
        (low, high)
    }
}

/// What a box covers while it turns about the z axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Round {
    middle: Vector,
    radius: f64,
    half_height: f64,
}

impl Round {
    pub(super) fn around(bounds: &Bounds) -> Self {
        let (min, max) = (bounds.min().to_array(), bounds.max().to_array());
        let middle = std::array::from_fn(|i| f64::from(min[i] + max[i] + 1) / 2.0);
        let half: Vector = std::array::from_fn(|i| f64::from(max[i] + 1 - min[i]) / 2.0);
        let radius = (half[0] * half[0] + half[1] * half[1]).sqrt();
        Self { middle, radius, half_height: half[2] }
    }
}

impl Extent for Round {
    fn extent(&self, direction: Vector) -> (f64, f64) {
        let middle = dot(self.middle, direction);
        let aside = (direction[0] * direction[0] + direction[1] * direction[1]).sqrt();
        let reach = self.radius * aside + self.half_height * direction[2].abs();
        (middle - reach, middle + reach)
    }
}

/// From places to pixels and back.
#[derive(Clone, Copy)]
pub(super) struct Projection {
    axes: Axes,
    /// Where the eye is; without one everything is seen along the same direction.
    eye: Option<Vector>,
    /// Pixels a voxel is wide where it is seen straight on, at distance 1 if there is an eye.
    scale: f64,
    /// The pixel of the place where the axes meet, or of what is straight ahead of the eye.
    zero: [f64; 2],
    x: Vector,
    y: Vector,
}

/// The part of a picture that something may appear in.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Frame {
    /// Columns and rows: from, to.
    pub(super) columns: (f64, f64),
    pub(super) rows: (f64, f64),
    /// Whether some of it may be too near to be seen.
    pub(super) is_near: bool,
}

impl Projection {
    pub(super) fn flat(axes: Axes, scale: f64, zero: [f64; 2]) -> Self {
        Self::new(axes, None, scale, zero)
    }

    pub(super) fn seen_from(axes: Axes, eye: Vector, focal: f64, middle: [f64; 2]) -> Self {
        Self::new(axes, Some(eye), focal, middle)
    }

    fn new(axes: Axes, eye: Option<Vector>, scale: f64, zero: [f64; 2]) -> Self {
        let x = axes.right.map(|part| part * scale);
        let y = axes.up.map(|part| -part * scale);
        Self { axes, eye, scale, zero, x, y }
    }

    /// The same with `factor` times as many pixels.
    pub(super) fn enlarged(&self, factor: f64) -> Self {
        let zero = self.zero.map(|zero| zero * factor);
        Self::new(self.axes, self.eye, self.scale * factor, zero)
    }

    pub(super) fn eye(&self) -> Option<Vector> {
        self.eye
    }

    /// Pixels a voxel is wide where it is seen straight on, at the middle of a scene.
    pub(super) fn scale_at(&self, scene: &impl Extent) -> f64 {
        let Some(eye) = self.eye else { return self.scale };
        let (near, far) = scene.extent(self.axes.forward);
        let away = dot(self.axes.forward, eye);
        self.scale / ((near + far) / 2.0 - away).max((far - near) / 8.0).max(1.0)
    }

    /// Where a place appears. Equal places give equal numbers, so faces that meet leave no gap.
    #[inline]
    pub(super) fn point(&self, place: Vector) -> [f64; 2] {
        match self.eye {
            None => [dot(self.x, place) + self.zero[0], dot(self.y, place) + self.zero[1]],
            Some(eye) => {
                let from = std::array::from_fn(|i| place[i] - eye[i]);
                let depth = dot(self.axes.forward, from);
                [dot(self.x, from) / depth + self.zero[0], dot(self.y, from) / depth + self.zero[1]]
            }
        }
    }

    /// How far ahead a place is, in voxels: from the eye, or from where the axes meet.
    #[inline]
    pub(super) fn depth(&self, place: Vector) -> f64 {
        match self.eye {
            None => dot(self.axes.forward, place),
            Some(eye) => dot(self.axes.forward, std::array::from_fn(|i| place[i] - eye[i])),
        }
    }

    /// The place that is seen at a point of the picture, on the plane where coordinate `axis` is
    /// `level`. The plane must not be seen edge-on.
    #[inline]
    pub(super) fn place_on(&self, point: [f64; 2], axis: usize, level: f64) -> Vector {
        let (start, direction) = self.ray(point);
        let ahead = (level - start[axis]) / direction[axis];
        std::array::from_fn(|i| start[i] + ahead * direction[i])
    }

    /// From where and in which direction a point of the picture looks.
    #[inline]
    pub(super) fn ray(&self, point: [f64; 2]) -> (Vector, Vector) {
        let across = (point[0] - self.zero[0]) / self.scale;
        let down = (point[1] - self.zero[1]) / self.scale;
        let Axes { right, up, forward } = &self.axes;
        let aside: Vector = std::array::from_fn(|i| across * right[i] - down * up[i]);
        match self.eye {
            None => (aside, *forward),
            Some(eye) => (eye, std::array::from_fn(|i| forward[i] + aside[i])),
        }
    }

    /// The part of the picture that anything in `bounds` may appear in; `None` if nothing of it can
    /// be seen.
    pub(super) fn frame(&self, bounds: &Bounds) -> Option<Frame> {
        if self.eye.is_none() {
            let (left, right) = bounds.extent(self.axes.right);
            let (low, high) = bounds.extent(self.axes.up);
            return Some(Frame {
                columns: (self.zero[0] + left * self.scale, self.zero[0] + right * self.scale),
                rows: (self.zero[1] - high * self.scale, self.zero[1] - low * self.scale),
                is_near: false,
            });
        }
        let (min, max) = (bounds.min().to_array(), bounds.max().to_array());
        let everywhere = (f64::MIN, f64::MAX);
        let nothing = (f64::MAX, f64::MIN);
        let mut frame = Frame { columns: nothing, rows: nothing, is_near: false };
        let mut is_ahead = false;
        for corner in 0..8 {
            let place: Vector = std::array::from_fn(|axis| match corner >> axis & 1 {
                0 => f64::from(min[axis]),
                _ => f64::from(max[axis] + 1),
            });
            if self.depth(place) <= 2.0 * NEAR {
                frame.is_near = true;
                continue;
            }
            is_ahead = true;
            let [x, y] = self.point(place);
            frame.columns = (frame.columns.0.min(x), frame.columns.1.max(x));
            frame.rows = (frame.rows.0.min(y), frame.rows.1.max(y));
        }
        if frame.is_near {
            (frame.columns, frame.rows) = (everywhere, everywhere);
        }
        is_ahead.then_some(frame)
    }

    /// From which sides voxels are seen.
    pub(super) fn sides(&self) -> Sides {
        match self.eye {
            Some(eye) => Sides::From(eye.map(|coord| coord.floor() as i32)),
            None => Sides::All(self.axes.forward.map(|part| match part {
                part if part > 1e-9 => -1,
                part if part < -1e-9 => 1,
                _ => 0,
            })),
        }
    }
}

/// From which sides voxels are seen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Sides {
    /// For each axis, whether faces towards +, faces towards - or neither are seen, everywhere.
    All([i32; 3]),
    /// As seen from within this cell.
    From([i32; 3]),
}
