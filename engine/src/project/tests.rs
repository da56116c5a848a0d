//! Whole lives of projects: commits, replay and images against the model.

use proptest::prelude::*;

use super::{Content, Project, Request, Stamp};
use crate::change::Change;
use crate::edit::tests::model::Model;
use crate::edit::tests::{any_edits, at, beginning, done, fill, rgb, set};
use crate::edit::{Edit, Mode};
use crate::error::{ApplyError, EditFault};
use crate::image;
use crate::layer::LayerId;
use crate::limits::Limits;

#[derive(Debug, Clone)]
enum Op {
    Edit(Vec<Edit>),
    Undo,
    Redo,
    Keep(u8),
    Drop(u8),
    Restore(u8),
    Image,
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => any_edits().prop_map(Op::Edit),
        4 => Just(Op::Undo),
        3 => Just(Op::Redo),
        1 => (0..2_u8).prop_map(Op::Keep),
        1 => (0..2_u8).prop_map(Op::Drop),
        1 => (0..2_u8).prop_map(Op::Restore),
        1 => Just(Op::Image),
    ]
}

fn request(op: &Op) -> Option<Request> {
    let author = || "ann".to_owned();
    Some(match op {
        Op::Edit(edits) => Request::Edit(edits.clone()),
        Op::Undo => Request::Undo { author: author(), any_author: false },
        Op::Redo => Request::Redo { author: author(), any_author: false },
        Op::Keep(n) => Request::CheckpointCreate { name: n.to_string() },
        Op::Drop(n) => Request::CheckpointDelete { name: n.to_string() },
        Op::Restore(n) => Request::Restore { checkpoint: n.to_string() },
        Op::Image => return None,
    })
}

/// What the history should be.
#[derive(Default)]
struct Past {
    undo: Vec<Model>,
    redo: Vec<Model>,
    kept: [Option<Model>; 2],
}

