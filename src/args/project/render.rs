//! `goxe project render ...`

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum, ValueHint};
use goxe_protocol::api::render::{Background, Ground, Since, View};

/// What to render, how, and where to.
#[derive(Debug, Args)]
pub struct Render {
    /// The project's name
    pub project: String,
    /// The picture; PROJECT.png when absent
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Write an animated PNG of one turn to this file instead
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = [
        "file", "view", "eye", "target", "up", "fov_degrees", "yaw_degrees", "changed_since", "compare"])]
    pub turntable: Option<PathBuf>,
    /// Pictures for one turn, 2 to 120; 36 when absent
    #[arg(long, value_name = "COUNT", requires = "turntable",
          value_parser = clap::value_parser!(u32).range(2..=120))]
    pub frames: Option<u32>,
    /// How long each of them is shown, in milliseconds, 20 to 1000; 70 when absent
    #[arg(long, value_name = "MS", requires = "turntable",
          value_parser = clap::value_parser!(u16).range(20..=1000))]
    pub frame_ms: Option<u16>,
    /// Replace the file that is there
    #[arg(long)]
    pub overwrite: bool,
    /// From where
    #[arg(long, value_enum, default_value_t = Side::Perspective)]
    pub view: Side,
    /// Width and height in pixels; what suits the model when absent
    #[arg(long, value_name = "WxH")]
    pub size: Option<Size>,
    /// Look from this place, perhaps from inside of the model
    #[arg(long, value_name = "X,Y,Z", allow_hyphen_values = true)]
    pub eye: Option<Point>,
    /// Look towards this place; the middle of the model when absent
    #[arg(long, value_name = "X,Y,Z", requires = "eye", allow_hyphen_values = true)]
    pub target: Option<Point>,
    /// What is upwards in the picture
    #[arg(long, value_name = "X,Y,Z", requires = "eye", allow_hyphen_values = true)]
    pub up: Option<Point>,
    /// The angle across the shorter side of the picture, 1 to 150
    #[arg(long = "fov", value_name = "DEGREES")]
    pub fov_degrees: Option<f64>,
    /// Turn around the model: 0 is the front, 90 the right
    #[arg(
        long = "yaw",
        value_name = "DEGREES",
        allow_hyphen_values = true,
        conflicts_with = "eye"
    )]
    pub yaw_degrees: Option<f64>,
    /// Look from so far above, -90 to 90
    #[arg(
        long = "pitch",
        value_name = "DEGREES",
        allow_hyphen_values = true,
        conflicts_with = "eye"
    )]
    pub pitch_degrees: Option<f64>,
    /// Enlarge, 0.05 to 50
    #[arg(long, value_name = "FACTOR")]
    pub zoom: Option<f64>,
    /// Where the sun stands: 0 is the front, 90 the right
    #[arg(long = "sun-azimuth", value_name = "DEGREES", allow_hyphen_values = true)]
    pub sun_azimuth_degrees: Option<f64>,
    /// How high the sun stands, 2 to 90
    #[arg(long = "sun-height", value_name = "DEGREES")]
    pub sun_height_degrees: Option<f64>,
    /// How strong the sun is, 0 to 3
    #[arg(long, value_name = "FACTOR")]
    pub sun_strength: Option<f64>,
    /// What is under the voxels
    #[arg(long, value_enum)]
    pub ground: Option<Floor>,
    /// Draw the edges
    #[arg(long)]
    pub outline: bool,
    /// What is behind the voxels: #rrggbb, #rrggbb-#rrggbb from top to bottom, or transparent
    #[arg(long, value_name = "COLOUR")]
    pub background: Option<Background>,
    /// Only this layer, hidden or not; may be given again
    #[arg(long = "layer", value_name = "NAME")]
    pub layers: Vec<String>,
    /// Render this checkpoint instead of the newest state
    #[arg(long, value_name = "NAME")]
    pub checkpoint: Option<String>,
    /// Mark what changed since this revision, with the last step (`last`) or undo (`undone`)
    #[arg(long, value_name = "REVISION")]
    pub changed_since: Option<Since>,
    /// Show this checkpoint beside the newest state, and mark what differs
    #[arg(long, value_name = "CHECKPOINT", conflicts_with = "changed_since")]
    pub compare: Option<String>,
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
    /// From the front, right and above, without perspective
    Isometric,
    /// From the front, right and above, as an eye sees it
    Perspective,
    /// All of these in one picture
    Sheet,
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
            Side::Perspective => View::Perspective,
            Side::Sheet => View::Sheet,
        }
    }
}

/// What is under the voxels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Floor {
    /// Nothing
    None,
    /// A plane that catches shadows
    Plain,
    /// The same with lines between the voxels
    Grid,
}

impl From<Floor> for Ground {
    fn from(floor: Floor) -> Self {
        match floor {
            Floor::None => Ground::None,
            Floor::Plain => Ground::Plain,
            Floor::Grid => Ground::Grid,
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

/// A place in space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point(pub [f64; 3]);

impl FromStr for Point {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Option<Vec<f64>> = text
            .split(',')
            .map(|part| part.trim().parse().ok().filter(|part: &f64| part.is_finite()))
            .collect();
        parts
            .and_then(|parts| parts.try_into().ok())
            .map(Point)
            .ok_or("write X,Y,Z, such as 10,-40,25.5")
    }
}
