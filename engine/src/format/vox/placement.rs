//! Where a model stands: rotations packed into a byte, and translations, nested.

/// A turn by quarters, with or without a mirror: a signed permutation of the three axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    /// For each axis of the result, the axis it is taken from.
    from: [u8; 3],
    /// For each axis of the result, whether it is turned round.
    negative: [bool; 3],
}

impl Rotation {
    /// No turn.
    pub const IDENTITY: Self = Self { from: [0, 1, 2], negative: [false; 3] };

    /// Reads the file's byte: two bits each for the column of the first and of the second row,
    /// then one bit for the sign of each row. `None` where two rows share a column.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        let (first, second) = (byte & 3, byte >> 2 & 3);
        if first == second || first == 3 || second == 3 {
            return None;
        }
        let negative = [4, 5, 6].map(|bit| byte >> bit & 1 == 1);
        Some(Self { from: [first, second, 3 - first - second], negative })
    }

    /// The axis that `axis` of the result is taken from, and whether it is turned round.
    pub(super) fn source(self, axis: usize) -> (usize, bool) {
        (usize::from(self.from[axis]), self.negative[axis])
    }

    /// This turn after `first`.
    #[must_use]
    pub fn after(self, first: Self) -> Self {
        let from = self.from.map(|axis| first.from[usize::from(axis)]);
        let negative = [0, 1, 2]
            .map(|axis| self.negative[axis] != first.negative[usize::from(self.from[axis])]);
        Self { from, negative }
    }

    fn turn(self, vector: [i64; 3]) -> [i64; 3] {
        [0, 1, 2].map(|axis| {
            let (from, negative) = self.source(axis);
            if negative { -vector[from] } else { vector[from] }
        })
    }
}

/// A turn, then a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The turn.
    pub rotation: Rotation,
    /// The move. Wider than the file's numbers, so that nested moves cannot overflow.
    pub translation: [i64; 3],
}

impl Placement {
    /// Where nothing is turned or moved.
    pub const IDENTITY: Self = Self { rotation: Rotation::IDENTITY, translation: [0; 3] };

    /// The placement in the world of something placed by `inner` within this one.
    #[must_use]
    pub fn within(self, inner: Self) -> Self {
        let moved = self.rotation.turn(inner.translation);
        Self {
            rotation: self.rotation.after(inner.rotation),
            translation: [0, 1, 2].map(|axis| self.translation[axis].saturating_add(moved[axis])),
        }
    }

    /// The lowest corner in the world of a model of this size. A model turns about its pivot, the
    /// corner at half its size rounded down, not about the middle of a voxel.
    pub(super) fn origin(self, size: [u32; 3]) -> [i64; 3] {
        [0, 1, 2].map(|axis| {
            let (from, negative) = self.rotation.source(axis);
            let side = i64::from(size[from]);
            let below_pivot = if negative { side - side / 2 } else { side / 2 };
            self.translation[axis].saturating_sub(below_pivot)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All 48: 24 turns and their mirror images.
    fn all() -> Vec<Rotation> {
        (0..128).filter_map(Rotation::from_byte).collect()
    }

    #[test]
    fn there_are_48_rotations_and_the_rest_is_refused() {
        assert_eq!(all().len(), 48);
        for byte in [0b0000, 0b0101, 0b1010, 0b0011, 0b1100, 0b1111] {
            assert_eq!(Rotation::from_byte(byte), None);
        }
        assert_eq!(Rotation::from_byte(4), Some(Rotation::IDENTITY));
    }

    #[test]
    fn the_example_of_the_format_description() {
        let turn = Rotation::from_byte(1 | 2 << 2 | 1 << 5 | 1 << 6).unwrap();
        assert_eq!(turn.turn([10, 20, 30]), [20, -30, -10]);
    }

    #[test]
    fn composition_is_one_turn_after_the_other() {
        for a in all() {
            for b in all() {
                assert_eq!(a.after(b).turn([1, 2, 3]), a.turn(b.turn([1, 2, 3])));
            }
        }
    }

    #[test]
    fn the_origin_is_the_least_of_all_voxels() {
        for rotation in all() {
            let placement = Placement { rotation, translation: [7, -3, 1000] };
            for size in [[1, 1, 1], [2, 3, 4], [5, 2, 7]] {
                let mut least = [i64::MAX; 3];
                for index in 0..size.iter().product::<u32>() {
                    let voxel =
                        [index % size[0], index / size[0] % size[1], index / size[0] / size[1]];
                    // Twice the voxel's middle, seen from the pivot, so that halves stay whole.
                    let middle = [0, 1, 2]
                        .map(|axis| 2 * (i64::from(voxel[axis]) - i64::from(size[axis] / 2)) + 1);
                    let turned = rotation.turn(middle);
                    for axis in 0..3 {
                        let at = (turned[axis] + 2 * placement.translation[axis]).div_euclid(2);
                        least[axis] = least[axis].min(at);
                    }
                }
                assert_eq!(placement.origin(size), least);
            }
        }
    }
}
