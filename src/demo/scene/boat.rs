//! The jetty with its lanterns, and the boat that sails past it.

use goxe_protocol::api::voxel::EditItem;

use super::Errand;
use super::brush::{Brush, Ink, ink};
use super::terrain::FLOOR;

/// The boat's own layer, which moves as one.
pub const LAYER: &str = "boat";
/// How many voxels the boat sails, each by an edit of its own.
pub const VOYAGE: i32 = 20;

const PLANK: [Ink; 2] = [ink(0x9c7148), ink(0x8a6340)];
const POST: Ink = ink(0x5f4229);
const HULL: Ink = ink(0x8c4a2b);
const RIM: Ink = ink(0xe9dcc3);
const SAIL: Ink = ink(0xfaf6ec);
const STRIPE: Ink = ink(0xd9483b);

pub fn paint_jetty() -> Brush {
    let mut brush = Brush::default();
    for y in -43..=-25 {
        brush.cuboid([18, y, 2], [22, y, 2], PLANK[y.rem_euclid(2).unsigned_abs() as usize]);
    }
    for y in [-43, -38, -33, -28] {
        for x in [17, 23] {
            brush.cuboid([x, y, FLOOR], [x, y, 4], POST);
            brush.dot([x, y, 5], ink(0xffd06b).shining());
        }
    }
    brush
}

/// A boat under sail, bound for the right.
pub fn paint() -> Brush {
    let mut brush = Brush::default();
    let [x, y] = [-44, -47];
    for (z, inset) in [(0, 2), (1, 1), (2, 0)] {
        brush.cuboid([x + inset, y - 2, z], [x + 13 - inset, y + 2, z], HULL);
        brush.cuboid([x + 14 - inset, y - 1, z], [x + 15 - inset, y + 1, z], HULL);
        brush.dot([x + 16 - inset, y, z], HULL);
    }
    brush.carve([x + 1, y - 1, 2], [x + 13, y + 1, 2]);
    for side in [-2, 2] {
        brush.cuboid([x, y + side, 3], [x + 13, y + side, 3], RIM);
    }
    brush.cuboid([x, y - 2, 3], [x, y + 2, 3], RIM);
    brush.line([x + 7, y, 2], [x + 7, y, 21], POST);
    for z in 5..20 {
        let width = (20 - z) * 2 / 3;
        let color = if (10..12).contains(&z) { STRIPE } else { SAIL };
        brush.cuboid([x + 6 - width.min(7), y, z], [x + 6, y, z], color);
    }
    for z in 5..16 {
        brush.cuboid([x + 8, y, z], [x + 8 + (16 - z) * 2 / 3, y, z], SAIL);
    }
    brush.cuboid([x + 4, y, 21], [x + 6, y, 21], STRIPE);
    brush
}

/// One voxel further.
pub fn errand(mile: i32) -> Errand {
    Errand {
        layer: LAYER,
        label: format!("voyage {mile}"),
        edit: EditItem::Move { layer: None, offset: [1, 0, 0], within: None },
        adds: 0,
        sails: 1,
    }
}
