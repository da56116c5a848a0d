//! Tests of the module beside this folder: `chunk`.

use super::*;
use proptest::prelude::*;

fn red() -> Voxel {
    Voxel::from_rgb([255, 0, 0])
}

fn blue() -> Voxel {
    Voxel::from_rgb([0, 0, 255])
}

#[test]
fn one_value_is_stored_as_that_value() {
    let mut chunk = Chunk::uniform(red());
    let pos = LocalPos::new(1, 2, 3);
    assert_eq!(chunk.set(pos, blue()), red());
    assert_eq!(chunk.as_uniform(), None);
    assert_eq!(chunk.set(pos, red()), blue());
    assert_eq!(chunk.as_uniform(), Some(red()));

    assert_eq!(chunk.set(pos, Voxel::EMPTY), red());
    assert_eq!(chunk.count(), 4095);
    chunk.edit(|voxels| voxels.fill(Voxel::EMPTY));
    assert!(chunk.is_empty());
    assert_eq!(Chunk::from_voxels(&[blue(); CHUNK_VOXELS]), Chunk::uniform(blue()));
}

#[test]
fn a_clone_shares_until_it_is_changed() {
    let mut chunk = Chunk::EMPTY;
    chunk.set(LocalPos::FIRST, red());
    let copy = chunk.clone();
    assert!(chunk.ptr_eq(&copy));
    chunk.set(LocalPos::LAST, blue());
    assert!(!chunk.ptr_eq(&copy));
    assert_eq!(copy.get(LocalPos::LAST), Voxel::EMPTY);
    assert_eq!(copy.count(), 1);
}

#[test]
fn bounds_and_occupancy_agree() {
    let mut chunk = Chunk::EMPTY;
    assert_eq!(chunk.local_bounds(), None);
    chunk.fill_local_box(LocalPos::new(3, 4, 5), LocalPos::new(7, 8, 9), red());
    assert_eq!(chunk.count(), 125);
    assert_eq!(chunk.local_bounds(), Some((LocalPos::new(3, 4, 5), LocalPos::new(7, 8, 9))));
    assert_eq!(chunk.occupancy()[4 + 5 * 16], 0b1111_1000);
    assert_eq!(chunk.solid().count(), 125);
    assert_eq!(Chunk::uniform(red()).local_bounds(), Some((LocalPos::FIRST, LocalPos::LAST)));
}

#[test]
fn an_inverted_box_fills_nothing() {
    let mut chunk = Chunk::EMPTY;
    chunk.fill_local_box(LocalPos::new(5, 0, 0), LocalPos::new(4, 15, 15), red());
    chunk.fill_local_box(LocalPos::new(0, 5, 0), LocalPos::new(15, 4, 15), red());
    assert!(chunk.is_empty());
}

proptest! {
    #[test]
    fn writes_equal_a_plain_array(writes in prop::collection::vec((0u16..4096, 0u32..3), 0..200)) {
        let mut chunk = Chunk::EMPTY;
        let mut plain = [Voxel::EMPTY; CHUNK_VOXELS];
        for (index, value) in writes {
            let pos = LocalPos::from_index(index).unwrap();
            let voxel = Voxel::from_bits(value << 24);
            prop_assert_eq!(chunk.set(pos, voxel), plain[pos.index()]);
            plain[pos.index()] = voxel;
        }
        prop_assert_eq!(&chunk, &Chunk::from_voxels(&plain));
        prop_assert_eq!(chunk.count() as usize, plain.iter().filter(|v| v.is_solid()).count());
        prop_assert!(chunk.voxels().eq(plain));
    }
}
