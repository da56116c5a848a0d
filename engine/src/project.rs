//! A project: its layers, materials and history as one value that is cheap to clone.
//!
//! A clone is a snapshot: it shares everything with the original until one of them goes on.
//! Nothing here changes a project in place. [`Project::prepare`] computes what a request would
//! change, [`Project::apply`] makes the next project from that.

mod apply;
mod prepare;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use apply::Stamp;
pub use prepare::{Prepared, Report, Request};

use crate::change::Delta;
use crate::coords::Bounds;
use crate::history::History;
use crate::layer::{Layer, LayerId};
use crate::material::MaterialTable;

/// What a project shows: ordered layers and the table of materials. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct Content {
    pub(crate) layers: Arc<Vec<Arc<Layer>>>,
    pub(crate) materials: Arc<MaterialTable>,
}

impl Content {
    /// The layers, lowest first.
    pub fn layers(&self) -> &[Arc<Layer>] {
        &self.layers
    }

    /// The layer of that name.
    pub fn layer_by_name(&self, name: &str) -> Option<&Arc<Layer>> {
        self.layers.iter().find(|layer| &*layer.name == name)
    }

    /// The layer of that identity.
    pub fn layer(&self, id: LayerId) -> Option<&Arc<Layer>> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    /// As [`Content::layer`], looked for at `index` first, where it nearly always is.
    pub(crate) fn layer_at(&self, index: usize, id: LayerId) -> Option<&Arc<Layer>> {
        self.layers.get(index).filter(|layer| layer.id == id).or_else(|| self.layer(id))
    }

    /// What the material slots hold.
    pub fn materials(&self) -> &MaterialTable {
        &self.materials
    }

    /// The least box around the voxels of all layers.
    pub fn bounds(&self) -> Option<Bounds> {
        Bounds::union_all(self.layers.iter().filter_map(|layer| layer.volume.bounds()))
    }

    /// Solid voxels of all layers together.
    pub fn count(&self) -> u64 {
        self.layers.iter().map(|layer| layer.volume.count()).sum()
    }

    /// Memory of the voxels, about; what layers share is counted for each of them.
    pub fn bytes(&self) -> u64 {
        self.layers.iter().map(|layer| layer.volume.bytes() as u64).sum()
    }
}

impl PartialEq for Content {
    /// Equal layers in equal order, voxel by voxel, and equal materials. What is shared is not
    /// looked into.
    fn eq(&self, other: &Self) -> bool {
        Delta::between(self, other).is_empty()
    }
}

/// One state of a document: content, history and revision number.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    pub(crate) content: Content,
    pub(crate) history: History,
    /// The id of the next layer that is made; ids of deleted layers are not given out again.
    pub(crate) next_layer: u32,
    pub(crate) number: u64,
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

impl Project {
    /// The project every project begins as: one empty layer `main`, revision number 0.
    pub fn new() -> Self {
        let main = Layer {
            id: LayerId(0),
            name: "main".into(),
            group: "".into(),
            visible: true,
            volume: Default::default(),
        };
        let content = Content { layers: Arc::new(vec![Arc::new(main)]), ..Content::default() };
        Self { content, history: History::default(), next_layer: 1, number: 0 }
    }

    /// How many changes were applied to [`Project::new`] to get here.
    pub fn revision_number(&self) -> u64 {
        self.number
    }

    /// Layers and materials as one value.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The layers, lowest first.
    pub fn layers(&self) -> &[Arc<Layer>] {
        self.content.layers()
    }

    /// The layer of that name.
    pub fn layer_by_name(&self, name: &str) -> Option<&Arc<Layer>> {
        self.content.layer_by_name(name)
    }

    /// What the material slots hold.
    pub fn materials(&self) -> &MaterialTable {
        self.content.materials()
    }

    /// Undo, redo and checkpoints.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The least box around the voxels of all layers.
    pub fn bounds(&self) -> Option<Bounds> {
        self.content.bounds()
    }

    /// Solid voxels of all layers together.
    pub fn count(&self) -> u64 {
        self.content.count()
    }

    /// Memory of layers, history and checkpoints, about.
    pub fn bytes(&self) -> u64 {
        self.content.bytes().saturating_add(self.history.bytes())
    }
}
