//! Changes as bytes: small, equal after reading, and harmless when they are damaged.

use proptest::prelude::*;

use super::{Change, codec};
use crate::coords::VoxelPos;
use crate::edit::tests::{STAMP, any_edits, at, beginning, done, fill, rgb, set};
use crate::edit::{Edit, ImportLayer, Mode};
use crate::error::DecodeError;
use crate::limits::Limits;
use crate::material::Material;
use crate::project::{Project, Request};
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

fn prepare(project: &Project, edits: Vec<Edit>) -> Change {
    project.prepare(&Request::Edit(edits), &Limits::default(), &mut ()).unwrap().change
}

/// A little of everything.
fn small() -> (Project, Change) {
    let slot = MaterialSlot::new(3).unwrap();
    let material = Material { name: "steel".into(), metallic: 255, ..Material::default() };
    let edits = vec![
        Edit::SetMaterial { slot, material },
        Edit::CopyLayer { layer: "a".into(), name: "b".into() },
        Edit::RenameLayer { layer: "a".into(), to: "c".into() },
        fill([40; 3], [80, 60, 60], Mode::Over(rgb(5))),
        set(0, Voxel::new([1, 2, 3], slot)),
    ];
    let project = beginning();
    let change = prepare(&project, edits);
    (project, change)
}

#[test]
fn a_cut_change_is_refused() {
    let (_, change) = small();
    let bytes = change.encode();
    for len in 0..bytes.len() {
        assert!(Change::decode(&bytes[..len]).is_err(), "cut at {len}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(Change::decode(&longer).is_err() || bytes[1] == 1, "padding may follow a block");
}

#[test]
fn a_flipped_change_is_refused_or_applied_but_never_panics() {
    let (project, change) = small();
    let mut bytes = change.encode();
    for index in 0..bytes.len() {
        for bit in 0..8 {
            bytes[index] ^= 1 << bit;
            if let Ok(change) = Change::decode(&bytes) {
                let _ = project.apply(&change, STAMP);
            }
            bytes[index] ^= 1 << bit;
        }
    }
}

#[test]
fn newer_versions_are_refused() {
    let (_, change) = small();
    let mut bytes = change.encode();
    bytes[0] = codec::VERSION + 1;
    let newer = DecodeError::NewerVersion { found: 2, known: 1 };
    assert_eq!(Change::decode(&bytes).unwrap_err(), newer);
    bytes[0] = 0;
    assert!(matches!(Change::decode(&bytes), Err(DecodeError::Invalid { offset: 0, .. })));
}

#[test]
fn a_change_takes_as_many_bytes_as_it_is_worth() {
    let project = done(&Project::new(), vec![fill([0; 3], [255, 255, 63], Mode::Over(rgb(1)))]);
    let size = |edits| prepare(&project, edits).encode().len();
    assert!(size(vec![set(3, rgb(2))]) < 64);
    assert!(size(vec![fill([0; 3], [255; 3], Mode::Over(rgb(2)))]) < 2048);
    assert!(size(vec![Edit::CopyLayer { layer: "main".into(), name: "b".into() }]) < 64);
    let undo = Request::Undo { author: "ann".into(), any_author: false };
    let undo = project.prepare(&undo, &Limits::default(), &mut ()).unwrap().change;
    assert!(undo.encode().len() < 64);
}

#[test]
fn chunks_that_imported_layers_share_are_written_once() {
    let mut volume = Volume::default();
    for n in 0..2000 {
        volume.set(at(n * 7 % 16, n * 5 % 13, n % 11), rgb((n * n % 251) as u8));
    }
    let layer = |n: usize| ImportLayer {
        name: n.to_string(),
        volume: volume.clone(),
        ..Default::default()
    };
    let import = |count| {
        let edit = Edit::Import { layers: (0..count).map(layer).collect(), materials: vec![] };
        prepare(&Project::new(), vec![edit])
    };
    let (one, many) = (import(1), import(50));
    assert!(many.encode().len() < one.encode().len() * 2);
    let replayed = Change::decode(&many.encode()).unwrap();
    let replayed = Project::new().apply(&replayed, STAMP).unwrap();
    let chunk = |n: usize| replayed.layers()[n].volume.chunk(VoxelPos::ORIGIN.chunk()).unwrap();
    assert!(chunk(1).ptr_eq(chunk(50)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn damaged_changes_never_panic(edits in any_edits(), damage in prop::collection::vec((any::<u16>(), any::<u8>()), 1..4)) {
        let project = beginning();
        let prepared = project.prepare(&Request::Edit(edits), &Limits::default(), &mut ());
        let Ok(prepared) = prepared else { return Ok(()) };
        let mut bytes = prepared.change.encode();
        for (place, value) in damage {
            let len = bytes.len();
            bytes[usize::from(place) % len] = value;
        }
        if let Ok(change) = Change::decode(&bytes) {
            let _ = project.apply(&change, STAMP);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let framed = [&[codec::VERSION, 0], &bytes[..]].concat();
        for bytes in [&bytes, &framed] {
            if let Ok(change) = Change::decode(bytes) {
                let _ = beginning().apply(&change, STAMP);
            }
        }
    }
}
