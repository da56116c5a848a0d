//! A daemon in which something happens: it lists projects, and tells what its test makes happen.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use goxe_config::{Origin, Shown};
use goxe_mcp_bridge::{
    daemon::{Daemon, Pending, Reply},
    manager::{Call, CallError, Happening, RestartError, Status},
};
use goxe_protocol::api::{Method, event::EventNote, history, job, layer, project};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    fake::{self, Fake, REVISION},
    session::SOON,
};

/// Projects of one page, as the daemon lists them.
const PAGE: usize = 24;

#[derive(Default)]
pub struct Lively {
    pub fake: Arc<Fake>,
    /// The names of its projects. None: no daemon runs.
    pub projects: Mutex<Option<Vec<String>>>,
    followers: Mutex<Vec<mpsc::Sender<Happening>>>,
    followed: AtomicUsize,
    seq: AtomicUsize,
    restart: Mutex<Duration>,
    /// It runs, and answers nothing any more.
    pub is_hung: AtomicBool,
}

impl Lively {
    /// One that runs and has these projects.
    pub fn with(projects: &[&str]) -> Arc<Self> {
        let projects: Vec<String> = projects.iter().map(|name| (*name).to_owned()).collect();
        Arc::new(Lively { projects: Mutex::new(Some(projects)), ..Lively::default() })
    }

    /// One that does not run.
    pub fn absent() -> Arc<Self> {
        Arc::default()
    }

    /// How often somebody began to follow it.
    pub fn followed(&self) -> usize {
        self.followed.load(SeqCst)
    }

    /// How long its restart takes from now on.
    pub fn restart_takes(&self, duration: Duration) {
        *fake::locked(&self.restart) = duration;
    }

    /// Waits until somebody follows it.
    pub async fn is_followed(&self) {
        until(|| self.followed() > 0).await;
    }

    /// Makes something happen.
    pub async fn happen(&self, happening: Happening) {
        let followers = fake::locked(&self.followers).clone();
        for follower in followers {
            follower.send(happening.clone()).await.expect("a follower listens");
        }
    }

    /// A project changed.
    pub async fn project(&self, project: &str, what: &str) {
        let data = json!({ "project": project, "what": what, "author": "ann" });
        self.event("project", data).await;
    }

    pub async fn event(&self, topic: &str, data: Value) {
        let seq = u64::try_from(self.seq.fetch_add(1, SeqCst)).expect("few");
        let note = EventNote { subscription: "s".into(), seq, topic: topic.into(), data };
        self.happen(Happening::Event(note)).await;
    }

    fn peeked(&self, method: &str, params: &Value) -> Option<Value> {
        let projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some(match method {
            project::List::NAME => {
                let after = params["after"].as_str().unwrap_or_default();
                let mut names: Vec<String> =
                    projects.into_iter().filter(|name| name.as_str() > after).collect();
                names.sort();
                let more = names.len() > PAGE;
                names.truncate(PAGE);
                let items: Vec<Value> =
                    names.iter().map(|name| json!({ "project": name, "id": 7 })).collect();
                json!({ "projects": items, "more": more })
            }
            layer::List::NAME => {
                let layers = fake::info(3).layers;
                json!({ "revision": REVISION, "layers": layers })
            }
            history::List::NAME => {
                let checkpoint =
                    json!({ "name": "before roof", "number": 3, "author": "ann", "time_ms": 1 });
                json!({ "revision": REVISION, "groups": [], "more": false, "checkpoints": [checkpoint] })
            }
            job::List::NAME => {
                json!({ "jobs": [fake::job_item("render.image", job::JobState::Done)] })
            }
            other => panic!("nothing peeks at {other}"),
        })
    }
}

impl Daemon for Lively {
    fn call(&self, call: Call, cancel: CancellationToken) -> Pending<'_, Result<Reply, CallError>> {
        let listed = matches!(call.method.as_str(), project::List::NAME | layer::List::NAME);
        if listed {
            let params = serde_json::from_str(call.params.get()).expect("JSON");
            if let Some(reply) = self.peeked(&call.method, &params) {
                let answer = Reply::Answered { json: reply.to_string(), attachment: None };
                return Box::pin(std::future::ready(Ok(answer)));
            }
        }
        self.fake.call(call, cancel)
    }

    fn status(&self) -> Pending<'_, Status> {
        self.fake.status()
    }

    fn restart(&self) -> Pending<'_, Result<Status, RestartError>> {
        let pause = *fake::locked(&self.restart);
        Box::pin(async move {
            tokio::time::sleep(pause).await;
            self.fake.restart().await
        })
    }

    fn peek(&self, method: &'static str, params: Value) -> Pending<'_, Option<String>> {
        Box::pin(async move {
            if self.is_hung.load(SeqCst) {
                std::future::pending::<()>().await;
            }
            Some(self.peeked(method, &params)?.to_string())
        })
    }

    fn follow(&self) -> Pending<'_, mpsc::Receiver<Happening>> {
        Box::pin(async {
            let (follower, happenings) = mpsc::channel(64);
            fake::locked(&self.followers).push(follower);
            self.followed.fetch_add(1, SeqCst);
            happenings
        })
    }

    fn configuration(&self) -> Result<Vec<Shown>, String> {
        let shown = |key: &str, value: Value| Shown {
            key: key.to_owned(),
            value,
            origin: Origin::File { file: "/etc/goxe.toml".into(), line: 3 },
        };
        Ok(vec![shown("engine.lanes", json!(2)), shown("tcp.token", json!("hush"))])
    }
}

/// Waits until something holds, for as long as an answer may take.
pub async fn until(holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, wait).await.expect("it holds in time");
}
