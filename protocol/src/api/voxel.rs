//! `voxel.*`: edits as data, and queries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    method,
    types::{Axis, Box3, Color, Position, Revision},
};

method! {
    /// Applies an edit list to a project: all of it or nothing, one undo group, journaled before
    /// it is answered.
    Edit = "voxel.edit", Edit, Edit, true, None, EditParams => EditReply
}
method! {
    /// Writes a dense box of voxels from the attachment: four bytes each (red, green, blue,
    /// material slot; slot 0 is empty), x fastest, then y, then z.
    Write = "voxel.write", Edit, Edit, true, In, WriteParams => EditReply
}
method! {
    /// Tells what is at up to 64 positions.
    Get = "voxel.get", Read, Read, false, None, GetParams => GetReply
}
method! {
    /// Reads a region: solid voxels by pages, or as a dense attachment in the form that
    /// `voxel.write` takes.
    Read = "voxel.read", Read, Read, false, Out, ReadParams => ReadReply
}
method! {
    /// Returns the least box around every voxel of a project or a layer.
    Bounds = "voxel.bounds", Read, Read, false, None, ScopeParams => BoundsReply
}
method! {
    /// Counts the voxels of a project, a layer or a box.
    Count = "voxel.count", Read, Read, false, None, ScopeParams => CountReply
}
method! {
    /// Counts voxels by colour, most frequent first.
    Histogram = "voxel.histogram", Read, Read, false, None, HistogramParams => HistogramReply
}
method! {
    /// Finds the voxels whose colour lies within a tolerance, by pages.
    Find = "voxel.find", Read, Read, false, None, FindParams => FindReply
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

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

/// Params of `voxel.edit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditParams {
    /// The project.
    pub project: String,
    /// The layer for edits that name none; the lowest one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The edits, applied in order.
    pub edits: Vec<EditItem>,
    /// What the undo group is called in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Apply only if this is still the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<Revision>,
    /// Tell what it would do, and do nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// Params of `voxel.write`; the voxels are the attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteParams {
    /// The project.
    pub project: String,
    /// The layer; the lowest one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The box that the attachment fills exactly.
    pub bounds: Box3,
    /// Whether empty voxels of the attachment leave what is there, instead of taking it away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
    /// What the undo group is called in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Apply only if this is still the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<Revision>,
    /// Tell what it would do, and do nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What an edit did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EditReply {
    /// The revision the edit made; for a dry run the one it looked at.
    pub revision: Revision,
    /// The undo group it made; absent when nothing changed or for a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u64>,
    /// Voxels where there were none.
    pub added: u64,
    /// Voxels taken away.
    pub removed: u64,
    /// Voxels with another colour or material.
    pub changed: u64,
    /// The least box around all of these; absent when nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Box3>,
    /// Names of the layers that changed; at most 32 are listed.
    pub layers: Vec<String>,
    /// Whether this only tells what it would do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// Params of `voxel.get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetParams {
    /// The project.
    pub project: String,
    /// The layer; what is seen over all visible layers when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Up to 64 positions.
    pub at: Vec<Position>,
}

/// Reply of `voxel.get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GetReply {
    /// The revision that was read.
    pub revision: Revision,
    /// One for each position, in their order; null where it is empty.
    pub voxels: Vec<Option<ColoredVoxel>>,
}

/// What a query looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeParams {
    /// The project.
    pub project: String,
    /// The layer; all visible layers when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Only inside this box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Box3>,
}

/// The form in which a region is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReadForm {
    /// Solid voxels as JSON, by pages.
    #[default]
    Voxels,
    /// Every voxel of the box as the attachment.
    Dense,
}

/// Params of `voxel.read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadParams {
    /// The project.
    pub project: String,
    /// The layer; what is seen over all visible layers when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The box to read; the project's bounds when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Box3>,
    /// Pages of JSON, or one attachment.
    #[serde(default, skip_serializing_if = "is_default")]
    pub form: ReadForm,
    /// Voxels a page, 1 to 10,000; 1,000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page before ended; it names its revision, so that pages fit together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Reply of `voxel.read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadReply {
    /// The revision that was read.
    pub revision: Revision,
    /// The box that was read; absent when the project is empty and none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Box3>,
    /// Solid voxels in the box.
    pub total: u64,
    /// The page's voxels; empty for a dense read.
    pub voxels: Vec<ColoredVoxel>,
    /// Where the next page begins; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Reply of `voxel.bounds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoundsReply {
    /// The revision that was read.
    pub revision: Revision,
    /// The least box around every voxel; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Box3>,
}

/// Reply of `voxel.count`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CountReply {
    /// The revision that was read.
    pub revision: Revision,
    /// Solid voxels; a place that is solid in several layers counts once.
    pub voxels: u64,
}

/// Params of `voxel.histogram`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistogramParams {
    /// The project.
    pub project: String,
    /// The layer; all visible layers when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Only inside this box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Box3>,
    /// How many colours to list, 1 to 1,000; 64 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// How many voxels have one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColorCount {
    /// The colour.
    pub color: Color,
    /// The material slot.
    pub material: u8,
    /// Voxels that have both.
    pub voxels: u64,
}

/// Reply of `voxel.histogram`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistogramReply {
    /// The revision that was read.
    pub revision: Revision,
    /// Solid voxels in all.
    pub total: u64,
    /// Different pairs of colour and material.
    pub colors_total: u64,
    /// The most frequent ones, most frequent first.
    pub colors: Vec<ColorCount>,
}

/// Params of `voxel.find`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindParams {
    /// The project.
    pub project: String,
    /// The layer; all visible layers when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The colour to look for.
    pub color: Color,
    /// How far each of red, green and blue may differ.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tolerance: u8,
    /// Only inside this box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Box3>,
    /// Voxels a page, 1 to 10,000; 1,000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Reply of `voxel.find`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindReply {
    /// The revision that was read.
    pub revision: Revision,
    /// How many there are in all.
    pub total: u64,
    /// The least box around all of them; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Box3>,
    /// The page's voxels.
    pub voxels: Vec<ColoredVoxel>,
    /// Where the next page begins; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
