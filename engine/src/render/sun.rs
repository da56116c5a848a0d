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
const PER_PIXEL: f64 = 1.4;
/// Samples a voxel, however large voxels are in the picture.
const PER_VOXEL_MAX: f64 = 9.0;
/// How much farther from the sun than what it sees first a place may be and still be that, in voxels.
const TOLERANCE: f64 = 0.02;
/// Chunks between two calls of `Progress::step`.
const STEP_CHUNKS: usize = 256;

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
                meter.step()?;
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
        let [x, y] = self.view.point(place);
        let (column, row) = (x as usize, y as usize);
        if column == 0 || row == 0 || column + 1 >= self.side || row + 1 >= self.side {
            return 1.0;
        }
        let plane = &self.planes[lit.face.axis];
        let (across, down) = (x - column as f64 - 0.5, y - row as f64 - 0.5);
        let [weights_x, weights_y] = [across, down].map(weights);
        let middle = plane.depth_at(column as f64 + 0.5, row as f64 + 0.5, lit.level) - TOLERANCE;
        let (mut lighted, mut shaded) = (0.0, 0.0);
        for (j, weight_y) in weights_y.into_iter().enumerate() {
            let line = &self.depths[(row + j - 1) * self.side + column - 1..][..3];
            let below = j as f64 - 1.0;
            for (i, weight_x) in weights_x.into_iter().enumerate() {
                let beside = i as f64 - 1.0;
                let depth = middle + plane.depth[1] * beside + plane.depth[2] * below;
                if line[i] >= depth as f32 {
                    lighted += weight_x * weight_y;
                } else if self.is_open(grid, lit, place, facing, [beside - across, below - down]) {
                    shaded += weight_x * weight_y;
                }
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
        before[axis] += facing[axis];
        for beside in BESIDE[axis] {
            let moved =
                place[beside] + samples[0] * steps[0][beside] + samples[1] * steps[1][beside];
            before[beside] = moved.floor() as i32 - origin[beside];
        }
        let is_near = before.iter().all(|coord| (-16..32).contains(coord));
        !is_near || !grid.is_opaque(chunk, before)
    }
}

/// What the sample before, the one here and the one after count for a place that lies `offset`
/// beside the middle of the one here: a smooth bell.
#[inline]
fn weights(offset: f64) -> [f32; 3] {
    let offset = offset as f32;
    let (before, after) = (0.5 - offset, 0.5 + offset);
    [0.5 * before * before, 0.75 - offset * offset, 0.5 * after * after]
}
