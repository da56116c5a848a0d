//! Some rows of a picture: which face each sample shows, then the colour of each pixel.

use super::backdrop::Backdrop;
use super::bloom::Bloom;
use super::camera::Vector;
use super::edges::Edges;
use super::faces::{self, Face};
use super::projection::{Frame, Projection, Sides};
use super::quad::{self, Area};
use super::shade::{LitFace, Shader};
use super::tone::{Light, Printer};
use super::{Meter, RenderError, RenderOptions, SAMPLES, channels};
use std::ops::Range;

/// Chunks between two calls of `Progress::step`.
const STEP_CHUNKS: usize = 32;
/// Rows of pixels between two calls of `Progress::step`.
const STEP_ROWS: usize = 16;
/// Faces remembered with their light.
const REMEMBERED: usize = 1024;
/// A sample that shows no opaque face.
const NOTHING: u64 = 0;
/// A sample that no clear face covers.
const UNVEILED: [f32; 4] = [0.0, 0.0, 0.0, 1.0];

/// Draws one band after the other in the same memory.
pub(super) struct Band<'a> {
    shader: Shader<'a>,
    backdrop: Backdrop<'a>,
    /// Of samples, not pixels.
    view: Projection,
    sides: Sides,
    order: Vec<u32>,
    printer: Printer,
    bloom: Option<Bloom>,
    has_outline: bool,
    has_lines: bool,
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
        shader: Shader<'a>,
        backdrop: Backdrop<'a>,
        view: &Projection,
        options: &RenderOptions,
        meter: &mut Meter<'_>,
    ) -> Result<Self, RenderError> {
        let sides = view.sides();
        let (width, height) = (options.width as usize, options.height as usize);
        Ok(Self {
            view: view.enlarged(SAMPLES as f64),
            sides,
            order: shader.grid.back_to_front(sides, meter)?,
            printer: Printer::new(),
            bloom: shader.glow.is_some().then(|| Bloom::new(width, height)),
            has_outline: options.outline,
            has_lines: options.outline || shader.marks.is_some(),
            width,
            channels: channels(options.background.is_clear()),
            names: Vec::new(),
            veil: Vec::new(),
            remembered: vec![None; REMEMBERED],
            shader,
            backdrop,
        })
    }

    /// What shone in all that was drawn.
    pub(super) fn into_bloom(self) -> Option<Bloom> {
        self.bloom
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
            if row % STEP_ROWS == 0 {
                meter.tick()?;
            }
            self.backdrop.begin_row(first_row + row);
            for column in 0..self.width {
                let pixel = &mut pixels[column * self.channels..(column + 1) * self.channels];
                let (light, cover) = self.pixel(first_row, row, column);
                match self.backdrop.bytes() {
                    Some(bytes) if cover == 0.0 => {
                        pixel.copy_from_slice(&bytes[..self.channels]);
                        continue;
                    }
                    Some(_) | None => {}
                }
                let behind = match cover < 1.0 {
                    true => self.backdrop.at(column, first_row + row),
                    false => ([0.0; 3], 0.0),
                };
                self.printer.print(light, cover, behind, pixel);
            }
        }
        Ok(())
    }

    /// Finds what the samples in these rows, and in one more before and behind, show.
    fn cover(&mut self, rows: Range<usize>, meter: &mut Meter<'_>) -> Result<(), RenderError> {
        let size = (rows.len() + 2) * self.stride();
        let wanted = rows.start.saturating_sub(1)..rows.end + 1;
        self.names.clear();
        self.names.resize(size, NOTHING);
        if self.shader.grid.has_clear() {
            self.veil.clear();
            self.veil.resize(size, UNVEILED);
        }
        let order = std::mem::take(&mut self.order);
        let mut drawn = Ok(());
        for (number, chunk) in order.iter().copied().enumerate() {
            if number % STEP_CHUNKS == 0 {
                drawn = meter.tick();
                if drawn.is_err() {
                    break;
                }
            }
            let Some(frame) = self.view.frame(&self.shader.grid.chunk(chunk).bounds) else {
                continue;
            };
            let Frame { rows: (top, bottom), columns: (left, right), is_near } = frame;
            let is_beside = right < 0.0 || left > self.stride() as f64;
            if bottom < wanted.start as f64 || top > wanted.end as f64 || is_beside {
                continue;
            }
            self.cover_chunk(chunk, is_near, &rows, &wanted);
        }
        self.order = order;
        Ok(drawn?)
    }

    fn cover_chunk(
        &mut self,
        chunk: u32,
        is_near: bool,
        rows: &Range<usize>,
        wanted: &Range<usize>,
    ) {
        let (grid, sides, stride) = (self.shader.grid, self.sides, self.stride());
        faces::visit(grid, chunk, sides, |face| {
            let corner = quad::corner(grid, &face);
            let ink = match face.is_clear {
                true => Ink::Clear(clear_light(&self.shader, face)),
                false => Ink::Opaque(face.name()),
            };
            if is_near {
                if let Some(area) = quad::project_clipped(&self.view, corner, face.axis) {
                    self.paint(&area, &ink, rows.start, wanted.clone(), stride);
                }
            } else {
                let area = quad::project(&self.view, corner, face.axis);
                self.paint(&area, &ink, rows.start, wanted.clone(), stride);
            }
        });
    }

    #[inline]
    fn paint<const CORNERS: usize>(
        &mut self,
        area: &Area<CORNERS>,
        ink: &Ink,
        first: usize,
        wanted: Range<usize>,
        stride: usize,
    ) {
        quad::spans(area, wanted, stride - 1, |row, columns| {
            let line = (row + 1 - first) * stride + 1;
            let samples = line + columns.start..line + columns.end;
            match ink {
                Ink::Opaque(name) => {
                    self.names[samples.clone()].fill(*name);
                    if let Some(veil) = self.veil.get_mut(samples) {
                        veil.fill(UNVEILED);
                    }
                }
                Ink::Clear(light) => {
                    self.veil[samples].iter_mut().for_each(|veil| lay(veil, *light));
                }
            }
        });
    }

    /// The light of a pixel, and how much of it is covered.
    #[inline]
    fn pixel(&mut self, first_row: usize, row: usize, column: usize) -> (Light, f32) {
        let stride = self.stride();
        let first = (SAMPLES * row + 1) * stride + SAMPLES * column + 1;
        let places = [first, first + 1, first + stride, first + stride + 1];
        let names = places.map(|place| self.names[place]);
        let at = [column, first_row + row];
        let corner = at.map(|pixel| (SAMPLES * pixel) as f64);
        if names == [names[0]; 4] && self.veil.is_empty() {
            let light = match names[0] {
                NOTHING => return ([0.0; 3], 0.0),
                name => self.light(name, corner.map(|along| along + 1.0), at, 1.0),
            };
            return (self.with_lines(light, 1.0, first), 1.0);
        }
        let (mut sum, mut cover) = ([0.0; 3], 0.0);
        for (number, name) in names.into_iter().enumerate() {
            // A face is lit once for all its samples, in the middle of them.
            if names[..number].contains(&name) && name != NOTHING {
                continue;
            }
            let mine: Mine = std::array::from_fn(|i| names[i] == name);
            let part = mine.iter().filter(|is_mine| **is_mine).count() as f32 / 4.0;
            let light = (name != NOTHING).then(|| self.light(name, middle(corner, mine), at, part));
            let samples = (0..4).filter(|i| if name == NOTHING { *i == number } else { mine[*i] });
            for place in samples.map(|i| places[i]) {
                let veil = self.veil.get(place).copied().unwrap_or(UNVEILED);
                let behind = light.unwrap_or([0.0; 3]);
                for i in 0..3 {
                    sum[i] += 0.25 * (veil[i] + veil[3] * behind[i]);
                }
                cover += 0.25 * if light.is_some() { 1.0 } else { 1.0 - veil[3] };
            }
        }
        (self.with_lines(sum, cover, first), cover)
    }

    /// A face with its light.
    #[inline]
    fn lit(&mut self, name: u64) -> LitFace {
        let place = (name ^ name >> 11) as usize % REMEMBERED;
        match &self.remembered[place] {
            Some((known, lit)) if *known == name => *lit,
            Some(_) | None => {
                let lit = self.shader.face(Face::of_name(name));
                self.remembered[place] = Some((name, lit));
                lit
            }
        }
    }

    /// The light of an opaque face at a sample of a pixel, of which it covers a part.
    #[inline]
    fn light(&mut self, name: u64, sample: [f64; 2], pixel: [usize; 2], part: f32) -> Light {
        let lit = self.lit(name);
        if let Some(bloom) = &mut self.bloom {
            let shine = self.shader.shine(&lit);
            if shine != [0.0; 3] {
                bloom.add(pixel[0], pixel[1], shine, part);
            }
        }
        let place: Vector = self.view.place_on(sample, lit.face.axis, lit.level);
        self.shader.light(&lit, place)
    }

    /// Draws the lines of a pixel over its light.
    fn with_lines(&mut self, light: Light, cover: f32, first: usize) -> Light {
        if !self.has_lines {
            return light;
        }
        let stride = self.stride();
        let mut edges = Edges::default();
        for place in [first, first + 1, first + stride, first + stride + 1] {
            let name = self.names[place];
            for other in [place - 1, place + 1, place - stride, place + stride] {
                let other = self.names[other];
                if name != other {
                    let [a, b] = [name, other].map(|n| (n != NOTHING).then(|| self.lit(n)));
                    edges.add(a.as_ref(), b.as_ref());
                }
            }
        }
        edges.over(light, cover, self.has_outline)
    }
}

/// What a face leaves on the samples it covers.
enum Ink {
    /// Its name.
    Opaque(u64),
    /// Its light, and how much it covers.
    Clear([f32; 4]),
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
