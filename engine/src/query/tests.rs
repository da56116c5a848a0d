//! Tests of the module beside this folder: `query`.

use super::*;
use crate::coords::VoxelPos;
use crate::progress::Cancelled;
use crate::shape::Shape;
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};
use proptest::prelude::*;

fn pos(x: i32, y: i32, z: i32) -> VoxelPos {
    VoxelPos::new(x, y, z).unwrap()
}

fn cube(min: i32, max: i32) -> Bounds {
    Bounds::new(pos(min, min, min), pos(max, max, max)).unwrap()
}

fn color(number: u8) -> Voxel {
    Voxel::from_rgb([number, 100, 0])
}

fn ball(center: i32, radius: f64, voxel: Voxel) -> Volume {
    let mut volume = Volume::new();
    Shape::sphere(pos(center, center, center), radius).unwrap().fill(&mut volume, voxel);
    volume
}

const OPTIONS: HistogramOptions =
    HistogramOptions { by_material: true, listed_max: 64, kinds_max: 1000 };

#[test]
fn the_last_layer_wins() {
    let (low, high) = (ball(0, 9.0, color(1)), ball(6, 9.0, color(2)));
    let view = View::new([&low, &high]);
    let merged = view.merged(&mut ()).unwrap();
    for at in cube(-12, 18).iter() {
        let expected = if high.get(at).is_solid() { high.get(at) } else { low.get(at) };
        assert_eq!(view.get(at), expected);
        assert_eq!(merged.get(at), expected);
    }
    assert_eq!(view.bounds(), merged.bounds());
    let chunks: Vec<_> = view.chunks_in(Bounds::ALL, None).collect();
    assert!(chunks.iter().map(|(at, chunk)| (*at, chunk)).eq(merged.chunks()));
    assert_eq!(view.count_in(Bounds::ALL, &mut ()), Ok(merged.count()));
    assert_eq!(view.count_in(cube(0, 5), &mut ()), Ok(merged.count_in(&cube(0, 5))));
    assert!(View::new([]).bounds().is_none());
    assert_eq!(View::default().count_in(Bounds::ALL, &mut ()), Ok(0));
}

#[test]
fn what_one_layer_has_is_shared() {
    let (low, high) = (ball(0, 9.0, color(1)), ball(100, 9.0, color(2)));
    let merged = View::new([&low, &high]).merged(&mut ()).unwrap();
    let shared =
        |volume: &Volume| volume.chunks().all(|(at, c)| merged.chunk(at).unwrap().ptr_eq(c));
    assert!(shared(&low) && shared(&high));
}

#[test]
fn dense_reads_are_x_then_y_then_z() {
    let mut volume = Volume::new();
    volume.fill(cube(15, 40), color(3));
    volume.set(pos(16, 15, 14), color(4));
    let bounds = Bounds::new(pos(10, 13, 14), pos(50, 33, 20)).unwrap();
    let dense = read_dense(&View::of(&volume), bounds, 10_000, &mut ()).unwrap();
    let expected: Vec<_> = bounds.iter().map(|at| volume.get(at).bits()).collect();
    let expected: Vec<u8> = expected.into_iter().flat_map(u32::to_le_bytes).collect();
    assert_eq!(dense, expected);
    let refused = read_dense(&View::of(&volume), Bounds::ALL, 10_000, &mut ());
    assert_eq!(refused, Err(DenseError::TooLarge { voxels: 1 << 48, voxels_max: 10_000 }));
}

#[test]
fn histograms_count_by_colour_and_material() {
    let mut volume = Volume::new();
    volume.fill(cube(0, 15), color(1));
    volume.fill(cube(0, 3), color(2));
    volume.set(pos(99, 0, 0), Voxel::new([1, 100, 0], MaterialSlot::new(9).unwrap()));
    let view = View::of(&volume);
    let all = histogram(&view, Bounds::ALL, OPTIONS, &mut ()).unwrap();
    assert_eq!((all.total, all.kinds, all.beyond), (4097, 3, 0));
    assert_eq!(all.listed[..2], [(color(1), 4032), (color(2), 64)]);

    let by_color = HistogramOptions { by_material: false, listed_max: 1, ..OPTIONS };
    let by_color = histogram(&view, Bounds::ALL, by_color, &mut ()).unwrap();
    assert_eq!((by_color.kinds, by_color.listed), (2, vec![(color(1), 4033)]));

    let few = HistogramOptions { kinds_max: 1, ..OPTIONS };
    let few = histogram(&view, Bounds::ALL, few, &mut ()).unwrap();
    assert_eq!((few.total, few.kinds), (4097, 1));
    assert_eq!(few.beyond + few.listed[0].1, 4097);
    assert_eq!(histogram(&view, cube(3, 4), OPTIONS, &mut ()).unwrap().total, 8);
}

