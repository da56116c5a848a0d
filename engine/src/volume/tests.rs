//! Tests of the module beside this folder: `volume`.

use super::*;
use crate::coords::{COORD_MAX, COORD_MIN};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Model = BTreeMap<VoxelPos, Voxel>;

fn pos(x: i32, y: i32, z: i32) -> VoxelPos {
    VoxelPos::new(x, y, z).unwrap()
}

fn cube(min: i32, max: i32) -> Bounds {
    Bounds::new(pos(min, min, min), pos(max, max, max)).unwrap()
}

fn color(number: u8) -> Voxel {
    Voxel::from_rgb([number, 0, 0])
}

#[derive(Clone, Debug)]
enum Step {
    Set(VoxelPos, Voxel),
    Write(Vec<(VoxelPos, Voxel)>),
    Fill(Bounds, Voxel),
    SetChunk(ChunkPos, Voxel),
    Keep,
}

/// Positions that often share chunks, sometimes lie in other regions and reach the corners.
fn any_pos() -> impl Strategy<Value = VoxelPos> {
    let axis = prop_oneof![
        8 => -20i32..40,
        2 => 60i32..70,
        1 => prop::sample::select(vec![COORD_MIN, COORD_MIN + 1, COORD_MAX]),
    ];
    (axis.clone(), axis.clone(), axis).prop_map(|(x, y, z)| pos(x, y, z))
}

fn any_voxel() -> impl Strategy<Value = Voxel> {
    prop_oneof![2 => Just(Voxel::EMPTY), 3 => (0u8..3).prop_map(color)]
}

fn any_step() -> impl Strategy<Value = Step> {
    let small_box = (any_pos(), 0i64..33, 0i64..33, 0i64..18).prop_map(|(min, x, y, z)| {
        let [a, b, c] = min.to_array().map(i64::from);
        Bounds::from_corners(min, VoxelPos::clamped([a + x, b + y, c + z]))
    });
    prop_oneof![
        (any_pos(), any_voxel()).prop_map(|(pos, voxel)| Step::Set(pos, voxel)),
        prop::collection::vec((any_pos(), any_voxel()), 0..40).prop_map(Step::Write),
        (small_box, any_voxel()).prop_map(|(bounds, voxel)| Step::Fill(bounds, voxel)),
        (any_pos(), any_voxel()).prop_map(|(pos, voxel)| Step::SetChunk(pos.chunk(), voxel)),
        Just(Step::Keep),
    ]
}

fn model_set(model: &mut Model, pos: VoxelPos, voxel: Voxel) -> Voxel {
    let old = if voxel.is_empty() { model.remove(&pos) } else { model.insert(pos, voxel) };
    old.unwrap_or_default()
}

fn apply(volume: &mut Volume, model: &mut Model, step: &Step) {
    match step {
        Step::Set(pos, voxel) => {
            assert_eq!(volume.set(*pos, *voxel), model_set(model, *pos, *voxel));
        }
        Step::Write(list) => {
            let mut writer = volume.writer();
            for (pos, voxel) in list {
                assert_eq!(writer.get(*pos), model.get(pos).copied().unwrap_or_default());
                assert_eq!(writer.set(*pos, *voxel), model_set(model, *pos, *voxel));
            }
        }
        Step::Fill(bounds, voxel) => {
            volume.fill(*bounds, *voxel);
            for pos in bounds.iter() {
                model_set(model, pos, *voxel);
            }
        }
        Step::SetChunk(chunk, voxel) => {
            volume.set_chunk(*chunk, Chunk::uniform(*voxel));
            for pos in chunk.bounds().iter() {
                model_set(model, pos, *voxel);
            }
        }
        Step::Keep => {}
    }
}

fn chunks_of(model: &Model) -> Vec<ChunkPos> {
    let mut chunks: Vec<_> = model.keys().map(|pos| pos.chunk()).collect();
    chunks.sort();
    chunks.dedup();
    chunks
}

fn check(volume: &Volume, model: &Model) {
    assert_eq!(volume.count(), model.len() as u64);
    assert_eq!(volume.is_empty(), model.is_empty());
    let around = Bounds::union_all(model.keys().map(|pos| Bounds::of_voxel(*pos)));
    assert_eq!(volume.bounds(), around);
    let listed: Vec<_> = volume.chunks().map(|(pos, _)| pos).collect();
    assert_eq!(listed, chunks_of(model));
    let voxels = volume
        .chunks()
        .flat_map(|(at, chunk)| chunk.solid().map(move |(local, voxel)| (at.voxel(local), voxel)));
    let found: Model = voxels.collect();
    assert_eq!(&found, model);
    let mut reader = volume.reader();
    assert!(model.iter().all(|(pos, voxel)| reader.get(*pos) == *voxel));
    for (at, chunk) in volume.chunks() {
        let voxels: Vec<_> = chunk.voxels().collect();
        let plain = <&[Voxel; 4096]>::try_from(&voxels[..]).unwrap();
        assert_eq!(&Chunk::from_voxels(plain), chunk, "{at:?} is not in its simplest form");
    }
}

