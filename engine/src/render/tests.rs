//! Tests of the module beside this folder: `render`.

mod light;
mod rays;

use super::*;
use crate::coords::{Bounds, VoxelPos};
use crate::voxel::{MaterialSlot, Voxel};

const PLAIN: [SurfaceMaterial; 256] = [SurfaceMaterial::PLAIN; 256];

fn pos(x: i32, y: i32, z: i32) -> VoxelPos {
    VoxelPos::new(x, y, z).unwrap()
}

fn grey() -> Voxel {
    Voxel::from_rgb([128, 128, 128])
}

fn filled(boxes: &[([i32; 3], [i32; 3], Voxel)]) -> Volume {
    let mut volume = Volume::new();
    for (min, max, voxel) in boxes {
        let corner = |at: &[i32; 3]| VoxelPos::from_array(*at).unwrap();
        volume.fill(Bounds::from_corners(corner(min), corner(max)), *voxel);
    }
    volume
}

const PALE: [u8; 4] = [232, 235, 239, 255];

fn small(preset: Preset) -> RenderOptions {
    RenderOptions {
        camera: Camera::preset(preset),
        width: 100,
        height: 100,
        ground: GroundStyle::None,
        background: Background::Plain([232, 235, 239]),
        ..Default::default()
    }
}

fn draw(volume: &Volume, options: &RenderOptions) -> Picture {
    render(&Scene::new(&[volume], &PLAIN), options, &mut ()).unwrap()
}

fn brightness(picture: &Picture, x: u32, y: u32) -> i32 {
    picture.pixel(x, y).unwrap()[..3].iter().map(|part| i32::from(*part)).sum()
}

#[test]
fn a_cube_shows_three_sides_of_different_brightness() {
    let picture = draw(&filled(&[([0; 3], [9; 3], grey())]), &small(Preset::Isometric));
    let [top, left, right] =
        [(50, 28), (30, 62), (70, 62)].map(|(x, y)| brightness(&picture, x, y));
    assert!(top > left + 30 && left > right + 20, "{top} {left} {right}");
    // Six corners of a hexagon: beside them is the background.
    for (x, y) in [(3, 50), (97, 50), (15, 8), (85, 8), (15, 92), (85, 92)] {
        assert_eq!(picture.pixel(x, y), Some(PALE), "{x} {y}");
    }
    assert_eq!(picture.pixel(100, 0), None);
}

#[test]
fn every_preset_shows_its_side() {
    let color = |number: u8| Voxel::from_rgb([40 * number, 255 - 40 * number, 0]);
    let volume = filled(&[
        ([1, 0, 1], [8, 0, 8], color(0)),
        ([1, 9, 1], [8, 9, 8], color(1)),
        ([0, 1, 1], [0, 8, 8], color(2)),
        ([9, 1, 1], [9, 8, 8], color(3)),
        ([1, 1, 9], [8, 8, 9], color(4)),
        ([1, 1, 0], [8, 8, 0], color(5)),
    ]);
    let presets =
        [Preset::Front, Preset::Back, Preset::Left, Preset::Right, Preset::Top, Preset::Bottom];
    for (number, preset) in (0..).zip(presets) {
        let options = RenderOptions { ambient_occlusion: false, shadow: false, ..small(preset) };
        let [red, green, ..] = draw(&volume, &options).pixel(50, 50).unwrap();
        let [full_red, full_green, _] = color(number).rgb();
        // About as bright as its colour, and of the same hue.
        assert!(red.abs_diff(full_red) < 25 && green.abs_diff(full_green) < 25, "{preset:?}");
    }
}

#[test]
fn right_is_right_and_up_is_up() {
    let red = Voxel::from_rgb([255, 0, 0]);
    let volume = filled(&[([0; 3], [9; 3], grey()), ([9, 0, 9], [9, 0, 9], red)]);
    let is_red = |preset: Preset, x: u32, y: u32| {
        let [red, green, ..] = draw(&volume, &small(preset)).pixel(x, y).unwrap();
        red > 150 && green < 90
    };
    assert!(is_red(Preset::Front, 90, 10));
    assert!(is_red(Preset::Right, 10, 10));
    assert!(is_red(Preset::Top, 90, 90));
    assert!(is_red(Preset::Isometric, 50, 48));
}

