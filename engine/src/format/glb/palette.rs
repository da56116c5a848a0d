//! The colours of a surface as the points of one picture.

use png::{BitDepth, ColorType, Compression, Encoder, SrgbRenderingIntent};

const WORDS: usize = (1 << 24) / 64;

/// A set of colours, each of which gets a number. It takes 3 MiB, however many there are.
pub(super) struct Palette {
    /// Bit n: whether there is the colour of number n.
    used: Vec<u64>,
    /// How many colours there are before each word. Empty until the set is complete.
    before: Vec<u32>,
    count: u32,
}

/// The picture of a palette.
pub(super) struct Picture {
    /// The file.
    pub png: Vec<u8>,
    width: u32,
    height: u32,
}

/// The number of a colour in the whole space of colours.
fn number([red, green, blue]: [u8; 3]) -> usize {
    usize::from(red) << 16 | usize::from(green) << 8 | usize::from(blue)
}

impl Palette {
    pub fn new() -> Self {
        Self { used: vec![0; WORDS], before: Vec::new(), count: 0 }
    }

    pub fn add(&mut self, color: [u8; 3]) {
        let number = number(color);
        self.used[number / 64] |= 1 << (number % 64);
    }

    /// Numbers the colours; none is added after that.
    pub fn complete(&mut self) {
        self.before = Vec::with_capacity(WORDS);
        for word in &self.used {
            self.before.push(self.count);
            self.count += word.count_ones();
        }
    }

    /// Which of the palette's colours this is, which was added.
    fn index(&self, color: [u8; 3]) -> u32 {
        let number = number(color);
        let below = self.used[number / 64] & ((1 << (number % 64)) - 1);
        self.before[number / 64] + below.count_ones()
    }

    /// A picture with a pixel for each colour, with sides that are powers of two.
    pub fn picture(&self) -> Picture {
        let bits = self.count.max(1).next_power_of_two().trailing_zeros();
        let width: u32 = 1 << bits.div_ceil(2);
        let height = self.count.div_ceil(width).max(1).next_power_of_two();
        let mut pixels = Vec::with_capacity((width * height) as usize * 3);
        for (high, word) in (0_u32..).zip(&self.used) {
            let mut rest = *word;
            while rest != 0 {
                let [_, color @ ..] = (high << 6 | rest.trailing_zeros()).to_be_bytes();
                pixels.extend_from_slice(&color);
                rest &= rest - 1;
            }
        }
        pixels.resize((width * height) as usize * 3, 0);
        Picture { png: encode(&pixels, width, height), width, height }
    }

    /// Where in the picture a colour lies: the middle of its pixel.
    pub fn place(&self, color: [u8; 3], picture: &Picture) -> [f32; 2] {
        let index = self.index(color);
        let (x, y) = (index % picture.width, index / picture.width);
        [(x as f32 + 0.5) / picture.width as f32, (y as f32 + 0.5) / picture.height as f32]
    }
}

fn encode(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::with_capacity(pixels.len() / 4 + 1024);
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
    encoder
        .write_header()
        .and_then(|mut writer| {
            writer.write_image_data(pixels)?;
            writer.finish()
        })
        .expect("a vector takes all bytes, and the pixels are as many as the sides ask for");
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_lies_where_the_picture_has_it() {
        let mut palette = Palette::new();
        let color = |n: u32| [(n % 7 * 36) as u8, (n % 251) as u8, (n / 3 % 256) as u8];
        (0..3000).for_each(|n| palette.add(color(n)));
        palette.complete();
        let picture = palette.picture();
        let decoder = png::Decoder::new(std::io::Cursor::new(&picture.png));
        let mut reader = decoder.read_info().expect("a picture");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("pixels");
        assert!(picture.width.is_power_of_two() && picture.height.is_power_of_two());
        for n in 0..3000 {
            let [u, v] = palette.place(color(n), &picture);
            let (x, y) = (u * picture.width as f32, v * picture.height as f32);
            assert!(x.fract() == 0.5 && y.fract() == 0.5, "{x} {y} is no middle");
            let at = (y as usize * picture.width as usize + x as usize) * 3;
            assert_eq!(pixels[at..at + 3], color(n));
        }
    }

    #[test]
    fn few_colours_make_a_small_picture() {
        for (count, sides) in [(0, [1, 1]), (1, [1, 1]), (4, [2, 2]), (5, [4, 2]), (255, [16, 16])]
        {
            let mut palette = Palette::new();
            (0..count).for_each(|n| palette.add([n, 0, 0]));
            palette.complete();
            let picture = palette.picture();
            assert_eq!([picture.width, picture.height], sides, "{count}");
        }
    }
}
