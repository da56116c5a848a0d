//! Which projects' records are taken: after a failed one, none above it is.

use rustc_hash::FxHashMap;

use crate::journal::ProjectId;

/// Gates of the projects of which a record has failed. All others stand open.
#[derive(Default)]
pub(super) struct Gates(FxHashMap<ProjectId, Gate>);

#[derive(Clone, Copy)]
struct Gate {
    generation: u32,
    shut: bool,
}

impl Gates {
    /// Whether a record of this generation may pass.
    pub(super) fn admit(&self, project: ProjectId, generation: u32) -> bool {
        self.0.get(&project).is_none_or(|gate| !gate.shut && generation >= gate.generation)
    }

    /// A record has failed.
    pub(super) fn shut(&mut self, project: ProjectId, generation: u32) {
        self.0.insert(project, Gate { generation, shut: true });
    }

    /// The project's owner has gone back: records from this generation on may pass.
    pub(super) fn reset(&mut self, project: ProjectId, generation: u32) {
        self.0.insert(project, Gate { generation, shut: false });
    }

    /// The project is gone.
    pub(super) fn remove(&mut self, project: ProjectId) {
        self.0.remove(&project);
    }
}