impl Past {
    /// The state after `op`; `None` if it should be refused.
    fn after(&mut self, now: &Model, op: &Op) -> Option<Model> {
        let next = match op {
            Op::Edit(edits) => now.run(edits)?,
            Op::Restore(n) => self.kept[usize::from(*n)].clone()?,
            Op::Undo => {
                let next = self.undo.pop()?;
                self.redo.push(now.clone());
                return Some(next);
            }
            Op::Redo => {
                let next = self.redo.pop()?;
                self.undo.push(now.clone());
                return Some(next);
            }
            Op::Keep(n) => {
                let place = &mut self.kept[usize::from(*n)];
                return place.is_none().then(|| place.insert(now.clone()).clone());
            }
            Op::Drop(n) => {
                self.kept[usize::from(*n)].take()?;
                return Some(now.clone());
            }
            Op::Image => return Some(now.clone()),
        };
        if next != *now {
            self.undo.push(now.clone());
            self.redo.clear();
        }
        Some(next)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// The replayed project gets every change as bytes and must be equal with its whole history.
    #[test]
    fn lives_follow_the_model(ops in prop::collection::vec(any_op(), 1..14)) {
        let (mut live, mut replayed) = (Project::new(), Project::new());
        let (mut past, mut now) = (Past::default(), Model::of(live.content()));
        let start = Op::Edit(vec![Edit::CopyLayer { layer: "main".into(), name: "a".into() }]);
        for (time_ms, op) in (0..).zip([start].into_iter().chain(ops)) {
            let Some(request) = request(&op) else {
                live = image::decode(&image::encode(&live)).unwrap();
                continue;
            };
            let prepared = live.prepare(&request, &Limits::default(), &mut ());
            let expected = past.after(&now, &op);
            prop_assert_eq!(prepared.is_ok(), expected.is_some(), "{:?}", prepared);
            let (Ok(prepared), Some(expected)) = (prepared, expected) else { continue };
            let stamp = Stamp { author: "ann", time_ms, label: "some" };
            live = live.apply(&prepared.change, stamp).unwrap();
            let change = Change::decode(&prepared.change.encode()).unwrap();
            replayed = replayed.apply(&change, stamp).unwrap();
            now = expected;
            prop_assert_eq!(Model::of(live.content()), now.clone());
            prop_assert_eq!(live.history().undo_count(), past.undo.len());
            prop_assert_eq!(live.history().redo_count(), past.redo.len());
        }
        prop_assert!(live == replayed);
    }

    #[test]
    fn a_bad_edit_changes_nothing(edits in any_edits(), place in 0..4_usize) {
        let project = beginning();
        let before = Model::of(project.content());
        let mut edits = edits;
        let bad = Edit::DeleteLayer { layer: "nowhere".into() };
        edits.insert(place.min(edits.len()), bad);
        let error = project.prepare(&Request::Edit(edits), &Limits::default(), &mut ());
        prop_assert!(error.unwrap_err().edit.unwrap() <= place);
        prop_assert_eq!(Model::of(project.content()), before);
        prop_assert_eq!(project.revision_number(), 1);
    }
}

#[test]
fn a_project_may_be_handed_between_threads() {
    fn is_shareable<T: Send + Sync>() {}
    is_shareable::<Project>();
    is_shareable::<Change>();
    is_shareable::<Request>();
}

#[test]
fn a_snapshot_does_not_change_with_what_follows() {
    let project = done(&Project::new(), vec![set(0, rgb(1))]);
    let snapshot = project.clone();
    let next = done(&project, vec![set(0, rgb(2))]);
    assert_eq!(snapshot, project);
    assert_ne!(snapshot.content(), next.content());
    assert_eq!((project.revision_number(), next.revision_number()), (1, 2));
}

#[test]
fn layers_that_are_not_edited_stay_shared() {
    let project = beginning();
    let next = done(&project, vec![set(0, rgb(7))]);
    let volume = |project: &Project, name| project.layer_by_name(name).unwrap().volume.clone();
    assert!(volume(&project, "a").ptr_eq(&volume(&next, "a")));
    assert!(!volume(&project, "main").ptr_eq(&volume(&next, "main")));
}

#[test]
fn ids_of_deleted_layers_are_not_used_again() {
    let create = |name: &str| Edit::CreateLayer {
        name: name.into(),
        group: String::new(),
        visible: true,
        position: None,
    };
    let project = done(&Project::new(), vec![create("a")]);
    let project = done(&project, vec![Edit::DeleteLayer { layer: "a".into() }]);
    let project = done(&project, vec![create("a")]);
    assert_eq!(project.layer_by_name("a").unwrap().id, LayerId(2));
}

#[test]
fn a_change_that_does_not_fit_is_refused() {
    let stamp = Stamp { author: "ann", time_ms: 0, label: "" };
    let prepare = |project: &Project, request: Request| {
        project.prepare(&request, &Limits::default(), &mut ()).unwrap().change
    };
    let two = beginning();
    let one = Project { number: two.number, ..Project::new() };
    let edit = Edit::Set { layer: "a".into(), voxels: vec![(at(0, 0, 0), rgb(9))] };
    let change = prepare(&two, Request::Edit(vec![edit]));
    let other = ApplyError::RevisionMismatch { wanted: 1, found: 0 };
    assert_eq!(Project::new().apply(&change, stamp), Err(other));
    assert_eq!(one.apply(&change, stamp), Err(ApplyError::LayerMissing { id: 1 }));
    let undo = prepare(&two, Request::Undo { author: "ann".into(), any_author: false });
    let found = Err(ApplyError::GroupMismatch { wanted: 1, found: None });
    assert_eq!(one.apply(&undo, stamp), found);
    let keep = prepare(&two, Request::CheckpointCreate { name: "x".into() });
    let kept = two.apply(&keep, stamp).unwrap();
    let kept_before = Project { number: 1, ..kept.clone() };
    assert!(matches!(kept_before.apply(&keep, stamp), Err(ApplyError::CheckpointMismatch { .. })));
    let drop = prepare(&kept, Request::CheckpointDelete { name: "x".into() });
    let unkept = Project { number: 2, ..two.clone() };
    assert!(matches!(unkept.apply(&drop, stamp), Err(ApplyError::CheckpointMismatch { .. })));
    let copy = Edit::CopyLayer { layer: "main".into(), name: "b".into() };
    let create = prepare(&two, Request::Edit(vec![copy]));
    let used = Project { next_layer: 9, ..two };
    let inconsistent = ApplyError::LayersInconsistent { id: 2 };
    assert_eq!(used.apply(&create, stamp), Err(inconsistent));
}

#[test]
fn a_project_may_not_outgrow_its_bytes() {
    let limits = Limits { project_bytes_max: 200_000, ..Limits::default() };
    let mut project = Project::new();
    let full = (0..1000).find_map(|n| {
        let edit = set(n * 16, rgb(1));
        match project.prepare(&Request::Edit(vec![edit]), &limits, &mut ()) {
            Ok(prepared) => {
                let stamp = Stamp { author: "ann", time_ms: 0, label: "" };
                project = project.apply(&prepared.change, stamp).unwrap();
                None
            }
            Err(error) => Some(error.cause),
        }
    });
    let what = "project_bytes_max";
    assert_eq!(full, Some(EditFault::LimitReached { what, max: 200_000 }));
    assert!(project.bytes() <= 200_000);
    let clear = fill([0; 3], [16_000, 0, 0], Mode::Subtract);
    assert!(project.prepare(&Request::Edit(vec![clear]), &limits, &mut ()).is_ok());
}

#[test]
fn an_empty_content_is_no_project_but_equal_to_itself() {
    assert_eq!(Content::default(), Content::default());
    assert_ne!(&Content::default(), Project::new().content());
    assert_eq!(Content::default().bounds(), None);
}
