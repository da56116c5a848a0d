//! Undo and redo, their rules and bounds.

use crate::change::Change;
use crate::edit::tests::{at, done, fill, rgb, run, set};
use crate::edit::{Edit, Mode};
use crate::error::EditFault;
use crate::image;
use crate::limits::Limits;
use crate::project::{Project, Report, Request, Stamp};

fn commit(
    project: &Project,
    request: &Request,
    limits: &Limits,
    author: &str,
) -> Result<(Project, Report), EditFault> {
    let prepared = project.prepare(request, limits, &mut ()).map_err(|error| error.cause)?;
    let change = Change::decode(&prepared.change.encode()).unwrap();
    let stamp = Stamp { author, time_ms: 5, label: "step" };
    Ok((project.apply(&change, stamp).unwrap(), prepared.report))
}

fn undo(project: &Project, author: &str, any_author: bool) -> Result<(Project, Report), EditFault> {
    let request = Request::Undo { author: author.into(), any_author };
    commit(project, &request, &Limits::default(), author)
}

fn redo(project: &Project, author: &str, any_author: bool) -> Result<(Project, Report), EditFault> {
    let request = Request::Redo { author: author.into(), any_author };
    commit(project, &request, &Limits::default(), author)
}

#[test]
fn only_the_own_groups_are_undone() {
    let project = done(&Project::new(), vec![set(0, rgb(1))]);
    let other = EditFault::OtherAuthor { author: "ann".into(), group: 1 };
    assert_eq!(undo(&project, "bob", false).unwrap_err(), other);
    let (undone, report) = undo(&project, "bob", true).unwrap();
    let group = report.group.unwrap();
    assert_eq!((group.number, &*group.author, &*group.label), (1, "ann", "edit"));
    assert_eq!((report.summary.added, report.summary.removed), (0, 1));
    assert_eq!(undone.count(), 0);
    assert_eq!(undone.revision_number(), 2);
    assert_eq!(redo(&undone, "bob", false).unwrap_err(), other);
    let (redone, report) = redo(&undone, "ann", false).unwrap();
    assert_eq!(report.group.map(|group| (group.number, group.undone)), Some((1, true)));
    assert_eq!(redone.content(), project.content());
    assert_eq!(redo(&redone, "ann", false).unwrap_err(), EditFault::NothingToRedo);
    assert_eq!(undo(&Project::new(), "ann", true).unwrap_err(), EditFault::NothingToUndo);
}

#[test]
fn a_new_edit_ends_what_could_be_redone() {
    let project = done(&Project::new(), vec![set(0, rgb(1))]);
    let (undone, _) = undo(&project, "ann", false).unwrap();
    assert_eq!(undone.history().redo_count(), 1);
    let next = done(&undone, vec![set(0, rgb(2))]);
    assert_eq!((next.history().undo_count(), next.history().redo_count()), (1, 0));
    let nothing = done(&undone, vec![]);
    assert_eq!(nothing.history().redo_count(), 1, "an edit that changes nothing ends nothing");
}

