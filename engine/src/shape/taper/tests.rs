//! Cones, pyramids and roofs as one draws them.

use crate::coords::{Axis, Bounds, VoxelPos};
use crate::shape::{End, Shape, ShapeError, Taper};

fn bounds(size: [i32; 3]) -> Bounds {
    let at = |[x, y, z]: [i32; 3]| VoxelPos::new(x, y, z).unwrap();
    Bounds::new(at([0; 3]), at(size.map(|side| side - 1))).unwrap()
}

fn tapered(size: [i32; 3], taper: Taper, top: f64) -> Shape {
    Shape::tapered(bounds(size), Axis::Z, taper, End::High, top).unwrap()
}

/// How wide each slice is along an axis, from below.
fn widths(shape: &Shape, axis: Axis) -> Vec<i32> {
    let height = shape.bounds().max().z();
    let wide = |z: i32| {
        let coords = shape.bounds().iter().filter(|pos| pos.z() == z && shape.contains(*pos));
        let coords: Vec<i32> = coords.map(|pos| pos.to_array()[axis.index()]).collect();
        coords.iter().max().unwrap() - coords.iter().min().unwrap() + 1
    };
    (0..=height).map(wide).collect()
}

#[test]
fn pyramids_shrink_evenly_and_end_in_a_point() {
    let check = |size, taper, top, expect: &[i32]| {
        let shape = tapered(size, taper, top);
        assert_eq!(widths(&shape, Axis::X), expect, "{size:?} {taper:?}");
        assert!(
            shape.count_max()
                >= shape.bounds().iter().filter(|p| shape.contains(*p)).count() as u64
        );
    };
    check([9, 9, 5], Taper::Square, 0.0, &[9, 7, 5, 3, 1]);
    check([8, 8, 4], Taper::Square, 0.0, &[8, 6, 4, 2]);
    check([16, 16, 4], Taper::Square, 0.0, &[16, 12, 8, 4]);
    check([9, 9, 3], Taper::Square, 1.0, &[9, 9, 9]);
    check([9, 9, 5], Taper::Round, 0.0, &[9, 7, 5, 3, 1]);
    // A spire that is far higher than wide still has a top.
    assert_eq!(*widths(&tapered([4, 4, 40], Taper::Round, 0.0), Axis::X).last().unwrap(), 2);
}

#[test]
fn a_ridge_keeps_its_length() {
    let roof = tapered([10, 7, 4], Taper::Ridge(Axis::X), 0.0);
    assert_eq!(widths(&roof, Axis::X), [10; 4]);
    assert_eq!(widths(&roof, Axis::Y), [7, 5, 3, 1]);
}

#[test]
fn the_narrow_end_may_be_below_and_a_mirror_turns_it() {
    let box_ = bounds([9, 9, 5]);
    let up = Shape::tapered(box_, Axis::Z, Taper::Round, End::High, 0.2).unwrap();
    let down = Shape::tapered(box_, Axis::Z, Taper::Round, End::Low, 0.2).unwrap();
    assert_eq!(up.mirrored(Axis::Z, 4).unwrap(), down);
    assert_eq!(up.mirrored(Axis::X, 8).unwrap(), up);
    for pos in box_.iter() {
        let turned = VoxelPos::new(pos.x(), pos.y(), 4 - pos.z()).unwrap();
        assert_eq!(up.contains(pos), down.contains(turned));
    }
}

#[test]
fn what_is_no_taper_is_refused() {
    let make = |taper, top| Shape::tapered(bounds([4; 3]), Axis::Z, taper, End::High, top);
    assert_eq!(make(Taper::Round, 1.5), Err(ShapeError::Top));
    assert_eq!(make(Taper::Round, f64::NAN), Err(ShapeError::Top));
    assert_eq!(make(Taper::Ridge(Axis::Z), 0.0), Err(ShapeError::Ridge));
}
