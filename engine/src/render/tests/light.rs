//! Sun, ground, glow and marks.

use super::*;

#[test]
fn the_ground_catches_shadow_and_glow() {
    let mut materials = PLAIN;
    materials[2].emission = 255;
    let tower = filled(&[([0, 0, 0], [3, 3, 14], grey())]);
    let red = Voxel::new([255, 40, 20], MaterialSlot::new(2).unwrap());
    let lamp = filled(&[([0, 0, 0], [3, 3, 14], red)]);
    let options = RenderOptions { ground: GroundStyle::Plain, ..small(Preset::Perspective) };
    let of = |volume: &Volume, options: &RenderOptions| {
        render(&Scene::new(&[volume], &materials), options, &mut ()).unwrap()
    };
    let with = of(&tower, &options);
    let without = of(&tower, &RenderOptions { ground: GroundStyle::None, ..options });
    let differs =
        |a: &Picture, b: &Picture| a.bytes().iter().zip(b.bytes()).filter(|(a, b)| a < b).count();
    assert!(differs(&with, &without) > 300, "the shadow is on the ground");
    assert_eq!(differs(&without, &with), 0, "the ground takes light, and gives none");
    let glowing = of(&lamp, &options);
    let reddest = |picture: &Picture| {
        let pixels =
            picture.bytes().chunks(3).map(|pixel| i32::from(pixel[0]) - i32::from(pixel[2]));
        pixels.filter(|red| (12..100).contains(red)).count()
    };
    assert!(reddest(&glowing) > reddest(&with) + 200, "{} {}", reddest(&glowing), reddest(&with));
    let lines = of(&tower, &RenderOptions { ground: GroundStyle::Lines, ..options });
    assert!(differs(&lines, &with) > 100);
    // From below and from the side there is no ground to be seen.
    for preset in [Preset::Bottom, Preset::Front] {
        let options = RenderOptions { camera: Camera::preset(preset), ..options };
        let none = RenderOptions { ground: GroundStyle::None, ..options };
        assert_eq!(of(&tower, &options), of(&tower, &none));
    }
}

#[test]
fn the_sun_stands_where_it_is_put() {
    let tower = filled(&[([0, 0, 0], [39, 39, 0], grey()), ([18, 18, 1], [21, 21, 14], grey())]);
    let shade = |azimuth: f64, x: u32, y: u32| {
        let sun = Sun::new(Some(azimuth), Some(45.0), None).unwrap();
        let lit = draw(&tower, &RenderOptions { sun, ..small(Preset::Top) });
        let bare = draw(&tower, &RenderOptions { sun, shadow: false, ..small(Preset::Top) });
        brightness(&bare, x, y) - brightness(&lit, x, y) > 60
    };
    // A sun in the front throws shadows to the back, which is up in this picture.
    assert!(shade(0.0, 50, 35) && !shade(0.0, 50, 65));
    assert!(shade(180.0, 50, 65) && !shade(180.0, 50, 35));
    assert!(shade(90.0, 35, 50) && shade(-90.0, 65, 50));
}

#[test]
fn shadows_are_sharp_near_and_soft_far() {
    let edge = |height: i32| {
        let roof =
            filled(&[([0, 0, 0], [59, 59, 0], grey()), ([0, 0, height], [29, 59, height], grey())]);
        let sun = Sun::new(Some(-90.0), Some(60.0), None).unwrap();
        let options = RenderOptions { sun, ambient_occlusion: false, ..small(Preset::Bottom) };
        let camera = Camera::looking([0.0, 0.05, -1.0], [0.0, 1.0, 0.0]);
        let picture = draw(&roof, &RenderOptions { camera, width: 400, height: 400, ..options });
        let row: Vec<i32> = (0..400).map(|x| brightness(&picture, x, 200)).collect();
        // Darker than the floor in the sun, brighter than in the shade.
        row[200..380].iter().filter(|b| (295..420).contains(*b)).count()
    };
    // Seen from above beside the roof, where its shadow ends.
    assert!(edge(40) > edge(4) + 2, "{} {}", edge(40), edge(4));
}

#[test]
fn marks_tell_what_changed() {
    let before = filled(&[([0; 3], [9; 3], grey()), ([0, 0, 10], [2, 9, 12], grey())]);
    let mut after = filled(&[([0; 3], [9; 3], grey()), ([7, 0, 10], [9, 9, 12], grey())]);
    after.fill(Bounds::from_corners(pos(4, 0, 9), pos(5, 9, 9)), Voxel::from_rgb([200, 200, 90]));
    let shown = with_ghosts(&before, &after, &mut ()).unwrap();
    assert_eq!(shown.count(), after.count() + 90);
    let marks = Marks { other: &before, drawn: Drawn::After, mute: 200 };
    let scene = Scene { layers: &[&shown], materials: &PLAIN, marks: Some(marks) };
    let picture = render(&scene, &small(Preset::Top), &mut ()).unwrap();
    let at = |x: u32| picture.pixel(x, 50).unwrap().map(i32::from);
    // From left to right: what is gone, what is recoloured, what is new.
    let (gone, new) = (at(20), at(80));
    assert!(gone[0] > gone[1] + 25, "{gone:?}");
    assert!(new[1] > new[0] + 10, "{new:?}");
    assert!((0..100).map(at).any(|[r, _, b, _]| b > r + 40), "a blue line");
}

#[test]
fn every_thread_draws_the_same() {
    let volume = filled(&[([0, 0, 0], [31, 31, 3], grey()), ([9, 9, 4], [20, 20, 20], grey())]);
    let options = RenderOptions { outline: true, ..RenderOptions::default() };
    let options = RenderOptions { width: 200, height: 150, ..options };
    let first = draw(&volume, &options).to_png(&mut ()).unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| draw(&volume, &options).to_png(&mut ()).unwrap()))
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), first);
        }
    });
}
