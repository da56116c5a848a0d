//! A part of one slice, where the slice alone is more than an answer that nobody asked to be long.

use goxe_protocol::api::types::{Axis, Box3};

use super::{CELLS, CELLS_MAX, PICTURE_EXTRA, ROW_EXTRA, Side, index, length, side_of};

/// A tile is no wider than this where the slice is high as well.
const WIDTH: u64 = 64;

/// A part of a box, and boxes that hold everything else, the nearest first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub shown: Box3,
    pub rest: Vec<Box3>,
}

/// The first part of a box of which one slice is too long; none if it is not, or if the box is too
/// wide for anything.
pub(super) fn first(bounds: Box3, axis: Axis) -> Option<Tile> {
    let Side { right, up, .. } = side_of(axis);
    let along = index(axis);
    let side = |axis: usize| length(bounds.min[axis], bounds.max[axis]);
    let (width, height, _) = (side(right)?, side(up)?, side(along)?);
    let cost = (width + ROW_EXTRA).saturating_mul(height + PICTURE_EXTRA);
    if !(CELLS + 1..=CELLS_MAX).contains(&cost) {
        return None;
    }
    let high = height.min(CELLS / (width.min(WIDTH) + ROW_EXTRA) - PICTURE_EXTRA);
    let wide = width.min(CELLS / (high + PICTURE_EXTRA) - ROW_EXTRA);
    let mut tile = Tile { shown: bounds, rest: Vec::new() };
    // What is beside it in its rows, then the rows above, then the slices behind.
    for (place, voxels) in [(along, 1), (up, high), (right, wide)] {
        let last = bounds.min[place].saturating_add(i32::try_from(voxels - 1).ok()?);
        if last < bounds.max[place] {
            let mut beyond = tile.shown;
            beyond.min[place] = last + 1;
            tile.rest.insert(0, beyond);
            tile.shown.max[place] = last;
        }
    }
    Some(tile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(of: Box3) -> u64 {
        (0..3).map(|axis| length(of.min[axis], of.max[axis]).expect("a side")).product()
    }

    #[test]
    fn a_tile_is_short_and_the_rest_is_everything_else() {
        for max in [[150, 150, 150], [10, 1_000, 3], [1_000, 10, 0], [80, 80, 80]] {
            let bounds = Box3 { min: [-5, 0, 7], max: [max[0], max[1], max[2] + 7] };
            let Some(Tile { shown, rest }) = first(bounds, Axis::Z) else {
                panic!("{bounds:?} is short");
            };
            let [width, height] = [0, 1].map(|axis| length(shown.min[axis], shown.max[axis]));
            let cost =
                (width.expect("a side") + ROW_EXTRA) * (height.expect("a side") + PICTURE_EXTRA);
            assert!((CELLS / 3..=CELLS).contains(&cost), "{shown:?}");
            let all: u64 = rest.iter().copied().map(count).sum();
            assert_eq!(all + count(shown), count(bounds), "{shown:?} {rest:?}");
        }
        assert_eq!(first(Box3 { min: [0; 3], max: [20; 3] }, Axis::X), None);
        assert_eq!(first(Box3 { min: [0; 3], max: [30_000; 3] }, Axis::X), None);
        assert_eq!(first(Box3 { min: [5; 3], max: [0; 3] }, Axis::X), None);
    }
}
