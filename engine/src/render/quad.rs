//! Which samples of a picture a face covers.

use super::camera::{Projection, Vector};
use super::faces::Face;
use super::grid::Grid;
use std::ops::Range;

/// Four corners in order around a convex area.
pub(super) type Quad = [[f64; 2]; 4];

/// The coordinates of a plane's other two axes.
pub(super) const BESIDE: [[usize; 2]; 3] = [[1, 2], [0, 2], [0, 1]];

/// The plane of a face: where on its axis it lies.
#[inline]
pub(super) fn level(grid: &Grid<'_>, face: &Face, facing: [i32; 3]) -> f64 {
    let origin = grid.chunk(face.chunk).pos.origin().to_array();
    f64::from(origin[face.axis] + face.cell[face.axis] + i32::from(facing[face.axis] > 0))
}

/// The corner of the face with the smallest coordinates, in space.
#[inline]
pub(super) fn corner(grid: &Grid<'_>, face: &Face, facing: [i32; 3]) -> Vector {
    let origin = grid.chunk(face.chunk).pos.origin().to_array();
    let mut corner: Vector = std::array::from_fn(|axis| f64::from(origin[axis] + face.cell[axis]));
    corner[face.axis] += f64::from(i32::from(facing[face.axis] > 0));
    corner
}

/// The face as it appears.
#[inline]
pub(super) fn project(view: &Projection, corner: Vector, axis: usize) -> Quad {
    let [a, b] = BESIDE[axis];
    let at = |along_a: f64, along_b: f64| {
        let mut place = corner;
        place[a] += along_a;
        place[b] += along_b;
        view.point(place)
    };
    [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0)]
}

/// Calls `span` for each row of samples, with the samples whose middle the quad covers. A sample on
/// the edge of two quads belongs to one of them.
#[inline]
pub(super) fn spans(
    quad: &Quad,
    rows: Range<usize>,
    width: usize,
    mut span: impl FnMut(usize, Range<usize>),
) {
    let edges: [Edge; 4] = std::array::from_fn(|i| Edge::new(quad[i], quad[(i + 1) % 4]));
    let (mut top, mut bottom) = (f64::MAX, f64::MIN);
    for [_, y] in quad {
        top = top.min(*y);
        bottom = bottom.max(*y);
    }
    let (first, end) = (first_middle(top).max(rows.start), first_middle(bottom).min(rows.end));
    for row in first..end {
        let middle = row as f64 + 0.5;
        let (mut left, mut right) = (f64::MAX, f64::MIN);
        for edge in &edges {
            if edge.top <= middle && middle < edge.bottom {
                let x = edge.x + (middle - edge.top) * edge.slope;
                left = left.min(x);
                right = right.max(x);
            }
        }
        let (from, to) = (first_middle(left), first_middle(right).min(width));
        if from < to {
            span(row, from..to);
        }
    }
}

/// The first sample whose middle is not before `place`.
#[inline]
fn first_middle(place: f64) -> usize {
    // A cast cuts off; one more than the place minus a half, rounded up, is cut to that.
    let shifted = place - 0.5;
    let cut = shifted as i32;
    (cut + i32::from(f64::from(cut) < shifted)).max(0) as usize
}

/// A side of a quad from its upper to its lower end: equal for both quads that share it.
struct Edge {
    top: f64,
    bottom: f64,
    /// Where the upper end is.
    x: f64,
    slope: f64,
}

impl Edge {
    #[inline]
    fn new(a: [f64; 2], b: [f64; 2]) -> Self {
        let (upper, lower) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        let slope = (lower[0] - upper[0]) / (lower[1] - upper[1]);
        Self { top: upper[1], bottom: lower[1], x: upper[0], slope }
    }
}
