//! The haze around what shines: its light, spread over the pixels beside it.

use super::tone::{Light, Printer};
use super::{Meter, channels};
use crate::progress::Cancelled;

/// Pixels along a side of a cell.
const CELL: usize = 4;
/// How far light spreads, in shares of the picture's shorter side: near and bright, far and weak.
const SPREADS: [(f32, f32); 2] = [(0.008, 0.42), (0.032, 0.34)];
/// Rows of pixels between two calls of `Progress::step`.
const STEP_ROWS: usize = 64;

/// What shines in a picture, cell by cell.
pub(super) struct Bloom {
    width: usize,
    height: usize,
    wide: usize,
    cells: Vec<Light>,
    is_dark: bool,
}

impl Bloom {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let wide = width.div_ceil(CELL);
        let cells = vec![[0.0; 3]; wide * height.div_ceil(CELL)];
        Self { width, height, wide, cells, is_dark: true }
    }

    /// Adds what a part of a pixel shines.
    pub(super) fn add(&mut self, column: usize, row: usize, light: Light, part: f32) {
        self.is_dark = false;
        let cell = &mut self.cells[row / CELL * self.wide + column / CELL];
        for i in 0..3 {
            cell[i] += light[i] * part / (CELL * CELL) as f32;
        }
    }

    /// Adds the haze to a finished picture.
    pub(super) fn spread(
        self,
        bytes: &mut [u8],
        has_alpha: bool,
        meter: &mut Meter<'_>,
    ) -> Result<(), Cancelled> {
        if self.is_dark {
            return Ok(());
        }
        let shorter = self.width.min(self.height) as f32 / CELL as f32;
        let mut hazes = Vec::new();
        for (share, strength) in SPREADS {
            let radius = (shorter * share * 2.0) as usize + 1;
            let mut haze = self.cells.clone();
            for _ in 0..3 {
                blur(&mut haze, self.wide, radius);
                meter.tick()?;
            }
            hazes.push((haze, strength));
        }
        let printer = Printer::new();
        let size = channels(has_alpha);
        for (row, line) in bytes.chunks_exact_mut(self.width * size).enumerate() {
            if row % STEP_ROWS == 0 {
                meter.tick()?;
            }
            for (column, pixel) in line.chunks_exact_mut(size).enumerate() {
                let mut light = [0.0; 3];
                for (haze, strength) in &hazes {
                    let here = self.between(haze, column, row);
                    for i in 0..3 {
                        light[i] += strength * here[i];
                    }
                }
                let brightest = light.iter().fold(0.0, |most: f32, part| most.max(*part));
                if brightest > 0.002 {
                    printer.add(light, pixel);
                    if let Some(alpha) = pixel.get_mut(3) {
                        *alpha = (*alpha).max((brightest.min(1.0) * 255.0) as u8);
                    }
                }
            }
        }
        Ok(())
    }

    /// The light of a pixel between the middles of four cells.
    fn between(&self, cells: &[Light], column: usize, row: usize) -> Light {
        let at = |along: usize, count: usize| {
            let place = ((along as f32 + 0.5) / CELL as f32 - 0.5).clamp(0.0, (count - 1) as f32);
            let first = (place as usize).min(count.saturating_sub(2));
            (first, (first + 1).min(count - 1), place - first as f32)
        };
        let (left, right, part_x) = at(column, self.wide);
        let (top, bottom, part_y) = at(row, cells.len() / self.wide);
        let line = |row: usize, i: usize| {
            cells[row * self.wide + left][i] * (1.0 - part_x)
                + cells[row * self.wide + right][i] * part_x
        };
        std::array::from_fn(|i| line(top, i) * (1.0 - part_y) + line(bottom, i) * part_y)
    }
}

/// Gives each cell the mean of the cells around it, along one axis and then the other.
fn blur(cells: &mut [Light], wide: usize, radius: usize) {
    let high = cells.len() / wide;
    for (along, across, [step, line]) in [(wide, high, [1, wide]), (high, wide, [wide, 1])] {
        let mut means = vec![[0.0; 3]; along];
        for start in (0..across).map(|number| number * line) {
            let place = |number: usize| start + number * step;
            let mut sum: Light = [0.0; 3];
            for number in 0..radius.min(along) {
                (0..3).for_each(|i| sum[i] += cells[place(number)][i]);
            }
            for number in 0..along {
                if number + radius < along {
                    (0..3).for_each(|i| sum[i] += cells[place(number + radius)][i]);
                }
                means[number] = sum.map(|part| part.max(0.0) / (2 * radius + 1) as f32);
                if number >= radius {
                    (0..3).for_each(|i| sum[i] -= cells[place(number - radius)][i]);
                }
            }
            for (number, mean) in means.iter().enumerate() {
                cells[place(number)] = *mean;
            }
        }
    }
}
