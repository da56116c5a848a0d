//! Tests of the module beside this folder: `coords`.

use super::*;
use proptest::prelude::*;

fn any_pos() -> impl Strategy<Value = VoxelPos> {
    let axis = COORD_MIN..=COORD_MAX;
    (axis.clone(), axis.clone(), axis).prop_map(|(x, y, z)| VoxelPos::new(x, y, z).unwrap())
}

#[test]
fn range_is_checked_on_every_axis() {
    assert!(VoxelPos::new(COORD_MIN, 0, COORD_MAX).is_ok());
    for (pos, coord) in [
        ([COORD_MAX + 1, 0, 0], 32_768),
        ([0, COORD_MIN - 1, 0], -32_769),
        ([0, 0, i32::MAX], 2_147_483_647),
    ] {
        assert_eq!(VoxelPos::from_array(pos), Err(OutOfRange { coord }));
    }
    assert_eq!(
        VoxelPos::MAX.checked_add([i32::MAX, 0, 0]),
        Err(OutOfRange { coord: 2_147_516_414 })
    );
    assert_eq!(VoxelPos::MIN.checked_add([0, -1, 0]), Err(OutOfRange { coord: -32_769 }));
    assert_eq!(ChunkPos::new(0, 2048, 0), Err(OutOfRange { coord: 32_768 }));
    assert_eq!(VoxelPos::clamped([i64::MIN, 5, i64::MAX]).to_array(), [COORD_MIN, 5, COORD_MAX]);
}

#[test]
fn bounds_hold_both_corners() {
    let pos = |x, y, z| VoxelPos::new(x, y, z).unwrap();
    let bounds = Bounds::new(pos(-1, 0, 5), pos(1, 0, 6)).unwrap();
    assert_eq!(bounds.size(), [3, 1, 2]);
    assert_eq!(bounds.volume(), 6);
    assert_eq!(bounds.iter().count(), 6);
    assert_eq!(bounds.iter().nth(1), Some(pos(0, 0, 5)));
    assert!(bounds.contains(pos(1, 0, 6)) && !bounds.contains(pos(1, 1, 6)));
    assert!(Bounds::new(pos(1, 0, 0), pos(0, 0, 0)).is_err());
    assert_eq!(bounds.chunks().count(), 2);
    assert_eq!(bounds.chunk_count(), 2);
    assert_eq!(Bounds::ALL.volume(), 1 << 48);
    assert_eq!(bounds.intersect(&Bounds::of_voxel(pos(5, 5, 5))), None);
    assert_eq!(bounds.union(&Bounds::of_voxel(pos(5, 5, 5))).max(), pos(5, 5, 6));
}

#[test]
fn keys_order_chunks_as_the_tree_does() {
    let chunk = |x, y, z| ChunkPos::new(x, y, z).unwrap();
    assert_eq!(chunk(-2048, -2048, -2048).key(), 0);
    assert_eq!(chunk(2047, 2047, 2047).key(), (1 << 36) - 1);
    assert_eq!(chunk(0, 0, 1).key() - chunk(0, 0, 0).key(), 16);
    assert!(chunk(3, 3, 3) < chunk(4, 0, 0));
    assert_eq!(ChunkPos::from_key(1 << 36), None);
}

proptest! {
    #[test]
    fn a_voxel_is_its_chunk_and_place(pos in any_pos()) {
        prop_assert_eq!(pos.chunk().voxel(pos.local()), pos);
        prop_assert!(pos.chunk().bounds().contains(pos));
        prop_assert_eq!(ChunkPos::from_key(pos.chunk().key()), Some(pos.chunk()));
        let local = LocalPos::from_index(pos.local().index() as u16).unwrap();
        prop_assert_eq!(local, pos.local());
    }

    #[test]
    fn intersection_and_union_mean_what_they_say(a in any_pos(), b in any_pos(), c in any_pos(), d in any_pos()) {
        let (one, two) = (Bounds::from_corners(a, b), Bounds::from_corners(c, d));
        let both = one.union(&two);
        prop_assert!(both.encloses(&one) && both.encloses(&two));
        match one.intersect(&two) {
            Some(shared) => prop_assert!(one.encloses(&shared) && two.encloses(&shared)),
            None => prop_assert!(!one.contains(c) && !two.contains(a)),
        }
    }
}