#[test]
fn corners_are_darker() {
    let ditch = filled(&[([0, 0, 0], [19, 19, 0], grey()), ([10, 0, 1], [19, 19, 3], grey())]);
    let options = RenderOptions { shadow: false, ..small(Preset::Top) };
    let picture = draw(&ditch, &options);
    let (open, corner) = (brightness(&picture, 20, 50), brightness(&picture, 48, 50));
    assert!(open > corner + 25, "{open} {corner}");
    let flat = draw(&ditch, &RenderOptions { ambient_occlusion: false, ..options });
    assert_eq!(flat.pixel(20, 50), flat.pixel(48, 50));
}

#[test]
fn the_sun_casts_shadows() {
    let tower = filled(&[([0, 0, 0], [39, 39, 0], grey()), ([18, 18, 1], [21, 21, 14], grey())]);
    let options = RenderOptions { ambient_occlusion: false, ..small(Preset::Top) };
    let with = draw(&tower, &options);
    let without = draw(&tower, &RenderOptions { shadow: false, ..options });
    let darker = (0..100).flat_map(|y| (0..100).map(move |x| (x, y)));
    let darker =
        darker.filter(|(x, y)| brightness(&with, *x, *y) + 60 < brightness(&without, *x, *y));
    let count = darker.count();
    assert!((200..1500).contains(&count), "{count} pixels in the shade");
    // Lit from the upper left: shade to the lower right, none to the upper left.
    assert_eq!(with.pixel(35, 35), without.pixel(35, 35));
    assert!(brightness(&with, 62, 65) + 60 < brightness(&without, 62, 65));
}

#[test]
fn a_lit_plane_has_no_stains() {
    let stairs: Vec<_> = (0..20).map(|i| ([i, 0, 0], [i, 19, i / 4], grey())).collect();
    let options = RenderOptions { ambient_occlusion: false, ..small(Preset::Left) };
    let picture = draw(&filled(&stairs), &options);
    // Stairs that rise away from the sun are lit everywhere.
    let middle = picture.pixel(50, 50).unwrap();
    for (x, y) in (0..100).map(|i| (i, 50)).filter(|(x, _)| (12..88).contains(x)) {
        assert_eq!(picture.pixel(x, y), Some(middle), "{x} {y}");
    }
}

#[test]
fn what_is_not_there_is_transparent() {
    let options = RenderOptions { background: Background::Clear, ..small(Preset::Isometric) };
    let picture = draw(&filled(&[([0; 3], [9; 3], grey())]), &options);
    assert!(picture.has_alpha());
    assert_eq!(picture.pixel(0, 0), Some([0; 4]));
    assert_eq!(picture.pixel(50, 30).unwrap()[3], 255);
    let edges = picture.bytes().chunks(4).filter(|pixel| (1..255).contains(&pixel[3])).count();
    assert!(edges > 50, "{edges} pixels are partly covered");
    assert!(draw(&Volume::new(), &options).bytes().iter().all(|byte| *byte == 0));
}

