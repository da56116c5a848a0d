//! Random-looking values that are the same everywhere and at every run.

/// A number that looks random, from a place and a seed.
pub fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut value = x.cast_unsigned().wrapping_mul(0x9e37_79b1)
        ^ y.cast_unsigned().wrapping_mul(0x85eb_ca77)
        ^ seed.wrapping_mul(0xc2b2_ae3d);
    value ^= value >> 15;
    value = value.wrapping_mul(0x2c1b_3c6d);
    value ^= value >> 12;
    value = value.wrapping_mul(0x297a_2d39);
    value ^ value >> 15
}

/// One of several things, by place.
pub fn pick<T: Copy, const N: usize>(choices: [T; N], x: i32, y: i32, seed: u32) -> T {
    let index = hash(x, y, seed) as usize % N;
    choices[index]
}

/// A value from 0 to 1 that changes smoothly over about `scale` voxels.
pub fn smooth(x: i32, y: i32, scale: i32, seed: u32) -> f64 {
    let corner = |dx: i32, dy: i32| {
        let cell = hash(x.div_euclid(scale) + dx, y.div_euclid(scale) + dy, seed);
        f64::from(cell) / f64::from(u32::MAX)
    };
    let ease = |at: i32| {
        let t = f64::from(at.rem_euclid(scale)) / f64::from(scale);
        t * t * (3.0 - 2.0 * t)
    };
    let (u, v) = (ease(x), ease(y));
    let low = corner(0, 0) * (1.0 - u) + corner(1, 0) * u;
    let high = corner(0, 1) * (1.0 - u) + corner(1, 1) * u;
    low * (1.0 - v) + high * v
}
