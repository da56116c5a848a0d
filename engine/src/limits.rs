//! Every bound an edit is held to, with its default.

/// What one edit and one project may cost. A value that is reached is named in the error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Voxels that one request may touch, all its edits together, counted before they are written.
    pub edit_voxels_max: u64,
    /// Voxels that one flood fill may reach.
    pub flood_voxels_max: u64,
    /// Edits in one list.
    pub edits_max: usize,
    /// Layers in a project.
    pub layers_max: usize,
    /// Checkpoints in a project.
    pub checkpoints_max: usize,
    /// Memory that undo and redo may keep. The newest group is kept even when it alone is larger.
    pub history_bytes_max: u64,
    /// Groups that can be undone. The newest one is always kept.
    pub history_groups_max: usize,
    /// Memory of a project: layers, history and checkpoints together.
    pub project_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            edit_voxels_max: 64 << 20,
            flood_voxels_max: 16 << 20,
            edits_max: 10_000,
            layers_max: 1_024,
            checkpoints_max: 64,
            history_bytes_max: 256 << 20,
            history_groups_max: 1_000,
            project_bytes_max: 1 << 30,
        }
    }
}
