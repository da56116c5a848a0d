//! A project at one revision, as readers see it.

use std::sync::Arc;

use goxe_engine::project::Project;

use crate::journal::{ProjectId, Revision};

/// An immutable state of a project. Cloning the `Arc` is the whole cost of a snapshot.
#[derive(Debug)]
pub struct View {
    /// The project's number.
    pub id: ProjectId,
    /// Which of its states this is.
    pub revision: Revision,
    /// The state.
    pub project: Project,
}

impl View {
    /// The state of a project that has just been made.
    pub fn empty(id: ProjectId) -> Arc<Self> {
        Arc::new(View { id, revision: Revision::START, project: Project::new() })
    }
}
