//! What is seen, against rays; cameras anywhere.

use super::super::camera::dot;
use super::super::projection::{self, Projection};
use super::*;
use proptest::prelude::*;

/// The first voxel that a ray through a point of the picture meets.
fn first_hit(volume: &Volume, view: &Projection, point: [f64; 2]) -> Option<Voxel> {
    let (start, direction) = view.ray(point);
    let hits = volume.chunks().flat_map(|(at, chunk)| {
        chunk.solid().map(move |(local, voxel)| (at.voxel(local).to_array(), voxel))
    });
    let hits = hits.filter_map(|(cell, voxel)| {
        let (mut enter, mut leave) = (f64::MIN, f64::MAX);
        for axis in 0..3 {
            let ends =
                [0, 1].map(|end| (f64::from(cell[axis] + end) - start[axis]) / direction[axis]);
            enter = enter.max(ends[0].min(ends[1]));
            leave = leave.min(ends[0].max(ends[1]));
        }
        let is_ahead = view.eye().is_none() || enter > 2.0 * projection::NEAR;
        (enter < leave && is_ahead).then_some((enter, voxel))
    });
    hits.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, voxel)| voxel)
}

/// Checks a picture of shining voxels against rays, pixel by pixel where all four samples agree.
fn check_rays(volume: &Volume, camera: Camera) -> Result<(), TestCaseError> {
    let mut materials = PLAIN;
    materials[1].emission = 255;
    let options = RenderOptions { camera, ..small(Preset::Front) };
    let layers = [volume];
    let scene = Scene::new(&layers, &materials);
    let mut meter = Meter { progress: &mut (), done: 0, total: 1 };
    let grid = Grid::new(volume, &materials, 1000, &mut meter).unwrap();
    let view = camera.fit(&grid, 100, 100);
    // Without the haze, which spreads what shines.
    let lights = Lights::new(&camera, &options);
    let shader = Shader { grid: &grid, lights: &lights, shadows: None, glow: None, marks: None };
    let backdrop = Backdrop::new(options.background, 100, None, &view);
    let mut band = Band::new(shader, backdrop, &view, &options, &mut meter).unwrap();
    let mut bytes = vec![0; 30_000];
    band.draw(0, &mut bytes, &mut meter).unwrap();
    prop_assert!(render(&scene, &options, &mut ()).is_ok());
    let printer = tone::Printer::new();
    let background = (tone::light_of_rgb([232, 235, 239]), 1.0);
    for (x, y) in (0..100).step_by(7).flat_map(|y| (0..100).step_by(7).map(move |x| (x, y))) {
        let sample =
            |i: f64, j: f64| first_hit(volume, &view, [f64::from(x) + i, f64::from(y) + j]);
        let seen = sample(0.25, 0.25);
        if [sample(0.75, 0.25), sample(0.25, 0.75), sample(0.75, 0.75)] != [seen; 3] {
            continue;
        }
        let mut expected = [0, 0, 0];
        let shine = |part| tone::shoulder(shade::SHINE[0] * tone::to_light(part) + shade::SHINE[1]);
        let light = seen.map_or([0.0; 3], |voxel| voxel.rgb().map(shine));
        printer.print(light, if seen.is_some() { 1.0 } else { 0.0 }, background, &mut expected);
        let number = 3 * (100 * y + x) as usize;
        let found = &bytes[number..number + 3];
        let is_near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1);
        prop_assert!(is_near, "{} {}: {:?}, not {:?}", x, y, found, expected);
    }
    Ok(())
}

fn scattered(cells: Vec<(i32, i32, i32)>) -> Volume {
    let mut volume = Volume::new();
    for (number, (x, y, z)) in cells.into_iter().enumerate() {
        volume.set(pos(x, y, z), Voxel::from_rgb([100 + 2 * (number % 50) as u8, 90, 90]));
    }
    volume
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_nearest_voxel_is_seen(
        cells in prop::collection::vec((-9i32..25, -9i32..25, -9i32..25), 1..80),
        forward in (-1.0..1.0, -1.0..1.0, -1.0..1.0),
    ) {
        let forward = <[f64; 3]>::from(forward);
        prop_assume!(forward.iter().all(|part: &f64| part.abs() > 0.05));
        let camera = Camera::looking(forward, [0.0, 0.0, 1.0]);
        prop_assert!(dot(camera.axes().right, camera.axes().up).abs() < 1e-12);
        check_rays(&scattered(cells), camera)?;
    }

    /// From outside and from among the voxels.
    #[test]
    fn the_nearest_voxel_is_seen_from_anywhere(
        cells in prop::collection::vec((-9i32..25, -9i32..25, -9i32..25), 1..200),
        eye in (-30.0..45.0, -30.0..45.0, -30.0..45.0),
        target in (-9.0..25.0, -9.0..25.0, -9.0..25.0),
        fov in 20.0..120.0,
    ) {
        let mut volume = scattered(cells);
        let eye = <[f64; 3]>::from(eye);
        let [x, y, z] = eye.map(|coord: f64| coord.floor() as i32);
        volume.set(pos(x, y, z), Voxel::EMPTY);
        prop_assume!(!volume.is_empty());
        let camera = Camera::free(eye, target.into(), None).unwrap().with_fov(fov).unwrap();
        check_rays(&volume, camera)?;
    }

    #[test]
    fn everything_is_in_the_picture(
        cells in prop::collection::vec((-40i32..40, -40i32..40, -40i32..40), 1..30),
        yaw in -360.0..360.0,
        pitch in -90.0..90.0,
        size in (20u32..400, 20u32..400),
    ) {
        let volume = scattered(cells);
        let camera = Camera::orbit(Some(yaw), Some(pitch)).unwrap();
        let mut meter = Meter { progress: &mut (), done: 0, total: 1 };
        let grid = Grid::new(&volume, &PLAIN, 1000, &mut meter).unwrap();
        let view = camera.fit(&grid, size.0, size.1);
        for (at, chunk) in volume.chunks() {
            for (local, _) in chunk.solid() {
                let place = at.voxel(local).to_array().map(|coord| f64::from(coord) + 0.5);
                let [x, y] = view.point(place);
                prop_assert!(view.depth(place) > 0.0);
                prop_assert!(x > 0.0 && y > 0.0 && x < f64::from(size.0) && y < f64::from(size.1));
            }
        }
    }
}

