//! What is behind the voxels: a background, and the ground under them.

use super::ground::Ground;
use super::projection::Projection;
use super::tone::{Light, light_of_rgb};

/// A background.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Background {
    /// Nothing: the picture has an alpha channel.
    Clear,
    /// One colour.
    Plain([u8; 3]),
    /// From one colour at the top to another at the bottom.
    Gradient {
        /// The colour of the first row.
        top: [u8; 3],
        /// The colour of the last row.
        bottom: [u8; 3],
    },
}

impl Background {
    /// The background if none is chosen: a bright haze.
    pub const HAZE: Self = Self::Gradient { top: [205, 218, 232], bottom: [240, 241, 240] };

    /// Whether a picture with it has an alpha channel.
    pub(super) fn is_clear(&self) -> bool {
        *self == Self::Clear
    }

    /// The colour of a row, and its alpha.
    pub(super) fn row(&self, row: usize, height: usize) -> [u8; 4] {
        match *self {
            Self::Clear => [0; 4],
            Self::Plain([red, green, blue]) => [red, green, blue, 255],
            Self::Gradient { top, bottom } => {
                let last = height.saturating_sub(1).max(1);
                let [red, green, blue] = std::array::from_fn(|i| {
                    let (top, bottom) = (usize::from(top[i]), usize::from(bottom[i]));
                    ((top * (last - row.min(last)) + bottom * row.min(last) + last / 2) / last)
                        as u8
                });
                [red, green, blue, 255]
            }
        }
    }
}

/// What is behind the voxels, pixel by pixel.
pub(super) struct Backdrop<'a> {
    background: Background,
    height: usize,
    ground: Option<Ground<'a>>,
    view: Projection,
    row: [u8; 4],
    light: Light,
    alpha: f32,
}

impl<'a> Backdrop<'a> {
    pub(super) fn new(
        background: Background,
        height: u32,
        ground: Option<Ground<'a>>,
        view: &Projection,
    ) -> Self {
        let height = height as usize;
        Self { background, height, ground, view: *view, row: [0; 4], light: [0.0; 3], alpha: 0.0 }
    }

    /// Goes to a row of pixels.
    pub(super) fn begin_row(&mut self, row: usize) {
        self.row = self.background.row(row, self.height);
        let [red, green, blue, alpha] = self.row;
        self.alpha = f32::from(alpha) / 255.0;
        self.light = light_of_rgb([red, green, blue]).map(|part| part * self.alpha);
    }

    /// The bytes of a pixel of this row with nothing before the background; `None`: the ground may
    /// be seen there.
    #[inline]
    pub(super) fn bytes(&self) -> Option<[u8; 4]> {
        self.ground.is_none().then_some(self.row)
    }

    /// The light behind a pixel, and how much of the pixel it covers.
    #[inline]
    pub(super) fn at(&self, column: usize, row: usize) -> (Light, f32) {
        let plain = (self.light, self.alpha);
        let Some(ground) = &self.ground else { return plain };
        let pixel = [column as f64 + 0.5, row as f64 + 0.5];
        match ground.seen(&self.view, pixel) {
            Some(floor) => floor.over(plain),
            None => plain,
        }
    }
}
