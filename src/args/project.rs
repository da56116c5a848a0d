//! `goxe project ...`

mod render;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

pub use render::Render;

/// What to do with projects.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Project {
    /// List the projects
    List(List),
    /// Show one project: its layers, bounds, voxels and checkpoints
    Show(Show),
    /// Make an empty project
    Create(Create),
    /// Give a project another name
    Rename(Rename),
    /// Move a project to the trash
    Delete(Delete),
    /// Bring a project back from the trash, or back to a checkpoint
    Restore(Restore),
    /// List what was done to a project, newest first
    History(History),
    /// Read a file into a project, as new layers
    Import(Import),
    /// Write a project into a file
    Export(Export),
    /// Render a project to a PNG picture, or to one that turns
    Render(Box<Render>),
}

/// Which projects.
#[derive(Debug, Args)]
pub struct List {
    /// List the trash instead
    #[arg(long)]
    pub trash: bool,
}

/// One project.
#[derive(Debug, Args)]
pub struct Show {
    /// Its name
    pub project: String,
}

/// A new project.
#[derive(Debug, Args)]
pub struct Create {
    /// Its name: 1 to 64 characters, no /
    pub project: String,
}

/// A project and its new name.
#[derive(Debug, Args)]
pub struct Rename {
    /// The name it has
    pub project: String,
    /// The new name
    pub to: String,
}

/// The project to delete.
#[derive(Debug, Args)]
pub struct Delete {
    /// Its name
    pub project: String,
}

/// What to bring back.
#[derive(Debug, Args)]
pub struct Restore {
    /// Name or number of a project in the trash; with --checkpoint the name of a live one
    pub project: String,
    /// Make a live project what it was at this checkpoint
    #[arg(long, value_name = "NAME", conflicts_with = "to")]
    pub checkpoint: Option<String>,
    /// Give it another name
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
}

/// Which part of the history.
#[derive(Debug, Args)]
pub struct History {
    /// The project's name
    pub project: String,
    /// How many steps at most, 1 to 500
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
    /// Only steps before this one
    #[arg(long, value_name = "STEP")]
    pub before: Option<u64>,
}

/// What to import, and where to.
#[derive(Debug, Args)]
pub struct Import {
    /// The file, .vox
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The project, which is made if there is none of that name; the file's name when absent
    pub project: Option<String>,
}

/// What to export, and where to.
#[derive(Debug, Args)]
pub struct Export {
    /// The project's name
    pub project: String,
    /// The file, .vox, .glb or .obj (with its .mtl beside it); PROJECT.vox when absent
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long)]
    pub overwrite: bool,
    /// Merge colours until the format can hold them, instead of refusing
    #[arg(long)]
    pub quantize: bool,
}
