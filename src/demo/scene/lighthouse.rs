//! The lighthouse on its rock: red and white bands, a gallery, a lamp that shines.

use super::brush::{Brush, Ink, ink};
use super::terrain::far;

/// The middle of its foot, on the ground.
pub const BASE: [i32; 3] = [29, 27, 9];

const HEIGHT: u32 = 30;
const BAND: u32 = 6;
const WHITE: Ink = ink(0xf6f2ea);
const RED: Ink = ink(0xcf3a2c);
const IRON: Ink = ink(0x2d3038);
const STONE: Ink = ink(0x8b8780);
const LAMP: Ink = ink(0xfff0a6).shining();

pub fn paint() -> Brush {
    let mut brush = Brush::default();
    let [x, y, z] = BASE;
    brush.column(BASE, 6.4, 2, STONE);
    for (level, step) in (z + 2..).zip(0..HEIGHT) {
        let radius = 5.2 - 1.9 * f64::from(step) / f64::from(HEIGHT);
        let color = if (step / BAND).is_multiple_of(2) { WHITE } else { RED };
        brush.column([x, y, level], radius, 1, color);
    }
    windows(&mut brush);
    let gallery = z + 2 + HEIGHT.cast_signed();
    brush.column([x, y, gallery], 5.4, 1, IRON);
    railing(&mut brush, gallery + 1);
    lamp(&mut brush, gallery + 1);
    brush
}

/// A door to the path, and lit windows up the stairs.
fn windows(brush: &mut Brush) {
    let [x, y, z] = BASE;
    let light = ink(0xffd983).shining();
    brush.cuboid([x - 1, y - 5, z + 2], [x + 1, y - 5, z + 5], ink(0x5a3a22));
    for (step, reach) in [(9, 4), (16, 4), (23, 3)] {
        brush.cuboid([x, y - reach, z + step], [x, y - reach, z + step + 1], light);
        brush.cuboid([x + reach, y, z + step + 2], [x + reach, y, z + step + 3], light);
    }
}

fn railing(brush: &mut Brush, z: i32) {
    let [cx, cy, _] = BASE;
    for y in cy - 5..=cy + 5 {
        for x in cx - 5..=cx + 5 {
            if (4.6..=5.4).contains(&far(x - cx, y - cy)) && (x + y) % 2 == 0 {
                brush.dot([x, y, z], IRON);
            }
        }
    }
}

/// The lamp between four iron bars, below a red roof.
fn lamp(brush: &mut Brush, z: i32) {
    let [x, y, _] = BASE;
    brush.column([x, y, z], 3.0, 1, WHITE);
    brush.column([x, y, z + 1], 2.5, 5, LAMP);
    for (dx, dy) in [(-2, -2), (-2, 2), (2, -2), (2, 2)] {
        brush.cuboid([x + dx, y + dy, z + 1], [x + dx, y + dy, z + 5], IRON);
    }
    brush.column([x, y, z + 6], 3.8, 1, IRON);
    brush.cone([x, y, z + 7], 3.6, 5, RED);
    brush.line([x, y, z + 12], [x, y, z + 14], IRON);
}
