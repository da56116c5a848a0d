//! Everything the server offers, of all its sources: one place for each kind of list and call.

use std::sync::Arc;

use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompletionInfo,
        DetailedTask, GetPromptRequestParams, GetPromptResponse, InputResponses, Prompt,
        ReadResourceRequestParams, ReadResourceResponse, Resource, ResourceTemplate, Tool,
    },
};
use serde_json::json;

use crate::{
    daemon::Pending,
    source::{
        Cx, Listed, Source,
        page::{Page, PageStart, rest},
        unknown_tool,
    },
};

/// A page of a list, and the cursor of the next one.
pub type Paged<T> = (Vec<T>, Option<String>);

/// The sources, in the order in which they are asked.
#[derive(Clone)]
pub struct Offers {
    sources: Arc<[Arc<dyn Source>]>,
}

impl Offers {
    /// Puts sources behind each other; what the first ones know, the later ones are not asked for.
    pub fn new(sources: impl IntoIterator<Item = Arc<dyn Source>>) -> Self {
        Offers { sources: sources.into_iter().collect() }
    }

    /// How long a client may keep a list, in milliseconds.
    pub fn keep_ms(&self) -> u64 {
        self.sources.iter().map(|source| source.keep_ms()).min().unwrap_or(0)
    }

    /// A page of the tools.
    pub async fn tools(&self, cursor: Option<&str>) -> Result<Paged<Tool>, ErrorData> {
        self.paged(cursor, |source, after, wants| {
            part(source.tools(), |tool| tool.name.to_string(), after, wants)
        })
        .await
    }

    /// Runs a tool.
    pub async fn call_tool(
        &self,
        request: CallToolRequestParams,
        cx: Cx,
    ) -> Result<CallToolResponse, ErrorData> {
        for source in self.sources.iter() {
            if source.has_tool(&request.name).await {
                return source.call_tool(request, cx).await;
            }
        }
        Err(unknown_tool(&request.name))
    }

    /// A page of the resources.
    pub async fn resources(&self, cursor: Option<&str>) -> Result<Paged<Resource>, ErrorData> {
        self.paged(cursor, |source, after, wants| source.resources(after, wants)).await
    }

    /// A page of the templates.
    pub async fn templates(
        &self,
        cursor: Option<&str>,
    ) -> Result<Paged<ResourceTemplate>, ErrorData> {
        self.paged(cursor, |source, after, wants| {
            part(source.templates(), |template| template.uri_template.clone(), after, wants)
        })
        .await
    }

    /// Reads a resource.
    pub async fn read_resource(
        &self,
        request: &ReadResourceRequestParams,
        cx: &Cx,
    ) -> Result<ReadResourceResponse, ErrorData> {
        for source in self.sources.iter() {
            if let Some(response) = source.read_resource(request, cx).await? {
                return Ok(response);
            }
        }
        Err(unknown_resource(&request.uri))
    }

    /// Has every source follow what it may have to tell of.
    pub async fn attend(&self) {
        for source in self.sources.iter() {
            source.attend().await;
        }
    }

    /// Whether anybody tells when this resource changes.
    pub fn watches(&self, uri: &str) -> bool {
        self.sources.iter().any(|source| source.watches(uri))
    }

    /// A page of the prompts.
    pub async fn prompts(&self, cursor: Option<&str>) -> Result<Paged<Prompt>, ErrorData> {
        self.paged(cursor, |source, after, wants| {
            part(source.prompts(), |prompt| prompt.name.clone(), after, wants)
        })
        .await
    }

    /// Fills in a prompt.
    pub async fn prompt(
        &self,
        request: &GetPromptRequestParams,
        cx: &Cx,
    ) -> Result<GetPromptResponse, ErrorData> {
        for source in self.sources.iter() {
            if let Some(response) = source.prompt(request, cx).await? {
                return Ok(response);
            }
        }
        Err(ErrorData::invalid_params(format!("Unknown prompt: {}", request.name), None))
    }

    /// Completes an argument of a prompt or a template.
    pub async fn complete(
        &self,
        request: &CompleteRequestParams,
        cx: &Cx,
    ) -> Result<CompletionInfo, ErrorData> {
        for source in self.sources.iter() {
            if let Some(values) = source.complete(request, cx).await? {
                return Ok(values);
            }
        }
        Err(ErrorData::invalid_params("Unknown prompt or resource template", None))
    }

    /// What became of a task.
    pub async fn get_task(&self, id: &str, cx: &Cx) -> Result<DetailedTask, ErrorData> {
        for source in self.sources.iter() {
            if let Some(task) = source.get_task(id, cx).await? {
                return Ok(task);
            }
        }
        Err(unknown_task(id))
    }

    /// Takes answers to what a task asked.
    pub async fn update_task(
        &self,
        id: &str,
        responses: &InputResponses,
        cx: &Cx,
    ) -> Result<(), ErrorData> {
        for source in self.sources.iter() {
            if let Some(()) = source.update_task(id, responses, cx).await? {
                return Ok(());
            }
        }
        Err(unknown_task(id))
    }

    /// Asks a task to end.
    pub async fn cancel_task(&self, id: &str, cx: &Cx) -> Result<(), ErrorData> {
        for source in self.sources.iter() {
            if let Some(()) = source.cancel_task(id, cx).await? {
                return Ok(());
            }
        }
        Err(unknown_task(id))
    }

    /// The page at a cursor, filled by one source after another.
    async fn paged<T>(
        &self,
        cursor: Option<&str>,
        list: impl for<'a> Fn(&'a dyn Source, Option<&'a str>, usize) -> Pending<'a, Vec<Listed<T>>>,
    ) -> Result<Paged<T>, ErrorData> {
        let PageStart { source: first, after } = PageStart::read(cursor)?;
        let mut page = Page::default();
        for (index, source) in self.sources.iter().enumerate().skip(first) {
            let Some(wants) = page.wants() else { break };
            let after = after.as_deref().filter(|_| index == first);
            page.take(index, list(&**source, after, wants).await);
        }
        Ok(page.finish())
    }
}

/// What of a source's whole list lies behind a key, in the order of the keys.
fn part<'a, T: Send + 'a>(
    whole: Pending<'a, Vec<T>>,
    key: fn(&T) -> String,
    after: Option<&'a str>,
    wants: usize,
) -> Pending<'a, Vec<Listed<T>>> {
    Box::pin(async move {
        let whole = whole.await.into_iter();
        rest(whole.map(|item| Listed { key: key(&item), item }).collect(), after, wants)
    })
}

/// The error of a resource that no source has; rmcp gives it the code that the client's era has for
/// this.
pub fn unknown_resource(uri: &str) -> ErrorData {
    ErrorData::resource_not_found("Resource not found", Some(json!({ "uri": uri })))
}

fn unknown_task(id: &str) -> ErrorData {
    let text = "Unknown task: the engine was restarted since, or it was kept for long enough";
    ErrorData::invalid_params(text, Some(json!({ "taskId": id })))
}
