//! What every goxe server offers by itself, whatever its daemon adds.

use std::sync::Arc;

use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        DetailedTask, GetPromptRequestParams, GetPromptResponse, InputResponses, Prompt,
        ReadResourceRequestParams, ReadResourceResponse, Resource, ResourceTemplate, TaskPayload,
    },
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    CACHE_MS, confirm,
    roots::{self, Roots},
    tasks::{self, Tasks},
};
use crate::{
    completions,
    daemon::{Daemon, Pending},
    manager::Progress,
    prompts,
    resources::{self, Address, Resources},
    source::{Cx, Known, Listed, Source, era::is_modern, unknown_tool},
    tools::{
        Answer, Context, Selection, Tool, answer,
        context::{Client, Relay, Task},
        files::Folders,
    },
};

/// The source that is asked first.
pub(super) struct Builtin {
    pub daemon: Arc<dyn Daemon>,
    pub resources: Resources,
    pub folders: Folders,
    pub roots: Arc<Roots>,
    pub tasks: Tasks,
    pub gone: CancellationToken,
    pub selection: Selection,
}

impl Builtin {
    /// Runs a tool, and tells the client how far it is if it wants to know.
    async fn run(&self, tool: Tool, request: CallToolRequestParams, cx: &Cx) -> CallToolResponse {
        if let Some(client) = cx.client_info() {
            self.daemon.introduce(&client.name);
        }
        let (progress, relay) = relay(cx).unzip();
        beside(relay, self.work(tool, request, cx, progress)).await
    }

    async fn work(
        &self,
        tool: Tool,
        request: CallToolRequestParams,
        cx: &Cx,
        progress: Option<mpsc::Sender<Progress>>,
    ) -> CallToolResponse {
        let mut reply = confirm::reply(request.input_responses.as_ref());
        let mut context =
            self.context(tool, Value::Object(request.arguments.unwrap_or_default()), cx);
        context.progress = progress;
        context.confirmed = reply == confirm::UserWord::Yes;
        context.task = tasks::wish(cx);
        let mut told = roots::told(request.input_responses.as_ref()).or_else(|| self.roots.known());
        context.folders = self.folders.clone().with(told.as_deref().unwrap_or_default());
        if let Some(refusal) = self.selection.refusal(tool, &context.arguments) {
            return refusal.into_result().into();
        }
        let mut outcome = tool.run(&mut context).await;
        let is_outside = outcome.as_ref().err().is_some_and(|failure| failure.is_outside);
        if is_outside && told.is_none() && roots::can_list(cx) {
            if is_modern(cx) {
                return roots::ask();
            }
            told = self.roots.ask_now(cx, &self.gone).await;
            context.folders = self.folders.clone().with(told.as_deref().unwrap_or_default());
            outcome = tool.run(&mut context).await;
        }
        if let Task::Left(job) = &context.task {
            return self.tasks.begin(&*self.daemon, job);
        }
        if let Some(question) = outcome.as_ref().err().and_then(|failure| failure.question.clone())
            && reply == confirm::UserWord::NotAsked
            && confirm::can_ask(cx)
        {
            if is_modern(cx) {
                return confirm::ask(&question);
            }
            reply = confirm::ask_now(&question, cx, &self.gone).await;
            context.confirmed = reply == confirm::UserWord::Yes;
            if context.confirmed {
                outcome = tool.run(&mut context).await;
            }
        }
        match outcome {
            Ok(answer) => self.shown(answer, None).into(),
            Err(failure) => confirm::refused(failure, reply).into_result().into(),
        }
    }

