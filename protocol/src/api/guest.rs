//! `guest.*`: tools, resources and prompts that a daemon offers to assistants beside its own methods.
//!
//! A daemon that hosts services may pass on what they bring. It says so in its greeting (`guests: true`)
//! and then serves [`GUEST`]. They are no part of [`CATALOGUE`](super::CATALOGUE): a daemon without
//! guests does not know them.

mod items;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{MethodInfo, method, types::Done, types::NoParams};

pub use items::{
    Argument, Block, Content, Hints, Log, LogLevel, Message, Note, Prompt, Resource, Speaker,
    Template, Tool,
};

method! {
    /// Lists everything the guests offer.
    List = "guest.list", Read, Read, false, None, NoParams => ListReply
}
method! {
    /// Calls a guest's tool. Nobody keeps a record of it: one that is not `read_only` or
    /// `idempotent` is sent once, and if its answer is lost nobody knows whether it was done.
    Call = "guest.call", Edit, Long, false, None, CallParams => CallReply
}
method! {
    /// Reads a guest's resource.
    Read = "guest.read", Read, Long, false, None, ReadParams => ReadReply
}
method! {
    /// Fills a guest's prompt in.
    Fill = "guest.fill", Read, Long, false, None, FillParams => FillReply
}
method! {
    /// Proposes values for an argument of a guest's prompt or template.
    Complete = "guest.complete", Read, Read, false, None, CompleteParams => CompleteReply
}
method! {
    /// Sends `guest` notifications on this connection from now on: when the list changes, and when
    /// one of these resources does. Each call replaces the resources of the one before.
    Watch = "guest.watch", Read, Read, false, None, WatchParams => Done
}

/// What a daemon with guests serves beside its catalogue.
pub static GUEST: &[MethodInfo] = &[
    MethodInfo::of::<List>(),
    MethodInfo::of::<Call>(),
    MethodInfo::of::<Read>(),
    MethodInfo::of::<Fill>(),
    MethodInfo::of::<Complete>(),
    MethodInfo::of::<Watch>(),
];

/// Reply of `guest.list`. Names and URIs are unique; what is listed twice counts once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListReply {
    /// Tools.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// Resources.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// Families of resources.
    #[serde(default)]
    pub templates: Vec<Template>,
    /// Prompts.
    #[serde(default)]
    pub prompts: Vec<Prompt>,
}

/// What a guest may ask of the caller's side in the middle of a call.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum AskKind {
    /// The user, by a form or a link: `elicitation/create`.
    Elicitation,
    /// The caller's model: `sampling/createMessage`.
    Sampling,
    /// The folders the caller works in: `roots/list`.
    Roots,
}

/// One round of a call. A call that asks is made again with the answers, as often as it asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// What may be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_ask: Vec<AskKind>,
    /// Answers by the names of the questions, each in the form of MCP's result.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Value>,
    /// The `state` of the round before. It has been in the caller's hands: who relies on it signs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Whether, and under which name, `log` notifications are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogWish>,
}

/// A wish for the log of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogWish {
    /// What the notifications name the call.
    pub call: String,
    /// The least level that is wanted.
    pub level: LogLevel,
}

/// Questions that have to be answered before a call can go on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Asks {
    /// The questions by name.
    pub questions: BTreeMap<String, Question>,
    /// What the next round passes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// One question, in the form of MCP's request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// Whom it is for.
    pub kind: AskKind,
    /// The params of the request that `kind` names.
    #[serde(default)]
    pub params: Map<String, Value>,
}

/// Params of `guest.call`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallParams {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// The round.
    #[serde(default)]
    pub round: Round,
}

/// Reply of `guest.call`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallReply {
    /// What the model gets to see.
    #[serde(default)]
    pub content: Vec<Block>,
    /// The same as data, where the tool has an output schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured: Option<Value>,
    /// Whether the tool failed, and `content` says why.
    #[serde(default)]
    pub is_error: bool,
    /// Set if nothing is done yet: all else is empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Asks>,
}

/// Params of `guest.read`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadParams {
    /// The resource.
    pub uri: String,
    /// The round.
    #[serde(default)]
    pub round: Round,
}

/// Reply of `guest.read`. A URI that names nothing is answered with `not_found`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadReply {
    /// What it holds.
    #[serde(default)]
    pub contents: Vec<Content>,
    /// Set if nothing was read yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Asks>,
}

/// Params of `guest.fill`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FillParams {
    /// The prompt.
    pub prompt: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
    /// The round.
    #[serde(default)]
    pub round: Round,
}

/// Reply of `guest.fill`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FillReply {
    /// What the prompt is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The messages.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// Set if it is not filled in yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Asks>,
}

/// What an argument belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// A prompt, by name.
    Prompt(String),
    /// A template, by its pattern.
    Template(String),
}

/// Params of `guest.complete`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteParams {
    /// What the argument belongs to.
    pub of: Owner,
    /// The argument.
    pub argument: String,
    /// What is written of it so far.
    #[serde(default)]
    pub value: String,
    /// Arguments that are known already.
    #[serde(default)]
    pub known: BTreeMap<String, String>,
}

/// Reply of `guest.complete`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompleteReply {
    /// The likeliest values first, 100 at most.
    pub values: Vec<String>,
    /// How many there are in all, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
}

/// Params of `guest.watch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchParams {
    /// URIs of resources.
    #[serde(default)]
    pub resources: Vec<String>,
}
