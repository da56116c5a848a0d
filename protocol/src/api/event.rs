//! `event.*`: being told what changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    method,
    types::{Done, Revision},
};

method! {
    /// Sends `event` notifications for these topics on this connection from now on, or from
    /// after a cursor.
    Subscribe = "event.subscribe", Read, Inline, false, None, SubscribeParams => SubscribeReply
}
method! {
    /// Ends a subscription.
    Unsubscribe = "event.unsubscribe", Read, Inline, false, None, UnsubscribeParams => Done
}

/// What a subscription is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// New revisions of projects, and projects made, renamed, deleted, restored.
    Project,
    /// Jobs that progressed or ended.
    Job,
}

/// Params of `event.subscribe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscribeParams {
    /// What to be told about.
    pub topics: Vec<Topic>,
    /// Only about this project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The `seq` of the last event seen before, to go on after it; what is no longer kept is
    /// announced as a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// Reply of `event.subscribe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscribeReply {
    /// The subscription's id.
    pub subscription: String,
    /// The `seq` of the newest event so far.
    pub seq: u64,
}

/// Params of `event.unsubscribe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnsubscribeParams {
    /// The subscription's id.
    pub subscription: String,
}

/// Params of the notification `event`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventNote {
    /// The subscription it belongs to.
    pub subscription: String,
    /// Counts events; what a later `event.subscribe` passes as `after`.
    pub seq: u64,
    /// What it is about; `gap` says that events were lost in between.
    pub topic: String,
    /// What happened.
    pub data: Value,
}

/// `data` of an event of the topic `project`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectEvent {
    /// The project's name.
    pub project: String,
    /// `edited`, `created`, `renamed`, `deleted`, `restored` or `purged`.
    pub what: String,
    /// Its new revision, when it was edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// Who did it.
    pub author: String,
}

/// Params of the notification `progress`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProgressNote {
    /// The id of the call.
    pub id: Value,
    /// The text that the call's `meta.progress` was, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Work done so far, in the method's own unit.
    pub done: u64,
    /// Work in all; 0 while unknown.
    pub total: u64,
    /// What is being done.
    pub message: String,
}
