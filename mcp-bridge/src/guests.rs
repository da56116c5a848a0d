//! Guests: what the daemon offers beside the built-in tools. It is listed behind them, and calls
//! of it are passed on.
//!
//! ```text
//! daemon --list--> keeper -> book (checked, sorted) --> lists of the server
//! client --call--> rounds (questions, in both eras) -> exchange (progress, log, cancel) --> daemon
//!                                                      translate, trouble <-- answer, error
//! ```
//!
//! Guests are foreign: their names are checked, their answers bounded, and what is built in they
//! cannot replace.

mod book;
mod exchange;
mod keeper;
mod rounds;
mod translate;
mod trouble;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use goxe_protocol::api::guest::{
    Call, CallParams, CallReply, Complete, CompleteParams, Fill, FillParams, LogLevel, Owner, Read,
    ReadParams,
};
use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompletionInfo, ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
        JsonObject, Prompt, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
        Reference, Resource, ResourceTemplate, Tool,
    },
};
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    daemon::{Daemon, Pending},
    source::{Cx, Known, Listed, Source, era::is_modern, page::rest, unknown_tool},
    subscribers::Subscribers,
};
use exchange::{Exchange, Repeat};
use keeper::Keeper;
use rounds::Asked;

/// How long a client may keep lists that a daemon may change at any moment.
const KEEP_MS: u64 = 5_000;
/// How long it may keep them while there are no guests.
const KEEP_EMPTY_MS: u64 = 3_600_000;
/// Values of a completion at most, as MCP has it.
const VALUES_MAX: usize = 100;
/// The longest of them, in characters.
const VALUE_CHARS_MAX: usize = 200;

/// The source of everything that guests offer.
pub struct Guests {
    keeper: Arc<Keeper>,
    gone: CancellationToken,
    /// The least level of logs that a client of the older era wants. Never locked across an await.
    level: Mutex<Option<LogLevel>>,
}

impl Guests {
    /// Guests of a daemon, listed behind what is built in. `subscribers` are told what changes
    /// until `gone` fires.
    pub fn new(
        daemon: Arc<dyn Daemon>,
        builtin: Arc<dyn Source>,
        subscribers: Arc<Subscribers>,
        gone: CancellationToken,
    ) -> Self {
        let keeper = Arc::new(Keeper::new(daemon, builtin, subscribers, gone.clone()));
        Guests { keeper, gone, level: Mutex::new(None) }
    }

    /// From this level on a client of the older era wants the logs of its calls.
    pub fn set_level(&self, level: &impl Serialize) {
        let level = exchange::level_of(level);
        *self.level.lock().unwrap_or_else(PoisonError::into_inner) = level;
    }

