//! A finished picture, and its PNG file.

use super::channels;
use crate::progress::{Cancelled, Progress};
use png::{BitDepth, ColorType, Compression, Encoder, SrgbRenderingIntent};
use std::io::Write;

/// Bytes that are written between two calls of `Progress::step`.
const STEP_BYTES: usize = 1 << 18;

/// A finished picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Four bytes a pixel if there is an alpha channel, else three.
    pub(super) bytes: Vec<u8>,
    pub(super) has_alpha: bool,
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
    pub fn to_png(&self, progress: &mut dyn Progress) -> Result<Vec<u8>, Cancelled> {
        let mut file = Vec::with_capacity(self.bytes.len() / 4 + 1024);
        let header = self.encoder(&mut file).write_header();
        let mut header = header.expect("a picture has a size that PNG knows");
        let mut writer = header.stream_writer().expect("it has one frame");
        for part in self.bytes.chunks(STEP_BYTES) {
            progress.step(0, 0)?;
            writer.write_all(part).expect("a vector takes all bytes");
        }
        writer.finish().expect("a picture has the bytes its size asks for");
        header.finish().expect("its frame is written");
        Ok(file)
    }

    /// A writer for pictures of this size and kind.
    pub(super) fn encoder<'a>(&self, file: &'a mut Vec<u8>) -> Encoder<'static, &'a mut Vec<u8>> {
        let mut encoder = Encoder::new(file, self.width, self.height);
        encoder.set_color(if self.has_alpha { ColorType::Rgba } else { ColorType::Rgb });
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
        encoder
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Picture({} x {})", self.width, self.height)
    }
}
