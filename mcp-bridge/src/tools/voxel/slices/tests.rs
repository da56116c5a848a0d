//! Windows and pictures.

use super::*;

const REVISION: Revision = Revision { number: 1, chain: 2 };

fn cube(min: i32, max: i32) -> Box3 {
    Box3 { min: [min; 3], max: [max; 3] }
}

#[test]
fn a_window_holds_as_many_slices_as_fit_an_answer() {
    // 24 rows of 32 characters: 768 a slice.
    let (shown, next) = window(cube(0, 19), Axis::Z, None).expect("a window");
    assert_eq!((shown.min, shown.max), ([0, 0, 0], [19, 19, 6]));
    assert_eq!(next, Some([7, 19]));
    let (shown, next) = window(cube(0, 19), Axis::Y, next).expect("the rest");
    assert_eq!((shown.min, shown.max, next), ([0, 7, 0], [19, 19, 19], None));
    // Who names a range may have a long answer.
    let (shown, next) = window(cube(0, 99), Axis::X, Some([40, 90])).expect("a window");
    assert_eq!((shown.min[0], shown.max[0], next), (40, 41, Some([42, 90])));
}

#[test]
fn a_range_is_cut_to_the_box_and_must_meet_it() {
    let (shown, _) = window(cube(-2, 2), Axis::Z, Some([-100, -1])).expect("a window");
    assert_eq!((shown.min[2], shown.max[2]), (-2, -1));
    let outside = |range| window(cube(0, 3), Axis::X, Some(range)).unwrap_err();
    assert_eq!(outside([4, 9]), Misfit::Outside([4, 9]));
    assert_eq!(outside([3, 0]), Misfit::Outside([3, 0]));
}

#[test]
fn boxes_too_wide_for_one_slice_are_refused_with_one_that_fits() {
    let wide = cube(-32_768, 32_767);
    for axis in [Axis::X, Axis::Y, Axis::Z] {
        assert_eq!(window(wide, axis, None).unwrap_err(), Misfit::TooWide);
        let max = narrowed(wide, axis);
        assert!(window(Box3 { min: wide.min, max }, axis, None).is_ok());
    }
    assert_eq!(narrowed(wide, Axis::Z), [-32_641, -32_641, 32_767]);
    // A box that lies the wrong way round, as a client may write it.
    assert!(window(Box3 { min: [5; 3], max: [0; 3] }, Axis::Z, None).is_err());
}

/// Two by three by two voxels, of which one at x 1, y 2, z 1 is red and the one at the corner green.
fn block() -> Vec<u8> {
    let mut voxels = vec![0; 2 * 3 * 2 * 4];
    voxels[..4].copy_from_slice(&[0, 255, 0, 1]);
    voxels[44..].copy_from_slice(&[255, 0, 0, 3]);
    voxels
}

#[test]
fn each_axis_is_seen_from_its_side_with_its_rulers() {
    let bounds = Box3 { min: [9, -1, 4], max: [10, 1, 5] };
    let rows = |axis| {
        let answer = picture(REVISION, Some(bounds), axis, &block());
        let told = |slice: Slice| [vec![slice.at], slice.rows].concat();
        answer.slices.into_iter().flat_map(told).collect::<Vec<String>>()
    };
    let above = ["z 4", "   x 9", "     90", "   1 ..", "   0 ..", "  -1 A.", "z 5"];
    assert_eq!(rows(Axis::Z)[..7], above);
    assert_eq!(rows(Axis::Z)[9..], ["   1 .B", "   0 ..", "  -1 .."]);
    let front = ["y -1", "   x 9", "     90", "   5 ..", "   4 A."];
    assert_eq!(rows(Axis::Y)[..5], front);
    let right = ["x 9", "   y -1", "     101", "   5 ...", "   4 A.."];
    assert_eq!(rows(Axis::X)[..5], right);
    assert_eq!(rows(Axis::X)[8..], ["   5 ..B", "   4 ..."]);
}

#[test]
fn a_ruler_names_the_first_column_and_every_tenth() {
    assert_eq!(
        ruler("x", -12, 11),
        ["   x -12         0         10".to_owned(), "     210987654321012345678901".to_owned(),]
    );
    assert_eq!(ruler("y", 8, 21)[0], "   y 8 10        20");
    assert_eq!(ruler("y", 8, 21)[1], "     89012345678901");
}

#[test]
fn colours_that_are_near_share_a_letter_when_letters_end() {
    let bounds = |count: u8| Box3 { min: [0; 3], max: [i32::from(count) - 1, 0, 0] };
    let row = |answer: &SlicesAnswer| answer.slices[0].rows[2].clone();
    let few: Vec<u8> = (0..26).flat_map(|red| [red * 4, 0, 0, 1]).collect();
    let answer = picture(REVISION, Some(bounds(26)), Axis::Z, &few);
    assert_eq!(row(&answer), "   0 ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    assert_eq!(answer.legend[&'B'], "#040000 x1");
    // Noise of one colour is that colour, and nothing else is taken for it.
    let many: Vec<u8> = (0..70).flat_map(|red| [100 + red % 30, 0, 0, 1]).collect();
    let answer = picture(REVISION, Some(bounds(70)), Axis::Z, &many);
    assert!(answer.legend.len() < 8, "{:?}", answer.legend);
    assert!(answer.legend[&'A'].contains(" and near ("), "{:?}", answer.legend);
    // Colours from all over: what is left has one sign.
    let wild: Vec<u8> =
        (0..200_u8).flat_map(|n| [n % 6 * 50, n / 6 % 6 * 50, n / 36 * 50, n | 1]).collect();
    let answer = picture(REVISION, Some(bounds(200)), Axis::Z, &wild);
    assert_eq!(answer.legend.len(), 27);
    assert_eq!(answer.legend[&'#'], "other colours");
}

#[test]
fn materials_are_told_apart_and_a_short_attachment_is_empty_space() {
    let bounds = Box3 { min: [0; 3], max: [2, 1, 0] };
    let answer = picture(REVISION, Some(bounds), Axis::Z, &[1, 2, 3, 1, 1, 2, 3, 9]);
    assert_eq!(answer.slices[0].rows[2..], ["   1 ...", "   0 AB."]);
    assert_eq!(answer.legend[&'A'], "#010203 x1");
    assert_eq!(answer.legend[&'B'], "#010203 material 9 x1");
}