    fn exchange(&self, cx: &Cx) -> Exchange {
        let level = match cx.meta.log_level() {
            Some(level) => exchange::level_of(&level),
            None if is_modern(cx) => None,
            None => *self.level.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Exchange::new(Arc::clone(&self.keeper.daemon), self.gone.clone(), level, cx)
    }

    async fn call(
        &self,
        request: CallToolRequestParams,
        cx: Cx,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.to_string();
        let book = self.keeper.book().await;
        let Some(entry) = book.tools.get(&name) else { return Err(unknown_tool(&name)) };
        let repeat = if entry.repeatable { Repeat::Freely } else { Repeat::Never };
        let arguments = request.arguments.unwrap_or_default();
        let first = rounds::first(request.input_responses, request.request_state, &cx);
        let was_round = first.state.is_some();
        let params = |round| CallParams { tool: name.clone(), arguments: arguments.clone(), round };
        let mut exchange = self.exchange(&cx);
        let outcome = rounds::run::<Call>(&mut exchange, &cx, first, repeat, params).await;
        match outcome {
            Ok(Asked::Asks(asks)) => Ok(asks.into()),
            Ok(Asked::Done(reply)) => {
                let has_output = entry.tool.output_schema.is_some();
                Ok(result(reply, has_output, is_modern(&cx)).into())
            }
            Err(trouble) => trouble.of_tool(&name, was_round, &cx).map(CallToolResponse::from),
        }
    }

    async fn read(
        &self,
        request: &ReadResourceRequestParams,
        cx: &Cx,
    ) -> Result<Option<ReadResourceResponse>, ErrorData> {
        let uri = &request.uri;
        if !book::is_theirs(uri) || self.keeper.book().await.is_empty() {
            return Ok(None);
        }
        let (answers, state) = (request.input_responses.clone(), request.request_state.clone());
        let first = rounds::first(answers, state, cx);
        let params = |round| ReadParams { uri: uri.clone(), round };
        let mut exchange = self.exchange(cx);
        let outcome = rounds::run::<Read>(&mut exchange, cx, first, Repeat::Freely, params).await;
        let reply = match outcome {
            Ok(Asked::Asks(asks)) => return Ok(Some(asks.into())),
            Ok(Asked::Done(reply)) => reply,
            // Somebody else may know it; if not, the server says so in the words of its era.
            Err(trouble) if trouble.is_not_found() => return Ok(None),
            Err(trouble) => return Err(trouble.of_request(uri)),
        };
        match translate::contents(reply.contents) {
            Some(contents) if contents.is_empty() => Ok(None),
            Some(contents) => Ok(Some(ReadResourceResult::new(contents).into())),
            None => Err(ErrorData::internal_error("The resource is larger than 8 MiB", None)),
        }
    }

    async fn fill(
        &self,
        request: &GetPromptRequestParams,
        cx: &Cx,
    ) -> Result<Option<GetPromptResponse>, ErrorData> {
        let name = &request.name;
        if !self.keeper.book().await.prompts.contains_key(name) {
            return Ok(None);
        }
        let arguments = texts(request.arguments.as_ref());
        let (answers, state) = (request.input_responses.clone(), request.request_state.clone());
        let first = rounds::first(answers, state, cx);
        let params =
            |round| FillParams { prompt: name.clone(), arguments: arguments.clone(), round };
        let mut exchange = self.exchange(cx);
        let outcome = rounds::run::<Fill>(&mut exchange, cx, first, Repeat::Freely, params).await;
        let reply = match outcome {
            Ok(Asked::Asks(asks)) => return Ok(Some(asks.into())),
            Ok(Asked::Done(reply)) => reply,
            Err(trouble) => return Err(trouble.of_request(name)),
        };
        let mut result = GetPromptResult::new(translate::messages(reply.messages));
        result.description = reply.description.map(|text| translate::words(&text, 2_000));
        Ok(Some(result.into()))
    }

    async fn propose(
        &self,
        request: &CompleteRequestParams,
        cx: &Cx,
    ) -> Result<Option<CompletionInfo>, ErrorData> {
        let book = self.keeper.book().await;
        let of = match &request.r#ref {
            Reference::Prompt(prompt) if book.prompts.contains_key(&prompt.name) => {
                Owner::Prompt(prompt.name.clone())
            }
            Reference::Resource(template) if book.templates.contains_key(&template.uri) => {
                Owner::Template(template.uri.clone())
            }
            _ => return Ok(None),
        };
        let known = request.context.as_ref().and_then(|context| context.arguments.as_ref());
        let params = CompleteParams {
            of,
            argument: request.argument.name.clone(),
            value: request.argument.value.clone(),
            known: known.into_iter().flatten().map(|(n, v)| (n.clone(), v.clone())).collect(),
        };
        let mut exchange = self.exchange(cx);
        let reply = exchange.ask::<Complete>(&params, Repeat::Freely).await;
        let reply = reply.map_err(|trouble| trouble.of_request(&request.argument.name))?;
        let more = reply.values.len() > VALUES_MAX;
        let values = reply.values.iter().take(VALUES_MAX);
        let values = values.map(|value| translate::words(value, VALUE_CHARS_MAX)).collect();
        let mut info =
            CompletionInfo::new(values).map_err(|error| ErrorData::internal_error(error, None))?;
        info.has_more = Some(more || reply.total.is_some_and(|total| beyond(total, &info.values)));
        info.total = reply.total;
        Ok(Some(info))
    }
}

