//! Pictures of volumes, drawn on the processor: the same bytes for the same input every time.
//!
//! The faces that look towards the camera are drawn from the farthest to the nearest, four samples a
//! pixel; each sample remembers which face it shows. Then every pixel is lit: a warm sun with soft
//! shadows from a map drawn as the sun sees the scene, a cool sky that corners see less of, and what
//! shining voxels give to their neighbours. Work goes in bands of rows, between which a [`Progress`]
//! may stop it. Only arithmetic is used that IEEE 754 defines to the bit.

mod aim;
mod backdrop;
mod band;
mod bloom;
mod camera;
mod edges;
mod exact;
mod faces;
mod glow;
mod grid;
mod ground;
mod letters;
mod light;
mod marks;
mod options;
mod picture;
mod projection;
mod quad;
mod shade;
mod sun;
#[cfg(test)]
mod tests;
mod tone;
mod turntable;
mod views;

use crate::progress::{Cancelled, Progress};
use crate::query::View;
use crate::volume::Volume;
use backdrop::Backdrop;
use band::Band;
use glow::Glow;
use grid::Grid;
use ground::Ground;
use light::Lights;
use shade::Shader;
use sun::SunMap;

pub use backdrop::Background;
pub use camera::{Camera, CameraError, Preset};
pub use ground::GroundStyle;
pub use light::Sun;
pub use marks::{Drawn, Marks, with_ghosts};
pub use options::{RenderError, RenderOptions, SIDE_MAX, Scene, SurfaceMaterial};
pub use picture::Picture;
pub use turntable::{Turn, turntable};
pub use views::{States, changes, sheet, side_by_side, size_for};

/// Samples along each side of a pixel.
const SAMPLES: usize = 2;
/// Pixels drawn between two calls of `Progress::step`: some milliseconds.
const BAND_PIXELS: usize = 1 << 16;
/// Rows of an empty picture between two calls of `Progress::step`.
const STEP_ROWS: usize = 256;

/// Draws a picture.
pub fn render(
    scene: &Scene<'_>,
    options: &RenderOptions,
    progress: &mut dyn Progress,
) -> Result<Picture, RenderError> {
    let (width, height) = check_size(options)?;
    let has_alpha = options.background.is_clear();
    let mut bytes = vec![0; width * height * channels(has_alpha)];
    let bands = height.div_ceil((BAND_PIXELS / width).max(1));
    let mut meter = Meter { progress, done: 0, total: 2 * bands as u64 };
    let volume = View::new(scene.layers.iter().copied()).merged(&mut meter)?;
    match volume.is_empty() {
        true => paint_background(&mut bytes, options, &mut meter)?,
        false => draw(&volume, scene, options, &mut bytes, &mut meter)?,
    }
    Ok(Picture { width: options.width, height: options.height, bytes, has_alpha })
}

fn draw(
    volume: &Volume,
    scene: &Scene<'_>,
    options: &RenderOptions,
    bytes: &mut [u8],
    meter: &mut Meter<'_>,
) -> Result<(), RenderError> {
    let mut materials = *scene.materials;
    if scene.marks.is_some() {
        let ghost = SurfaceMaterial { alpha: marks::GHOST_ALPHA, emission: 0 };
        materials[usize::from(marks::GHOST)] = ghost;
    }
    let grid = Grid::new(volume, &materials, options.chunks_max, meter)?;
    let view = options.camera.fit(&grid, options.width, options.height);
    let lights = Lights::new(&options.camera, options);
    let shadows = match options.shadow {
        true => Some(SunMap::draw(&grid, &lights, view.scale_at(&grid), meter)?),
        false => None,
    };
    let glow = Glow::new(&grid, meter)?;
    let (shadows, glow) = (shadows.as_ref(), glow.as_ref());
    let ground = match options.camera.sees_ground() {
        true => Ground::new(options.ground, &grid, &lights, shadows, glow, meter)?,
        false => None,
    };
    meter.done = meter.total / 2;
    let marks = scene.marks;
    let shader = Shader { grid: &grid, lights: &lights, shadows, glow, marks };
    let backdrop = Backdrop::new(options.background, options.height, ground, &view);
    let has_alpha = options.background.is_clear();
    let mut band = Band::new(shader, backdrop, &view, options, meter)?;
    let line = options.width as usize * channels(has_alpha);
    let rows = (BAND_PIXELS / options.width as usize).max(1);
    for (number, target) in bytes.chunks_mut(rows * line).enumerate() {
        band.draw(number * rows, target, meter)?;
        meter.done += 1;
        meter.tick()?;
    }
    if let Some(bloom) = band.into_bloom() {
        bloom.spread(bytes, has_alpha, meter)?;
    }
    Ok(())
}

fn check_size(options: &RenderOptions) -> Result<(usize, usize), RenderError> {
    let RenderOptions { width, height, pixels_max, .. } = *options;
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(RenderError::NoPixels { width, height });
    }
    let side = width.max(height);
    if side > SIDE_MAX {
        return Err(RenderError::TooLong { side });
    }
    if pixels > pixels_max {
        return Err(RenderError::TooManyPixels { pixels, pixels_max });
    }
    Ok((width as usize, height as usize))
}

fn paint_background(
    bytes: &mut [u8],
    options: &RenderOptions,
    meter: &mut Meter<'_>,
) -> Result<(), Cancelled> {
    let size = channels(options.background.is_clear());
    let (width, height) = (options.width as usize, options.height as usize);
    for (row, line) in bytes.chunks_exact_mut(width * size).enumerate() {
        if row % STEP_ROWS == 0 {
            meter.tick()?;
        }
        let color = options.background.row(row, height);
        line.chunks_exact_mut(size).for_each(|pixel| pixel.copy_from_slice(&color[..size]));
    }
    Ok(())
}

fn channels(has_alpha: bool) -> usize {
    if has_alpha { 4 } else { 3 }
}

/// How far the work is.
struct Meter<'a> {
    progress: &'a mut dyn Progress,
    done: u64,
    total: u64,
}

impl Meter<'_> {
    fn tick(&mut self) -> Result<(), Cancelled> {
        self.step(self.done, self.total)
    }
}

/// What others report to it counts for the step the picture is at.
impl Progress for Meter<'_> {
    fn step(&mut self, _done: u64, _total: u64) -> Result<(), Cancelled> {
        self.progress.step(self.done.min(self.total), self.total)
    }
}
