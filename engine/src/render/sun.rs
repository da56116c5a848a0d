//! Shadows: the scene as the sun sees it, and whether the sun reaches a place.

use super::camera::{Projection, Vector};
use super::faces::{self, Face};
use super::grid::Grid;
use super::quad::{self, BESIDE};
use super::shade::{Lights, LitFace};
use super::{Meter, RenderError};

/// The most samples along a side of the map.
const SIDE_MAX: f64 = 2048.0;
/// Samples of the map for each pixel of the picture: fewer make shadows softer.
const PER_PIXEL: f64 = 1.6;
/// Samples a voxel, however large voxels are in the picture.
const PER_VOXEL_MAX: f64 = 15.0;
/// How much farther from the sun than what it sees first a place may be and still be that, in voxels.
const TOLERANCE: f64 = 0.02;
/// Chunks between two calls of `Progress::step`.
const STEP_CHUNKS: usize = 32;

/// How far from the sun the first thing is that it sees, sample by sample.
pub(super) struct SunMap {
    view: Projection,
    side: usize,
    depths: Vec<f32>,
    planes: [Plane; 3],
}

/// What moving about the map means on the planes of an axis.
#[derive(Clone, Copy)]
struct Plane {
    /// Depth at sample 0, 0 of the plane at 0, and its growth a sample right, down, and a plane on.
    depth: [f64; 4],
    /// The way in space of a sample to the right and of one down.
    steps: [Vector; 2],
}

impl Plane {
    fn new(view: &Projection, axis: usize) -> Self {
        let place = |x: f64, y: f64, level: f64| view.place_on([x, y], axis, level);
        let zero = place(0.0, 0.0, 0.0);
        let depth = view.depth(zero);
        let growth = |place: Vector| view.depth(place) - depth;
        let (right, down) = (place(1.0, 0.0, 0.0), place(0.0, 1.0, 0.0));
        let minus_zero = |place: Vector| std::array::from_fn(|i| place[i] - zero[i]);
        Self {
            depth: [depth, growth(right), growth(down), growth(place(0.0, 0.0, 1.0))],
            steps: [minus_zero(right), minus_zero(down)],
        }
    }

    #[inline]
    fn depth_at(&self, x: f64, y: f64, level: f64) -> f64 {
        let [start, right, down, on] = self.depth;
        start + right * x + down * y + on * level
    }
}

impl SunMap {
    pub(super) fn draw(
        grid: &Grid<'_>,
        lights: &Lights,
        pixels_per_voxel: f64,
        meter: &mut Meter<'_>,
    ) -> Result<Self, RenderError> {
        let density = (pixels_per_voxel * PER_PIXEL).min(PER_VOXEL_MAX);
        let (view, side) = lights.sun().fit_square(grid, density, SIDE_MAX);
        let planes = std::array::from_fn(|axis| Plane::new(&view, axis));
        let mut map = Self { view, side, depths: vec![f32::MAX; side * side], planes };
        let facing = map.view.facing();
        for (number, chunk) in grid.back_to_front(facing).into_iter().enumerate() {
            faces::visit(grid, chunk, facing, |face| {
                if !face.is_clear {
                    map.add(grid, &face, facing);
                }
            });
            if number % STEP_CHUNKS == 0 {
                meter.tick()?;
            }
        }
        Ok(map)
    }

    /// Faces come from the farthest to the nearest: each covers what was there.
    fn add(&mut self, grid: &Grid<'_>, face: &Face, facing: [i32; 3]) {
        let corner = quad::corner(grid, face, facing);
        let quad = quad::project(&self.view, corner, face.axis);
        let (plane, level, side) = (self.planes[face.axis], corner[face.axis], self.side);
        quad::spans(&quad, 0..side, side, |row, samples| {
            let y = row as f64 + 0.5;
            let start = plane.depth_at(samples.start as f64 + 0.5, y, level) as f32;
            let step = plane.depth[1] as f32;
            let target = &mut self.depths[row * side + samples.start..row * side + samples.end];
            for (number, depth) in target.iter_mut().enumerate() {
                *depth = start + step * number as f32;
            }
        });
    }

    /// Which part of the sun reaches a place on a face: 0 to 1, softly around the edge of a shadow.
    #[inline]
    pub(super) fn reached(
        &self,
        grid: &Grid<'_>,
        lit: &LitFace,
        place: Vector,
        facing: [i32; 3],
    ) -> f32 {
        // Counted from the middle of the first sample.
        let [x, y] = self.view.point(place).map(|along| along - 0.5);
        let (column, row) = (x as usize, y as usize);
        if column == 0 || row == 0 || column + 2 >= self.side || row + 2 >= self.side {
            return 1.0;
        }
        let plane = &self.planes[lit.face.axis];
        let first = [column - 1, row - 1].map(|sample| sample as f64);
        let start = plane.depth_at(first[0] + 0.5, first[1] + 0.5, lit.level) - TOLERANCE;
        let mut is_lit = [[false; 4]; 4];
        for (j, lit_line) in is_lit.iter_mut().enumerate() {
            let line = &self.depths[(row + j - 1) * self.side + column - 1..][..4];
            let start = start + plane.depth[2] * j as f64;
            for (i, lit) in lit_line.iter_mut().enumerate() {
                *lit = line[i] >= (start + plane.depth[1] * i as f64) as f32;
            }
        }
        if is_lit == [[true; 4]; 4] {
            return 1.0;
        }
        if is_lit == [[false; 4]; 4] {
            return 0.0;
        }
        let weights = [weights(x - column as f64), weights(y - row as f64)];
        let (mut lighted, mut shaded) = (0.0, 0.0);
        for (j, i) in (0..4).flat_map(|j| (0..4).map(move |i| (j, i))) {
            let weight = weights[0][i] * weights[1][j];
            if is_lit[j][i] {
                lighted += weight;
            } else if self.is_open(
                grid,
                lit,
                place,
                facing,
                [first[0] + i as f64 - x, first[1] + j as f64 - y],
            ) {
                shaded += weight;
            }
        }
        if shaded == 0.0 { 1.0 } else { lighted / (lighted + shaded) }
    }

    /// Whether the place some samples away on the same plane lies in the open. Inside of the voxels
    /// beside a face it is always dark, which says nothing about the face.
    fn is_open(
        &self,
        grid: &Grid<'_>,
        lit: &LitFace,
        place: Vector,
        facing: [i32; 3],
        samples: [f64; 2],
    ) -> bool {
        let Face { chunk, cell, axis, .. } = lit.face;
        let origin = grid.chunk(chunk).pos.origin().to_array();
        let steps = &self.planes[axis].steps;
        let mut before = cell;
        for beside in BESIDE[axis] {
            let moved =
                place[beside] + samples[0] * steps[0][beside] + samples[1] * steps[1][beside];
            before[beside] = moved.floor() as i32 - origin[beside];
        }
        if before == cell {
            return true;
        }
        before[axis] += facing[axis];
        let is_near = before.iter().all(|coord| (-16..32).contains(coord));
        !is_near || !grid.is_opaque(chunk, before)
    }
}

/// What four samples in a line count for a place that lies `part` of the way from the second to the
/// third: a smooth bell.
#[inline]
fn weights(part: f64) -> [f32; 4] {
    let part = part as f32;
    let rest = 1.0 - part;
    let middle = |t: f32| (2.0 / 3.0) - t * t * (1.0 - t / 2.0);
    [rest * rest * rest / 6.0, middle(part), middle(rest), part * part * part / 6.0]
}
