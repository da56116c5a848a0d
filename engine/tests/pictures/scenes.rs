//! Small models that show what pictures can do.

use goxe_engine::coords::{Axis, Bounds, VoxelPos};
use goxe_engine::render::SurfaceMaterial;
use goxe_engine::shape::Shape;
use goxe_engine::volume::Volume;
use goxe_engine::voxel::{MaterialSlot, Voxel};

/// The slot of glass and the slot of lamps.
pub const GLASS: u8 = 2;
pub const LAMP: u8 = 3;

pub fn materials() -> [SurfaceMaterial; 256] {
    let mut materials = [SurfaceMaterial::PLAIN; 256];
    materials[usize::from(GLASS)].alpha = 110;
    materials[usize::from(LAMP)].emission = 255;
    materials
}

pub fn at(x: i32, y: i32, z: i32) -> VoxelPos {
    VoxelPos::new(x, y, z).unwrap()
}

fn plain(rgb: [u8; 3]) -> Voxel {
    Voxel::from_rgb(rgb)
}

fn of(rgb: [u8; 3], slot: u8) -> Voxel {
    Voxel::new(rgb, MaterialSlot::new(slot).unwrap())
}

fn block(volume: &mut Volume, low: [i32; 3], high: [i32; 3], voxel: Voxel) {
    let corner = |[x, y, z]: [i32; 3]| at(x, y, z);
    volume.fill(Bounds::from_corners(corner(low), corner(high)), voxel);
}

/// Another number for each place, the same every time.
fn noise(x: i32, y: i32, z: i32) -> u32 {
    let mixed = [x, y, z].iter().fold(2_166_136_261_u32, |sum, part| {
        (sum ^ part.unsigned_abs().wrapping_mul(31)).wrapping_mul(16_777_619)
    });
    (mixed ^ mixed >> 15).wrapping_mul(0x2c1b_3c6d) >> 8
}

/// A castle on a meadow: walls with battlements, four towers, a gate, trees and two lamps.
pub fn castle() -> Volume {
    let mut volume = Volume::new();
    for (x, y) in (0..56).flat_map(|y| (0..56).map(move |x| (x, y))) {
        let shade = (noise(x, y, 0) % 3) as u8 * 6;
        volume.set(at(x, y, 0), plain([92 + shade, 138 + shade, 62 + shade / 2]));
    }
    block(&mut volume, [25, 0, 0], [30, 12, 0], plain([176, 158, 122]));
    let stone = |x: i32, y: i32, z: i32| {
        let shade = (noise(x, y / 2, z) % 4) as u8 * 5;
        plain([158 + shade, 152 + shade, 142 + shade])
    };
    for z in 1..=11 {
        for along in 10..=45 {
            let is_wall = z < 10 || along % 3 != 0;
            for (x, y) in [(along, 10), (along, 45), (10, along), (45, along)] {
                if is_wall {
                    volume.set(at(x, y, z), stone(x, y, z));
                }
            }
        }
    }
    for (x, y) in [(10, 10), (45, 10), (10, 45), (45, 45)] {
        let tower = Shape::cylinder(at(x, y, 1), Axis::Z, 5.0, 17).unwrap();
        tower.fill(&mut volume, plain([170, 163, 150]));
        for z in 0..8 {
            let radius = 6.4 - 0.75 * f64::from(z);
            let ring = Shape::cylinder(at(x, y, 18 + z), Axis::Z, radius, 1).unwrap();
            ring.fill(&mut volume, plain([168 - 4 * z as u8, 58, 46]));
        }
    }
    block(&mut volume, [23, 9, 1], [32, 11, 13], plain([150, 143, 132]));
    block(&mut volume, [26, 9, 1], [29, 11, 7], Voxel::EMPTY);
    block(&mut volume, [26, 10, 1], [29, 10, 7], plain([98, 66, 40]));
    for x in [24, 31] {
        volume.set(at(x, 8, 6), of([255, 190, 90], LAMP));
    }
    block(&mut volume, [20, 26, 1], [35, 38, 14], plain([205, 190, 160]));
    for z in 0..8 {
        block(&mut volume, [19 + z, 25, 15 + z], [36 - z, 39, 15 + z], plain([120, 74, 58]));
    }
    for (x, z) in [(22, 5), (26, 5), (30, 5), (22, 10), (26, 10), (30, 10)] {
        block(&mut volume, [x, 26, z], [x + 1, 26, z + 1], of([255, 214, 120], LAMP));
    }
    for (x, y) in [(4, 4), (51, 6), (5, 50), (50, 51), (3, 24)] {
        block(&mut volume, [x, y, 1], [x, y, 4], plain([96, 68, 44]));
        Shape::sphere(at(x, y, 6), 2.6).unwrap().fill(&mut volume, plain([58, 112, 56]));
    }
    volume
}

/// A chair: small enough that each voxel is large in the picture.
pub fn chair() -> Volume {
    let mut volume = Volume::new();
    let (wood, seat) = (plain([158, 104, 60]), plain([196, 62, 52]));
    for (x, y) in [(0, 0), (7, 0), (0, 7), (7, 7)] {
        block(&mut volume, [x, y, 0], [x, y, if y == 7 { 14 } else { 5 }], wood);
    }
    block(&mut volume, [0, 0, 5], [7, 7, 5], wood);
    block(&mut volume, [1, 1, 6], [6, 6, 6], seat);
    for z in [9, 12] {
        block(&mut volume, [0, 7, z], [7, 7, z + 1], wood);
    }
    volume
}

/// A dark room, open to the front, with a lamp and a pane of glass in it.
pub fn room() -> Volume {
    let mut volume = Volume::new();
    block(&mut volume, [0, 0, 0], [31, 27, 19], plain([120, 124, 138]));
    block(&mut volume, [2, 0, 2], [29, 25, 19], Voxel::EMPTY);
    block(&mut volume, [2, 0, 1], [29, 25, 1], plain([146, 112, 82]));
    block(&mut volume, [5, 16, 2], [11, 22, 6], plain([70, 110, 160]));
    block(&mut volume, [8, 19, 7], [8, 19, 10], plain([60, 60, 66]));
    Shape::sphere(at(8, 19, 12), 1.8).unwrap().fill(&mut volume, of([255, 170, 70], LAMP));
    block(&mut volume, [17, 12, 2], [17, 22, 12], of([120, 200, 220], GLASS));
    block(&mut volume, [22, 6, 2], [26, 10, 5], plain([170, 70, 60]));
    volume.set(at(24, 8, 6), of([80, 220, 255], LAMP));
    volume
}
