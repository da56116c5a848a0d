//! The island: its heights, its strata, its grass, its paths.

use super::brush::{Brush, Ink, ink};
use super::noise::{hash, pick, smooth};
use super::{castle, lighthouse};

/// The least coordinate of the sea and the island, on both axes.
pub const MIN: i32 = -56;
/// The greatest coordinate of the sea and the island, on both axes.
pub const MAX: i32 = 55;
/// The lowest voxel of the ground.
pub const FLOOR: i32 = -3;

const SAND: [Ink; 3] = [ink(0xe8d5a3), ink(0xe3cd96), ink(0xdcc48a)];
const WET_SAND: [Ink; 2] = [ink(0xc9b07c), ink(0xc2a873)];
const ROCK: [Ink; 4] = [ink(0x8d8a84), ink(0x83807b), ink(0x96928b), ink(0x78756f)];
const MEADOW: [Ink; 4] = [ink(0x7cb342), ink(0x85bb4b), ink(0x74aa3c), ink(0x8ec254)];
const GRASS: [Ink; 4] = [ink(0x5f9e3a), ink(0x68a840), ink(0x579435), ink(0x70ae47)];
const FLOWERS: [Ink; 4] = [ink(0xf4d03f), ink(0xe8574a), ink(0xf7f3ee), ink(0xb07cc6)];
const COBBLES: [Ink; 4] = [ink(0xc7b79a), ink(0xbcab8c), ink(0xb09f80), ink(0xd0c2a6)];

/// Corners of the paths: from the jetty to the castle's gate, and a branch to the lighthouse.
const PATHS: [&[[i32; 2]]; 2] = [
    &[[20, -26], [17, -14], [3, -8], [-9, -6], [-12, 0]],
    &[[8, -10], [18, 4], [22, 14], [27, 20]],
];

/// The height of the ground at every place.
#[derive(Debug)]
pub struct Terrain {
    heights: Vec<i32>,
}

impl Terrain {
    /// The island.
    pub fn new() -> Self {
        let places = (MIN..=MAX).flat_map(|y| (MIN..=MAX).map(move |x| (x, y)));
        Terrain { heights: places.map(|(x, y)| height(x, y)).collect() }
    }

    /// The highest voxel of the ground; at most 0 in the sea, and outside.
    pub fn height(&self, x: i32, y: i32) -> i32 {
        let side = MAX - MIN + 1;
        let inside = (MIN..=MAX).contains(&x) && (MIN..=MAX).contains(&y);
        let index = usize::try_from((y - MIN) * side + x - MIN).ok().filter(|_| inside);
        index.and_then(|index| self.heights.get(index)).copied().unwrap_or(FLOOR)
    }

    /// Whether this place is land.
    pub fn is_land(&self, x: i32, y: i32) -> bool {
        self.height(x, y) > 0
    }

    /// How far the ground falls to the lowest of the four places beside.
    pub fn slope(&self, x: i32, y: i32) -> i32 {
        let beside = [(1, 0), (-1, 0), (0, 1), (0, -1)];
        let lowest = beside.map(|(dx, dy)| self.height(x + dx, y + dy)).into_iter().min();
        self.height(x, y) - lowest.unwrap_or(0)
    }

    /// Whether a path runs within so many voxels.
    pub fn is_path(&self, x: i32, y: i32, within: f64) -> bool {
        PATHS.iter().any(|path| path.windows(2).any(|leg| distance(leg, x, y) <= within))
    }

    /// Strata row by row, then the surface voxel by voxel.
    pub fn paint(&self) -> Brush {
        let mut brush = Brush::default();
        let highest = self.heights.iter().copied().max().unwrap_or(0);
        self.rows(0, |x, to, y| brush.cuboid([x, y, FLOOR], [to, y, 0], ink(0x8a7350)));
        for z in 1..highest {
            let color = stratum(z);
            // Only below the surface: that has a colour of its own.
            self.rows(z, |x, to, y| brush.cuboid([x, y, z], [to, y, z], color));
        }
        for (x, y) in self.land() {
            brush.dot([x, y, self.height(x, y)], self.surface(x, y));
        }
        brush
    }

    /// Cobbles on the paths, flowers beside them.
    pub fn paint_paths(&self) -> Brush {
        let mut brush = Brush::default();
        for (x, y) in self.land() {
            let z = self.height(x, y);
            if self.is_path(x, y, 1.6) {
                brush.dot([x, y, z], pick(COBBLES, x, y, 31));
            } else if z > 3
                && self.slope(x, y) < 2
                && hash(x, y, 32).is_multiple_of(41)
                && is_open(x, y)
            {
                brush.dot([x, y, z + 1], pick(FLOWERS, x, y, 33));
            }
        }
        brush
    }

