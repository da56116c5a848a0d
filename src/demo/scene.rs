//! The island that the demo builds: every voxel of it as edits, the same at every run.
//!
//! x runs to the right and away, y to the left and away, z up, as the isometric view shows them: the
//! castle stands at the back, the lighthouse at the right, the jetty and the boat in front.

mod boat;
mod brush;
mod castle;
mod forest;
mod lighthouse;
mod noise;
mod sea;
mod terrain;

use goxe_protocol::api::voxel::{EditItem, MaterialItem};

use brush::Brush;
use terrain::Terrain;

/// The material slot of what shines by itself.
const LAMP: u8 = 2;

/// A part of the scene: one layer, built by one or more calls.
#[derive(Debug)]
pub struct Part {
    /// The layer it is built on; the first of its edits makes it.
    pub layer: &'static str,
    /// What it is, for the history and for people.
    pub label: &'static str,
    /// The edit lists, one for each call.
    pub lists: Vec<Vec<EditItem>>,
}

/// The parts of the scene that are built one after the other, the lowest first.
pub fn parts() -> Vec<Part> {
    let terrain = Terrain::new();
    let part = |layer, label, brush: Brush| {
        let edits = std::iter::once(create(layer)).chain(brush.into_edits());
        Part { layer, label, lists: brush::into_lists(edits) }
    };
    let mut parts = vec![
        part("sea", "sea and its frame", sea::paint(&terrain)),
        part("island", "island with its strata", terrain.paint()),
        part("paths", "paths and flowers", terrain.paint_paths()),
        part("castle", "castle", castle::paint()),
        part("lighthouse", "lighthouse", lighthouse::paint()),
        part("jetty", "jetty with lanterns", boat::paint_jetty()),
        part(boat::LAYER, "sailing boat", boat::paint()),
        part(forest::LAYER, "first tree", forest::first(&terrain)),
    ];
    // Materials are the project's own: they are set before anything is built with them.
    if let Some(list) = parts.first_mut().and_then(|part| part.lists.first_mut()) {
        list.insert(0, lamp());
    }
    parts
}

/// Small edits, each of which counts: a tree planted, or the boat moved on by one voxel. A doubled
/// or a lost one shows in the boat's place and in the number of trees.
#[derive(Debug)]
pub struct Errand {
    /// The layer it changes.
    pub layer: &'static str,
    /// What the history calls it; no two have the same.
    pub label: String,
    /// The edit.
    pub edit: EditItem,
    /// The voxels it adds.
    pub adds: u64,
    /// How far it moves the boat.
    pub sails: i32,
}

/// The errands: trees and voyages by turns.
pub fn errands() -> Vec<Errand> {
    let terrain = Terrain::new();
    let mut trees = forest::rest(&terrain).into_iter().enumerate();
    let mut errands = Vec::new();
    for mile in 1..=boat::VOYAGE {
        errands.extend(trees.by_ref().take(2).map(|(index, edit)| forest::errand(index + 2, edit)));
        errands.push(boat::errand(mile));
    }
    errands
}

/// A mistake: a ball cut out of the castle, which is then undone.
pub fn mistake() -> EditItem {
    brush::subtract_sphere(castle::CENTER, 13.0)
}

/// An edit on a layer that is not there.
pub fn nowhere() -> EditItem {
    EditItem::Remove { layer: Some("nowhere".to_owned()), at: vec![[0, 0, 0]] }
}

/// The layer that the mistake is made on.
pub const MISTAKE_LAYER: &str = "castle";

/// The layer whose place tells how far the boat came.
pub const BOAT_LAYER: &str = boat::LAYER;

fn create(layer: &str) -> EditItem {
    EditItem::CreateLayer { name: layer.to_owned(), group: String::new() }
}

fn lamp() -> EditItem {
    let material = MaterialItem {
        name: "lamp".to_owned(),
        alpha: 255,
        metallic: 0,
        roughness: 255,
        emission: 255,
        glass: false,
    };
    EditItem::SetMaterial { slot: LAMP, material }
}

#[cfg(test)]
mod tests;
