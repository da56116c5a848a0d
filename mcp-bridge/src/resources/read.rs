//! Reading one resource: the daemon is asked as a tool would ask it, and starts if need be, but for
//! what tells of a daemon that is down.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use goxe_protocol::{
    Code,
    api::{Method, job, layer, project, render, types::ProjectParams},
};
use rmcp::{
    ErrorData,
    model::{ErrorCode, ReadResourceResult, ResourceContents},
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Address, JSON, MARKDOWN, PNG, Resources};
use crate::{
    daemon::Reply,
    guide::GUIDE,
    manager::{Call, CallError},
    tools::answer,
};

/// How long a read may take, the start of a daemon included.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest picture that is read, in bytes.
const PNG_BYTES_MAX: usize = 8 << 20;
/// Most projects that the resource of all of them names.
const PROJECTS_MAX: usize = 500;
/// How long what never changes may be kept, in milliseconds.
const KEEP_MS: u64 = 3_600_000;

type Read = Result<Option<ReadResourceResult>, ErrorData>;

pub(super) async fn read(
    resources: &Resources,
    uri: &str,
    address: &Address,
    cancel: &CancellationToken,
) -> Read {
    let reader = Reader { resources, uri, cancel };
    match address {
        Address::Status => reader.status().await,
        Address::Projects => reader.projects().await,
        Address::Project(project) => {
            let params = ProjectParams { project: project.clone() };
            reader.relay::<project::Info>(&params).await
        }
        Address::Layer(project, layer) => reader.layer(project, layer).await,
        Address::Job(job) => {
            let params = job::StatusParams { job: job.clone(), wait_ms: 0 };
            // What it made is another resource.
            let Some((reply, _)) = reader.ask::<job::Status>(&params).await? else {
                return Ok(None);
            };
            reader.json(&reply)
        }
        Address::Render(id) => reader.render(id).await,
        Address::Events => {
            resources.recent.settle().await;
            reader.json(&json!({ "events": resources.recent.all() }))
        }
        Address::Config => reader.config(),
        Address::Guide => reader.text(GUIDE.to_owned(), MARKDOWN, KEEP_MS),
    }
}

struct Reader<'a> {
    resources: &'a Resources,
    uri: &'a str,
    cancel: &'a CancellationToken,
}

