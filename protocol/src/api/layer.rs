//! `layer.*`: the named volumes of a project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    method,
    types::{Box3, ProjectParams, Revision},
};

method! {
    /// Lists a project's layers, lowest first.
    List = "layer.list", Read, Read, false, None, ProjectParams => ListReply
}
method! {
    /// Makes an empty layer above the others.
    Create = "layer.create", Edit, Edit, true, None, CreateParams => LayerReply
}
method! {
    /// Deletes a layer with its voxels; undo brings it back.
    Delete = "layer.delete", Edit, Edit, true, None, LayerParams => LayerReply
}
method! {
    /// Gives a layer another name.
    Rename = "layer.rename", Edit, Edit, true, None, RenameParams => LayerReply
}
method! {
    /// Shows a layer in renders and merged reads.
    Show = "layer.show", Edit, Edit, true, None, LayerParams => LayerReply
}
method! {
    /// Hides a layer from renders and merged reads; its voxels stay.
    Hide = "layer.hide", Edit, Edit, true, None, LayerParams => LayerReply
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LayerInfo {
    /// The name, unique in its project.
    pub layer: String,
    /// The group it belongs to, `a/b` for nested ones; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Whether renders show it.
    pub visible: bool,
    /// Its voxels.
    pub voxels: u64,
    /// The least box around them; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Box3>,
}

/// Reply of `layer.list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListReply {
    /// The revision that was read.
    pub revision: Revision,
    /// The layers, lowest first.
    pub layers: Vec<LayerInfo>,
}

/// Params of `layer.create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateParams {
    /// The project.
    pub project: String,
    /// The new layer's name: 1 to 64 characters.
    pub layer: String,
    /// The group it belongs to, `a/b` for nested ones.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Create only if this is still the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<Revision>,
}

/// Params that name a layer and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerParams {
    /// The project.
    pub project: String,
    /// The layer's name.
    pub layer: String,
    /// Do it only if this is still the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<Revision>,
}

/// Params of `layer.rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameParams {
    /// The project.
    pub project: String,
    /// The name it has.
    pub layer: String,
    /// The new name: 1 to 64 characters.
    pub to: String,
    /// Rename only if this is still the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<Revision>,
}

/// Reply of the methods that change a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LayerReply {
    /// The revision that the change made.
    pub revision: Revision,
    /// The layer's name now.
    pub layer: String,
}
