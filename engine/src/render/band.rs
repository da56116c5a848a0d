//! Some rows of a picture: which face each sample shows, then the colour of each pixel.

use super::camera::Projection;
use super::faces::{self, Face};
use super::grid::Grid;
use super::quad;
use super::shade::{Light, Lights, LitFace, Printer, Shader};
use super::sun::SunMap;
use super::{Meter, RenderError, RenderOptions, SAMPLES, channels};
use std::ops::Range;

/// Chunks between two calls of `Progress::step`.
const STEP_CHUNKS: usize = 32;
/// Faces remembered with their light.
const REMEMBERED: usize = 1024;
/// A sample that shows no opaque face.
const NOTHING: u64 = 0;
/// How much light an edge takes away.
const EDGE: f32 = 0.55;
/// How many pairs of samples with an edge between them make a pixel all edge.
const EDGES_FULL: i32 = 4;

/// Draws one band after the other in the same memory.
pub(super) struct Band<'a> {
    shader: Shader<'a>,
    /// Of samples, not pixels.
    view: Projection,
    order: Vec<u32>,
    printer: Printer,
    outline: bool,
    /// Pixels across, and bytes for each.
    width: usize,
    channels: usize,
    /// The names of the opaque faces, with one more row and column on each side than the pixels
    /// have, so that edges between pixels are seen from both.
    names: Vec<u64>,
    /// Light of what one sees through, and how much of what is behind it passes.
    veil: Vec<[f32; 4]>,
    remembered: Vec<Option<(u64, LitFace)>>,
}

impl<'a> Band<'a> {
    pub(super) fn new(
        grid: &'a Grid<'a>,
        view: &Projection,
        lights: &'a Lights,
        shadows: Option<&'a SunMap>,
        options: &RenderOptions,
    ) -> Self {
        let facing = view.facing();
        Self {
            shader: Shader { grid, lights, shadows, facing },
            view: view.enlarged(SAMPLES as f64),
            order: grid.back_to_front(facing),
            printer: Printer::new(options.background),
            outline: options.outline,
            width: options.width as usize,
            channels: channels(options.background[3] < 255),
            names: Vec::new(),
            veil: Vec::new(),
            remembered: vec![None; REMEMBERED],
        }
    }

    /// Samples in a row.
    fn stride(&self) -> usize {
        SAMPLES * self.width + 2
    }

    /// Draws the pixels of `target`, which begin at a row.
    pub(super) fn draw(
        &mut self,
        first_row: usize,
        target: &mut [u8],
        meter: &mut Meter<'_>,
    ) -> Result<(), RenderError> {
        let line = self.width * self.channels;
        let samples = SAMPLES * first_row..SAMPLES * (first_row + target.len() / line);
        self.cover(samples, meter)?;
        for (row, pixels) in target.chunks_exact_mut(line).enumerate() {
            for column in 0..self.width {
                let pixel = &mut pixels[column * self.channels..(column + 1) * self.channels];
                let (light, cover) = self.pixel(first_row, row, column);
                self.printer.print(light, cover, pixel);
            }
        }
        Ok(())
    }

    /// Finds what the samples in these rows, and in one more before and behind, show.
    fn cover(&mut self, rows: Range<usize>, meter: &mut Meter<'_>) -> Result<(), RenderError> {
        let (stride, size) = (self.stride(), (rows.len() + 2) * self.stride());
        let wanted = rows.start.saturating_sub(1)..rows.end + 1;
        self.names.clear();
        self.names.resize(size, NOTHING);
        let grid = self.shader.grid;
        if grid.has_clear() {
            self.veil.clear();
            self.veil.resize(size, [0.0, 0.0, 0.0, 1.0]);
        }
        for (number, chunk) in self.order.iter().copied().enumerate() {
            if number % STEP_CHUNKS == 0 {
                meter.tick()?;
            }
            let (top, bottom) = self.view.rows(&grid.chunk(chunk).bounds);
            if bottom < wanted.start as f64 || top > wanted.end as f64 {
                continue;
            }
            faces::visit(grid, chunk, self.shader.facing, |face| {
                let corner = quad::corner(grid, &face, self.shader.facing);
                let quad = quad::project(&self.view, corner, face.axis);
                let light = face.is_clear.then(|| clear_light(&self.shader, face));
                quad::spans(&quad, wanted.clone(), stride - 1, |row, columns| {
                    let line = (row + 1 - rows.start) * stride + 1;
                    let samples = line + columns.start..line + columns.end;
                    match light {
                        None => {
                            self.names[samples.clone()].fill(face.name());
                            if let Some(veil) = self.veil.get_mut(samples) {
                                veil.fill([0.0, 0.0, 0.0, 1.0]);
                            }
                        }
                        Some(light) => {
                            self.veil[samples].iter_mut().for_each(|veil| lay(veil, light));
                        }
                    }
                });
            });
        }
        Ok(())
    }

