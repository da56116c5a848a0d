//! What a file holds, worked out the slow way from dot_vox's structures: every voxel on its own,
//! in floating point, by recursion. It shares no thought with the engine's way.

use std::collections::BTreeMap;

use dot_vox::{DotVoxData, Model, SceneNode};
use goxe_engine::format::vox::Imported;

/// Colours by position.
pub type Cells = BTreeMap<[i32; 3], [u8; 3]>;

/// A shape of the scene, or a model of a file without one.
#[derive(Debug, PartialEq)]
pub struct Leaf {
    /// The name of the transform above, if it has one.
    pub name: Option<String>,
    pub group: String,
    pub visible: bool,
    pub cells: Cells,
}

#[derive(Clone)]
struct State {
    matrix: [[f64; 3]; 3],
    translation: [f64; 3],
    group: String,
    name: Option<String>,
    visible: bool,
}

/// The leaves in the order of the scene graph.
pub fn leaves(data: &DotVoxData) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let matrix = [[1., 0., 0.], [0., 1., 0.], [0., 0., 1.]];
    let (group, name) = (String::new(), None);
    let state = State { matrix, translation: [0.; 3], group, name, visible: true };
    if data.scenes.is_empty() {
        for model in &data.models {
            let cells = model
                .voxels
                .iter()
                .map(|voxel| ([voxel.x, voxel.y, voxel.z].map(i32::from), colour(data, voxel.i)));
            let cells = cells.collect();
            leaves.push(Leaf { name: None, group: String::new(), visible: true, cells });
        }
    } else {
        descend(data, 0, &state, &mut leaves);
    }
    leaves
}

/// What was imported, in the same form; names are kept aside, because here all layers have one.
pub fn imported(imported: &Imported) -> Vec<Leaf> {
    let layers = imported.layers.iter().map(|layer| {
        let mut cells = Cells::new();
        for (pos, chunk) in layer.volume.chunks() {
            for (local, voxel) in chunk.solid() {
                cells.insert(pos.voxel(local).to_array(), voxel.rgb());
            }
        }
        let (name, group) = (Some(layer.name.clone()), layer.group.clone());
        Leaf { name, group, visible: layer.visible, cells }
    });
    layers.collect()
}

fn descend(data: &DotVoxData, id: u32, state: &State, leaves: &mut Vec<Leaf>) {
    match &data.scenes[id as usize] {
        SceneNode::Transform { attributes, frames, child, layer_id } => {
            let mut below = state.clone();
            let columns = frames[0]
                .orientation()
                .map_or([[1., 0., 0.], [0., 1., 0.], [0., 0., 1.]], |rotation| {
                    rotation.to_cols_array_2d()
                });
            let moved = frames[0].position().map_or([0; 3], |at| [at.x, at.y, at.z]).map(f64::from);
            for row in 0..3 {
                let entry = |column: [f32; 3]| {
                    (0..3).map(|at| state.matrix[row][at] * f64::from(column[at])).sum()
                };
                below.matrix[row] = columns.map(entry);
                below.translation[row] += dot(state.matrix[row], moved);
            }
            let is_hidden = |hidden: Option<&String>| hidden.is_some_and(|value| value == "1");
            let layer = data.layers.get(*layer_id as usize);
            below.visible &= !is_hidden(attributes.get("_hidden"));
            below.visible &= !layer.is_some_and(|layer| is_hidden(layer.attributes.get("_hidden")));
            below.name = attributes.get("_name").cloned();
            descend(data, *child, &below, leaves);
        }
        SceneNode::Group { children, .. } => {
            let mut below = state.clone();
            if let Some(name) = below.name.take() {
                let slash = if state.group.is_empty() { "" } else { "/" };
                below.group = format!("{}{slash}{name}", state.group);
            }
            for child in children {
                descend(data, *child, &below, leaves);
            }
        }
        SceneNode::Shape { models, .. } => {
            let State { name, group, visible, .. } = state.clone();
            let cells = placed(data, &data.models[models[0].model_id as usize], state);
            leaves.push(Leaf { name, group, visible, cells });
        }
    }
}

fn placed(data: &DotVoxData, model: &Model, state: &State) -> Cells {
    let pivot = [model.size.x, model.size.y, model.size.z].map(|side| f64::from(side / 2));
    let voxels = model.voxels.iter().map(|voxel| {
        let at = [voxel.x, voxel.y, voxel.z].map(f64::from);
        let middle = [0, 1, 2].map(|axis| at[axis] + 0.5 - pivot[axis]);
        let world = [0, 1, 2].map(|row| dot(state.matrix[row], middle) + state.translation[row]);
        (world.map(|at| at.floor() as i32), colour(data, voxel.i))
    });
    voxels.collect()
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// dot_vox counts colours from 0.
fn colour(data: &DotVoxData, index: u8) -> [u8; 3] {
    let colour = data.palette[usize::from(index)];
    [colour.r, colour.g, colour.b]
}
