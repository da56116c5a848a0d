//! Windows and pictures.

use super::*;

const REVISION: Revision = Revision { number: 1, chain: 2 };

fn cube(min: i32, max: i32) -> Box3 {
    Box3 { min: [min; 3], max: [max; 3] }
}

#[test]
fn a_window_holds_as_many_slices_as_fit_an_answer() {
    // 20 rows of 20 letters, quotes and comma: 480 characters a slice.
    let (shown, next) = window(cube(0, 19), None).expect("a window");
    assert_eq!((shown.min, shown.max), ([0, 0, 0], [19, 19, 11]));
    assert_eq!(next, Some([12, 19]));
    let (shown, next) = window(cube(0, 19), next).expect("the rest");
    assert_eq!((shown.min[2], shown.max[2], next), (12, 19, None));
    // Who names a range may have a long answer.
    let (shown, next) = window(cube(0, 99), Some([40, 90])).expect("a window");
    assert_eq!((shown.min[2], shown.max[2], next), (40, 41, Some([42, 90])));
}

#[test]
fn a_range_is_cut_to_the_box_and_must_meet_it() {
    let (shown, _) = window(cube(-2, 2), Some([-100, -1])).expect("a window");
    assert_eq!((shown.min[2], shown.max[2]), (-2, -1));
    assert_eq!(window(cube(0, 3), Some([4, 9])).unwrap_err(), Misfit::Outside([4, 9]));
    assert_eq!(window(cube(0, 3), Some([3, 0])).unwrap_err(), Misfit::Outside([3, 0]));
}

#[test]
fn boxes_too_wide_for_one_slice_are_refused_with_one_that_fits() {
    let wide = cube(-32_768, 32_767);
    assert_eq!(window(wide, None).unwrap_err(), Misfit::TooWide);
    let max = narrowed(wide);
    assert_eq!(max, [-32_641, -32_641, 32_767]);
    assert!(window(Box3 { min: wide.min, max }, None).is_ok());
    // A box that lies the wrong way round, as a client may write it.
    assert!(window(Box3 { min: [5; 3], max: [0; 3] }, None).is_err());
}

#[test]
fn every_colour_has_its_letter_until_letters_end() {
    let count = 70_u8;
    let bounds = Box3 { min: [0; 3], max: [i32::from(count) - 1, 0, 0] };
    let voxels: Vec<u8> = (0..count).flat_map(|red| [red, 0, 0, 1]).collect();
    let answer = picture(REVISION, Some(bounds), &voxels, None);
    let row = &answer.slices[0].rows[0];
    assert!(row.starts_with("ABC") && row.ends_with("89########"), "{row}");
    assert_eq!(answer.legend.len(), 63);
    assert_eq!(answer.legend[&'#'], "other colours");
}

#[test]
fn materials_are_told_apart_and_a_short_attachment_is_empty_space() {
    let bounds = Box3 { min: [0; 3], max: [2, 1, 0] };
    let answer = picture(REVISION, Some(bounds), &[1, 2, 3, 1, 1, 2, 3, 9], None);
    assert_eq!(answer.slices[0].rows, ["...", "AB."]);
    assert_eq!(answer.legend[&'A'], "#010203");
    assert_eq!(answer.legend[&'B'], "#010203 material 9");
}
