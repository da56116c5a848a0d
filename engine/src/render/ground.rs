//! The ground under a scene: it catches the shadow and the glow, and fades into the background.

use super::Meter;
use super::camera::Vector;
use super::glow::Glow;
use super::grid::Grid;
use super::light::Lights;
use super::projection::{Extent, NEAR, Projection};
use super::sun::SunMap;
use super::tone::Light;
use crate::progress::Cancelled;

/// What is under the voxels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GroundStyle {
    /// Nothing.
    None,
    /// A plane that shows nothing but what falls on it.
    Plain,
    /// The same with a line between the voxels that could stand on it.
    Lines,
}

/// How much of what the sun gives the ground loses in the shade.
const SHADE: f32 = 0.86;
/// What the shade leaves of red, green and blue, compared with green: it is a little blue.
const TINT: Light = [1.04, 1.0, 0.90];
/// How dark it is right under a voxel.
const CONTACT: f32 = 0.46;
/// Where the ground begins to fade and where it ends, in radii of the scene.
const FADE: [f64; 2] = [1.25, 3.6];
/// Layers of voxels above the ground that darken it.
const LAYERS: i32 = 4;
/// The most cells of the map of what stands on the ground.
const CELLS_MAX: i64 = 1 << 20;
/// How far around what stands on it the ground is darker, in cells.
const RIM: i64 = 6;
/// Voxels from one strong line to the next.
const STRONG: f64 = 8.0;

/// The ground of one picture.
pub(super) struct Ground<'a> {
    level: f64,
    middle: [f64; 2],
    radius: f64,
    has_lines: bool,
    part_of_sun: f32,
    contact: Option<Contact>,
    shadows: Option<&'a SunMap>,
    glow: Option<&'a Glow>,
}

/// What a pixel shows of the ground.
pub(super) struct Floor {
    /// How much of the light there is lost, for red, green and blue.
    lost: Light,
    glow: Light,
}

impl Floor {
    /// Puts the ground over the background. Where there is no background it is a dark veil.
    pub(super) fn over(&self, (light, alpha): (Light, f32)) -> (Light, f32) {
        let lost = self.lost[1];
        let mixed = std::array::from_fn(|i| light[i] * (1.0 - self.lost[i]) + 0.5 * self.glow[i]);
        let brightest = self.glow.iter().fold(0.0, |most: f32, part| most.max(*part));
        (mixed, alpha + (1.0 - alpha) * lost.max(0.5 * brightest).min(1.0))
    }
}

