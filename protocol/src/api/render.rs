//! `render.*`: pictures.

mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::words::{Background, BackgroundError, Since, SinceError};
use super::{
    method,
    types::{Box3, Revision},
};

method! {
    /// Renders a project to a PNG picture, which is the reply's attachment.
    Image = "render.image", Read, Long, false, Out, ImageParams => ImageReply
}
method! {
    /// Renders one turn of a project to an animated PNG, which is the reply's attachment, or a blob
    /// where it does not fit a frame.
    Turntable = "render.turntable", Read, Long, false, Out, TurntableParams => TurntableReply
}

/// From where a project is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// From the front (towards +y).
    Front,
    /// From behind (towards -y).
    Back,
    /// From the left (towards +x).
    Left,
    /// From the right (towards -x).
    Right,
    /// From above (towards -z).
    Top,
    /// From below (towards +z).
    Bottom,
    /// From the front, right and above, without perspective.
    Isometric,
    /// From the front, right and above, as an eye sees it.
    #[default]
    Perspective,
    /// The perspective and the six sides in one picture, each with its name.
    Sheet,
}

/// What is under the voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ground {
    /// Nothing.
    None,
    /// A plane that catches shadows.
    Plain,
    /// The same with lines between the voxels.
    Grid,
}

/// Params of `render.image`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageParams {
    /// The project.
    pub project: String,
    /// From where; in perspective when absent.
    #[serde(default)]
    pub view: View,
    /// Width in pixels; what suits the model when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels; what suits the model when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Looks from this place, `[x, y, z]` in voxels, perhaps from inside of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eye: Option<[f64; 3]>,
    /// Looks towards this place; the middle of the model when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<[f64; 3]>,
    /// What is upwards in the picture; the z axis when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<[f64; 3]>,
    /// The angle across the shorter side of the picture, 1 to 150.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fov_degrees: Option<f64>,
    /// Looks from the front turned by so much to the right, -360 to 360; 35 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yaw_degrees: Option<f64>,
    /// Looks from so far above, -90 to 90; 26 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pitch_degrees: Option<f64>,
    /// Enlarges, 0.05 to 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoom: Option<f64>,
    /// Where the sun stands, seen from above: 0 is the front, 90 the right; above the left shoulder
    /// of who looks when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun_azimuth_degrees: Option<f64>,
    /// How high the sun stands, 2 to 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun_height_degrees: Option<f64>,
    /// How strong the sun is, 0 to 3; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun_strength: Option<f64>,
    /// Whether corners are darker, as light reaches them less.
    #[serde(default = "yes")]
    pub ambient_occlusion: bool,
    /// Whether the sun casts shadows.
    #[serde(default = "yes")]
    pub shadow: bool,
    /// Whether edges between faces are drawn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outline: bool,
    /// What is under the voxels; a plain ground when absent, where the view looks down on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// What is behind the voxels; a bright haze when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
    /// Only these layers, hidden ones too; the visible ones when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<String>>,
    /// Render this checkpoint instead of the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// Marks what changed since then and shows it near, the rest pale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_since: Option<Since>,
    /// Shows this checkpoint and the newest revision beside each other, and marks what differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<String>,
    /// Answer at once with a job instead of waiting.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub job: bool,
}

/// Params of `render.turntable`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TurntableParams {
    /// The project.
    pub project: String,
    /// Pictures for one turn, 2 to 120.
    #[serde(default = "frames")]
    pub frames: u32,
    /// How long each is shown, 20 to 1000.
    #[serde(default = "frame_ms")]
    pub frame_ms: u16,
    /// Width in pixels.
    #[serde(default = "turntable_side")]
    pub width: u32,
    /// Height in pixels.
    #[serde(default = "turntable_side")]
    pub height: u32,
    /// Looks from so far above, -90 to 90; 26 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pitch_degrees: Option<f64>,
    /// Enlarges, 0.05 to 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoom: Option<f64>,
    /// Where the sun stands, seen from above: 0 is the front, 90 the right; above the left shoulder
    /// of who looks when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun_azimuth_degrees: Option<f64>,
    /// How high the sun stands, 2 to 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun_height_degrees: Option<f64>,
    /// How strong the sun is, 0 to 3; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun_strength: Option<f64>,
    /// Whether corners are darker, as light reaches them less.
    #[serde(default = "yes")]
    pub ambient_occlusion: bool,
    /// Whether the sun casts shadows.
    #[serde(default = "yes")]
    pub shadow: bool,
    /// Whether edges between faces are drawn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outline: bool,
    /// What is under the voxels; a plain ground when absent, where the view looks down on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// What is behind the voxels; a bright haze when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
    /// Only these layers, hidden ones too; the visible ones when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<String>>,
    /// Render this checkpoint instead of the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// Answer at once with a job instead of waiting.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub job: bool,
}

fn yes() -> bool {
    true
}

fn frames() -> u32 {
    TurntableParams::FRAMES
}

fn frame_ms() -> u16 {
    TurntableParams::FRAME_MS
}

fn turntable_side() -> u32 {
    TurntableParams::SIDE
}

impl TurntableParams {
    /// Pictures for one turn, unless others are asked for.
    pub const FRAMES: u32 = 36;
    /// How long each is shown.
    pub const FRAME_MS: u16 = 70;
    /// Pixels along a side.
    pub const SIDE: u32 = 400;
    /// Pixels of all pictures together that the shipped `engine.render_pixels_max` lets pass.
    const PIXELS_MAX: u32 = 1 << 24;

    /// A side for so many pictures, at most [`SIDE`](Self::SIDE): many of them have to be smaller.
    pub fn side_of(frames: u32) -> u32 {
        let pixels = |side: u32| frames.saturating_mul(side * side);
        let mut sides = (8..=Self::SIDE).rev().step_by(8);
        sides.find(|side| pixels(*side) <= Self::PIXELS_MAX).unwrap_or(8)
    }
}

/// Reply of `render.image`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImageReply {
    /// The revision that was rendered; absent while it is a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Size of the PNG in bytes.
    pub bytes: u64,
    /// Voxels in the picture's layers.
    pub voxels: u64,
    /// What differs, where states were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// The job that does it, when one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

/// How two states differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Voxels where there were none.
    pub added: u64,
    /// Voxels taken away.
    pub removed: u64,
    /// Voxels with another colour or material.
    pub changed: u64,
    /// The least box around all of these; absent when nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Box3>,
}

/// Reply of `render.turntable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurntableReply {
    /// The revision that was rendered; absent while it is a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pictures in it.
    pub frames: u32,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// The blob that holds it, where it does not fit a frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// The job that does it, when one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}