impl Reader<'_> {
    async fn status(&self) -> Read {
        let daemon = self.until_cancelled(self.resources.daemon.status()).await?;
        let bridge = json!({ "version": env!("CARGO_PKG_VERSION"), "pid": std::process::id() });
        self.json(&json!({ "bridge": bridge, "daemon": daemon }))
    }

    async fn projects(&self) -> Read {
        let mut projects = Vec::new();
        let mut params = project::ListParams { trash: false, after: None };
        let more = loop {
            let Some((reply, _)) = self.ask::<project::List>(&params).await? else {
                return Ok(None);
            };
            projects.extend(reply.projects);
            match projects.last() {
                Some(last) if reply.more && projects.len() < PROJECTS_MAX => {
                    params.after = Some(last.project.clone());
                }
                _ => break reply.more,
            }
        };
        self.json(&json!({ "projects": projects, "more": more }))
    }

    async fn layer(&self, project: &str, layer: &str) -> Read {
        let params = ProjectParams { project: project.to_owned() };
        let Some((reply, _)) = self.ask::<layer::List>(&params).await? else { return Ok(None) };
        let found = reply.layers.into_iter().find(|item| item.layer == layer);
        let Some(found) = found else { return Ok(None) };
        let mut json = serde_json::to_value(&found).unwrap_or_default();
        json["project"] = json!(project);
        json["revision"] = json!(reply.revision);
        self.json(&json)
    }

    async fn render(&self, id: &str) -> Read {
        if let Some(picture) = self.resources.renders.find(id) {
            return self.picture(picture.to_string());
        }
        let params = job::StatusParams { job: id.to_owned(), wait_ms: 0 };
        let Some((reply, png)) = self.ask::<job::Status>(&params).await? else { return Ok(None) };
        match png.filter(|_| reply.job.method == render::Image::NAME) {
            Some(png) if png.len() <= PNG_BYTES_MAX => self.picture(BASE64.encode(png)),
            Some(png) => Err(ErrorData::invalid_request(
                format!("the picture has {} bytes, at most {PNG_BYTES_MAX} are read", png.len()),
                Some(json!({ "uri": self.uri })),
            )),
            None => Ok(None),
        }
    }

    fn config(&self) -> Read {
        match self.resources.daemon.configuration() {
            Ok(shown) => {
                let values: Vec<Value> = shown
                    .iter()
                    .map(|shown| {
                        let value = match is_secret(&shown.key) {
                            true => json!("(hidden)"),
                            false => shown.value.clone(),
                        };
                        json!({ "key": shown.key, "value": value, "origin": shown.origin.to_string() })
                    })
                    .collect();
                self.json(&json!({ "values": values }))
            }
            // What is wrong with it is what its reader wants to know.
            Err(error) => self.json(&json!({ "error": error })),
        }
    }

    /// The reply of a method as it is.
    async fn relay<M: Method>(&self, params: &M::Params) -> Read {
        match self.ask::<M>(params).await? {
            Some((reply, _)) => self.json(&reply),
            None => Ok(None),
        }
    }

    /// Has the daemon run a method. None if what it names is not there.
    async fn ask<M: Method>(
        &self,
        params: &M::Params,
    ) -> Result<Option<(M::Reply, Option<Vec<u8>>)>, ErrorData> {
        let call = Call::read(M::NAME, params, TIMEOUT).map_err(|error| self.failed(&error))?;
        let answer = self.resources.daemon.call(call, self.cancel.clone());
        match answer.await {
            Ok(Reply::Answered { json, attachment }) => match serde_json::from_str(&json) {
                Ok(reply) => Ok(Some((reply, attachment))),
                Err(error) => Err(ErrorData::internal_error(
                    format!("the engine answered in another way: {error}"),
                    None,
                )),
            },
            // Nothing that only reads is answered so.
            Ok(Reply::Recorded { .. }) => Ok(None),
            Err(CallError::Answer(error)) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn until_cancelled<T>(&self, look: impl Future<Output = T>) -> Result<T, ErrorData> {
        tokio::select! {
            done = look => Ok(done),
            () = self.cancel.cancelled() => Err(self.failed(&CallError::Closed)),
        }
    }

    fn failed(&self, error: &CallError) -> ErrorData {
        let hint = match error {
            CallError::Answer(error) => error.data.hint.to_string(),
            _ => "read goxe://status".to_owned(),
        };
        let data = json!({ "uri": self.uri, "hint": hint });
        ErrorData::new(ErrorCode::INTERNAL_ERROR, error.to_string(), Some(data))
    }

    /// Data, with a line for each of its parts, and never longer than a tool's answer.
    fn json(&self, value: &impl Serialize) -> Read {
        self.text(answer::text(value), JSON, 0)
    }

    fn text(&self, text: String, kind: &str, keep_ms: u64) -> Read {
        let contents = ResourceContents::text(text, self.uri).with_mime_type(kind);
        Ok(Some(ReadResourceResult::new(vec![contents]).with_ttl_ms(keep_ms)))
    }

    fn picture(&self, base64: String) -> Read {
        let contents = ResourceContents::blob(base64, self.uri).with_mime_type(PNG);
        Ok(Some(ReadResourceResult::new(vec![contents]).with_ttl_ms(KEEP_MS)))
    }
}

/// Whether the value of a key is nobody's business. Paths of files that hold secrets may be told.
fn is_secret(key: &str) -> bool {
    ["token", "secret", "password", "passphrase"].iter().any(|word| key.ends_with(word))
}
