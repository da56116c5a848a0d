//! Changes: what [`crate::project::Project::prepare`] computed, as a value and as bytes.
//!
//! A change holds values from after the edit, not the edit itself: applying it executes nothing
//! again, so that a journal of changes replays to the same project whatever later versions think
//! of an edit, and whatever their limits are. An undo, a redo and a restore name what they go back
//! to: the project they are applied to holds it.

pub(crate) mod bytes;
pub(crate) mod chunk;
mod codec;
mod compare;
mod delta;
mod delta_codec;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use codec::{decode_pool, decode_summary, encode_summary};
pub(crate) use delta::Delta;
pub(crate) use delta_codec::{decode_delta, encode_delta};

use crate::coords::Bounds;
use crate::layer::Layer;

/// How much a change changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Voxels where there were none.
    pub added: u64,
    /// Voxels taken away.
    pub removed: u64,
    /// Voxels with another colour or material.
    pub changed: u64,
    /// The least box around all of these.
    pub bounds: Option<Bounds>,
    /// Names of the layers that differ, at most [`Summary::LAYERS_MAX`] of them.
    pub layers: Vec<Arc<str>>,
    /// Memory that the state before needs and the state after does not.
    pub(crate) bytes_before: u64,
    /// Memory that the state after needs and the state before does not.
    pub(crate) bytes_after: u64,
}

impl Summary {
    /// Layers that are listed by name.
    pub const LAYERS_MAX: usize = 32;

    /// The same seen from the other side: what an undo does.
    pub fn reversed(&self) -> Self {
        Self {
            added: self.removed,
            removed: self.added,
            bytes_before: self.bytes_after,
            bytes_after: self.bytes_before,
            ..self.clone()
        }
    }

    /// Grows the box.
    fn surround(&mut self, more: Option<Bounds>) {
        self.bounds = Bounds::union_all(self.bounds.into_iter().chain(more));
    }

    /// Lists a layer, while there is room.
    fn name(&mut self, layer: &Layer) {
        if self.layers.len() < Self::LAYERS_MAX {
            self.layers.push(layer.name.clone());
        }
    }
}

/// One commit: what it does, and which of the oldest undo groups make room for it.
#[derive(Debug, Clone)]
pub struct Change {
    /// The number of the revision it was prepared on, the only one it fits.
    pub(crate) base: u64,
    pub(crate) step: Step,
    pub(crate) summary: Summary,
    /// Undo groups up to this one are forgotten. Limits are judged when a change is prepared, so
    /// that replaying it under other limits gives the same project.
    pub(crate) forget_until: u64,
}

/// What a commit does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// An edit list, as the difference it makes.
    Edit(Delta),
    /// Takes back the newest group.
    Undo { group: u64 },
    /// Does the oldest undone group again.
    Redo { group: u64 },
    /// Names the present content.
    CheckpointCreate { name: Arc<str> },
    /// Forgets a checkpoint.
    CheckpointDelete { name: Arc<str> },
    /// Goes to the content of a checkpoint, which may be the present one already.
    Restore { name: Arc<str>, differs: bool },
}

impl Change {
    /// How much it changes.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Whether applying it would leave everything but the revision number as it is.
    pub fn is_empty(&self) -> bool {
        match &self.step {
            Step::Edit(delta) => delta.is_empty(),
            Step::Restore { differs, .. } => !differs,
            Step::Undo { .. }
            | Step::Redo { .. }
            | Step::CheckpointCreate { .. }
            | Step::CheckpointDelete { .. } => false,
        }
    }
}
