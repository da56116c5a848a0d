//! `[mcp]`: what the bridge offers to assistants.

use std::path::PathBuf;

use serde::Deserialize;

use crate::schema::{Kind, section};

section! {
    /// The MCP server, `goxe mcp`.
    Mcp "mcp" {
        /// Which tools it offers.
        toolset: Toolset = Kind::Choice(&["core", "engine", "all"]),
        /// Whether it refuses what changes something.
        read_only: bool = Kind::Switch,
        /// Folders in which it reads and writes files, besides those of its client.
        folders: Vec<PathBuf> = Kind::Paths,
    }
}

/// A choice of tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Toolset {
    /// What a model needs at least to build and to look.
    Core,
    /// Every tool of the voxel engine.
    Engine,
    /// Those, and what services beside the engine offer.
    #[default]
    All,
}
