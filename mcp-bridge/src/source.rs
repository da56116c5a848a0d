//! One source of what the server offers: tools, resources, prompts and completions.
//!
//! The server asks its sources in order, and the first that knows a thing answers for it: what is
//! built in comes first, so that nobody can take its place. A source answers its lists at once,
//! from what it holds or can learn in a moment, and never starts a daemon for them.

pub mod era;
pub mod page;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompletionInfo,
        DetailedTask, GetPromptRequestParams, GetPromptResponse, InputResponses, Prompt,
        ReadResourceRequestParams, ReadResourceResponse, Resource, ResourceTemplate, Tool,
    },
    service::RequestContext,
};

use crate::daemon::Pending;

/// The request that a source works for: its token, its client, its metadata.
pub type Cx = RequestContext<RoleServer>;

/// What a source says about something that may be another one's: none if it is.
pub type Known<'a, T> = Pending<'a, Result<Option<T>, ErrorData>>;

/// One item of a list that comes in pages.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// Its place in the list: items are in the order of their keys, which do not change.
    pub key: String,
    /// The item.
    pub item: T,
}

/// One source. What it does not offer, it need not mention.
pub trait Source: Send + Sync + 'static {
    /// How long a client may keep its lists, in milliseconds.
    fn keep_ms(&self) -> u64;

    /// Its tools, by name.
    fn tools(&self) -> Pending<'_, Vec<Tool>> {
        nothing()
    }

    /// Whether it has a tool of this name.
    fn has_tool<'a>(&'a self, name: &'a str) -> Pending<'a, bool> {
        let _ = name;
        Box::pin(std::future::ready(false))
    }

    /// Runs a tool that it has.
    fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: Cx,
    ) -> Pending<'_, Result<CallToolResponse, ErrorData>> {
        drop(cx);
        Box::pin(std::future::ready(Err(unknown_tool(&request.name))))
    }

    /// At most `count_max` of its resources, by key, from behind a key on.
    fn resources<'a>(
        &'a self,
        after: Option<&'a str>,
        count_max: usize,
    ) -> Pending<'a, Vec<Listed<Resource>>> {
        let _ = (after, count_max);
        nothing()
    }

    /// Its templates of resources, by URI.
    fn templates(&self) -> Pending<'_, Vec<ResourceTemplate>> {
        nothing()
    }

    /// Reads a resource, if it is its own.
    fn read_resource<'a>(
        &'a self,
        request: &'a ReadResourceRequestParams,
        cx: &'a Cx,
    ) -> Known<'a, ReadResourceResponse> {
        let _ = (request, cx);
        unknown()
    }

    /// Somebody is about to want to be told of changes: what may change is looked up and followed.
    fn attend(&self) -> Pending<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Whether it tells when this resource changes.
    fn watches(&self, uri: &str) -> bool {
        let _ = uri;
        false
    }

    /// Its prompts, by name.
    fn prompts(&self) -> Pending<'_, Vec<Prompt>> {
        nothing()
    }

    /// Fills in a prompt, if it is its own.
    fn prompt<'a>(
        &'a self,
        request: &'a GetPromptRequestParams,
        cx: &'a Cx,
    ) -> Known<'a, GetPromptResponse> {
        let _ = (request, cx);
        unknown()
    }

    /// Completes an argument of a prompt or a template, if that is its own.
    fn complete<'a>(
        &'a self,
        request: &'a CompleteRequestParams,
        cx: &'a Cx,
    ) -> Known<'a, CompletionInfo> {
        let _ = (request, cx);
        unknown()
    }

    /// What became of a task, if it is its own.
    fn get_task<'a>(&'a self, id: &'a str, cx: &'a Cx) -> Known<'a, DetailedTask> {
        let _ = (id, cx);
        unknown()
    }

    /// Takes answers to what a task asked, if it is its own.
    fn update_task<'a>(
        &'a self,
        id: &'a str,
        responses: &'a InputResponses,
        cx: &'a Cx,
    ) -> Known<'a, ()> {
        let _ = (id, responses, cx);
        unknown()
    }

    /// Asks a task to end, if it is its own.
    fn cancel_task<'a>(&'a self, id: &'a str, cx: &'a Cx) -> Known<'a, ()> {
        let _ = (id, cx);
        unknown()
    }
}

/// The error of a tool that no source has. Only what no model can mend is an error of the protocol.
pub fn unknown_tool(name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("Unknown tool: {name}"), None)
}

fn nothing<'a, T: Send + 'a>() -> Pending<'a, Vec<T>> {
    Box::pin(std::future::ready(Vec::new()))
}

fn unknown<'a, T: Send + 'a>() -> Known<'a, T> {
    Box::pin(std::future::ready(Ok(None)))
}
