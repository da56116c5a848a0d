//! Which samples of a picture a face covers.

use super::camera::Vector;
use super::faces::Face;
use super::grid::Grid;
use super::projection::{NEAR, Projection};
use std::ops::Range;

/// The corners of a convex area in order around it.
pub(super) type Area<const CORNERS: usize> = [[f64; 2]; CORNERS];

/// The coordinates of a plane's other two axes.
pub(super) const BESIDE: [[usize; 2]; 3] = [[1, 2], [0, 2], [0, 1]];

/// The plane of a face: where on its axis it lies.
#[inline]
pub(super) fn level(grid: &Grid<'_>, face: &Face) -> i32 {
    let origin = grid.chunk(face.chunk).pos.origin().to_array();
    origin[face.axis] + face.cell[face.axis] + i32::from(face.is_positive)
}

/// The corner of the face with the smallest coordinates, in space.
#[inline]
pub(super) fn corner(grid: &Grid<'_>, face: &Face) -> Vector {
    let origin = grid.chunk(face.chunk).pos.origin().to_array();
    let mut corner: Vector = std::array::from_fn(|axis| f64::from(origin[axis] + face.cell[axis]));
    corner[face.axis] += f64::from(i32::from(face.is_positive));
    corner
}

/// The corners of the face that begins at `corner`, in space.
#[inline]
fn places(corner: Vector, axis: usize) -> [Vector; 4] {
    let [a, b] = BESIDE[axis];
    let at = |along_a: f64, along_b: f64| {
        let mut place = corner;
        place[a] += along_a;
        place[b] += along_b;
        place
    };
    [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0)]
}

/// The face as it appears; all of it must be ahead of the eye.
#[inline]
pub(super) fn project(view: &Projection, corner: Vector, axis: usize) -> Area<4> {
    places(corner, axis).map(|place| view.point(place))
}

/// The part of a face that is not too near, as it appears; `None` if there is none.
pub(super) fn project_clipped(view: &Projection, corner: Vector, axis: usize) -> Option<Area<5>> {
    let corners = places(corner, axis).map(|place| (place, view.depth(place) - NEAR));
    let mut kept: [Vector; 5] = [[0.0; 3]; 5];
    let mut count = 0;
    for (number, (place, beyond)) in corners.into_iter().enumerate() {
        let (next, next_beyond) = corners[(number + 1) % 4];
        if beyond > 0.0 {
            kept[count.min(4)] = place;
            count += 1;
        }
        if (beyond > 0.0) != (next_beyond > 0.0) {
            // From the end that is seen to the other: both faces at an edge cut it alike.
            let ((from, seen), (to, hidden)) = match beyond > 0.0 {
                true => ((place, beyond), (next, next_beyond)),
                false => ((next, next_beyond), (place, beyond)),
            };
            let part = seen / (seen - hidden);
            kept[count.min(4)] = std::array::from_fn(|i| from[i] + part * (to[i] - from[i]));
            count += 1;
        }
    }
    if count < 3 {
        return None;
    }
    let last = kept[count.min(5) - 1];
    kept[count.min(5)..].fill(last);
    Some(kept.map(|place| view.point(place)))
}

/// Calls `span` for each row of samples, with the samples whose middle the area covers. A sample on
/// the edge of two areas belongs to one of them.
#[inline]
pub(super) fn spans<const CORNERS: usize>(
    area: &Area<CORNERS>,
    rows: Range<usize>,
    width: usize,
    mut span: impl FnMut(usize, Range<usize>),
) {
    let edges: [Edge; CORNERS] =
        std::array::from_fn(|i| Edge::new(area[i], area[(i + 1) % CORNERS]));
    let (mut top, mut bottom) = (f64::MAX, f64::MIN);
    for [_, y] in area {
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
    // A cast cuts off; one more than the place minus a half, rounded up, is cut to that. Beyond any
    // picture one place is as good as another.
    let shifted = (place - 0.5).min(f64::from(1 << 24));
    let cut = shifted as i32;
    (cut + i32::from(f64::from(cut) < shifted)).max(0) as usize
}

/// A side of an area from its upper to its lower end: equal for both areas that share it.
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
