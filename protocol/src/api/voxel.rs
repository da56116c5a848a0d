//! `voxel.*`: edits as data, and queries.

mod items;
mod parts;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    items::EditItem,
    parts::{ColoredVoxel, Connectivity, MaterialItem, Mode},
};
use super::{
    method,
    types::{Box3, Color, Position, Revision},
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
    /// Names of the layers that changed; at most 12 are listed.
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
