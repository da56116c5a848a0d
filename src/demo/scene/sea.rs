//! The sea around the island, and the frame that holds it.

use super::brush::{Brush, Ink, ink};
use super::noise::{hash, smooth};
use super::terrain::{FLOOR, MAX, MIN, Terrain, far};

const WOOD: Ink = ink(0x4a3426);
const DARK_WOOD: Ink = ink(0x34241b);
const BRASS: Ink = ink(0xc9a24a);

/// How far from the shore the water still changes its colour.
const SHALLOWS: i32 = 9;

pub fn paint(terrain: &Terrain) -> Brush {
    let mut brush = Brush::default();
    frame(&mut brush);
    let deep = ink(0x1c5d86);
    brush.cuboid([MIN, MIN, FLOOR], [MAX, MAX, -1], deep);
    for y in MIN..=MAX {
        for x in MIN..=MAX {
            if !terrain.is_land(x, y) {
                brush.dot([x, y, 0], water(terrain, x, y));
            }
        }
    }
    brush
}

/// A tray of dark wood with brass corners.
fn frame(brush: &mut Brush) {
    let (low, high) = (MIN - 2, MAX + 2);
    brush.cuboid([low - 1, low - 1, FLOOR - 4], [high + 1, high + 1, FLOOR - 3], DARK_WOOD);
    brush.cuboid([low, low, FLOOR - 2], [high, high, 0], WOOD);
    brush.carve([MIN, MIN, FLOOR], [MAX, MAX, 0]);
    for (x, y) in [(low, low), (low, high), (high, low), (high, high)] {
        brush.cuboid([x, y, FLOOR - 2], [x, y, 0], BRASS);
    }
}

/// Foam at the shore, turquoise shallows, deep blue outside, with streaks of light.
fn water(terrain: &Terrain, x: i32, y: i32) -> Ink {
    let shore = shore(terrain, x, y);
    let waves = smooth(x + y, x - y, 6, 21) + f64::from(hash(x, y, 22) % 100) / 400.0;
    match shore {
        ..2.0 if waves > 0.35 => ink(0xf2fbfa),
        ..2.3 => ink(0xbfe9e6),
        ..4.0 => ink(0x74d0d2),
        ..5.5 => ink(0x4fbccb),
        ..7.5 => ink(0x38a3c2),
        _ if waves > 0.98 => ink(0x5db4d6),
        ..9.0 => ink(0x2c8db4),
        _ if waves > 0.62 => ink(0x277ea8),
        _ => ink(0x226f9b),
    }
}

/// How far it is to the nearest land.
fn shore(terrain: &Terrain, x: i32, y: i32) -> f64 {
    let around = -SHALLOWS..=SHALLOWS;
    let steps = around.clone().flat_map(|dy| around.clone().map(move |dx| (dx, dy)));
    let land = steps.filter(|(dx, dy)| terrain.is_land(x + dx, y + dy));
    land.map(|(dx, dy)| far(dx, dy)).fold(f64::from(SHALLOWS) + 1.0, f64::min)
}
