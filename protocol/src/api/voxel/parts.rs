//! What the edits of an edit list are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::types::{Color, Position};

/// How a shape meets what is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Put the voxels there, over what is there.
    #[default]
    Over,
    /// Take away what is inside the shape.
    Subtract,
    /// Recolour what is inside the shape; add nothing.
    Paint,
    /// Keep only what is inside the shape.
    Intersect,
}

/// Which voxels touch each other for a flood fill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Connectivity {
    /// Those that share a face.
    #[default]
    #[serde(rename = "6")]
    Faces,
    /// Those that share a face, an edge or a corner.
    #[serde(rename = "26")]
    Corners,
}

/// One coloured voxel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColoredVoxel {
    /// Its place.
    pub at: Position,
    /// Its colour.
    pub color: Color,
    /// Its material slot, 1 to 255; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material: Option<u8>,
}

/// How light meets a voxel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaterialItem {
    /// A name, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// 0 clear to 255 opaque.
    #[serde(default = "opaque")]
    pub alpha: u8,
    /// 0 none to 255 metal.
    #[serde(default)]
    pub metallic: u8,
    /// 0 mirror to 255 matt.
    #[serde(default = "opaque")]
    pub roughness: u8,
    /// 0 none to 255 glowing.
    #[serde(default)]
    pub emission: u8,
    /// Whether light passes through it.
    #[serde(default)]
    pub glass: bool,
}

fn opaque() -> u8 {
    255
}
