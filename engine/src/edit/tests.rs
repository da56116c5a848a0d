//! Edits against a model that does everything the slow way, and what each refuses.

pub(crate) mod model;
mod random;

pub(crate) use random::{any_edits, beginning};

use super::{Combination, Connectivity, Edit, Empties, ImportLayer, Mode, Original, Paint, Turn};
use crate::coords::{Axis, Bounds, COORD_MAX, VoxelPos};
use crate::edit::End;
use crate::error::{EditError, EditFault, NameError};
use crate::limits::Limits;
use crate::material::Material;
use crate::progress::{Cancelled, Progress};
use crate::project::{Project, Report, Request, Stamp};
use crate::shape::Shape;
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

pub(crate) const STAMP: Stamp<'static> = Stamp { author: "ann", time_ms: 1, label: "edit" };

pub(crate) fn at(x: i32, y: i32, z: i32) -> VoxelPos {
    VoxelPos::new(x, y, z).unwrap()
}

pub(crate) fn bounds(min: [i32; 3], max: [i32; 3]) -> Bounds {
    Bounds::from_corners(at(min[0], min[1], min[2]), at(max[0], max[1], max[2]))
}

pub(crate) fn rgb(red: u8) -> Voxel {
    Voxel::from_rgb([red, 0, 0])
}

pub(crate) fn set(x: i32, voxel: Voxel) -> Edit {
    Edit::Set { layer: "main".into(), voxels: vec![(at(x, 0, 0), voxel)] }
}

pub(crate) fn fill(min: [i32; 3], max: [i32; 3], mode: Mode) -> Edit {
    Edit::Fill { layer: "main".into(), shape: Shape::cuboid(bounds(min, max)), mode }
}

pub(crate) fn run(project: &Project, edits: Vec<Edit>) -> Result<(Project, Report), EditError> {
    let prepared = project.prepare(&Request::Edit(edits), &Limits::default(), &mut ())?;
    Ok((project.apply(&prepared.change, STAMP).unwrap(), prepared.report))
}

pub(crate) fn done(project: &Project, edits: Vec<Edit>) -> Project {
    run(project, edits).unwrap().0
}

fn fault(project: &Project, edits: Vec<Edit>) -> (Option<usize>, EditFault) {
    let error = run(project, edits).unwrap_err();
    (error.edit, error.cause)
}

fn main_volume(project: &Project) -> &Volume {
    &project.layer_by_name("main").unwrap().volume
}

#[test]
fn a_report_tells_what_changed() {
    let project = done(&Project::new(), vec![fill([0; 3], [31, 15, 15], Mode::Over(rgb(1)))]);
    let edits = vec![
        fill([0; 3], [3, 0, 0], Mode::Over(rgb(2))),
        fill([10, 0, 0], [10, 0, 1], Mode::Subtract),
        set(40, rgb(3)),
    ];
    let (_, report) = run(&project, edits).unwrap();
    let summary = &report.summary;
    assert_eq!((summary.added, summary.removed, summary.changed), (1, 2, 4));
    assert_eq!(summary.bounds, Some(bounds([0; 3], [40, 0, 1])));
    assert_eq!(summary.layers.iter().map(|name| &**name).collect::<Vec<_>>(), ["main"]);
    assert_eq!(report.group_new, Some(2));
}

#[test]
fn the_edit_to_blame_is_named() {
    let project = Project::new();
    let missing = Edit::DeleteLayer { layer: "Mian".into() };
    let (edit, cause) = fault(&project, vec![set(0, rgb(1)), missing]);
    assert_eq!(edit, Some(1));
    let nearest = Some("main".into());
    assert_eq!(cause, EditFault::LayerMissing { name: "Mian".into(), nearest });
    assert_eq!(
        EditError { edit, cause }.to_string(),
        "edit 1: there is no layer \"Mian\"; did you mean \"main\"?"
    );
}

#[test]
fn names_are_refused() {
    let project = Project::new();
    let create = |name: &str, group: &str| Edit::CreateLayer {
        name: name.into(),
        group: group.into(),
        visible: true,
        position: None,
    };
    let exists = EditFault::LayerExists { name: "main".into() };
    assert_eq!(fault(&project, vec![create("main", "")]).1, exists);
    let empty = EditFault::BadName { name: String::new(), cause: NameError::Empty };
    assert_eq!(fault(&project, vec![create("", "")]).1, empty);
    assert!(matches!(fault(&project, vec![create("a", "a//b")]).1, EditFault::BadName { .. }));
    let material = Material { name: "a\tb".into(), ..Material::default() };
    let material = Edit::SetMaterial { slot: MaterialSlot::DEFAULT, material };
    assert!(matches!(fault(&project, vec![material]).1, EditFault::BadName { .. }));
}

