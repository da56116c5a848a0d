//! What is drawn, how, and what can be wrong with it.

use super::{Background, Camera, CameraError, GroundStyle, Marks, Preset, Sun};
use crate::progress::Cancelled;
use crate::volume::Volume;

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
    /// Another state that it is compared with: what differs is marked.
    pub marks: Option<Marks<'a>>,
}

impl<'a> Scene<'a> {
    /// A scene that is compared with nothing.
    pub fn new(layers: &'a [&'a Volume], materials: &'a [SurfaceMaterial; 256]) -> Self {
        Self { layers, materials, marks: None }
    }
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
    /// The sun.
    pub sun: Sun,
    /// Whether corners are darker.
    pub ambient_occlusion: bool,
    /// Whether the sun casts shadows.
    pub shadow: bool,
    /// Whether edges are drawn.
    pub outline: bool,
    /// What is under the voxels, where the camera looks down on it.
    pub ground: GroundStyle,
    /// What is behind the voxels.
    pub background: Background,
    /// The most pixels a picture may have.
    pub pixels_max: u64,
    /// The most chunks a scene may have.
    pub chunks_max: u64,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            camera: Camera::preset(Preset::Perspective),
            width: 768,
            height: 768,
            sun: Sun::USUAL,
            ambient_occlusion: true,
            shadow: true,
            outline: false,
            ground: GroundStyle::Plain,
            background: Background::HAZE,
            pixels_max: 1 << 24,
            chunks_max: 1 << 20,
        }
    }
}

/// Why there is no picture.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum RenderError {
    /// A picture without width or height.
    #[error("a picture must be at least one pixel wide and high, not {width} x {height}")]
    NoPixels {
        /// The width asked for.
        width: u32,
        /// The height asked for.
        height: u32,
    },
    /// Too small for what it has to show.
    #[error("such a picture must be at least {width} x {height} pixels")]
    TooSmall {
        /// The least width.
        width: u32,
        /// The least height.
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
    /// A camera or a sun that cannot be.
    #[error(transparent)]
    Camera(#[from] CameraError),
    /// Nobody wants it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
