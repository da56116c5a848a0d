//! `project.*`: documents by name, their trash, import and export.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    layer::LayerInfo,
    method,
    types::{Box3, Done, ProjectParams, Revision},
};

method! {
    /// Makes an empty project with one layer, `main`.
    Create = "project.create", Edit, Edit, true, None, CreateParams => CreateReply
}
method! {
    /// Lists the projects by name, or those in the trash.
    List = "project.list", Read, Inline, false, None, ListParams => ListReply
}
method! {
    /// Tells a project's revision, bounds, voxel count and layers.
    Info = "project.info", Read, Read, false, None, ProjectParams => InfoReply
}
method! {
    /// Gives a project another name.
    Rename = "project.rename", Edit, Edit, true, None, RenameParams => Done
}
method! {
    /// Moves a project to the trash, where it can be restored from for a while.
    Delete = "project.delete", Edit, Edit, true, None, DeleteParams => DeleteReply
}
method! {
    /// Brings a project back from the trash.
    Restore = "project.restore", Edit, Edit, true, None, RestoreParams => CreateReply
}
method! {
    /// Removes a project in the trash for good.
    Purge = "project.purge", Admin, Edit, true, None, PurgeParams => Done
}
method! {
    /// Reads a file's content into a project as new layers, in one undo group. The content is
    /// the attachment, or a blob that was written before.
    Import = "project.import", Edit, Long, true, In, ImportParams => ImportReply
}
method! {
    /// Writes a project as a file's content: the reply's attachment, or a blob when it is larger
    /// than a frame.
    Export = "project.export", Read, Long, false, Out, ExportParams => ExportReply
}

/// Params of `project.create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateParams {
    /// The new name: 1 to 64 characters, no `/`.
    pub project: String,
}

/// Reply of `project.create` and `project.restore`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreateReply {
    /// The name it has.
    pub project: String,
    /// Its number, which is never used again.
    pub id: u32,
}

/// Params of `project.list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    /// List the trash instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trash: bool,
    /// Only names after this one: pass the last name of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Reply of `project.list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListReply {
    /// At most 24 projects, by name.
    pub projects: Vec<ProjectItem>,
    /// Whether more follow.
    pub more: bool,
}

/// One project of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectItem {
    /// The name.
    pub project: String,
    /// The number, which is never used again.
    pub id: u32,
    /// Its newest revision, where it has been loaded since the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// When it was deleted, in Unix milliseconds; absent for a live one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_ms: Option<i64>,
    /// Why it cannot be edited, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<String>,
}

/// Reply of `project.info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InfoReply {
    /// The name.
    pub project: String,
    /// The number, which is never used again.
    pub id: u32,
    /// The newest revision.
    pub revision: Revision,
    /// The least box around every voxel; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Box3>,
    /// Voxels in all layers.
    pub voxels: u64,
    /// Its layers, lowest first.
    pub layers: Vec<LayerInfo>,
    /// Undo groups that can be undone.
    pub undo: u64,
    /// Undo groups that can be redone.
    pub redo: u64,
    /// Names of its checkpoints.
    pub checkpoints: Vec<String>,
    /// Bytes it takes in memory, about.
    pub bytes: u64,
    /// Why it cannot be edited, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<String>,
}

/// Params of `project.rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameParams {
    /// The name it has.
    pub project: String,
    /// The new name: 1 to 64 characters, no `/`.
    pub to: String,
}

/// Params of `project.delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteParams {
    /// The project's name.
    pub project: String,
    /// Delete only if this is still its newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<Revision>,
}

/// Reply of `project.delete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteReply {
    /// The number by which `project.restore` brings it back.
    pub id: u32,
    /// When it goes for good, in Unix milliseconds.
    pub kept_until_ms: i64,
}

/// Params of `project.restore`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreParams {
    /// The number of the deleted project.
    pub id: u32,
    /// A new name; the old one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Params of `project.purge`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurgeParams {
    /// The number of the deleted project.
    pub id: u32,
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// MagicaVoxel: voxels, read and written.
    Vox,
    /// glTF 2.0 in one file: the visible surface, only written.
    Glb,
    /// Wavefront, with a file of materials beside it: the visible surface, only written.
    Obj,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Vox, Self::Glb, Self::Obj];

    /// What it is called on the wire and at the end of a file's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vox => "vox",
            Self::Glb => "glb",
            Self::Obj => "obj",
        }
    }

    /// The format of this name, in whatever case.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    /// Whether it can be imported; every format can be exported.
    pub fn is_read(self) -> bool {
        match self {
            Self::Vox => true,
            Self::Glb | Self::Obj => false,
        }
    }
}

/// Params of `project.import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportParams {
    /// The project to import into.
    pub project: String,
    /// What the content is.
    pub format: Format,
    /// The blob that holds the content, when it is no attachment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// Import only if this is still the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<Revision>,
}

/// Reply of `project.import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportReply {
    /// The revision that the import made.
    pub revision: Revision,
    /// Names of the new layers; at most 12 are listed.
    pub layers: Vec<String>,
    /// How many layers came in.
    pub layers_total: u64,
    /// How many voxels came in.
    pub voxels: u64,
    /// What the format has and a project has not, and was left out.
    pub warnings: Vec<String>,
}

/// Params of `project.export`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportParams {
    /// The project to export.
    pub project: String,
    /// What to write.
    pub format: Format,
    /// What the file will be called, without ending; files of several parts name one another by it.
    /// The project's name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Merge colours until the format can hold them, instead of refusing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quantize: bool,
    /// Answer at once with a job instead of waiting.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub job: bool,
}

/// One of the files of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilePart {
    /// Its name, without a folder.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Reply of `project.export`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportReply {
    /// The revision that was exported; absent while it is a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The content's size in bytes.
    pub bytes: u64,
    /// The blob that holds the content, when it is no attachment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// The files that the content is made of, one behind the other, when it is several: the first is
    /// the one asked for, the others belong beside it under these names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<FilePart>,
    /// The job that does it, when one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}