#[test]
fn the_oldest_groups_are_forgotten() {
    let limits = Limits { history_groups_max: 3, ..Limits::default() };
    let mut project = Project::new();
    for n in 0..10 {
        let request = Request::Edit(vec![set(n, rgb(1))]);
        let (next, report) = commit(&project, &request, &limits, "ann").unwrap();
        assert_eq!(report.groups_forgotten, usize::from(n >= 3));
        project = next;
    }
    let numbers = |before, limit| {
        let groups = project.history().list(before, limit);
        groups.iter().map(|group| group.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(None, 10), [10, 9, 8]);
    assert_eq!(numbers(Some(10), 1), [9]);
    assert!(numbers(Some(8), 10).is_empty());
}

#[test]
fn a_history_keeps_within_its_bytes() {
    let limits = Limits { history_bytes_max: 200_000, ..Limits::default() };
    let mut project = done(&Project::new(), vec![fill([0; 3], [9, 9, 9], Mode::Over(rgb(1)))]);
    for red in 0..40 {
        let request = Request::Edit(vec![set(0, rgb(red))]);
        project = commit(&project, &request, &limits, "ann").unwrap().0;
        assert!(project.history().bytes() <= 200_000);
    }
    assert!((10..13).contains(&project.history().undo_count()));
    let image = image::decode(&image::encode(&project)).unwrap();
    assert_eq!(image.history().bytes(), project.history().bytes());
}

#[test]
fn the_newest_group_is_never_forgotten() {
    let limits = Limits { history_bytes_max: 0, history_groups_max: 0, ..Limits::default() };
    let mut project = done(&Project::new(), vec![fill([0; 3], [9, 9, 9], Mode::Over(rgb(1)))]);
    for red in 0..3 {
        let request = Request::Edit(vec![set(0, rgb(red + 5))]);
        project = commit(&project, &request, &limits, "ann").unwrap().0;
        assert_eq!(project.history().undo_count(), 1);
    }
    let (undone, _) = undo(&project, "ann", false).unwrap();
    assert_eq!(undone.layers()[0].volume.get(at(0, 0, 0)), rgb(6));
}

#[test]
fn groups_are_listed_newest_first_with_the_undone_ones() {
    let mut project = Project::new();
    for n in 0..4 {
        project = done(&project, vec![set(n, rgb(1))]);
    }
    project = undo(&project, "ann", false).unwrap().0;
    project = undo(&project, "ann", false).unwrap().0;
    let groups = project.history().list(None, 10);
    let seen: Vec<_> = groups.iter().map(|group| (group.number, group.undone)).collect();
    assert_eq!(seen, [(4, true), (3, true), (2, false), (1, false)]);
    assert!(groups.iter().all(|group| group.summary.added == 1));
}

#[test]
fn undo_and_redo_survive_an_image() {
    let mut project = Project::new();
    for n in 0..4 {
        project = done(&project, vec![set(n, rgb(n as u8 + 1))]);
    }
    let states = [project.clone(), undo(&project, "ann", false).unwrap().0];
    let image = image::decode(&image::encode(&states[1])).unwrap();
    assert_eq!(image, states[1]);
    let redone = redo(&image, "ann", false).unwrap().0;
    assert_eq!(redone.content(), states[0].content());
    let mut back = redone;
    for _ in 0..4 {
        back = undo(&back, "ann", false).unwrap().0;
    }
    assert_eq!(back.content(), Project::new().content());
}

#[test]
fn checkpoints_are_named_once_and_restored_by_a_commit() {
    let limits = Limits { checkpoints_max: 2, ..Limits::default() };
    let keep = |project: &Project, name: &str| {
        commit(project, &Request::CheckpointCreate { name: name.into() }, &limits, "ann")
    };
    let project = done(&Project::new(), vec![set(0, rgb(1))]);
    let project = keep(&project, "first").unwrap().0;
    let exists = EditFault::CheckpointExists { name: "first".into() };
    assert_eq!(keep(&project, "first").unwrap_err(), exists);
    assert!(matches!(keep(&project, "").unwrap_err(), EditFault::BadName { .. }));
    let project = keep(&project, "second").unwrap().0;
    let what = "checkpoints_max";
    assert_eq!(keep(&project, "third").unwrap_err(), EditFault::LimitReached { what, max: 2 });
    assert_eq!(project.history().checkpoint("first").map(|found| found.number), Some(1));

    let changed = done(&project, vec![set(0, rgb(2)), set(9, rgb(2))]);
    let restore = |name: &str| Request::Restore { checkpoint: name.into() };
    let missing = commit(&changed, &restore("frist"), &limits, "ann").unwrap_err();
    let (name, nearest) = ("frist".into(), Some("first".into()));
    assert_eq!(missing, EditFault::CheckpointMissing { name, nearest });
    let (restored, report) = commit(&changed, &restore("first"), &limits, "bob").unwrap();
    assert_eq!((report.summary.removed, report.summary.changed), (1, 1));
    assert_eq!(report.group_new, Some(restored.revision_number()));
    assert_eq!(restored.content(), project.content());
    let again = commit(&restored, &restore("first"), &limits, "bob").unwrap().1;
    assert_eq!(again.group_new, None);
    let back = undo(&restored, "bob", false).unwrap().0;
    assert_eq!(back.content(), changed.content());
}

#[test]
fn what_only_a_checkpoint_holds_is_counted_until_it_goes() {
    let limits = Limits { history_groups_max: 1, ..Limits::default() };
    let project = done(&Project::new(), vec![fill([0; 3], [9, 9, 9], Mode::Over(rgb(1)))]);
    let keep = Request::CheckpointCreate { name: "x".into() };
    let mut project = commit(&project, &keep, &limits, "ann").unwrap().0;
    for red in 2..6 {
        let request = Request::Edit(vec![set(0, rgb(red))]);
        project = commit(&project, &request, &limits, "ann").unwrap().0;
    }
    let chunk = project.layers()[0].volume.chunk(at(0, 0, 0).chunk()).unwrap().bytes() as u64;
    assert!(project.history().bytes() >= 2 * chunk);
    let image = image::decode(&image::encode(&project)).unwrap();
    assert_eq!(image.history().bytes(), 2 * chunk, "one in the group, one in the checkpoint");
    let forget = Request::CheckpointDelete { name: "x".into() };
    let project = commit(&project, &forget, &limits, "ann").unwrap().0;
    assert_eq!(project.history().bytes(), chunk);
}

#[test]
fn a_deleted_layer_comes_back_with_its_id_and_place() {
    let layers = ["a", "b"].map(|name| Edit::CopyLayer { layer: "main".into(), name: name.into() });
    let start = [set(3, rgb(1))].into_iter().chain(layers).collect();
    let project = done(&Project::new(), start);
    let (gone, report) = run(&project, vec![Edit::DeleteLayer { layer: "b".into() }]).unwrap();
    assert_eq!((gone.layers().len(), report.summary.removed), (2, 1));
    assert_eq!(*report.summary.layers, ["b".into()]);
    let back = undo(&gone, "ann", false).unwrap().0;
    assert_eq!(back.content(), project.content());
    assert_eq!(back.layer_by_name("b").unwrap().id, project.layer_by_name("b").unwrap().id);
}
