//! Tests of the module beside this folder: `shape`.

use super::*;
use crate::coords::{COORD_MAX, COORD_MIN};
use proptest::prelude::*;

fn pos(x: i32, y: i32, z: i32) -> VoxelPos {
    VoxelPos::new(x, y, z).unwrap()
}

fn bounds(min: [i32; 3], max: [i32; 3]) -> Bounds {
    Bounds::from_corners(VoxelPos::from_array(min).unwrap(), VoxelPos::from_array(max).unwrap())
}

/// By the rule alone, voxel by voxel.
fn listed(shape: &Shape) -> Vec<VoxelPos> {
    shape.bounds().iter().filter(|pos| shape.contains(*pos)).collect()
}

fn filled(shape: &Shape) -> Volume {
    let mut volume = Volume::new();
    shape.fill(&mut volume, Voxel::from_rgb([1, 2, 3]));
    volume
}

#[test]
fn small_spheres_are_as_drawn_by_hand() {
    let sphere = |radius| filled(&Shape::sphere(pos(0, 0, 0), radius).unwrap()).count();
    assert_eq!([0.0, 0.9, 1.0, 1.5, 2.0, 2.5].map(sphere), [1, 1, 7, 19, 33, 81]);
    assert_eq!(filled(&Shape::ellipsoid(bounds([0; 3], [1; 3]))).count(), 8);
    assert_eq!(filled(&Shape::ellipsoid(bounds([0; 3], [2, 0, 0]))).count(), 3);
    // The ball in a cube of 2 r + 1 voxels is the sphere of radius r + 1/2.
    assert_eq!(filled(&Shape::ellipsoid(bounds([0; 3], [4; 3]))).count(), 81);
}

#[test]
fn a_cylinder_is_straight_along_its_axis() {
    let shape = Shape::cylinder(pos(10, 10, 10), Axis::Z, 2.5, 4).unwrap();
    assert_eq!(shape.bounds(), bounds([8, 8, 10], [12, 12, 13]));
    assert_eq!(filled(&shape).count(), 4 * 21);
    for axis in Axis::ALL {
        let shape = Shape::cylinder(pos(0, 0, 0), axis, 3.0, 1).unwrap();
        assert_eq!(shape.bounds().size()[axis.index()], 1);
        assert_eq!(filled(&shape).count(), 29);
    }
}

#[test]
fn a_thin_line_takes_one_voxel_a_step() {
    let line = Shape::line(pos(0, 0, 0), pos(5, 2, -1), 1).unwrap();
    let voxels = listed(&line);
    assert_eq!(voxels.len(), 6);
    assert_eq!(line.count_max(), 6);
    assert!(line.contains(pos(0, 0, 0)) && line.contains(pos(5, 2, -1)));
    let mirrored = line.mirrored(Axis::Y, 0).unwrap();
    assert!(voxels.iter().all(|at| mirrored.contains(pos(at.x(), -at.y(), at.z()))));
}

#[test]
fn what_cannot_be_is_refused() {
    let edge = pos(COORD_MAX, 0, 0);
    assert!(matches!(Shape::sphere(edge, 1.0), Err(ShapeError::OutOfRange(_))));
    assert!(matches!(Shape::sphere(edge, f64::INFINITY), Err(ShapeError::OutOfRange(_))));
    for radius in [-0.1, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(Shape::sphere(pos(0, 0, 0), radius), Err(ShapeError::Radius));
    }
    assert!(matches!(Shape::cylinder(edge, Axis::X, 0.0, 0), Err(ShapeError::Empty { .. })));
    assert!(matches!(Shape::line(edge, edge, 0), Err(ShapeError::Empty { .. })));
    assert!(Shape::line(edge, edge, 2).is_err());
    assert!(Symmetry { sums: [Some(-5), None, None] }.positions(edge).is_err());
}

#[test]
fn the_largest_shapes_have_few_pieces() {
    let whole = Shape::cuboid(Bounds::ALL);
    let mut pieces = Vec::new();
    whole.pieces(|piece| pieces.push(piece));
    assert_eq!(pieces, [Piece::Whole(Bounds::ALL)]);

    let ball = Shape::ellipsoid(Bounds::ALL);
    assert!(
        ball.contains(pos(0, 0, COORD_MIN)) && !ball.contains(pos(-20_000, -20_000, COORD_MIN))
    );
    let long = Shape::line(VoxelPos::MIN, VoxelPos::MAX, 1).unwrap();
    let mut count = 0;
    long.pieces(|_| count += 1);
    assert!((4096..40_000).contains(&count), "{count} pieces");
    assert_eq!(filled(&long).count(), 65_536);
}

#[test]
fn mirrors_show_every_image_once() {
    let symmetry = Symmetry { sums: [Some(0), Some(-1), None] };
    assert_eq!(symmetry.positions(pos(0, 0, 5)).unwrap(), [pos(0, 0, 5), pos(0, -1, 5)]);
    assert_eq!(symmetry.positions(pos(2, 3, 5)).unwrap().len(), 4);
    let ball = Shape::sphere(pos(9, 0, 0), 2.5).unwrap();
    let count: u64 = symmetry.shapes(ball).unwrap().iter().map(|shape| filled(shape).count()).sum();
    assert_eq!(count, 4 * 81);
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let place = (-40i32..40, -40i32..40, -40i32..40).prop_map(|(x, y, z)| pos(x, y, z));
    let axis = prop::sample::select(Axis::ALL.to_vec());
    let ends = (place.clone(), place.clone());
    let around = (place.clone(), 0i32..40, 0i32..40, 0i32..40)
        .prop_map(|(min, x, y, z)| Bounds::from_corners(min, min.checked_add([x, y, z]).unwrap()));
    prop_oneof![
        around.clone().prop_map(Shape::cuboid),
        around.clone().prop_map(Shape::ellipsoid),
        (around, axis.clone()).prop_map(|(bounds, axis)| Shape::cylinder_in(bounds, axis)),
        (place.clone(), 0.0..20.0)
            .prop_map(|(center, radius)| Shape::sphere(center, radius).unwrap()),
        (place, axis, 0.0..20.0, 1u32..30).prop_map(|(base, axis, radius, height)| {
            Shape::cylinder(base, axis, radius, height).unwrap()
        }),
        (ends, 1u32..9).prop_map(|((from, to), thick)| Shape::line(from, to, thick).unwrap()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn rows_pieces_and_rule_agree(shape in any_shape()) {
        let by_rule = listed(&shape);
        let mut by_rows = Vec::new();
        shape.rows(&shape.bounds(), |row| by_rows.extend(row.voxels()));
        prop_assert_eq!(&by_rows, &by_rule);
        let volume = filled(&shape);
        prop_assert_eq!(volume.count(), by_rule.len() as u64);
        prop_assert!(by_rule.iter().all(|pos| volume.get(*pos).is_solid()));
        prop_assert!(by_rule.len() as u64 <= shape.count_max());
    }

    #[test]
    fn cover_never_lies(shape in any_shape(), a in (-45i32..45, -45i32..45, -45i32..45), size in 0i32..12) {
        let corner = pos(a.0, a.1, a.2);
        let cube = Bounds::from_corners(corner, corner.checked_add([size; 3]).unwrap());
        let inside = cube.iter().filter(|pos| shape.contains(*pos)).count() as u64;
        match shape.cover(&cube) {
            Cover::Outside => prop_assert_eq!(inside, 0),
            Cover::Inside => prop_assert_eq!(inside, cube.volume()),
            Cover::Mixed => {}
        }
    }
}
