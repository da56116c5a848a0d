//! Pictures of volumes, drawn on the processor: the same bytes for the same input every time.
//!
//! The faces that look towards the camera are drawn from the farthest to the nearest, four samples a
//! pixel; each sample remembers which face it shows. Then every pixel is lit: a warm sun with soft
//! shadows from a map drawn as the sun sees the scene, a cool sky that corners see less of. Work
//! goes in bands of rows, between which a [`Progress`] may stop it.

mod band;
mod camera;
mod faces;
mod grid;
mod png;
mod quad;
mod shade;
mod sun;
#[cfg(test)]
mod tests;

use crate::progress::{Cancelled, Progress};
use crate::query::View;
use crate::volume::Volume;
use band::Band;
use grid::Grid;
use shade::Lights;
use sun::SunMap;

pub use camera::{Camera, Preset};

/// Samples along each side of a pixel.
const SAMPLES: usize = 2;
/// Pixels drawn between two calls of `Progress::step`: some milliseconds.
const BAND_PIXELS: usize = 1 << 16;

/// The most pixels along one side of a picture.
pub const SIDE_MAX: u32 = 16_384;

/// How the light treats one of the 255 materials.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SurfaceMaterial {
    /// 0 is invisible, 255 opaque.
    pub alpha: u8,
    /// 0 only reflects, 255 shines by itself.
    pub emission: u8,
}

impl SurfaceMaterial {
    /// Opaque, and does not shine.
    pub const PLAIN: Self = Self { alpha: 255, emission: 0 };
}

impl Default for SurfaceMaterial {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// What is drawn.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The visible layers, the lowest first; a later one hides what it overlaps.
    pub layers: &'a [&'a Volume],
    /// The materials by slot number; number 0 is never used.
    pub materials: &'a [SurfaceMaterial; 256],
}

/// How it is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RenderOptions {
    /// From where.
    pub camera: Camera,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Whether corners are darker.
    pub ambient_occlusion: bool,
    /// Whether the sun casts shadows.
    pub shadow: bool,
    /// Whether edges are drawn.
    pub outline: bool,
    /// Red, green, blue and alpha of what is behind the voxels. With less alpha than 255 the
    /// picture has an alpha channel.
    pub background: [u8; 4],
    /// The most pixels a picture may have.
    pub pixels_max: u64,
    /// The most chunks a scene may have.
    pub chunks_max: u64,
}

impl RenderOptions {
    /// A background that is not there.
    pub const TRANSPARENT: [u8; 4] = [0; 4];
    /// The background if none is chosen.
    pub const PALE: [u8; 4] = [232, 235, 239, 255];
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            camera: Camera::preset(Preset::Isometric),
            width: 768,
            height: 768,
            ambient_occlusion: true,
            shadow: true,
            outline: false,
            background: Self::PALE,
            pixels_max: 1 << 24,
            chunks_max: 1 << 20,
        }
    }
}

/// Why there is no picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RenderError {
    /// A picture without width or height.
    #[error("a picture must be at least one pixel wide and high, not {width} x {height}")]
    NoPixels {
        /// The width asked for.
        width: u32,
        /// The height asked for.
        height: u32,
    },
    /// A side longer than [`SIDE_MAX`].
    #[error("a side of a picture may have {SIDE_MAX} pixels, not {side}")]
    TooLong {
        /// The pixels asked for.
        side: u32,
    },
    /// Larger than the limit.
    #[error("a picture may have {pixels_max} pixels, not {pixels}")]
    TooManyPixels {
        /// The pixels asked for.
        pixels: u64,
        /// The limit.
        pixels_max: u64,
    },
    /// More chunks than the limit.
    #[error("a scene may have {chunks_max} chunks to be drawn; this one has more")]
    TooManyChunks {
        /// The limit.
        chunks_max: u64,
    },
    /// Nobody wants it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// A finished picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    /// Four bytes a pixel if there is an alpha channel, else three.
    bytes: Vec<u8>,
    has_alpha: bool,
}

impl Picture {
    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Whether it has an alpha channel.
    pub fn has_alpha(&self) -> bool {
        self.has_alpha
    }

    /// Red, green, blue and, if it has an alpha channel, alpha of all pixels, row by row.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Red, green, blue and alpha of one pixel; `None` beyond the edges.
    pub fn pixel(&self, x: u32, y: u32) -> Option<[u8; 4]> {
        let number = (x < self.width && y < self.height)
            .then_some(y as usize * self.width as usize + x as usize)?;
        match *self.bytes.chunks_exact(channels(self.has_alpha)).nth(number)? {
            [red, green, blue, alpha] => Some([red, green, blue, alpha]),
            [red, green, blue] => Some([red, green, blue, 255]),
            _ => None,
        }
    }

    /// The picture as a PNG file.
    pub fn to_png(&self) -> Vec<u8> {
        png::encode(self)
    }
}

/// Draws a picture.
pub fn render(
    scene: &Scene<'_>,
    options: &RenderOptions,
    progress: &mut dyn Progress,
) -> Result<Picture, RenderError> {
    let (width, height) = check_size(options)?;
    let has_alpha = options.background[3] < 255;
    let mut bytes = vec![0; width * height * channels(has_alpha)];
    let rows = (BAND_PIXELS / width).max(1);
    let bands = height.div_ceil(rows);
    let mut meter = Meter { progress, done: 0, total: 2 * bands as u64 };
    let volume = View::new(scene.layers.iter().copied()).merged(&mut meter)?;
    if volume.is_empty() {
        shade::paint_background(&mut bytes, options.background);
        return Ok(Picture { width: options.width, height: options.height, bytes, has_alpha });
    }

    let grid = Grid::new(&volume, scene.materials, options.chunks_max, &mut meter)?;
    let view = options.camera.fit(&grid, options.width, options.height);
    let lights = Lights::new(&options.camera, options);
    let shadows = match options.shadow {
        true => Some(SunMap::draw(&grid, &lights, view.scale(), &mut meter)?),
        false => None,
    };
    meter.done = bands as u64;
    let mut band = Band::new(&grid, &view, &lights, shadows.as_ref(), options);
    for (number, target) in bytes.chunks_mut(rows * width * channels(has_alpha)).enumerate() {
        band.draw(number * rows, target, &mut meter)?;
        meter.done += 1;
        meter.tick()?;
    }
    Ok(Picture { width: options.width, height: options.height, bytes, has_alpha })
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

impl std::fmt::Debug for Picture {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Picture({} x {})", self.width, self.height)
    }
}
