//! Shadows: the scene as the sun sees it, and which part of the sun reaches a place.
//!
//! Near what casts it a shadow has a sharp edge; the farther away, the wider the sun's disc makes
//! that edge. So first the neighbourhood is searched for what may stand before the sun, then as wide
//! a part of it is averaged as its distance asks for.

use super::camera::{Vector, fit_square};
use super::exact::sin_cos;
use super::faces::{self, Face};
use super::grid::Grid;
use super::light::Lights;
use super::projection::Projection;
use super::quad::{self, BESIDE};
use super::shade::LitFace;
use super::{Meter, RenderError};

/// The most samples along a side of the map.
const SIDE_MAX: f64 = 2048.0;
/// Samples of the map for each pixel of the picture: fewer make shadows softer.
const PER_PIXEL: f64 = 1.6;
/// Samples a voxel, however large voxels are in the picture.
const PER_VOXEL_MAX: f64 = 15.0;
/// How much farther from the sun than what it sees first a place may be and still be that, in voxels.
const TOLERANCE: f64 = 0.02;
/// How wide a shadow's edge becomes over a way of one voxel, half of it.
const SUN_WIDTH: f64 = 0.035;
/// The widest edge, in voxels and in samples, half of it.
const SOFT_VOXELS_MAX: f64 = 2.0;
const SOFT_SAMPLES_MAX: f64 = 22.0;
/// Edges that are narrower are as soft as they have to be anyway.
const SOFT_SAMPLES_MIN: f64 = 1.6;
/// Chunks between two calls of `Progress::step`.
const STEP_CHUNKS: usize = 32;
/// Places that are looked at to find what stands before the sun, and then to see how much of it.
const SEARCHED: usize = 12;
const AVERAGED: usize = 28;