/// The sums kept in nodes are those of a tree built anew.
fn check_sums(volume: &Volume) {
    let again: Volume = volume.chunks().map(|(pos, chunk)| (pos, chunk.clone())).collect();
    assert_eq!(volume.bytes(), again.bytes());
    assert_eq!(volume.count(), again.count());
    assert_eq!(volume, &again);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn edits_equal_a_map(steps in prop::collection::vec(any_step(), 1..12)) {
        let (mut volume, mut model) = (Volume::new(), Model::new());
        let mut kept = Vec::new();
        for step in &steps {
            if matches!(step, Step::Keep) {
                kept.push((volume.clone(), model.clone()));
            }
            apply(&mut volume, &mut model, step);
        }
        check(&volume, &model);
        check_sums(&volume);
        for (old, old_model) in &kept {
            check(old, old_model);
            let mut differ: Vec<_> = old_model.iter().filter(|(pos, v)| model.get(pos) != Some(v)).map(|(pos, _)| pos.chunk()).collect();
            differ.extend(model.iter().filter(|(pos, v)| old_model.get(pos) != Some(v)).map(|(pos, _)| pos.chunk()));
            differ.sort();
            differ.dedup();
            prop_assert_eq!(volume.diff(old).collect::<Vec<_>>(), differ.clone());
            prop_assert_eq!(old.diff(&volume).collect::<Vec<_>>(), differ);
        }
    }

    #[test]
    fn listings_resume_and_clip(steps in prop::collection::vec(any_step(), 1..8), at in any_pos(), a in any_pos(), b in any_pos()) {
        let (mut volume, mut model) = (Volume::new(), Model::new());
        steps.iter().for_each(|step| apply(&mut volume, &mut model, step));
        let all: Vec<_> = volume.chunks().map(|(pos, _)| pos).collect();
        let after: Vec<_> = volume.chunks_from(Some(at.chunk())).map(|(pos, _)| pos).collect();
        prop_assert_eq!(after, all.iter().copied().filter(|pos| *pos > at.chunk()).collect::<Vec<_>>());
        let bounds = Bounds::from_corners(a, b);
        let inside: Vec<_> = volume.chunks_in(bounds).map(|(pos, _)| pos).collect();
        let expected: Vec<_> = all.into_iter().filter(|pos| bounds.intersect(&pos.bounds()).is_some()).collect();
        prop_assert_eq!(&inside, &expected);
        let count = model.keys().filter(|pos| bounds.contains(**pos)).count();
        prop_assert_eq!(volume.count_in(&bounds), count as u64);
        let rest: Vec<_> = volume.chunks_in_from(bounds, Some(at.chunk())).map(|(pos, _)| pos).collect();
        prop_assert_eq!(rest, expected.into_iter().filter(|pos| *pos > at.chunk()).collect::<Vec<_>>());
    }
}

#[test]
fn everything_can_be_filled_and_cleared() {
    let mut volume = Volume::new();
    volume.fill(Bounds::ALL, color(1));
    assert_eq!(volume.count(), 1 << 48);
    assert_eq!(volume.bounds(), Some(Bounds::ALL));
    assert_eq!(volume.get(VoxelPos::MAX), color(1));

    let copy = volume.clone();
    volume.fill(cube(-100, 100), Voxel::EMPTY);
    assert_eq!(volume.count(), (1 << 48) - 201_u64.pow(3));
    assert_eq!(volume.diff(&copy).count() as u64, cube(-100, 100).chunk_count());
    volume.fill(Bounds::ALL, Voxel::EMPTY);
    assert!(volume.is_empty() && volume.bytes() == 0);
}

#[test]
fn a_clone_shares_what_is_not_edited() {
    let mut volume = Volume::new();
    for step in 0..50 {
        volume.set(pos(step * 16, step, 0), color(1));
    }
    let old = volume.clone();
    assert!(volume.ptr_eq(&old));
    volume.set(pos(0, 0, 0), color(2));
    assert!(!volume.ptr_eq(&old));
    assert_eq!(old.get(pos(0, 0, 0)), color(1));
    let shared = volume.chunks().zip(old.chunks()).filter(|((_, a), (_, b))| a.ptr_eq(b));
    assert_eq!(shared.count(), 49);
}

#[test]
fn setting_what_is_there_copies_nothing() {
    let mut volume = Volume::new();
    volume.fill(cube(0, 20), color(1));
    let old = volume.clone();
    volume.set(pos(3, 3, 3), color(1));
    volume.set(pos(900, 3, 3), Voxel::EMPTY);
    volume.set_chunk(pos(900, 0, 0).chunk(), Chunk::EMPTY);
    volume.writer().set(pos(4, 4, 4), color(1));
    assert!(volume.ptr_eq(&old));
}

#[test]
fn chunks_that_become_empty_are_removed() {
    let mut volume = Volume::new();
    volume.set(pos(5, 5, 5), color(1));
    volume.writer().set(pos(5, 5, 5), Voxel::EMPTY);
    assert!(volume.is_empty() && volume.chunks().next().is_none());
    assert_eq!(volume.bytes(), 0);
}