    /// The light of a pixel, and how much of it is covered.
    #[inline]
    fn pixel(&mut self, first_row: usize, row: usize, column: usize) -> (Light, f32) {
        let stride = self.stride();
        let first = (SAMPLES * row + 1) * stride + SAMPLES * column + 1;
        let places = [first, first + 1, first + stride, first + stride + 1];
        let names = places.map(|place| self.names[place]);
        let corner = [SAMPLES * column, SAMPLES * (first_row + row)].map(|sample| sample as f64);
        if names == [names[0]; 4] && self.veil.is_empty() {
            let light = match names[0] {
                NOTHING => return ([0.0; 3], 0.0),
                name => self.light(name, [corner[0] + 1.0, corner[1] + 1.0]),
            };
            return (self.with_edges(light, first), 1.0);
        }
        let (mut sum, mut cover) = ([0.0; 3], 0.0);
        for (number, name) in names.into_iter().enumerate() {
            // A face is lit once for all its samples, in the middle of them.
            if names[..number].contains(&name) && name != NOTHING {
                continue;
            }
            let mine: Mine = std::array::from_fn(|i| names[i] == name);
            let light =
                if name == NOTHING { None } else { Some(self.light(name, middle(corner, mine))) };
            let samples = (0..4).filter(|i| if name == NOTHING { *i == number } else { mine[*i] });
            for place in samples.map(|i| places[i]) {
                let veil = self.veil.get(place).copied().unwrap_or([0.0, 0.0, 0.0, 1.0]);
                let behind = light.unwrap_or([0.0; 3]);
                for i in 0..3 {
                    sum[i] += 0.25 * (veil[i] + veil[3] * behind[i]);
                }
                cover += 0.25 * if light.is_some() { 1.0 } else { 1.0 - veil[3] };
            }
        }
        (self.with_edges(sum, first), cover)
    }

    /// The light of an opaque face at a sample.
    #[inline]
    fn light(&mut self, name: u64, sample: [f64; 2]) -> Light {
        let place = (name ^ name >> 11) as usize % REMEMBERED;
        let lit = match &self.remembered[place] {
            Some((known, lit)) if *known == name => *lit,
            Some(_) | None => {
                let lit = self.shader.face(Face::of_name(name));
                self.remembered[place] = Some((name, lit));
                lit
            }
        };
        self.shader.light(&lit, self.view.place_on(sample, lit.face.axis, lit.level))
    }

    /// Takes light away where a face beside is on another plane.
    fn with_edges(&self, light: Light, first: usize) -> Light {
        if !self.outline {
            return light;
        }
        let stride = self.stride();
        let mut edges = 0;
        for place in [first, first + 1, first + stride, first + stride + 1] {
            for other in [place - 1, place + 1, place - stride, place + stride] {
                edges += i32::from(self.is_edge(self.names[place], self.names[other]));
            }
        }
        let left = 1.0 - EDGE * (edges.min(EDGES_FULL) as f32 / EDGES_FULL as f32);
        light.map(|part| part * left)
    }

    fn is_edge(&self, a: u64, b: u64) -> bool {
        if a == b {
            return false;
        }
        let plane = |name: u64| {
            let face = (name != NOTHING).then(|| Face::of_name(name))?;
            Some((face.axis, quad::level(self.shader.grid, &face, self.shader.facing)))
        };
        plane(a) != plane(b)
    }
}

/// Which of a pixel's samples.
type Mine = [bool; 4];

/// The middle of some samples of the pixel that begins at `corner`.
fn middle(corner: [f64; 2], mine: Mine) -> [f64; 2] {
    let count = mine.iter().filter(|is_mine| **is_mine).count().max(1) as f64;
    let sum = |weights: [f64; 4]| (0..4).filter(|i| mine[*i]).map(|i| weights[i]).sum::<f64>();
    [corner[0] + sum([0.5, 1.5, 0.5, 1.5]) / count, corner[1] + sum([0.5, 0.5, 1.5, 1.5]) / count]
}

/// The light of a face that one sees through, and how much it covers.
fn clear_light(shader: &Shader<'_>, face: Face) -> [f32; 4] {
    let voxel = shader.grid.voxel(face.chunk, face.cell_index());
    let cover = f32::from(shader.grid.material(voxel).alpha) / 255.0;
    let [red, green, blue] = shader.flat_light(&shader.face(face)).map(|part| part * cover);
    [red, green, blue, cover]
}

/// Puts a clear face before what is seen so far.
fn lay(veil: &mut [f32; 4], [red, green, blue, cover]: [f32; 4]) {
    let passes = 1.0 - cover;
    *veil = [
        red + passes * veil[0],
        green + passes * veil[1],
        blue + passes * veil[2],
        passes * veil[3],
    ];
}