impl Source for Guests {
    fn keep_ms(&self) -> u64 {
        if self.keeper.held().is_empty() { KEEP_EMPTY_MS } else { KEEP_MS }
    }

    fn tools(&self) -> Pending<'_, Vec<Tool>> {
        Box::pin(async {
            let book = self.keeper.shown().await;
            book.tools.values().map(|entry| entry.tool.clone()).collect()
        })
    }

    fn has_tool<'a>(&'a self, name: &'a str) -> Pending<'a, bool> {
        Box::pin(async { self.keeper.book().await.tools.contains_key(name) })
    }

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: Cx,
    ) -> Pending<'_, Result<CallToolResponse, ErrorData>> {
        Box::pin(self.call(request, cx))
    }

    fn resources<'a>(
        &'a self,
        after: Option<&'a str>,
        count_max: usize,
    ) -> Pending<'a, Vec<Listed<Resource>>> {
        Box::pin(async move {
            let book = self.keeper.shown().await;
            let listed =
                |(key, item): (&String, &Resource)| Listed { key: key.clone(), item: item.clone() };
            rest(book.resources.iter().map(listed).collect(), after, count_max)
        })
    }

    fn templates(&self) -> Pending<'_, Vec<ResourceTemplate>> {
        Box::pin(async { self.keeper.shown().await.templates.values().cloned().collect() })
    }

    fn read_resource<'a>(
        &'a self,
        request: &'a ReadResourceRequestParams,
        cx: &'a Cx,
    ) -> Known<'a, ReadResourceResponse> {
        Box::pin(self.read(request, cx))
    }

    fn attend(&self) -> Pending<'_, ()> {
        Box::pin(async { drop(self.keeper.book().await) })
    }

    fn watches(&self, uri: &str) -> bool {
        book::is_theirs(uri) && self.keeper.may_have_guests()
    }

    fn prompts(&self) -> Pending<'_, Vec<Prompt>> {
        Box::pin(async { self.keeper.shown().await.prompts.values().cloned().collect() })
    }

    fn prompt<'a>(
        &'a self,
        request: &'a GetPromptRequestParams,
        cx: &'a Cx,
    ) -> Known<'a, GetPromptResponse> {
        Box::pin(self.fill(request, cx))
    }

    fn complete<'a>(
        &'a self,
        request: &'a CompleteRequestParams,
        cx: &'a Cx,
    ) -> Known<'a, CompletionInfo> {
        Box::pin(self.propose(request, cx))
    }
}

/// What a client gets of a tool's reply.
fn result(reply: CallReply, has_output: bool, modern: bool) -> CallToolResult {
    let content = translate::blocks(reply.content);
    if reply.is_error {
        // Text only: some clients check `structuredContent` against the schema of a success.
        return CallToolResult::error(content);
    }
    // The older era takes objects alone.
    let structured = reply.structured.filter(|value| modern || value.is_object());
    match structured {
        Some(value) if value.to_string().len() > crate::tools::answer::ANSWER_BYTES_MAX => {
            let text = "The answer of the tool is larger than 40 KB. Next: ask it for less.";
            CallToolResult::error(vec![ContentBlock::text(text)])
        }
        None if has_output => {
            let text = "The tool did not answer as its output schema says. Next: engine_health {}";
            CallToolResult::error(vec![ContentBlock::text(text)])
        }
        structured => {
            let mut result = CallToolResult::success(content);
            result.structured_content = structured;
            result
        }
    }
}

/// Arguments of a prompt are texts; what is none is written as JSON.
fn texts(arguments: Option<&JsonObject>) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    arguments.into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn beyond(total: u32, values: &[String]) -> bool {
    usize::try_from(total).is_ok_and(|total| total > values.len())
}
