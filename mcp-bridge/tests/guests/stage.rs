//! A daemon with guests in a data folder of its own, and clients in front of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goxe_mcp_bridge::daemon::Daemon;
use goxe_mcp_bridge::manager::{Detachment, Manager, Options};
use goxe_protocol::api::guest::{Block, CallParams, CallReply, ListReply, Tool};
use goxe_protocol::error::Error;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::host::{Guests, Host, Talk, paths};
use crate::session::{Raw, modern, start};

/// A data folder, and the daemon that serves it.
pub struct Stage {
    pub folder: TempDir,
    pub host: Host,
    pub daemon: Arc<dyn Daemon>,
}

impl Stage {
    pub fn with(guests: impl Guests) -> Self {
        Self::of(|data| Host::serve(&paths(data), guests))
    }

    pub fn of(host: impl FnOnce(&Path) -> Host) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let host = host(folder.path());
        let daemon = manager(folder.path());
        Stage { folder, host, daemon }
    }

    /// A client of the older era.
    pub async fn legacy(&self, capabilities: Value) -> Raw {
        let mut raw = start(Arc::clone(&self.daemon), self.folder.path());
        raw.initialize(capabilities).await;
        raw
    }

    /// A client of the modern era.
    pub fn modern(&self) -> Raw {
        start(Arc::clone(&self.daemon), self.folder.path())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.host.end();
    }
}

/// A manager that cannot start a daemon.
pub fn manager(data: &Path) -> Arc<dyn Daemon> {
    let mut options = Options::new(paths(data), "test");
    options.program = Some(data.join("no-such-program"));
    options.detachment = Detachment::Session;
    options.supervised = false;
    options.probe_timeout = Duration::from_secs(2);
    options.settings.look_again_ms = 20;
    options.settings.backoff_ms = 20;
    options.settings.backoff_ms_max = 50;
    Arc::new(Manager::open(options))
}

/// Params of the modern era.
pub fn with_meta(mut params: Value, capabilities: &Value) -> Value {
    params["_meta"] = modern(capabilities);
    params
}

/// The names that a list holds.
pub fn names(answer: &Value, list: &str) -> Vec<String> {
    let items = answer["result"][list].as_array().unwrap_or_else(|| panic!("{answer}"));
    let key = if list == "resourceTemplates" { "uriTemplate" } else { "name" };
    items.iter().map(|item| item[key].as_str().unwrap_or_default().to_owned()).collect()
}

/// The text of a tool's answer.
pub fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

/// Guests that a test makes up: a list, and what a call does.
pub struct Made<F> {
    pub list: ListReply,
    pub calls: Arc<AtomicUsize>,
    pub run: F,
}

impl<F> Made<F>
where
    F: Fn(&CallParams, &Talk, usize) -> Result<CallReply, Error> + Send + Sync + 'static,
{
    pub fn new(tools: Vec<Tool>, run: F) -> Self {
        let list = ListReply { tools, ..ListReply::default() };
        Made { list, calls: Arc::default(), run }
    }
}

impl<F> Guests for Made<F>
where
    F: Fn(&CallParams, &Talk, usize) -> Result<CallReply, Error> + Send + Sync + 'static,
{
    fn list(&self) -> ListReply {
        self.list.clone()
    }

    fn call(&self, params: CallParams, talk: &Talk) -> Result<CallReply, Error> {
        let times = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        (self.run)(&params, talk, times)
    }
}

pub fn tool(name: &str) -> Tool {
    let schema = json!({ "type": "object" });
    let input = schema.as_object().cloned().unwrap_or_default();
    Tool { name: name.into(), description: "A test".into(), input, ..Tool::default() }
}

pub fn said(words: &str) -> CallReply {
    let content = vec![Block::Text { text: words.into() }];
    CallReply { content, ..CallReply::default() }
}
