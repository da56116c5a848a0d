//! The castle: walls with towers, a gate, a keep with lit windows, flags.

use super::brush::{Brush, Ink, ink};
use super::noise::{hash, pick};

/// The middle of the courtyard, on the ground.
pub const CENTER: [i32; 3] = [-12, 13, 12];
/// How far the castle reaches from there, with the ground that stays free.
pub const REACH: i32 = 16;

const HALF: i32 = 11;
const WALL_HEIGHT: i32 = 8;
const TOWER_HEIGHT: u32 = 13;
const STONE: Ink = ink(0xb3aea4);
const STONES: [Ink; 4] = [ink(0xa8a399), ink(0xbdb8ae), ink(0x9e998f), ink(0xc6c1b7)];
const PAVING: [Ink; 3] = [ink(0x8f8a80), ink(0x99948a), ink(0x858076)];
const ROOF: Ink = ink(0x2f5f8f);
const ROOF_LIGHT: Ink = ink(0x3d74a8);
const KEEP_ROOF: Ink = ink(0xb5402f);
const FLAG: Ink = ink(0xe2452f);
const WOOD: Ink = ink(0x6b4527);
const POLE: Ink = ink(0x4a4a4a);
const LIGHT: Ink = ink(0xffd983).shining();

pub fn paint() -> Brush {
    let mut brush = Brush::default();
    let [x, y, z] = CENTER;
    courtyard(&mut brush);
    walls(&mut brush);
    for (dx, dy) in [(-HALF, -HALF), (HALF, -HALF), (-HALF, HALF), (HALF, HALF)] {
        tower(&mut brush, [x + dx, y + dy, z]);
    }
    keep(&mut brush);
    gate(&mut brush);
    brush
}

fn courtyard(brush: &mut Brush) {
    let [cx, cy, z] = CENTER;
    for y in cy - HALF..=cy + HALF {
        for x in cx - HALF..=cx + HALF {
            brush.dot([x, y, z - 1], pick(PAVING, x, y, 41));
        }
    }
}

fn walls(brush: &mut Brush) {
    let [cx, cy, z] = CENTER;
    let top = z + WALL_HEIGHT - 1;
    brush.cuboid([cx - HALF, cy - HALF, z], [cx + HALF, cy + HALF, top], STONE);
    let inside = HALF - 2;
    brush.carve([cx - inside, cy - inside, z], [cx + inside, cy + inside, top]);
    // Single stones in other greys, on the faces that are seen.
    for level in z..=top {
        for step in -HALF..=HALF {
            for at in [[cx + step, cy - HALF, level], [cx + HALF, cy + step, level]] {
                if hash(at[0] * 3 + at[1] * 7, level, 42).is_multiple_of(3) {
                    brush.dot(at, pick(STONES, at[0] + at[1], level, 43));
                }
            }
        }
    }
    for step in (-HALF..=HALF).filter(|step| step.rem_euclid(3) != 0) {
        for at in [
            [cx + step, cy - HALF],
            [cx + step, cy + HALF],
            [cx - HALF, cy + step],
            [cx + HALF, cy + step],
        ] {
            brush.dot([at[0], at[1], top + 1], STONE);
        }
    }
}

/// A round tower with a row of merlons, lit slits, a pointed roof and a flag.
fn tower(brush: &mut Brush, base: [i32; 3]) {
    let [x, y, z] = base;
    brush.column(base, 3.6, TOWER_HEIGHT, STONE);
    let top = z + TOWER_HEIGHT.cast_signed();
    brush.column([x, y, top - 1], 4.3, 2, STONES[1]);
    for level in (z + 3..top - 2).step_by(4) {
        for at in [[x, y - 4, level], [x + 4, y, level]] {
            brush.carve(at, [at[0], at[1], level + 1]);
        }
        for inner in [[x, y - 3], [x + 3, y]] {
            brush.cuboid([inner[0], inner[1], level], [inner[0], inner[1], level + 1], LIGHT);
        }
    }
    brush.cone([x, y, top + 1], 4.8, 9, ROOF);
    for level in [top + 2, top + 5] {
        let left = 1.0 - f64::from(level - top - 1) / 9.0;
        brush.column([x, y, level], 4.8 * left, 1, ROOF_LIGHT);
    }
    flag(brush, [x, y, top + 10]);
}

fn flag(brush: &mut Brush, foot: [i32; 3]) {
    let [x, y, z] = foot;
    brush.line(foot, [x, y, z + 4], POLE);
    brush.cuboid([x + 1, y, z + 3], [x + 3, y, z + 4], FLAG);
    brush.dot([x + 4, y, z + 4], FLAG);
}

/// The keep: the highest house, with rows of lit windows and a red roof.
fn keep(brush: &mut Brush) {
    let [cx, cy, z] = CENTER;
    let (x, y, half, height) = (cx - 2, cy + 3, 5, 17);
    brush.cuboid([x - half, y - half, z], [x + half, y + half, z + height], ink(0xcfc7b6));
    for side in [-half, half] {
        for other in [-half, half] {
            brush.cuboid([x + side, y + other, z], [x + side, y + other, z + height], STONES[2]);
        }
    }
    for level in [z + 5, z + 10, z + 14] {
        for step in [-3, 0, 3] {
            brush.cuboid([x + step, y - half, level], [x + step, y - half, level + 1], LIGHT);
            brush.cuboid([x + half, y + step, level], [x + half, y + step, level + 1], LIGHT);
        }
    }
    let eaves = z + height + 1;
    for (level, step) in (eaves..).zip(0..=half + 1) {
        let reach = half + 1 - step;
        let tiles = if step % 3 == 1 { ink(0xc9513c) } else { KEEP_ROOF };
        brush.cuboid([x - reach, y - reach, level], [x + reach, y + reach, level], tiles);
    }
    flag(brush, [x, y, eaves + half + 2]);
}

/// The gate towards the path: a house over an arch, a door of planks, two torches.
fn gate(brush: &mut Brush) {
    let [cx, cy, z] = CENTER;
    let y = cy - HALF;
    brush.cuboid([cx - 5, y - 1, z], [cx + 5, y + 2, z + WALL_HEIGHT + 2], STONES[1]);
    for step in [-5, -3, -1, 1, 3, 5] {
        brush.cuboid(
            [cx + step, y - 1, z + WALL_HEIGHT + 3],
            [cx + step, y + 2, z + WALL_HEIGHT + 3],
            STONES[1],
        );
    }
    brush.carve([cx - 2, y - 1, z], [cx + 2, y + 2, z + 4]);
    brush.carve([cx - 1, y - 1, z + 5], [cx + 1, y + 2, z + 5]);
    brush.cuboid([cx - 2, y + 1, z], [cx + 2, y + 1, z + 4], WOOD);
    brush.cuboid([cx, y + 1, z], [cx, y + 1, z + 4], ink(0x55351d));
    for side in [-4, 4] {
        brush.dot([cx + side, y - 2, z + 3], WOOD);
        brush.dot([cx + side, y - 2, z + 4], LIGHT);
    }
}
