//! What every goxe server offers by itself, whatever its daemon adds.

use std::{path::PathBuf, sync::Arc};

use rmcp::{
    ErrorData,
    model::{CallToolRequestParams, CallToolResponse},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    CACHE_MS, confirm,
    daemon::{Daemon, Pending},
    source::{Cx, Source, unknown_tool},
};
use crate::tools::{Context, Selection, Tool, context::Meter};

/// The source that is asked first.
pub(super) struct Builtin {
    pub daemon: Arc<dyn Daemon>,
    pub folder: Arc<PathBuf>,
    pub gone: CancellationToken,
    pub selection: Selection,
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
            folder: &self.folder,
        };
        let run = match self.selection.refusal(tool, &context.arguments) {
            Some(refusal) => Err(refusal),
            None => tool.run(&mut context).await,
        };
        match run {
            Ok(answer) => answer.into_result().into(),
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
        let offered = self.selection.tools();
        let tools = offered.into_iter().map(|tool| self.selection.entry(tool)).collect();
        Box::pin(std::future::ready(tools))
    }

    fn has_tool<'a>(&'a self, name: &'a str) -> Pending<'a, bool> {
        Box::pin(std::future::ready(self.selection.named(name).is_some()))
    }

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: Cx,
    ) -> Pending<'_, Result<CallToolResponse, ErrorData>> {
        Box::pin(async move {
            match self.selection.named(&request.name) {
                Some(tool) => Ok(self.run(tool, request, cx).await),
                None => Err(unknown_tool(&request.name)),
            }
        })
    }
}