/// How far from the sun the first thing is that it sees, sample by sample.
pub(super) struct SunMap {
    view: Projection,
    side: usize,
    depths: Vec<f32>,
    planes: [Plane; 3],
    scale: f64,
    /// The widest edge, half of it, in samples.
    softest: f64,
    search: [[f64; 2]; SEARCHED],
    average: [[f64; 2]; AVERAGED],
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
        let density = (pixels_per_voxel * PER_PIXEL).clamp(0.01, PER_VOXEL_MAX);
        let (view, side) = fit_square(&lights.axes, grid, density, SIDE_MAX);
        let scale = view.scale_at(grid);
        let mut map = Self {
            view,
            side,
            depths: vec![f32::MAX; side * side],
            planes: std::array::from_fn(|axis| Plane::new(&view, axis)),
            scale,
            softest: (SOFT_VOXELS_MAX * scale).min(SOFT_SAMPLES_MAX),
            search: disc(),
            average: disc(),
        };
        let sides = map.view.sides();
        for (number, chunk) in grid.back_to_front(sides, meter)?.into_iter().enumerate() {
            faces::visit(grid, chunk, sides, |face| {
                if !face.is_clear {
                    map.add(grid, &face);
                }
            });
            if number % STEP_CHUNKS == 0 {
                meter.tick()?;
            }
        }
        Ok(map)
    }

    /// Faces come from the farthest to the nearest: each covers what was there.
    fn add(&mut self, grid: &Grid<'_>, face: &Face) {
        let corner = quad::corner(grid, face);
        let area = quad::project(&self.view, corner, face.axis);
        let (plane, level, side) = (self.planes[face.axis], corner[face.axis], self.side);
        quad::spans(&area, 0..side, side, |row, samples| {
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
    pub(super) fn reached_face(&self, grid: &Grid<'_>, lit: &LitFace, place: Vector) -> f32 {
        self.reached(place, lit.face.axis, lit.level, |samples| {
            self.is_open(grid, lit, place, samples)
        })
    }

    /// The same on the plane where `axis` is `level`, with nothing beside the place that could hide
    /// a part of that plane.
    #[inline]
    pub(super) fn reached_plane(&self, place: Vector, axis: usize, level: f64) -> f32 {
        self.reached(place, axis, level, |_| true)
    }

    #[inline]
    fn reached(
        &self,
        place: Vector,
        axis: usize,
        level: f64,
        is_open: impl Fn([f64; 2]) -> bool,
    ) -> f32 {
        // Counted from the middle of the first sample.
        let at = self.view.point(place).map(|along| along - 0.5);
        let end = (self.side - 3) as f64;
        if !(at[0] >= 1.0 && at[1] >= 1.0 && at[0] < end && at[1] < end) {
            return 1.0;
        }
        let plane = &self.planes[axis];
        let spot = Spot { map: self, plane, level, at, is_open };
        let (sharp, known) = spot.sharp();
        let found = match known {
            Some(before) => before,
            None => match spot.search() {
                // Nothing near changes what the middle sees.
                None => return sharp,
                Some(before) => before,
            },
        };
        let radius = (found * SUN_WIDTH * self.scale).min(self.softest);
        if radius < SOFT_SAMPLES_MIN { sharp } else { spot.soft(radius) }
    }

    /// Whether the place some samples away on the same plane lies in the open. Inside of the voxels
    /// beside a face it is always dark, which says nothing about the face.
    fn is_open(&self, grid: &Grid<'_>, lit: &LitFace, place: Vector, samples: [f64; 2]) -> bool {
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
        before[axis] += lit.face.sign();
        let is_near = before.iter().all(|coord| (-16..32).contains(coord));
        !is_near || !grid.is_opaque(chunk, before)
    }
}

/// A place on the map, and what of its neighbourhood counts.
struct Spot<'a, F> {
    map: &'a SunMap,
    plane: &'a Plane,
    level: f64,
    at: [f64; 2],
    is_open: F,
}

impl<F: Fn([f64; 2]) -> bool> Spot<'_, F> {
    /// How far before the place some samples away something stands; `None`: nothing does, or it is
    /// not known.
    #[inline]
    fn before(&self, away: [f64; 2]) -> Option<f64> {
        let [x, y] = [self.at[0] + away[0] + 0.5, self.at[1] + away[1] + 0.5];
        let (column, row) = (x as usize, y as usize);
        let side = self.map.side;
        if column >= side || row >= side {
            return None;
        }
        let depth = f64::from(self.map.depths[row * side + column]);
        let own = self.plane.depth_at(column as f64 + 0.5, row as f64 + 0.5, self.level);
        (depth < own - TOLERANCE).then_some(own - depth)
    }

    /// Which part of the sun reaches the place if its edges are sharp, and how far before it that
    /// stands which hides the rest, if it hides not all.
    #[inline]
    fn sharp(&self) -> (f32, Option<f64>) {
        let [x, y] = self.at;
        let (column, row, side) = (x as usize, y as usize, self.map.side);
        let first = [column - 1, row - 1].map(|sample| sample as f64);
        let start = self.plane.depth_at(first[0] + 0.5, first[1] + 0.5, self.level) - TOLERANCE;
        let (right, down) = (self.plane.depth[1], self.plane.depth[2]);
        let mut is_lit = [[false; 4]; 4];
        for (j, lit_line) in is_lit.iter_mut().enumerate() {
            let line = &self.map.depths[(row + j - 1) * side + column - 1..][..4];
            let start = start + down * j as f64;
            for (i, lit) in lit_line.iter_mut().enumerate() {
                *lit = line[i] >= (start + right * i as f64) as f32;
            }
        }
        if is_lit == [[true; 4]; 4] {
            return (1.0, None);
        }
        if is_lit == [[false; 4]; 4] {
            return (0.0, None);
        }
        let weights = [weights(x - column as f64), weights(y - row as f64)];
        let (mut lighted, mut shaded, mut before) = (0.0, 0.0, 0.0);
        for (j, i) in (0..4).flat_map(|j| (0..4).map(move |i| (j, i))) {
            let weight = weights[0][i] * weights[1][j];
            if is_lit[j][i] {
                lighted += weight;
                continue;
            }
            let away = [first[0] + i as f64 - x, first[1] + j as f64 - y];
            if (self.is_open)(away) {
                shaded += weight;
                let depth = self.map.depths[(row + j - 1) * side + column + i - 1];
                let own = start + down * j as f64 + right * i as f64;
                before += f64::from(weight) * (own - f64::from(depth));
            }
        }
        match shaded > 0.0 {
            true => (lighted / (lighted + shaded), Some(before / f64::from(shaded))),
            false => (1.0, None),
        }
    }

    /// How far before the place something stands that may hide a part of the sun; `None`: all or
    /// nothing of it.
    #[inline]
    fn search(&self) -> Option<f64> {
        let radius = self.map.softest;
        let (mut sum, mut hidden, mut open) = (0.0, 0, 0);
        for [x, y] in self.map.search {
            let away = [x * radius, y * radius];
            match self.before(away) {
                Some(before) if (self.is_open)(away) => {
                    sum += before;
                    hidden += 1;
                }
                Some(_) => {}
                None => open += 1,
            }
        }
        (hidden > 0 && open > 0).then(|| sum / f64::from(hidden))
    }

    /// Which part of the sun reaches the place if its edge is so wide.
    fn soft(&self, radius: f64) -> f32 {
        let (mut lighted, mut shaded) = (0, 0);
        for [x, y] in self.map.average {
            let away = [x * radius, y * radius];
            match self.before(away) {
                Some(_) if (self.is_open)(away) => shaded += 1,
                Some(_) => {}
                None => lighted += 1,
            }
        }
        if shaded == 0 { 1.0 } else { lighted as f32 / (lighted + shaded) as f32 }
    }
}

/// Points spread evenly over a disc: each by the golden angle from the one before.
fn disc<const POINTS: usize>() -> [[f64; 2]; POINTS] {
    std::array::from_fn(|number| {
        let (sine, cosine) = sin_cos(137.507_764_05 * number as f64);
        let radius = ((number as f64 + 0.5) / POINTS as f64).sqrt();
        [radius * cosine, radius * sine]
    })
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
