//! The names of what a running daemon holds, for lists and completions: asked for in a moment, and
//! simply absent where no daemon answers. Nothing is started for them.

use std::time::Duration;

use goxe_protocol::api::{Method, history, job, layer, project, types::ProjectParams};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use crate::daemon::Daemon;

/// How long anybody waits for names.
const MOMENT: Duration = Duration::from_millis(250);

/// At most `count_max` projects in the order of their names, from behind one on.
pub async fn projects(daemon: &dyn Daemon, after: Option<&str>, count_max: usize) -> Vec<String> {
    let until = Instant::now() + MOMENT;
    let mut names: Vec<String> = Vec::new();
    let mut after = after.map(str::to_owned);
    while names.len() < count_max {
        let params = project::ListParams { trash: false, after: after.take() };
        let Some(reply) = ask::<project::List>(daemon, &params, until).await else { break };
        names.extend(reply.projects.into_iter().map(|item| item.project));
        match names.last() {
            Some(last) if reply.more => after = Some(last.clone()),
            _ => break,
        }
    }
    names.truncate(count_max);
    names
}

/// The layers of a project, lowest first.
pub async fn layers(daemon: &dyn Daemon, project: &str) -> Vec<String> {
    let params = ProjectParams { project: project.to_owned() };
    let reply = ask::<layer::List>(daemon, &params, Instant::now() + MOMENT).await;
    let layers = reply.map(|reply| reply.layers).unwrap_or_default();
    layers.into_iter().map(|item| item.layer).collect()
}

/// The checkpoints of a project, by name.
pub async fn checkpoints(daemon: &dyn Daemon, project: &str) -> Vec<String> {
    let params = json!({ "project": project, "limit": 1 });
    let Ok(params) = serde_json::from_value(params) else { return Vec::new() };
    let reply = ask::<history::List>(daemon, &params, Instant::now() + MOMENT).await;
    let checkpoints = reply.map(|reply| reply.checkpoints).unwrap_or_default();
    checkpoints.into_iter().map(|item| item.name).collect()
}

/// The jobs that the daemon knows, newest first.
pub async fn jobs(daemon: &dyn Daemon) -> Vec<job::JobItem> {
    let params = goxe_protocol::api::types::NoParams {};
    let reply = ask::<job::List>(daemon, &params, Instant::now() + MOMENT).await;
    reply.map(|reply| reply.jobs).unwrap_or_default()
}

async fn ask<M: Method>(daemon: &dyn Daemon, params: &M::Params, until: Instant) -> Option<M::Reply>
where
    M::Reply: DeserializeOwned,
{
    let params = serde_json::to_value(params).ok()?;
    let reply = timeout_at(until, daemon.peek(M::NAME, params)).await.ok()??;
    serde_json::from_str(&reply).ok()
}
