//! Images: equal after reading, shared as before, and refused when they are damaged.

use super::{VERSION, decode, encode};
use crate::edit::tests::{STAMP, beginning, done, fill, rgb, set};
use crate::edit::{Edit, Mode};
use crate::error::{DecodeError, ImageError};
use crate::limits::Limits;
use crate::project::{Project, Request};

fn commit(project: &Project, request: &Request) -> Project {
    let prepared = project.prepare(request, &Limits::default(), &mut ()).unwrap();
    project.apply(&prepared.change, STAMP).unwrap()
}

/// Groups to undo and to redo, and a checkpoint.
fn rich() -> Project {
    let undo = || Request::Undo { author: "ann".into(), any_author: false };
    let project = commit(&beginning(), &Request::CheckpointCreate { name: "kept".into() });
    let project = done(&project, vec![Edit::DeleteLayer { layer: "a".into() }]);
    let project = done(&project, vec![fill([0; 3], [40, 9, 9], Mode::Over(rgb(7)))]);
    let project = done(&project, vec![Edit::HideLayer { layer: "main".into() }, set(99, rgb(8))]);
    commit(&commit(&project, &undo()), &undo())
}

#[test]
fn a_project_comes_back_with_its_history() {
    for project in [Project::new(), beginning(), rich()] {
        let bytes = encode(&project);
        let read = decode(&bytes).unwrap();
        assert!(read == project);
        assert_eq!(read.next_layer, project.next_layer);
        assert_eq!(encode(&read), bytes, "what was shared is shared again");
    }
}

#[test]
fn every_cut_and_every_flip_is_noticed() {
    let project = rich();
    let mut bytes = encode(&project);
    for len in 0..bytes.len() {
        assert!(decode(&bytes[..len]).is_err(), "cut at {len}");
    }
    for index in 0..bytes.len() {
        for bit in [0, 3, 7] {
            bytes[index] ^= 1 << bit;
            assert!(decode(&bytes).is_err(), "flip at {index}");
            bytes[index] ^= 1 << bit;
        }
    }
    bytes.push(0);
    assert!(decode(&bytes).is_err());
}

#[test]
fn foreign_bytes_and_newer_versions_are_refused() {
    assert_eq!(decode(b"").unwrap_err(), ImageError::NotAnImage);
    assert_eq!(decode(b"VOX 0000 and more").unwrap_err(), ImageError::NotAnImage);
    let mut bytes = encode(&Project::new());
    bytes[8] += 1;
    let (found, known) = (VERSION + 1, VERSION);
    let newer = ImageError::Decode(DecodeError::NewerVersion { found, known });
    assert_eq!(decode(&bytes).unwrap_err(), newer);
}

#[test]
fn a_state_that_many_groups_share_is_written_once() {
    let noise = |n: i32| rgb((n * n % 251) as u8);
    let voxels =
        (0..4000).map(|n| (crate::edit::tests::at(n % 16, n / 16 % 16, n / 256), noise(n)));
    let edit = Edit::Set { layer: "main".into(), voxels: voxels.collect() };
    let one = done(&Project::new(), vec![edit]);
    let mut many = one.clone();
    for n in 0..20 {
        many = done(&many, vec![Edit::CopyLayer { layer: "main".into(), name: n.to_string() }]);
    }
    assert!(encode(&many).len() < encode(&one).len() * 2);
}