#[test]
fn materials_shine_and_let_through() {
    let of = |rgb: [u8; 3], slot: u8| Voxel::new(rgb, MaterialSlot::new(slot).unwrap());
    let mut materials = PLAIN;
    materials[2].alpha = 128;
    materials[3].emission = 255;
    materials[4].alpha = 0;
    let seen = |slot: u8, options: &RenderOptions| {
        let volume = filled(&[
            ([0, 0, 0], [9, 9, 0], grey()),
            ([0, 0, 4], [9, 9, 4], of([200, 40, 40], slot)),
        ]);
        let picture = render(&Scene::new(&[&volume], &materials), options, &mut ());
        picture.unwrap().pixel(50, 50).unwrap()
    };
    let options = RenderOptions { ambient_occlusion: false, shadow: false, ..small(Preset::Top) };
    let [plain, clear, shining, gone] = [1, 2, 3, 4].map(|slot| seen(slot, &options));
    assert!(plain[0] > clear[0] && clear[0] > gone[0], "{plain:?} {clear:?} {gone:?}");
    assert!(plain[1] < clear[1] && clear[1] < gone[1]);
    assert!(shining[0] > plain[0]);
    assert_eq!([gone[0], gone[1]].map(|part| part.abs_diff(gone[2]) < 16), [true, true]);

    let glass = filled(&[([0; 3], [9; 3], of([200, 40, 40], 2))]);
    let options = RenderOptions { background: Background::Clear, ..options };
    let picture = render(&Scene::new(&[&glass], &materials), &options, &mut ());
    assert_eq!(picture.unwrap().pixel(50, 50).unwrap()[3], 128);
}

#[test]
fn later_layers_hide_earlier_ones() {
    let low = filled(&[([0; 3], [9; 3], Voxel::from_rgb([200, 0, 0]))]);
    let high = filled(&[([0, 0, 9], [9, 9, 9], Voxel::from_rgb([0, 200, 0]))]);
    let options = small(Preset::Top);
    let green = |layers: &[&Volume]| {
        let picture = render(&Scene::new(layers, &PLAIN), &options, &mut ()).unwrap();
        picture.pixel(50, 50).unwrap()[1] > 100
    };
    assert!(green(&[&low, &high]) && !green(&[&high, &low]));
}

#[test]
fn outlines_are_dark() {
    let cube = filled(&[([0; 3], [9; 3], grey())]);
    let options = small(Preset::Front);
    let plain = draw(&cube, &options);
    let outlined = draw(&cube, &RenderOptions { outline: true, ..options });
    assert_eq!(plain.pixel(50, 50), outlined.pixel(50, 50));
    // On all four sides.
    for (x, y) in [(6, 50), (93, 50), (50, 6), (50, 93)] {
        assert!(brightness(&outlined, x, y) + 30 < brightness(&plain, x, y), "{x} {y}");
    }
}

#[test]
fn limits_and_cancelling_are_kept() {
    struct Cancel(u32);
    impl Progress for Cancel {
        fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled> {
            assert!(done <= total);
            self.0 = self.0.checked_sub(1).ok_or(Cancelled)?;
            Ok(())
        }
    }
    let cube = filled(&[([0; 3], [40; 3], grey())]);
    let layers = [&cube];
    let scene = Scene::new(&layers, &PLAIN);
    let options = small(Preset::Isometric);
    let refused = |options: RenderOptions| render(&scene, &options, &mut ()).err().unwrap();
    let [none, many, large, long] = [
        RenderOptions { width: 0, ..options },
        RenderOptions { pixels_max: 9_999, ..options },
        RenderOptions { chunks_max: 26, ..options },
        RenderOptions { width: SIDE_MAX + 1, height: 1, ..options },
    ];
    assert!(matches!(refused(none), RenderError::NoPixels { width: 0, height: 100 }));
    assert!(matches!(refused(many), RenderError::TooManyPixels { pixels: 10_000, .. }));
    assert!(matches!(refused(long), RenderError::TooLong { side: 16_385 }));
    assert!(matches!(refused(large), RenderError::TooManyChunks { chunks_max: 26 }));
    for steps in 0..4 {
        let picture = render(&scene, &options, &mut Cancel(steps));
        assert_eq!(picture.err(), Some(RenderError::Cancelled(Cancelled)), "after {steps} steps");
    }
    assert!(render(&scene, &options, &mut Cancel(1000)).is_ok());
}

#[test]
fn a_png_holds_the_same_pixels() {
    for background in [Background::HAZE, Background::Clear] {
        let options = RenderOptions { background, ..small(Preset::Isometric) };
        let picture = draw(&filled(&[([0; 3], [9; 3], grey())]), &options);
        let png = picture.to_png(&mut ()).unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((info.width, info.height), (100, 100));
        assert_eq!(bytes, picture.bytes());
    }
}