#[test]
fn cameras_that_cannot_be_are_refused_by_name() {
    let bad = [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e300];
    for value in bad {
        for place in [[value, 0.0, 0.0], [0.0, value, 0.0], [0.0, 0.0, value]] {
            assert!(Camera::free(place, [0.0; 3], None).is_err(), "{place:?}");
            assert!(Camera::free([9.0; 3], place, None).is_err(), "{place:?}");
            assert!(Camera::free([9.0; 3], [0.0; 3], Some(place)).is_err(), "{place:?}");
        }
        assert!(
            Camera::orbit(Some(value), None).is_err() && Camera::orbit(None, Some(value)).is_err()
        );
        assert!(Camera::preset(Preset::Perspective).with_fov(value).is_err());
        assert!(Camera::preset(Preset::Perspective).with_zoom(value).is_err());
        assert!(
            Sun::new(Some(value), None, None).is_err()
                && Sun::new(None, Some(value), None).is_err()
        );
        assert!(Sun::new(None, None, Some(value)).is_err());
    }
    for fov in [0.0, 180.0, -30.0] {
        let error = Camera::preset(Preset::Perspective).with_fov(fov).unwrap_err();
        assert!(error.to_string().starts_with("fov_degrees must be 1 to 150, not "), "{error}");
    }
    assert_eq!(Camera::free([1.0; 3], [1.0; 3], None), Err(CameraError::NoDirection));
    let up = Some([0.0, 0.0, 1.0]);
    assert_eq!(Camera::free([0.0; 3], [0.0, 0.0, 5.0], up), Err(CameraError::NoUp));
    assert!(Camera::free([0.0; 3], [0.0, 0.0, 5.0], None).is_ok(), "straight up needs no up");
}

#[test]
fn cameras_at_the_end_of_the_world_draw_something() {
    let volume =
        filled(&[([-32_768; 3], [-32_760; 3], grey()), ([32_760; 3], [32_767; 3], grey())]);
    let far = Camera::PLACE_MAX;
    let places = [[far, -far, far], [0.0; 3], [-32_764.5, -32_764.5, -32_764.5], [32_767.0; 3]];
    for (eye, fov) in places.into_iter().flat_map(|eye| Camera::FOV_DEGREES.map(|fov| (eye, fov))) {
        let camera = Camera::free(eye, [3.0, 2.0, 1.0], None).unwrap().with_fov(fov).unwrap();
        for zoom in Camera::ZOOM {
            let camera = camera.with_zoom(zoom).unwrap();
            draw(&volume, &RenderOptions { camera, ..small(Preset::Front) });
            draw(
                &volume,
                &RenderOptions {
                    camera,
                    ground: GroundStyle::Lines,
                    width: 1,
                    ..small(Preset::Front)
                },
            );
        }
    }
}

#[test]
fn an_eye_on_the_plane_of_faces_sees_no_gap() {
    // The wall ahead is seen through the row of voxels that the eye stands exactly between.
    let volume = filled(&[([0, 20, 0], [20, 20, 20], grey())]);
    let camera = Camera::free([10.0, 2.0, 10.0], [10.0, 20.0, 10.0], None).unwrap();
    let camera = camera.with_fov(20.0).unwrap();
    let options =
        RenderOptions { camera, shadow: false, ambient_occlusion: false, ..small(Preset::Front) };
    let picture = draw(&volume, &options);
    let middle = picture.pixel(50, 50);
    assert!(picture.bytes().chunks(3).all(|pixel| Some(pixel) == middle.as_ref().map(|m| &m[..3])));
}
