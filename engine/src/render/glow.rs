//! The light that shining voxels give to what is around them.
//!
//! It spreads through the air from cell to cell, each getting a little less than its neighbours have
//! on average, and not through what is opaque. A scene's shining parts lie in one box of cells, which
//! are larger than a voxel where the box would have too many.

use super::Meter;
use super::camera::Vector;
use super::grid::Grid;
use super::tone::{Light, light_of_rgb};
use crate::progress::Cancelled;

/// How far light is followed, in cells.
const REACH: i64 = 14;
/// The most cells of a box.
const CELLS_MAX: i64 = 1 << 19;
/// What is left of the light from one cell to the next.
const LEFT: f32 = 0.992;
/// What an opaque neighbour takes of it, compared with an open one.
const TAKEN: f32 = 0.30;
/// How bright a thing is right beside what shines.
const STRENGTH: f32 = 5.0;
/// Times that light is passed on through all cells, each time in another direction.
const SWEEPS: usize = 8;

/// The light in the air, cell by cell.
pub(super) struct Glow {
    first: [i64; 3],
    size: [i64; 3],
    /// Voxels along a side of a cell.
    step: i64,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    light: Light,
    /// How much of it is opaque; with [`SHINING`] its light is its own.
    solid: f32,
}

const SHINING: f32 = -1.0;

impl Cell {
    fn is_opaque(&self) -> bool {
        self.solid >= 0.5
    }
}

impl Glow {
    /// `None`: nothing shines.
    pub(super) fn new(grid: &Grid<'_>, meter: &mut Meter<'_>) -> Result<Option<Self>, Cancelled> {
        let (mut low, mut high) = ([i64::MAX; 3], [i64::MIN; 3]);
        grid.visit_shining(meter, |place, _, _| {
            for axis in 0..3 {
                low[axis] = low[axis].min(i64::from(place[axis]));
                high[axis] = high[axis].max(i64::from(place[axis]));
            }
        })?;
        if low[0] > high[0] {
            return Ok(None);
        }
        let mut step = 1;
        let cells = |step: i64| -> [i64; 3] {
            std::array::from_fn(|i| (high[i] - low[i]) / step + 2 + 2 * REACH)
        };
        while cells(step).iter().product::<i64>() > CELLS_MAX {
            step *= 2;
        }
        let size = cells(step);
        let first = low.map(|coord| coord - REACH * step);
        let count = size.iter().product::<i64>() as usize;
        let mut glow = Self { first, size, step, cells: vec![Cell::default(); count] };
        glow.place(grid, meter)?;
        for sweep in 0..SWEEPS {
            glow.spread(sweep, meter)?;
        }
        Ok(Some(glow))
    }

    /// Puts what is opaque and what shines into the cells.
    fn place(&mut self, grid: &Grid<'_>, meter: &mut Meter<'_>) -> Result<(), Cancelled> {
        let voxels = (self.step * self.step * self.step) as f32;
        let end: [i64; 3] = std::array::from_fn(|i| self.first[i] + self.size[i] * self.step);
        let (low, high) = (self.first, end.map(|end| end - 1));
        grid.visit_opaque([low, high], meter, |place| {
            if let Some(cell) = self.cell_of(place) {
                self.cells[cell].solid += 1.0 / voxels;
            }
        })?;
        let side = (self.step * self.step) as f32;
        grid.visit_shining(meter, |place, rgb, emission| {
            if let Some(cell) = self.cell_of(place) {
                let cell = &mut self.cells[cell];
                let strength = f32::from(emission) / 255.0 / side;
                let color = light_of_rgb(rgb);
                for i in 0..3 {
                    cell.light[i] = (cell.light[i] + strength * color[i]).min(1.0);
                }
                cell.solid = SHINING;
            }
        })
    }

    /// Passes light on, once through all cells: forwards or backwards along each axis.
    fn spread(&mut self, sweep: usize, meter: &mut Meter<'_>) -> Result<(), Cancelled> {
        let [wide, deep, high] = self.size;
        let steps = [1, wide, wide * deep];
        let order = |axis: usize, length: i64| {
            let forwards = sweep >> axis & 1 == 0;
            (1..length - 1).map(move |at| if forwards { at } else { length - 1 - at })
        };
        for z in order(2, high) {
            meter.tick()?;
            for y in order(1, deep) {
                for x in order(0, wide) {
                    let place = x + wide * (y + deep * z);
                    let cell = &self.cells[place as usize];
                    if cell.solid == SHINING || cell.is_opaque() {
                        continue;
                    }
                    let (mut sum, mut parts) = ([0.0_f32; 3], 0.0_f32);
                    for near in steps.iter().flat_map(|step| [place - step, place + step]) {
                        let near = &self.cells[near as usize];
                        if near.is_opaque() {
                            parts += TAKEN;
                            continue;
                        }
                        parts += 1.0;
                        for i in 0..3 {
                            sum[i] += near.light[i];
                        }
                    }
                    self.cells[place as usize].light = sum.map(|part| LEFT * part / parts);
                }
            }
        }
        Ok(())
    }

    fn cell_of(&self, place: [i32; 3]) -> Option<usize> {
        let mut cell = [0; 3];
        for axis in 0..3 {
            cell[axis] = (i64::from(place[axis]) - self.first[axis]).div_euclid(self.step);
            if !(0..self.size[axis]).contains(&cell[axis]) {
                return None;
            }
        }
        Some((cell[0] + self.size[0] * (cell[1] + self.size[1] * cell[2])) as usize)
    }

    /// The light that reaches a place on a face that looks along `axis` towards `sign`.
    #[inline]
    pub(super) fn at(&self, place: Vector, axis: usize, sign: i32) -> Light {
        let step = self.step as f64;
        let mut corner = [0_i64; 3];
        let mut part = [0.0_f32; 3];
        for i in 0..3 {
            let ahead = if i == axis { 0.5 * f64::from(sign) } else { 0.0 };
            let along = (place[i] - self.first[i] as f64) / step + ahead - 0.5;
            let whole = along.floor();
            if !(whole >= 0.0 && whole < (self.size[i] - 1) as f64) {
                return [0.0; 3];
            }
            corner[i] = whole as i64;
            part[i] = (along - whole) as f32;
        }
        let [wide, deep, _] = self.size;
        let (mut sum, mut weights) = ([0.0_f32; 3], 0.0_f32);
        for number in 0..8 {
            let bits: [i64; 3] = std::array::from_fn(|i| number >> i & 1);
            let place =
                corner[0] + bits[0] + wide * (corner[1] + bits[1] + deep * (corner[2] + bits[2]));
            let cell = &self.cells[place as usize];
            if cell.is_opaque() {
                continue;
            }
            let weight: f32 =
                (0..3).map(|i| if bits[i] == 1 { part[i] } else { 1.0 - part[i] }).product();
            weights += weight;
            for i in 0..3 {
                sum[i] += weight * cell.light[i];
            }
        }
        if weights <= 0.0 {
            return [0.0; 3];
        }
        sum.map(|part| STRENGTH * part / weights)
    }
}
