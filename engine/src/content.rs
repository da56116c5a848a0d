//! What a project shows, without its history: the value that edits, history and changes are about.

use std::sync::Arc;

use crate::coords::Bounds;
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
