//! `[engine]`: what one edit, project or render may cost.

use crate::schema::{Kind, section};

section! {
    /// What one edit, project or render may cost.
    Engine "engine" {
        /// Voxels that one edit may touch.
        edit_voxels_max: u64 = Kind::count(1, 1 << 32),
        /// Edits in one edit list.
        edits_max: usize = Kind::count(1, 1_000_000),
        /// Layers of one project.
        layers_max: usize = Kind::count(1, 65_536),
        /// Projects, those in the trash included.
        projects_max: usize = Kind::count(1, 1_000_000),
        /// Memory of one project, its history included.
        project_bytes_max: u64 = Kind::bytes(1 << 20, 1 << 40),
        /// Memory of all loaded projects.
        projects_bytes_max: u64 = Kind::bytes(1 << 20, 1 << 40),
        /// Memory of one project's undo history.
        history_bytes_max: u64 = Kind::bytes(1 << 16, 1 << 40),
        /// Undo groups of one project.
        history_groups_max: usize = Kind::count(1, 1_000_000),
        /// Pixels of one render.
        render_pixels_max: u64 = Kind::count(1, 1 << 28),
        /// How long a deleted project stays in the trash.
        trash_keep_ms: u64 = Kind::millis(0, 31_536_000_000),
    }
}
