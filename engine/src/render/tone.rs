//! Bytes of a picture from amounts of light, and back.

use super::exact::light_of;
use std::sync::LazyLock;

/// Red, green and blue, in amounts of light.
pub(super) type Light = [f32; 3];

/// Amounts of light for the 256 values of a byte.
static LIGHT: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|byte| light_of(byte as f64 / 255.0) as f32));

/// Steps of light that are told apart when a byte is made of them.
const STEPS: usize = 4096;

/// The byte whose light is nearest on the curve, step by step.
static BYTE: LazyLock<Box<[u8]>> = LazyLock::new(|| {
    let mut byte = 0_u8;
    let mut next = light_of(0.5 / 255.0);
    let bytes = (0..STEPS).map(|step| {
        while byte < 255 && (step as f64 + 0.5) / STEPS as f64 >= next {
            byte += 1;
            next = light_of((f64::from(byte) + 0.5) / 255.0);
        }
        byte
    });
    bytes.collect()
});

/// Where the curve of a picture leaves the straight line: brighter light is told apart less and less.
const KNEE: f32 = 0.82;

pub(super) fn to_light(byte: u8) -> f32 {
    LIGHT[usize::from(byte)]
}

/// As [`to_light`], for a colour.
pub(super) fn light_of_rgb(rgb: [u8; 3]) -> Light {
    rgb.map(to_light)
}

/// What light looks like that is brighter than paper: it nears white instead of being cut off.
#[inline]
pub(super) fn shoulder(light: f32) -> f32 {
    if light <= KNEE {
        return light;
    }
    let over = (light - KNEE) / (1.0 - KNEE);
    KNEE + (1.0 - KNEE) * over / (1.0 + over)
}

/// Writes pixels.
#[derive(Clone, Copy)]
pub(super) struct Printer {
    bytes: &'static [u8],
}

impl Printer {
    pub(super) fn new() -> Self {
        Self { bytes: &BYTE }
    }

    #[inline]
    fn byte(self, light: f32) -> u8 {
        self.bytes[((light * STEPS as f32) as usize).min(STEPS - 1)]
    }

    /// Puts light that covers a part `cover` of the pixel in front of what is behind, which covers
    /// a part of it too.
    #[inline]
    pub(super) fn print(self, light: Light, cover: f32, behind: (Light, f32), pixel: &mut [u8]) {
        let left = 1.0 - cover;
        let alpha = cover + left * behind.1;
        for i in 0..3 {
            let sum = light[i] + left * behind.0[i];
            pixel[i] = self.byte(if alpha > 0.0 { sum / alpha } else { 0.0 });
        }
        if let Some(byte) = pixel.get_mut(3) {
            *byte = (alpha * 255.0 + 0.5) as u8;
        }
    }

    /// Adds light to a pixel that is written already.
    #[inline]
    pub(super) fn add(self, light: Light, pixel: &mut [u8]) {
        for i in 0..3 {
            let there = to_light(pixel[i]);
            // What is nearly white already takes less.
            pixel[i] = self.byte(there + (1.0 - there) * light[i].min(1.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let printer = Printer::new();
        for byte in 24..=255 {
            assert_eq!(printer.byte(to_light(byte)), byte);
        }
        assert_eq!((printer.byte(-1.0), printer.byte(9.0)), (0, 255));
        assert_eq!(printer.byte(f32::NAN), 0);
    }

    #[test]
    fn light_beyond_white_stays_in_order() {
        let steps: Vec<f32> = (0..40).map(|step| shoulder(step as f32 / 10.0)).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
        assert!(steps.iter().all(|light| *light < 1.0));
    }
}