#[test]
fn limits_are_counted_before_anything_is_written() {
    let limits = Limits { edit_voxels_max: 1000, edits_max: 3, layers_max: 2, ..Limits::default() };
    let project = Project::new();
    let fault = |edits: Vec<Edit>| {
        project.prepare(&Request::Edit(edits), &limits, &mut ()).unwrap_err().cause
    };
    let all = Edit::Fill {
        layer: "main".into(),
        shape: Shape::cuboid(Bounds::ALL),
        mode: Mode::Over(rgb(1)),
    };
    assert_eq!(fault(vec![all]), EditFault::TooManyVoxels { count: 1 << 48, max: 1000 });
    let half = fill([0; 3], [7, 7, 7], Mode::Over(rgb(1)));
    assert!(matches!(
        fault(vec![half.clone(), half]),
        EditFault::TooManyVoxels { count: 1024, .. }
    ));
    let four = vec![set(0, rgb(1)); 4];
    assert_eq!(fault(four), EditFault::LimitReached { what: "edits_max", max: 3 });
    let layers = ["a", "b"].map(|name| Edit::CopyLayer { layer: "main".into(), name: name.into() });
    assert_eq!(fault(layers.to_vec()), EditFault::LimitReached { what: "layers_max", max: 2 });
}

#[test]
fn scattered_voxels_are_stopped_by_the_memory_they_take() {
    let limits = Limits { project_bytes_max: 4 << 20, ..Limits::default() };
    let voxels = (0..20_000).map(|n| (at(n % 100 * 16, n / 100 * 16, 0), rgb(1))).collect();
    let edit = Edit::Set { layer: "main".into(), voxels };
    let error = Project::new().prepare(&Request::Edit(vec![edit]), &limits, &mut ());
    let what = "project_bytes_max";
    assert_eq!(error.unwrap_err().cause, EditFault::LimitReached { what, max: 4 << 20 });
}

#[test]
fn voxels_need_a_material_that_is_set() {
    let slot = MaterialSlot::new(9).unwrap();
    let voxel = Voxel::new([1; 3], slot);
    let missing = EditFault::MaterialMissing { slot: 9 };
    assert_eq!(fault(&Project::new(), vec![set(0, voxel)]).1, missing);
    let edit = fill([0; 3], [1; 3], Mode::Over(voxel));
    assert_eq!(fault(&Project::new(), vec![edit.clone()]).1, missing);
    let material = Edit::SetMaterial { slot, material: Material::default() };
    assert_eq!(done(&Project::new(), vec![material, edit]).count(), 8);
}

#[test]
fn a_box_must_be_full() {
    let edit = Edit::Write {
        layer: "main".into(),
        bounds: bounds([0; 3], [1; 3]),
        voxels: vec![0; 7],
        empties: Empties::Keep,
    };
    let mismatch = EditFault::SizeMismatch { expected: 8, found: 7 };
    assert_eq!(fault(&Project::new(), vec![edit]).1, mismatch);
}

#[test]
fn nothing_is_moved_out_of_the_world() {
    let project = done(&Project::new(), vec![set(5, rgb(1))]);
    let shift = |x| Edit::Move {
        layer: "main".into(),
        offset: [x, 0, 0],
        original: Original::Cut,
        within: None,
    };
    let edge = done(&project, vec![shift(COORD_MAX - 5)]);
    assert_eq!(main_volume(&edge).get(at(COORD_MAX, 0, 0)), rgb(1));
    let coord = i64::from(COORD_MAX) + 1;
    assert!(matches!(
        fault(&edge, vec![shift(1)]).1,
        EditFault::OutOfBounds { coord: found, .. } if found == coord
    ));
    assert!(matches!(fault(&edge, vec![shift(i32::MAX)]).1, EditFault::OutOfBounds { .. }));
    let mirror = Edit::Mirror {
        layer: "main".into(),
        axis: Axis::X,
        plane_doubled: i32::MIN,
        original: Original::Cut,
        within: None,
    };
    assert!(matches!(fault(&edge, vec![mirror]).1, EditFault::OutOfBounds { .. }));
}

#[test]
fn a_whole_chunk_moved_by_chunks_stays_shared() {
    let project = done(&Project::new(), vec![set(5, rgb(1))]);
    let edit = Edit::Move {
        layer: "main".into(),
        offset: [-32, 16, 64],
        original: Original::Cut,
        within: None,
    };
    let moved = done(&project, vec![edit]);
    let before = main_volume(&project).chunk(at(5, 0, 0).chunk()).unwrap();
    let after = main_volume(&moved).chunk(at(5 - 32, 16, 64).chunk()).unwrap();
    assert_eq!(before, after);
}