    fn context<'a>(&'a self, tool: Tool, arguments: Value, cx: &Cx) -> Context<'a> {
        Context {
            daemon: &*self.daemon,
            tool,
            arguments,
            cancel: cx.ct.clone(),
            gone: self.gone.clone(),
            progress: None,
            confirmed: false,
            client: Client::of(cx),
            task: Task::Never,
            folders: self.folders.clone(),
        }
    }

    /// What a client gets to see of an answer. Pictures of a job are read from the daemon; others are
    /// kept here for whoever wants to read them once more.
    fn shown(&self, answer: Answer, job: Option<&str>) -> CallToolResult {
        let mut result = answer.into_result();
        answer::link(&mut result, |picture| {
            let kept = || self.resources.renders.keep(picture);
            Address::Render(job.map_or_else(kept, str::to_owned)).uri()
        });
        result
    }

    /// What became of a job that a client knows as a task.
    async fn task(&self, id: &str, cx: &Cx) -> Result<Option<DetailedTask>, ErrorData> {
        let Some(job) = self.tasks.look(&*self.daemon, id, &cx.ct).await? else { return Ok(None) };
        let payload = match job {
            tasks::Job::Working(message) => {
                let task = self.tasks.task(&*self.daemon, id).with_status_message(message);
                return Ok(Some(DetailedTask::new(task, TaskPayload::Working)));
            }
            tasks::Job::Cancelled => TaskPayload::Cancelled,
            tasks::Job::Ended => {
                let arguments = json!({ "action": "status", "job": id });
                let mut context = self.context(Tool::Job, arguments, cx);
                let result = match Tool::Job.run(&mut context).await {
                    Ok(answer) => self.shown(answer, Some(id)),
                    Err(failure) => failure.into_result(),
                };
                let result = serde_json::to_value(result).unwrap_or_default();
                let result = result.as_object().cloned().unwrap_or_default();
                TaskPayload::Completed { result }
            }
        };
        Ok(Some(DetailedTask::new(self.tasks.task(&*self.daemon, id), payload)))
    }
}

/// What tells the client of this request how far it is, if it wants to know.
fn relay(cx: &Cx) -> Option<(mpsc::Sender<Progress>, Relay)> {
    cx.meta.get_progress_token().map(|token| Relay::new(cx.peer.clone(), token))
}

/// Does something, and lets the relay run beside it.
async fn beside<T>(relay: Option<Relay>, work: impl Future<Output = T>) -> T {
    let Some(relay) = relay else { return work.await };
    tokio::select! {
        biased;
        done = work => done,
        never = relay.run() => match never {},
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
                Some(tool) => Ok(self.run(tool, request, &cx).await),
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
            let relay = relay(cx).map(|(_, relay)| relay);
            let read = beside(relay, self.resources.read(&request.uri, &cx.ct));
            tokio::select! {
                read = read => Ok(read?.map(Into::into)),
                () = self.gone.cancelled() => Err(ErrorData::internal_error("closed", None)),
            }
        })
    }

    fn watches(&self, uri: &str) -> bool {
        Address::parse(uri).is_some()
    }

    fn prompts(&self) -> Pending<'_, Vec<Prompt>> {
        let prompts = prompts::PROMPTS.into_iter().map(prompts::PromptKind::entry).collect();
        Box::pin(std::future::ready(prompts))
    }

    fn prompt<'a>(
        &'a self,
        request: &'a GetPromptRequestParams,
        _: &'a Cx,
    ) -> Known<'a, GetPromptResponse> {
        Box::pin(async move {
            let kind = prompts::PromptKind::named(&request.name);
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

    fn get_task<'a>(&'a self, id: &'a str, cx: &'a Cx) -> Known<'a, DetailedTask> {
        Box::pin(async move {
            tokio::select! {
                task = self.task(id, cx) => task,
                () = self.gone.cancelled() => Err(ErrorData::internal_error("closed", None)),
            }
        })
    }

    fn update_task<'a>(
        &'a self,
        id: &'a str,
        responses: &'a InputResponses,
        cx: &'a Cx,
    ) -> Known<'a, ()> {
        // Nothing is ever asked within a task, so there is nothing that this could answer.
        let _ = responses;
        Box::pin(async move { Ok(self.tasks.look(&*self.daemon, id, &cx.ct).await?.map(drop)) })
    }

    fn cancel_task<'a>(&'a self, id: &'a str, cx: &'a Cx) -> Known<'a, ()> {
        Box::pin(self.tasks.cancel(&*self.daemon, id, &cx.ct))
    }
}