    fn land(&self) -> impl Iterator<Item = (i32, i32)> {
        let places = (MIN..=MAX).flat_map(|y| (MIN..=MAX).map(move |x| (x, y)));
        places.filter(|(x, y)| self.is_land(*x, *y))
    }

    /// Runs of places along x whose ground is higher than `z`.
    fn rows(&self, z: i32, mut run: impl FnMut(i32, i32, i32)) {
        for y in MIN..=MAX {
            let mut start = None;
            for x in MIN..=MAX + 1 {
                match (start, self.height(x, y) > z) {
                    (None, true) => start = Some(x),
                    (Some(from), false) => {
                        run(from, x - 1, y);
                        start = None;
                    }
                    (None, false) | (Some(_), true) => {}
                }
            }
        }
    }

    fn surface(&self, x: i32, y: i32) -> Ink {
        let (z, slope) = (self.height(x, y), self.slope(x, y));
        let ragged = z + i32::from(hash(x, y, 7).is_multiple_of(3));
        match ragged {
            ..=1 => pick(WET_SAND, x, y, 1),
            2..=3 => pick(SAND, x, y, 2),
            _ if slope >= 3 => pick(ROCK, x, y, 3),
            _ if smooth(x, y, 13, 4) > 0.52 => pick(MEADOW, x, y, 5),
            _ => pick(GRASS, x, y, 6),
        }
    }
}

/// Whether nothing is built here.
pub fn is_open(x: i32, y: i32) -> bool {
    let [cx, cy, _] = castle::CENTER;
    let [lx, ly, _] = lighthouse::BASE;
    (x - cx).abs().max((y - cy).abs()) > castle::REACH && far(x - lx, y - ly) > 8.0
}

/// The colour of the ground below its surface.
fn stratum(z: i32) -> Ink {
    match z {
        ..=2 => ink(0xcdb582),
        3..=4 => ink(0x8a6a48),
        5..=6 => ink(0x7d5f40),
        7 => ink(0x94775a),
        8..=9 => ink(0x77726b),
        _ => ink(0x8a857d),
    }
}

/// A round island with a ragged shore, a plateau for the castle and a rock for the lighthouse.
fn height(x: i32, y: i32) -> i32 {
    let ragged = smooth(x, y, 17, 11) * 0.34 + smooth(x, y, 7, 12) * 0.12 - 0.2;
    let inland = 1.0 - far(x, y) / 42.0 + ragged;
    let hills = smooth(x, y, 15, 13) * 4.5 + smooth(x, y, 6, 14) * 1.2;
    let ground = if inland <= 0.0 { -2.0 } else { inland * 8.0 + hills * inland.min(0.6) };
    let [cx, cy, cz] = castle::CENTER;
    let ground = blend(ground, f64::from(cz - 1), far(x - cx, y - cy), 17.0, 24.0);
    let [lx, ly, lz] = lighthouse::BASE;
    let rugged = smooth(x, y, 3, 15) * 1.6;
    let rock = f64::from(lz - 1) - if far(x - lx, y - ly) > 6.0 { rugged } else { 0.0 };
    blend(ground, rock, far(x - lx, y - ly), 8.0, 11.0).round() as i32
}

/// `inner` within `near`, `outer` beyond `beyond`, and a slope between.
fn blend(outer: f64, inner: f64, distance: f64, near: f64, beyond: f64) -> f64 {
    let share = ((beyond - distance) / (beyond - near)).clamp(0.0, 1.0);
    outer * (1.0 - share) + inner * share
}

/// The length of a step on the plane.
pub fn far(dx: i32, dy: i32) -> f64 {
    f64::from(dx * dx + dy * dy).sqrt()
}

/// How far a place is from one leg of a path.
fn distance(leg: &[[i32; 2]], x: i32, y: i32) -> f64 {
    let [[ax, ay], [bx, by]] = [leg[0], leg[1]];
    let (dx, dy) = (f64::from(bx - ax), f64::from(by - ay));
    let (px, py) = (f64::from(x - ax), f64::from(y - ay));
    let along = ((px * dx + py * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    let (ox, oy) = (px - along * dx, py - along * dy);
    (ox * ox + oy * oy).sqrt()
}
