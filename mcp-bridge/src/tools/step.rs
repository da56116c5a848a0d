//! What to look at after something was done: `next` of an answer, as a call that can be made.

use goxe_protocol::api::{types::Box3, voxel::EditReply};
use serde_json::{Value, json};

use super::{
    Tool,
    failure::{REPEATED_BYTES_MAX, call},
};

/// Changes of so few voxels are seen better one by one than in a picture.
const VOXELS_FEW: u64 = 40;
/// Changes of so many voxels are best seen near, with the rest of the model pale.
const VOXELS_SOME: u64 = 1_500;
/// A box that is wider, in voxels, is more than one look at slices.
const SIDE_MAX: i32 = 24;

/// The picture of a project.
pub(super) fn look(project: &str) -> String {
    call(Tool::RenderView, &json!({ "project": project }))
}

/// What a project holds.
pub(super) fn info(project: &str) -> String {
    call(Tool::ProjectInfo, &json!({ "project": project }))
}

/// The layers of a project.
pub(super) fn layers(project: &str) -> String {
    call(Tool::LayersEdit, &json!({ "action": "list", "project": project }))
}

/// A first edit, on a layer if one is named.
pub(super) fn build(project: &str, layer: Option<&str>) -> String {
    let edit = json!({ "edit": "box", "min": [0, 0, 0], "max": [15, 15, 3], "color": "#8a8f98" });
    let mut arguments = json!({ "project": project, "edits": [edit] });
    if let Some(layer) = layer {
        arguments["layer"] = json!(layer);
    }
    call(Tool::VoxelsEdit, &arguments)
}

/// Where an edit has to be looked at.
pub(super) fn after_edit(project: &str, edit: &EditReply) -> String {
    after_step(project, edit, "last")
}

/// Where to look after an undo: the last step that stands is another one.
pub(super) fn after_undo(project: &str, edit: &EditReply) -> String {
    after_step(project, edit, "undone")
}

fn after_step(project: &str, edit: &EditReply, since: &str) -> String {
    let touched = edit.added.saturating_add(edit.removed).saturating_add(edit.changed);
    match edit.bounds {
        None => info(project),
        Some(bounds) if touched <= VOXELS_FEW && is_small(bounds) => slices(project, bounds),
        Some(_) if touched <= VOXELS_SOME => {
            call(Tool::RenderView, &json!({ "project": project, "changed_since": since }))
        }
        Some(_) => look(project),
    }
}

/// A dry run is followed by the same call in earnest, where that is short enough to be written out.
pub(super) fn after_dry_run(project: &str, arguments: &Value) -> String {
    let mut arguments = arguments.clone();
    if let Some(members) = arguments.as_object_mut() {
        members.remove("dry_run");
    }
    let again = call(Tool::VoxelsEdit, &arguments);
    if again.len() <= REPEATED_BYTES_MAX { again } else { info(project) }
}

fn is_small(bounds: Box3) -> bool {
    (0..3).all(|axis| bounds.max[axis].saturating_sub(bounds.min[axis]) < SIDE_MAX)
}

/// The slices across the shortest side of a box, with one voxel around it.
fn slices(project: &str, Box3 { min, max }: Box3) -> String {
    let side = |axis: usize| max[axis].saturating_sub(min[axis]);
    let axis = [2, 1, 0].into_iter().min_by_key(|axis| side(*axis)).unwrap_or(2);
    let beside = |place: usize, coord: i32, step: i32| match place == axis {
        true => coord,
        false => (coord + step).clamp(i32::from(i16::MIN), i32::from(i16::MAX)),
    };
    let low: Vec<i32> = (0..3).map(|place| beside(place, min[place], -1)).collect();
    let high: Vec<i32> = (0..3).map(|place| beside(place, max[place], 1)).collect();
    let name = ["x", "y", "z"][axis];
    let arguments = json!({
        "read": "slices",
        "project": project,
        "axis": name,
        "within": { "min": low, "max": high },
    });
    call(Tool::VoxelsRead, &arguments)
}
