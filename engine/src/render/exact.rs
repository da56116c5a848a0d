//! Arithmetic that gives the same bits on every machine: only what IEEE 754 defines to the bit
//! (+, -, *, / and square roots), where a system's own library may round as it likes.

/// Sine and cosine of an angle in degrees, exact at the quarters. An angle that is no number is 0.
pub(super) fn sin_cos(degrees: f64) -> (f64, f64) {
    if !degrees.is_finite() {
        return (0.0, 1.0);
    }
    let turned = degrees % 360.0;
    let quarter = (turned / 90.0).round();
    let angle = (turned - quarter * 90.0) * (std::f64::consts::PI / 180.0);
    let square = angle * angle;
    // The terms of both series from the last to the first; after so many, the rest is below 1e-17.
    let series = |first: u32| {
        let divisor = |term: u32| f64::from((2 * term + first) * (2 * term + first - 1));
        (1..=8).rev().fold(1.0, |sum, term| 1.0 - square / divisor(term) * sum)
    };
    let (sine, cosine) = (angle * series(1), series(0));
    match quarter.rem_euclid(4.0) as u32 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// The amount of light that a value of the sRGB curve stands for; both go from 0 to 1.
pub(super) fn light_of(value: f64) -> f64 {
    if value <= 0.040_45 {
        return value / 12.92;
    }
    let base = (value + 0.055) / 1.055;
    let square = base * base;
    square * fifth_root(square)
}

/// The fifth root of a number from 0 to 1, by Newton's method from above.
fn fifth_root(number: f64) -> f64 {
    (0..48).fold(1.0, |root: f64, _| {
        let fourth = root * root * root * root;
        root - (fourth * root - number) / (5.0 * fourth)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_those_of_the_library() {
        for degrees in (-1_440..1_440).map(|step| f64::from(step) / 1.7) {
            let (sine, cosine) = sin_cos(degrees);
            assert!((sine - degrees.to_radians().sin()).abs() < 1e-13, "{degrees}");
            assert!((cosine - degrees.to_radians().cos()).abs() < 1e-13, "{degrees}");
        }
        assert_eq!([0.0, 90.0, 180.0, -90.0].map(sin_cos).map(|(s, _)| s), [0.0, 1.0, 0.0, -1.0]);
        assert_eq!(sin_cos(f64::NAN), (0.0, 1.0));
    }

    #[test]
    fn the_curve_is_that_of_srgb() {
        for value in (0..=255).map(|byte| f64::from(byte) / 255.0) {
            let expected =
                if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
            assert!((light_of(value) - expected).abs() < 1e-12, "{value}");
        }
    }
}
