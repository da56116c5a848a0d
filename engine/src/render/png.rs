//! Writing a picture as a PNG file.

use super::Picture;
use png::{BitDepth, ColorType, Compression, Encoder, SrgbRenderingIntent};

pub(super) fn encode(picture: &Picture) -> Vec<u8> {
    let mut file = Vec::with_capacity(picture.bytes.len() / 4 + 1024);
    let mut encoder = Encoder::new(&mut file, picture.width, picture.height);
    encoder.set_color(if picture.has_alpha { ColorType::Rgba } else { ColorType::Rgb });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
    encoder
        .write_header()
        .and_then(|mut writer| {
            writer.write_image_data(&picture.bytes)?;
            writer.finish()
        })
        .expect("a vector takes all bytes, and a picture has the bytes its size asks for");
    file
}
