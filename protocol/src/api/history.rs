//! `history.*`: undo groups, checkpoints, and what became of a call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{method, types::Revision, voxel::EditReply};

method! {
    /// Lists undo groups, newest first, and the checkpoints.
    List = "history.list", Read, Read, false, None, ListParams => ListReply
}
method! {
    /// Takes the newest undo group back. It is a commit of its own, and survives restarts. If
    /// another author made the group it is refused, unless `any_author`.
    Undo = "history.undo", Edit, Edit, true, None, StepParams => StepReply
}
method! {
    /// Applies the group that was undone last again.
    Redo = "history.redo", Edit, Edit, true, None, StepParams => StepReply
}
method! {
    /// Names the present state, so that it can be restored or rendered later.
    Checkpoint = "history.checkpoint", Edit, Edit, true, None, CheckpointParams => CheckpointReply
}
method! {
    /// Removes a checkpoint; the project stays as it is.
    Forget = "history.forget", Edit, Edit, true, None, CheckpointParams => CheckpointReply
}
method! {
    /// Makes the project what it was at a checkpoint. It is an edit, which undo takes back.
    Restore = "history.restore", Edit, Edit, true, None, CheckpointParams => EditReply
}
method! {
    /// Tells what became of a writing call by its idempotency key.
    Outcome = "history.outcome", Read, Inline, false, None, OutcomeParams => OutcomeReply
}

/// Params of `history.list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    /// The project.
    pub project: String,
    /// Groups a page, 1 to 500; 20 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only groups before this one: pass the last group of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// One undo group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupItem {
    /// The revision number that made it.
    pub group: u64,
    /// Who made it.
    pub author: String,
    /// When, in Unix milliseconds.
    pub time_ms: i64,
    /// What it is called.
    pub label: String,
    /// Whether it is undone now, and can be redone.
    pub undone: bool,
}

/// One checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckpointItem {
    /// Its name.
    pub name: String,
    /// The revision number it keeps.
    pub number: u64,
    /// Who made it.
    pub author: String,
    /// When, in Unix milliseconds.
    pub time_ms: i64,
}

/// Reply of `history.list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListReply {
    /// The newest revision.
    pub revision: Revision,
    /// Undo groups, newest first.
    pub groups: Vec<GroupItem>,
    /// Whether more follow.
    pub more: bool,
    /// The checkpoints, by name.
    pub checkpoints: Vec<CheckpointItem>,
}

/// Params of `history.undo` and `history.redo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepParams {
    /// The project.
    pub project: String,
    /// Step over another author's group too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_author: bool,
    /// Step only if this is still the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<Revision>,
}

/// Reply of `history.undo` and `history.redo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepReply {
    /// The revision that the step made.
    pub revision: Revision,
    /// The group that was taken back or applied again.
    pub group: u64,
    /// Who made that group.
    pub author: String,
    /// What it is called.
    pub label: String,
    /// What changed.
    pub edit: EditReply,
}

/// Params of the methods that name a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckpointParams {
    /// The project.
    pub project: String,
    /// The checkpoint's name: 1 to 64 characters.
    pub checkpoint: String,
    /// Do it only if this is still the newest revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_revision: Option<Revision>,
}

/// Reply of `history.checkpoint` and `history.forget`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckpointReply {
    /// The revision that recorded it.
    pub revision: Revision,
    /// The checkpoint's name.
    pub checkpoint: String,
}

/// Params of `history.outcome`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeParams {
    /// The key that the call carried in `meta.idempotency_key`.
    pub key: String,
    /// The project the call named; absent for calls that make, rename or delete projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallOutcome {
    /// It was done, once.
    Committed,
    /// It is being done.
    Running,
    /// It was not done, and will not be unless it is sent again.
    Never,
}

/// Reply of `history.outcome`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutcomeReply {
    /// What became of the call.
    pub outcome: CallOutcome,
    /// The revision it made, when it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The answer it got, when it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
}