#[test]
fn colours_are_found_within_a_tolerance() {
    let mut volume = ball(0, 5.0, color(100));
    volume.set(pos(20, 0, 0), color(103));
    volume.set(pos(0, 20, 0), color(110));
    let near = ColorRange { rgb: [101, 100, 0], tolerance: [2, 0, 0] };
    let select = Select { color: Some(near), ..Select::all_in(Bounds::ALL) };
    let found = find(&View::of(&volume), &select, &mut ()).unwrap();
    assert_eq!(found.count, volume.count() - 1);
    assert_eq!(found.bounds.unwrap(), Bounds::new(pos(-5, -5, -5), pos(20, 5, 5)).unwrap());
    let slot = MaterialSlot::new(2);
    let select = Select { slot, ..Select::all_in(Bounds::ALL) };
    assert_eq!(find(&View::of(&volume), &select, &mut ()).unwrap(), Found::default());
}

#[test]
fn differences_are_counted() {
    let before = ball(0, 6.0, color(1));
    let mut after = before.clone();
    assert!(compare(&before, &after, &mut ()).unwrap().is_none());
    after.set(pos(50, 0, 0), color(1));
    after.set(pos(0, 0, 0), color(2));
    after.set(pos(0, 0, 1), Voxel::EMPTY);
    let difference = compare(&before, &after, &mut ()).unwrap();
    let bounds = Some(Bounds::new(pos(0, 0, 0), pos(50, 0, 1)).unwrap());
    assert_eq!(difference, Difference { added: 1, removed: 1, changed: 1, bounds });
}

#[test]
fn long_scans_can_be_cancelled() {
    struct Never;
    impl Progress for Never {
        fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled> {
            assert!(done <= total);
            Err(Cancelled)
        }
    }
    let mut volume = Volume::new();
    volume.fill(cube(0, 200), color(1));
    let view = View::of(&volume);
    assert_eq!(histogram(&view, Bounds::ALL, OPTIONS, &mut Never), Err(Cancelled));
    assert_eq!(find(&view, &Select::all_in(Bounds::ALL), &mut Never), Err(Cancelled));
    assert!(read_dense(&view, cube(0, 200), u64::MAX, &mut Never).is_err());
    assert_eq!(compare(&volume, &Volume::new(), &mut Never), Err(Cancelled));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn pages_make_up_the_whole(limit in 1usize..400, low in -20i32..20, size in 0i32..40, layers in 1usize..4) {
        let volumes: Vec<_> = (0..layers).map(|i| ball(8 * i as i32, 7.0, color(i as u8))).collect();
        let view = View::new(&volumes);
        let bounds = cube(low, low + size);
        let select = Select::all_in(bounds);
        let mut whole = Vec::new();
        let mut after = None;
        loop {
            let page = list(&view, &select, after, limit, &mut ()).unwrap();
            prop_assert!(page.voxels.len() <= limit);
            whole.extend(page.voxels);
            after = page.next.map(|cursor| Cursor::from_key(cursor.key()).unwrap());
            if after.is_none() {
                break;
            }
        }
        prop_assert!(whole.is_sorted_by_key(|(at, _)| (at.chunk(), at.local())));
        let mut expected: Vec<_> = bounds.iter().map(|at| (at, view.get(at))).filter(|(_, v)| v.is_solid()).collect();
        expected.sort_by_key(|(at, _)| (at.chunk(), at.local()));
        prop_assert_eq!(&whole, &expected);
        let found = find(&view, &select, &mut ()).unwrap();
        prop_assert_eq!(found.count, whole.len() as u64);
        prop_assert_eq!(found.bounds, Bounds::union_all(whole.iter().map(|(at, _)| Bounds::of_voxel(*at))));
        prop_assert_eq!(view.count_in(bounds, &mut ()).unwrap(), found.count);
    }
}