impl<'a> Ground<'a> {
    /// `None`: the camera does not see it.
    pub(super) fn new(
        style: GroundStyle,
        grid: &Grid<'_>,
        lights: &Lights,
        shadows: Option<&'a SunMap>,
        glow: Option<&'a Glow>,
        meter: &mut Meter<'_>,
    ) -> Result<Option<Self>, Cancelled> {
        if style == GroundStyle::None {
            return Ok(None);
        }
        let reach = |direction: Vector| grid.extent(direction);
        let (x, y) = (reach([1.0, 0.0, 0.0]), reach([0.0, 1.0, 0.0]));
        let (level, top) = reach([0.0, 0.0, 1.0]);
        let (wide, deep, high) = (x.1 - x.0, y.1 - y.0, top - level);
        let contact = match lights.corners {
            true => Some(Contact::new(grid, [x, y], level, meter)?),
            false => None,
        };
        Ok(Some(Self {
            level,
            middle: [(x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0],
            radius: ((wide * wide + deep * deep + high * high / 2.0).sqrt() / 2.0).max(1.0),
            has_lines: style == GroundStyle::Lines,
            part_of_sun: lights.part_of_sun(),
            contact,
            shadows,
            glow,
        }))
    }

    /// What is seen of the ground at a point of the picture, if it is seen there.
    #[inline]
    pub(super) fn seen(&self, view: &Projection, point: [f64; 2]) -> Option<Floor> {
        let (start, direction) = view.ray(point);
        if direction[2] >= -1e-6 {
            return None;
        }
        let ahead = (self.level - start[2]) / direction[2];
        if view.eye().is_some() && ahead < NEAR {
            return None;
        }
        let place: Vector = std::array::from_fn(|i| start[i] + ahead * direction[i]);
        let away = [place[0] - self.middle[0], place[1] - self.middle[1]];
        let far = (away[0] * away[0] + away[1] * away[1]).sqrt() / self.radius;
        if far >= FADE[1] {
            return None;
        }
        let near = ((FADE[1] - far) / (FADE[1] - FADE[0])).min(1.0) as f32;
        let near = near * near * (3.0 - 2.0 * near);
        let reached = match self.shadows {
            Some(map) => map.reached_plane(place, 2, self.level),
            None => 1.0,
        };
        let contact = self.contact.as_ref().map_or(0.0, |contact| contact.at(place));
        let kept = (1.0 - self.part_of_sun * SHADE * (1.0 - reached)) * (1.0 - CONTACT * contact);
        let line = if self.has_lines { self.line(view, point, place) } else { 0.0 };
        let lost = near * (1.0 - kept * (1.0 - line));
        let glow = self.glow.map_or([0.0; 3], |glow| glow.at(place, 2, 1)).map(|part| part * near);
        Some(Floor { lost: TINT.map(|part| (lost * part).min(1.0)), glow })
    }

    /// How dark the lines make a place.
    fn line(&self, view: &Projection, point: [f64; 2], place: Vector) -> f32 {
        let beside = [[1.0, 0.0], [0.0, 1.0]]
            .map(|[x, y]| view.place_on([point[0] + x, point[1] + y], 2, self.level));
        let mut dark = 0.0_f64;
        for axis in 0..2 {
            let pixel =
                (beside[0][axis] - place[axis]).abs() + (beside[1][axis] - place[axis]).abs();
            for (step, strength) in [(1.0, 0.10), (STRONG, 0.22)] {
                let along = place[axis] / step;
                let off = (along - along.round()).abs() * step / pixel;
                // Lines that are nearer than some pixels to each other would be a grey plane.
                let apart = ((step / pixel - 4.0) / 8.0).clamp(0.0, 1.0);
                dark = dark.max(strength * apart * (1.25 - off).clamp(0.0, 1.0));
            }
        }
        dark as f32
    }
}

/// How much of the sky what stands on the ground hides from it, cell by cell.
struct Contact {
    first: [f64; 2],
    size: [i64; 2],
    /// Voxels along a side of a cell.
    step: f64,
    cells: Vec<f32>,
}

impl Contact {
    fn new(
        grid: &Grid<'_>,
        [x, y]: [(f64, f64); 2],
        level: f64,
        meter: &mut Meter<'_>,
    ) -> Result<Self, Cancelled> {
        let mut step = 1_i64;
        let cells = |step: i64| [x, y].map(|(low, high)| (high - low) as i64 / step + 2 + 2 * RIM);
        while cells(step).iter().product::<i64>() > CELLS_MAX {
            step *= 2;
        }
        let size = cells(step);
        let first = [x.0 as i64 - RIM * step, y.0 as i64 - RIM * step];
        let mut contact = Self {
            first: first.map(|coord| coord as f64),
            size,
            step: step as f64,
            cells: vec![0.0; (size[0] * size[1]) as usize],
        };
        let level = level as i32;
        grid.visit_low(level + LAYERS, meter, |[x, y, z]| {
            let cell = [i64::from(x) - first[0], i64::from(y) - first[1]].map(|along| along / step);
            let dark = 1.0 - (z - level) as f32 / LAYERS as f32;
            let cell = &mut contact.cells[(cell[1] * size[0] + cell[0]) as usize];
            *cell = cell.max(dark);
        })?;
        for radius in [1, 2, 2] {
            contact.blur(radius);
            meter.tick()?;
        }
        Ok(contact)
    }

    /// Gives each cell the mean of the cells around it, along one axis and then the other.
    fn blur(&mut self, radius: i64) {
        let [wide, deep] = self.size;
        for (along, across, [step, line]) in [(wide, deep, [1, wide]), (deep, wide, [wide, 1])] {
            let mut means = vec![0.0; along as usize];
            for start in (0..across).map(|number| number * line) {
                let place = |number: i64| (start + number * step) as usize;
                for (number, mean) in (0..along).zip(&mut means) {
                    let around = (number - radius).max(0)..=(number + radius).min(along - 1);
                    let sum: f32 = around.map(|number| self.cells[place(number)]).sum();
                    *mean = sum / (2 * radius + 1) as f32;
                }
                for (number, mean) in (0..along).zip(&means) {
                    self.cells[place(number)] = *mean;
                }
            }
        }
    }

    #[inline]
    fn at(&self, place: Vector) -> f32 {
        let [x, y] = [0, 1].map(|axis| (place[axis] - self.first[axis]) / self.step - 0.5);
        let (column, row) = (x.floor(), y.floor());
        let [wide, deep] = self.size;
        if column < 0.0 || row < 0.0 || column as i64 + 1 >= wide || row as i64 + 1 >= deep {
            return 0.0;
        }
        let (part_x, part_y) = ((x - column) as f32, (y - row) as f32);
        let start = (row as i64 * wide + column as i64) as usize;
        let line =
            |start: usize| self.cells[start] * (1.0 - part_x) + self.cells[start + 1] * part_x;
        line(start) * (1.0 - part_y) + line(start + wide as usize) * part_y
    }
}
