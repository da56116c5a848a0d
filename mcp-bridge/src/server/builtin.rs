//! What every goxe server offers by itself, whatever its daemon adds.

use std::{path::PathBuf, sync::Arc};

use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, GetPromptRequestParams,
        GetPromptResponse, Prompt, ReadResourceRequestParams, ReadResourceResponse, Resource,
        ResourceTemplate,
    },
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    CACHE_MS, confirm,
    daemon::{Daemon, Pending},
    guard::guarded,
    source::{Cx, Known, Listed, Source, unknown_tool},
};
use crate::{
    completions, prompts,
    resources::{self, Address, Resources},
    tools::{
        Context, Failure, TOOLS, Tool, answer,
        context::{Client, Meter},
    },
};

/// The source that is asked first.
pub(super) struct Builtin {
    pub daemon: Arc<dyn Daemon>,
    pub resources: Resources,
    pub folder: Arc<PathBuf>,
    pub gone: CancellationToken,
}

impl Builtin {
    async fn run(&self, tool: Tool, request: CallToolRequestParams, cx: Cx) -> CallToolResponse {
        let reply = confirm::reply(request.input_responses.as_ref());
        let meter = cx.meta.get_progress_token().map(|token| Meter::new(cx.peer.clone(), token));
        let mut context = Context {
            daemon: &*self.daemon,
            tool,
            arguments: Value::Object(request.arguments.unwrap_or_default()),
            cancel: cx.ct.clone(),
            gone: self.gone.clone(),
            meter,
            confirmed: reply == confirm::Reply::Yes,
            client: Client::of(&cx),
            folder: &self.folder,
        };
        let ended = guarded(tool.run(&mut context)).await;
        match ended.unwrap_or_else(|text| Err(Failure::of_bridge(tool, &text))) {
            Ok(answer) => {
                let mut result = answer.into_result();
                answer::link(&mut result, |picture| {
                    Address::Render(self.resources.renders.keep(picture)).uri()
                });
                result.into()
            }
            Err(failure) => match &failure.question {
                Some(question) if reply == confirm::Reply::NotAsked && confirm::can_ask(&cx) => {
                    confirm::ask(question)
                }
                _ => failure.into_result().into(),
            },
        }
    }
}

impl Source for Builtin {
    fn keep_ms(&self) -> u64 {
        CACHE_MS
    }

    fn tools(&self) -> Pending<'_, Vec<rmcp::model::Tool>> {
        let tools = TOOLS.into_iter().map(Tool::entry).cloned().collect();
        Box::pin(std::future::ready(tools))
    }

    fn has_tool<'a>(&'a self, name: &'a str) -> Pending<'a, bool> {
        Box::pin(std::future::ready(Tool::named(name).is_some()))
    }

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: Cx,
    ) -> Pending<'_, Result<CallToolResponse, ErrorData>> {
        Box::pin(async move {
            match Tool::named(&request.name) {
                Some(tool) => Ok(self.run(tool, request, cx).await),
                None => Err(unknown_tool(&request.name)),
            }
        })
    }

    fn resources<'a>(
        &'a self,
        after: Option<&'a str>,
        count_max: usize,
    ) -> Pending<'a, Vec<Listed<Resource>>> {
        Box::pin(self.resources.list(after, count_max))
    }

    fn templates(&self) -> Pending<'_, Vec<ResourceTemplate>> {
        Box::pin(std::future::ready(resources::templates()))
    }

    fn read_resource<'a>(
        &'a self,
        request: &'a ReadResourceRequestParams,
        cx: &'a Cx,
    ) -> Known<'a, ReadResourceResponse> {
        Box::pin(async move {
            tokio::select! {
                read = self.resources.read(&request.uri, &cx.ct) => Ok(read?.map(Into::into)),
                () = self.gone.cancelled() => Err(ErrorData::internal_error("closed", None)),
            }
        })
    }

    fn watches(&self, uri: &str) -> bool {
        Address::parse(uri).is_some()
    }

    fn prompts(&self) -> Pending<'_, Vec<Prompt>> {
        let prompts = prompts::PROMPTS.into_iter().map(prompts::Kind::entry).collect();
        Box::pin(std::future::ready(prompts))
    }

    fn prompt<'a>(
        &'a self,
        request: &'a GetPromptRequestParams,
        _: &'a Cx,
    ) -> Known<'a, GetPromptResponse> {
        Box::pin(async move {
            let kind = prompts::Kind::named(&request.name);
            let filled = kind.map(|kind| kind.fill(request.arguments.as_ref())).transpose()?;
            Ok(filled.map(Into::into))
        })
    }

    fn complete<'a>(
        &'a self,
        request: &'a CompleteRequestParams,
        _: &'a Cx,
    ) -> Known<'a, rmcp::model::CompletionInfo> {
        Box::pin(completions::complete(&self.resources, request))
    }
}
