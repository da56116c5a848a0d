//! Reference pictures, pixel by pixel. `GOXE_BLESS=1` writes them anew: then look at every one.

mod scenes;

use std::path::PathBuf;

use goxe_engine::coords::Bounds;
use goxe_engine::render::{
    Background, Camera, GroundStyle, Picture, Preset, RenderOptions, Scene, States, Sun, changes,
    render, sheet, side_by_side, size_for,
};
use goxe_engine::volume::Volume;
use goxe_engine::voxel::Voxel;
use scenes::at;

fn sized(width: u32, height: u32) -> RenderOptions {
    RenderOptions { width, height, ..RenderOptions::default() }
}

fn draw(volume: &Volume, options: &RenderOptions) -> Picture {
    let materials = scenes::materials();
    render(&Scene::new(&[volume], &materials), options, &mut ()).unwrap()
}

/// Compares a picture with the one that is kept.
fn check(name: &str, picture: &Picture) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name);
    let path = path.with_extension("png");
    if std::env::var_os("GOXE_BLESS").is_some() {
        std::fs::write(&path, picture.to_png(&mut ()).unwrap()).unwrap();
    }
    let kept = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = png::Decoder::new(std::io::Cursor::new(kept)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((info.width, info.height), (picture.width(), picture.height()), "{name}");
    let differing = bytes.iter().zip(picture.bytes()).filter(|(a, b)| a != b).count();
    assert!(
        bytes == picture.bytes(),
        "{name} differs in {differing} bytes; if it should, look at it with GOXE_BLESS=1"
    );
}

#[test]
fn a_castle_in_the_usual_light() {
    let castle = scenes::castle();
    let camera = Camera::preset(Preset::Perspective);
    let [width, height] = size_for(castle.bounds(), &camera);
    assert!(width > height, "a castle is wider than high: {width} x {height}");
    check("castle", &draw(&castle, &sized(width / 2, height / 2)));
}

#[test]
fn a_castle_in_the_evening() {
    let options = RenderOptions {
        camera: Camera::orbit(Some(-32.0), Some(11.0)).unwrap(),
        sun: Sun::new(Some(55.0), Some(15.0), None).unwrap(),
        ground: GroundStyle::Lines,
        background: Background::Gradient { top: [38, 46, 84], bottom: [232, 158, 116] },
        ..sized(320, 224)
    };
    check("castle-evening", &draw(&scenes::castle(), &options));
}

#[test]
fn a_castle_cut_out() {
    let options = RenderOptions {
        camera: Camera::preset(Preset::Front),
        background: Background::Clear,
        ..sized(320, 160)
    };
    let picture = draw(&scenes::castle(), &options);
    assert!(picture.has_alpha());
    check("castle-front-clear", &picture);
}

#[test]
fn a_castle_with_lines() {
    let camera = Camera::preset(Preset::Isometric);
    let options = RenderOptions { camera, outline: true, ..sized(320, 256) };
    check("castle-isometric-outline", &draw(&scenes::castle(), &options));
}

#[test]
fn a_castle_on_a_sheet() {
    let (castle, materials) = (scenes::castle(), scenes::materials());
    let picture = sheet(&Scene::new(&[&castle], &materials), &sized(640, 256), &mut ());
    check("castle-sheet", &picture.unwrap());
}

#[test]
fn a_chair() {
    check("chair", &draw(&scenes::chair(), &sized(192, 256)));
}

#[test]
fn a_room_with_lamps_and_glass() {
    check("room", &draw(&scenes::room(), &sized(288, 240)));
}

#[test]
fn inside_of_a_room() {
    let camera = Camera::free([14.0, -4.0, 9.0], [14.0, 22.0, 7.0], None).unwrap();
    let options = RenderOptions { camera: camera.with_fov(65.0).unwrap(), ..sized(288, 208) };
    check("room-inside", &draw(&scenes::room(), &options));
}

/// The castle, and the same with a tower gone, a new roof and a flag.
fn rebuilt() -> (Volume, Volume) {
    let before = scenes::castle();
    let mut after = before.clone();
    after.fill(Bounds::from_corners(at(39, 4, 1), at(51, 15, 26)), Voxel::EMPTY);
    after.fill(
        Bounds::from_corners(at(45, 10, 1), at(45, 10, 33)),
        Voxel::from_rgb([230, 230, 230]),
    );
    after.fill(
        Bounds::from_corners(at(46, 10, 28), at(52, 10, 33)),
        Voxel::from_rgb([240, 180, 40]),
    );
    after.fill(Bounds::from_corners(at(30, 9, 9), at(32, 11, 13)), Voxel::from_rgb([70, 90, 150]));
    (before, after)
}

fn with_states(run: impl FnOnce(&States<'_>)) {
    let ((before, after), materials) = (rebuilt(), scenes::materials());
    run(&States {
        before: &[&before],
        after: &[&after],
        materials_before: &materials,
        materials: &materials,
    });
}

#[test]
fn what_changed() {
    with_states(|states| {
        let (picture, difference) = changes(states, &sized(320, 288), &mut ()).unwrap();
        assert!(difference.added > 20 && difference.removed > 100 && difference.changed > 10);
        check("castle-changes", &picture);
    });
}

#[test]
fn before_and_after() {
    with_states(|states| {
        let names = ["draft", "now"];
        let (picture, _) = side_by_side(states, names, &sized(640, 240), &mut ()).unwrap();
        check("castle-compare", &picture);
    });
}
