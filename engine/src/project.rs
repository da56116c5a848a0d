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

pub use crate::content::Content;
pub use apply::Stamp;
pub use prepare::{Prepared, Report, Request};

use crate::coords::Bounds;
use crate::history::History;
use crate::layer::{Layer, LayerId};
use crate::material::MaterialTable;

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
