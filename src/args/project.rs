//! `goxe project ...`

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use goxe_protocol::api::render::{Background, Transparent, View};

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
    /// Render a project to a PNG picture
    Render(Render),
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

/// What to render, how, and where to.
#[derive(Debug, Args)]
pub struct Render {
    /// The project's name
    pub project: String,
    /// The picture; PROJECT.png when absent
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long)]
    pub overwrite: bool,
    /// From where
    #[arg(long, value_enum, default_value_t = Side::Isometric)]
    pub view: Side,
    /// Width and height in pixels
    #[arg(long, value_name = "WxH", default_value = "768x768")]
    pub size: Size,
    /// What is behind the voxels: #rrggbb or transparent
    #[arg(long, value_name = "COLOUR", value_parser = background)]
    pub background: Option<Background>,
    /// Only this layer, hidden or not; may be given again
    #[arg(long = "layer", value_name = "NAME")]
    pub layers: Vec<String>,
    /// Render this checkpoint instead of the newest state
    #[arg(long, value_name = "NAME")]
    pub checkpoint: Option<String>,
    /// Let the sun cast no shadows
    #[arg(long)]
    pub no_shadow: bool,
    /// Do not darken corners
    #[arg(long)]
    pub no_occlusion: bool,
}

/// From where a project is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Side {
    /// From the front
    Front,
    /// From behind
    Back,
    /// From the left
    Left,
    /// From the right
    Right,
    /// From above
    Top,
    /// From below
    Bottom,
    /// From the front, right and above
    Isometric,
}

impl From<Side> for View {
    fn from(side: Side) -> Self {
        match side {
            Side::Front => View::Front,
            Side::Back => View::Back,
            Side::Left => View::Left,
            Side::Right => View::Right,
            Side::Top => View::Top,
            Side::Bottom => View::Bottom,
            Side::Isometric => View::Isometric,
        }
    }
}

/// Width and height of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let side = |text: &str| text.parse().ok().filter(|side| *side > 0);
        text.split_once('x')
            .and_then(|(width, height)| Some(Size { width: side(width)?, height: side(height)? }))
            .ok_or("write WIDTHxHEIGHT, such as 1024x768")
    }
}

fn background(text: &str) -> Result<Background, String> {
    match text {
        "transparent" => Ok(Background::Transparent(Transparent::Transparent)),
        text => text.parse().map(Background::Color).map_err(|error| format!("{error}")),
    }
}
