//! `render.*`: pictures.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    method,
    types::{Color, Revision},
};

method! {
    /// Renders a project to a PNG picture, which is the reply's attachment.
    Image = "render.image", Read, Long, false, Out, ImageParams => ImageReply
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
    #[default]
    Isometric,
}

/// What is behind the voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a background is #rrggbb or transparent")]
pub enum Background {
    /// Nothing: the picture has an alpha channel.
    Transparent(Transparent),
    /// One colour.
    Color(Color),
}

/// The word `transparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transparent {
    /// Nothing behind the voxels.
    Transparent,
}

/// Params of `render.image`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageParams {
    /// The project.
    pub project: String,
    /// From where; isometric when absent.
    #[serde(default)]
    pub view: View,
    /// Width in pixels; 768 when absent.
    #[serde(default = "side")]
    pub width: u32,
    /// Height in pixels; 768 when absent.
    #[serde(default = "side")]
    pub height: u32,
    /// Whether corners are darker, as light reaches them less.
    #[serde(default = "yes")]
    pub ambient_occlusion: bool,
    /// Whether the sun casts shadows.
    #[serde(default = "yes")]
    pub shadow: bool,
    /// What is behind the voxels; a pale grey when absent.
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

fn side() -> u32 {
    768
}

fn yes() -> bool {
    true
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
    /// The job that does it, when one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}
