//! The edits of an edit list, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use crate::api::types::{Axis, Box3, Color, Position};

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

/// One change to a layer. `layer` names the layer; absent = the layer of the call, else the
/// lowest one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "edit", rename_all = "snake_case", deny_unknown_fields)]
pub enum EditItem {
    /// Puts single voxels.
    Set {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The voxels.
        voxels: Vec<ColoredVoxel>,
    },
    /// Takes single voxels away.
    Remove {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// Their places.
        at: Vec<Position>,
    },
    /// Recolours single voxels, where there are any.
    Paint {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// Their places.
        at: Vec<Position>,
        /// The new colour.
        color: Color,
        /// The new material slot; kept when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        material: Option<u8>,
    },
    /// A box; both corners belong to it.
    Box {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The corner with the least coordinates.
        min: Position,
        /// The corner with the greatest coordinates.
        max: Position,
        /// The colour; not needed to subtract or intersect.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        color: Option<Color>,
        /// The material slot; 1 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        material: Option<u8>,
        /// How it meets what is there.
        #[serde(default, skip_serializing_if = "is_default")]
        mode: Mode,
    },
    /// A ball: voxels whose centre is at most `radius` from the centre of the voxel `center`.
    Sphere {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The voxel in its middle.
        center: Position,
        /// The radius in voxels, at least 0.
        radius: f64,
        /// The colour; not needed to subtract or intersect.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        color: Option<Color>,
        /// The material slot; 1 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        material: Option<u8>,
        /// How it meets what is there.
        #[serde(default, skip_serializing_if = "is_default")]
        mode: Mode,
    },
    /// An upright or lying cylinder.
    Cylinder {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The voxel in the middle of its lower end, along `axis`.
        base: Position,
        /// The axis it stands along.
        axis: Axis,
        /// The radius in voxels, at least 0.
        radius: f64,
        /// The height in voxels, at least 1.
        height: u32,
        /// The colour; not needed to subtract or intersect.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        color: Option<Color>,
        /// The material slot; 1 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        material: Option<u8>,
        /// How it meets what is there.
        #[serde(default, skip_serializing_if = "is_default")]
        mode: Mode,
    },
    /// A straight line from voxel to voxel.
    Line {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// Its first voxel.
        from: Position,
        /// Its last voxel.
        to: Position,
        /// The colour; not needed to subtract or intersect.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        color: Option<Color>,
        /// The material slot; 1 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        material: Option<u8>,
        /// How it meets what is there.
        #[serde(default, skip_serializing_if = "is_default")]
        mode: Mode,
    },
    /// Recolours the connected voxels of one colour that `start` belongs to; from an empty
    /// `start` fills the connected emptiness inside `within`.
    FloodFill {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// Where it begins.
        start: Position,
        /// The new colour.
        color: Color,
        /// The material slot; 1 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        material: Option<u8>,
        /// Which voxels touch.
        #[serde(default, skip_serializing_if = "is_default")]
        connectivity: Connectivity,
        /// The box it stays inside; needed from an empty start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Box3>,
    },
    /// Replaces one colour by another.
    ReplaceColor {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The colour to replace.
        from: Color,
        /// The new colour.
        to: Color,
        /// How far each of red, green and blue may differ from `from`.
        #[serde(default, skip_serializing_if = "is_default")]
        tolerance: u8,
        /// Only inside this box.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Box3>,
    },
    /// Copies every voxel to its mirror image across a plane.
    Mirror {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The axis that is turned round.
        axis: Axis,
        /// Where the plane cuts the axis: a whole number runs through the voxel's middle, a half
        /// (7.5) between the voxels 7 and 8.
        plane: f64,
        /// Move instead of copying: the original side goes.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        flip: bool,
    },
    /// Moves voxels.
    Move {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// How far.
        offset: Position,
        /// Only what is inside this box.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Box3>,
    },
    /// Makes an empty layer above the others, so that one call can build on a new layer.
    CreateLayer {
        /// Its name: 1 to 64 characters.
        name: String,
        /// The group it belongs to, `a/b` for nested ones.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        group: String,
    },
    /// Sets what a material slot looks like.
    SetMaterial {
        /// The slot, 1 to 255.
        slot: u8,
        /// The material.
        material: MaterialItem,
    },
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