#[test]
fn a_turn_needs_a_centre_on_the_grid() {
    let turn = |turn, centre| Edit::Rotate {
        layer: "main".into(),
        axis: Axis::Z,
        turn,
        centre_doubled: centre,
        original: Original::Cut,
        within: None,
    };
    let project = done(&Project::new(), vec![set(3, rgb(1))]);
    assert_eq!(fault(&project, vec![turn(Turn::Quarter, [1, 0, 0])]).1, EditFault::CentreOffGrid);
    let turned = done(&project, vec![turn(Turn::Quarter, [0, 0, 1])]);
    assert_eq!(main_volume(&turned).get(at(0, 3, 0)), rgb(1));
    let turned = done(&project, vec![turn(Turn::Half, [1, 0, 0])]);
    assert_eq!(main_volume(&turned).get(at(-2, 0, 0)), rgb(1));
}

#[test]
fn a_flood_stays_in_its_bounds_and_limits() {
    let flood = |start, within| Edit::FloodFill {
        layer: "main".into(),
        start,
        voxel: rgb(9),
        tolerance: 0,
        connectivity: Connectivity::Faces,
        within,
    };
    let project = Project::new();
    assert_eq!(fault(&project, vec![flood(at(0, 0, 0), None)]).1, EditFault::BoundsMissing);
    let small = Some(bounds([0; 3], [3; 3]));
    assert_eq!(fault(&project, vec![flood(at(9, 0, 0), small)]).1, EditFault::StartOutside);
    assert_eq!(done(&project, vec![flood(at(1, 2, 3), small)]).count(), 64);
    let limits = Limits { flood_voxels_max: 10_000, ..Limits::default() };
    let request = Request::Edit(vec![flood(at(0, 0, 0), Some(Bounds::ALL))]);
    let error = project.prepare(&request, &limits, &mut ()).unwrap_err();
    assert!(matches!(error.cause, EditFault::TooManyVoxels { max: 10_000, .. }));
}

#[test]
fn imports_find_room_for_names_and_materials() {
    let [two, seven] = [2, 7].map(|slot| MaterialSlot::new(slot).unwrap());
    let glass = Material { name: "glass".into(), glass: true, ..Material::default() };
    let mut volume = Volume::default();
    volume.set(at(0, 0, 0), Voxel::new([1; 3], seven));
    volume.set(at(1, 0, 0), Voxel::new([2; 3], MaterialSlot::new(99).unwrap()));
    let layer = |name: &str| ImportLayer {
        name: name.into(),
        group: "a//b/\n".into(),
        visible: false,
        volume: volume.clone(),
    };
    let layers = vec![layer("main"), layer("main"), layer(""), layer("\u{1}")];
    let materials = vec![(seven, glass.clone()), (MaterialSlot::new(8).unwrap(), glass.clone())];
    let project = done(&Project::new(), vec![Edit::Import { layers, materials }]);
    let names: Vec<&str> = project.layers().iter().map(|layer| &*layer.name).collect();
    assert_eq!(names, ["main", "main 2", "main 3", "layer", "layer 2"]);
    let last = &project.layers()[4];
    assert_eq!((&*last.group, last.visible), ("a/b", false));
    assert_eq!(last.volume.get(at(0, 0, 0)), Voxel::new([1; 3], two));
    assert_eq!(last.volume.get(at(1, 0, 0)), Voxel::new([2; 3], MaterialSlot::DEFAULT));
    assert_eq!(project.materials().iter().count(), 2);
    assert_eq!(project.materials().get(two), Some(&glass));
    let chunk = |layer: usize| project.layers()[layer].volume.chunk(at(0, 0, 0).chunk()).unwrap();
    assert!(chunk(1).ptr_eq(chunk(4)), "shared chunks stay shared");
}

#[test]
fn a_layer_may_work_on_itself() {
    let project = done(&Project::new(), vec![set(5, rgb(1))]);
    let by = |by| Edit::Combine { layer: "main".into(), with: "main".into(), by };
    for same in [Combination::Over, Combination::Intersect, Combination::Paint] {
        assert_eq!(run(&project, vec![by(same)]).unwrap().1.group_new, None);
    }
    assert_eq!(done(&project, vec![by(Combination::Subtract)]).count(), 0);
}

