//! The edits of an edit list, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use super::parts::{ColoredVoxel, Connectivity, MaterialItem, Mode};
use crate::api::types::{Axis, Box3, Color, Position};

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
    /// An ellipsoid that touches the sides of a box from within: balls of even width, eggs, discs.
    Ellipsoid {
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
    /// A cone in a box: it fills one end and grows narrower towards the other.
    Cone {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The corner with the least coordinates.
        min: Position,
        /// The corner with the greatest coordinates.
        max: Position,
        /// The axis it grows narrower along; z when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        axis: Option<Axis>,
        /// Whether it is narrow at the low end instead of the high one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        flip: bool,
        /// How wide the narrow end is: 0, a point, to 1, as wide as the other.
        #[serde(default, skip_serializing_if = "is_default")]
        top: f64,
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
    /// A pyramid in a box; with `ridge`, a gable roof.
    Pyramid {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The corner with the least coordinates.
        min: Position,
        /// The corner with the greatest coordinates.
        max: Position,
        /// The axis it grows narrower along; z when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        axis: Option<Axis>,
        /// Whether it is narrow at the low end instead of the high one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        flip: bool,
        /// How wide the narrow end is: 0, a point, to 1, as wide as the other.
        #[serde(default, skip_serializing_if = "is_default")]
        top: f64,
        /// The axis along which it keeps its length.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ridge: Option<Axis>,
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
    /// Writes a text with letters seven voxels high: A to Z, digits, signs.
    Text {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The lowest leftmost voxel, as one reads it.
        at: Position,
        /// At most 64 characters; small letters become capitals.
        text: String,
        /// The axis across it: y, upright and read from the front (when absent); x, read from the
        /// right; z, lying and read from above.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        axis: Option<Axis>,
        /// Voxels for each dot of a letter; 1 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<u16>,
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
    /// Colours what is there in a run from one colour to another along an axis.
    Gradient {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The axis along which the colour changes.
        axis: Axis,
        /// The colour at the low end.
        from: Color,
        /// The colour at the high end.
        to: Color,
        /// From end to end of this box; of the box around the whole layer when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Box3>,
    },
    /// Makes each voxel a little lighter or darker, always the same way: stone, grass, leaves.
    Noise {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// How much at most, 1 to 127; 8 to 20 looks natural.
        amount: u8,
        /// Another number gives another pattern; 0 when absent.
        #[serde(default, skip_serializing_if = "is_default")]
        seed: u32,
        /// Only what is inside this box.
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
        /// Only what is inside this box.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Box3>,
    },
    /// Turns voxels about an axis.
    Rotate {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The axis to turn about.
        axis: Axis,
        /// Quarter turns, 1 to 3; seen from the axis's high end they go counter-clockwise.
        turns: u8,
        /// The point to turn about; halves lie between voxels.
        center: [f64; 3],
        /// Copy instead of moving: the original stays.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keep: bool,
        /// Only what is inside this box.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Box3>,
    },
    /// Copies voxels, `count` times, each copy `offset` from the one before: fences, stairs, windows.
    Copy {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// How far it is from one to the next.
        offset: Position,
        /// How many copies; 1 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u32>,
        /// Only what is inside this box.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Box3>,
    },
    /// Draws the outermost slice along an axis out.
    Extrude {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The axis to draw along.
        axis: Axis,
        /// How far; less than 0 draws the low end out.
        distance: i32,
        /// The box whose outermost slice it is; the box around the layer when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Box3>,
    },
    /// Lets another layer work on the layer: puts its voxels over it, subtracts them, keeps only what
    /// both have, or paints with them.
    Combine {
        /// The layer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// The layer that works, and stays as it is.
        with: String,
        /// How they meet.
        #[serde(default, skip_serializing_if = "is_default")]
        mode: Mode,
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