#[test]
fn what_a_later_edit_takes_back_is_no_change() {
    let project = done(&Project::new(), vec![set(5, rgb(1))]);
    let paint = |red| Edit::Paint {
        layer: "main".into(),
        at: vec![at(5, 0, 0)],
        paint: Paint { rgb: [red, 0, 0], material: None },
    };
    let (next, report) = run(&project, vec![paint(7), paint(1)]).unwrap();
    assert_eq!(report, Report::default());
    assert_eq!(next.history().undo_count(), 1);
    assert_eq!(next.revision_number(), 2);
    assert_eq!(next.content(), project.content());
}

#[test]
fn a_long_extrusion_is_quick_and_right() {
    let edit = Edit::Extrude {
        layer: "main".into(),
        axis: Axis::Y,
        end: End::Low,
        distance: 10_000,
        within: None,
    };
    let project = done(&Project::new(), vec![set(5, rgb(1)), edit]);
    assert_eq!(project.count(), 10_001);
    assert_eq!(project.bounds(), Some(bounds([5, -10_000, 0], [5, 0, 0])));
}

#[test]
fn work_that_nobody_wants_changes_nothing() {
    struct After(u32);
    impl Progress for After {
        fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled> {
            assert!(done <= total);
            self.0 = self.0.checked_sub(1).ok_or(Cancelled)?;
            Ok(())
        }
    }
    let ball = Edit::Fill {
        layer: "main".into(),
        shape: Shape::sphere(at(0, 0, 0), 60.0).unwrap(),
        mode: Mode::Over(rgb(1)),
    };
    let (request, limits) = (Request::Edit(vec![ball]), Limits::default());
    let project = Project::new();
    let error = project.prepare(&request, &limits, &mut After(3)).unwrap_err();
    assert_eq!(error.cause, EditFault::Cancelled);
    assert!(project.prepare(&request, &limits, &mut After(1000)).is_ok());
}

#[test]
fn copies_at_even_steps_start_from_what_was_there_first() {
    let repeat = |offset, count| Edit::Repeat { layer: "main".into(), offset, count, within: None };
    let project = done(&Project::new(), vec![set(0, rgb(1)), set(1, rgb(2)), repeat([1, 0, 1], 9)]);
    assert_eq!((project.count(), project.bounds()), (20, Some(bounds([0, 0, 0], [10, 0, 9]))));
    // Copies above copies: each place has the colour of the last one that reached it.
    let project = done(&Project::new(), vec![set(0, rgb(1)), set(1, rgb(2)), repeat([1, 0, 0], 2)]);
    let colors: Vec<u8> = (0..4).map(|x| main_volume(&project).get(at(x, 0, 0)).rgb()[0]).collect();
    assert_eq!(colors, [1, 1, 1, 2]);
    // However often nothing is copied, or nowhere, it takes no time.
    assert_eq!(done(&Project::new(), vec![repeat([1, 0, 0], u32::MAX)]).count(), 0);
    let project = done(&Project::new(), vec![set(0, rgb(1)), repeat([0; 3], u32::MAX)]);
    assert_eq!(project.count(), 1);
    let (edit, cause) = fault(&project, vec![repeat([1, 0, 0], 40_000)]);
    assert!(edit == Some(0) && matches!(cause, EditFault::OutOfBounds { coord: 40_000, .. }));
    let (_, cause) = fault(&project, vec![repeat([1, 0, 0], u32::MAX)]);
    assert!(matches!(cause, EditFault::TooManyVoxels { .. }), "{cause}");
}

#[test]
fn noise_keeps_material_shape_and_what_lies_outside() {
    let gray = Voxel::from_rgb([128; 3]);
    let stone = fill([0, 0, 0], [15, 15, 1], Mode::Over(gray));
    let noise = |seed| Edit::Noise {
        layer: "main".into(),
        amount: 10,
        seed,
        within: Some(bounds([0, 0, 0], [15, 15, 0])),
    };
    let project = done(&Project::new(), vec![stone.clone(), noise(1)]);
    let volume = main_volume(&project);
    let colors: Vec<[u8; 3]> =
        bounds([0, 0, 0], [15, 15, 0]).iter().map(|pos| volume.get(pos).rgb()).collect();
    assert!(colors.iter().all(|[r, g, b]| r == g && g == b && (118..=138).contains(r)));
    assert!(colors.iter().collect::<std::collections::BTreeSet<_>>().len() > 15);
    assert!(bounds([0, 0, 1], [15, 15, 1]).iter().all(|pos| volume.get(pos) == gray));
    assert_eq!(project.count(), 512);
    assert_eq!(done(&Project::new(), vec![stone.clone(), noise(1)]).content(), project.content());
    assert_ne!(done(&Project::new(), vec![stone, noise(2)]).content(), project.content());
}
