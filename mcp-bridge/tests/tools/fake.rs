//! A daemon that lives in the test: it answers every method with a typed reply, remembers what it
//! was asked, and fails or hangs when told.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use goxe_mcp_bridge::{
    daemon::{Daemon, Pending, Reply},
    manager::{Call, CallError, Condition, Kind, Progress, Reason, RestartError, Status},
};
use goxe_protocol::api::{
    Method, blob, history, job, layer, project, render,
    types::{Box3, Color, Done, Revision},
    voxel,
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What the daemon was asked.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub params: Value,
    pub attachment: Option<Vec<u8>>,
    pub key: Option<String>,
}

/// A call, read.
struct Asked {
    method: String,
    params: Value,
    attachment: Option<Vec<u8>>,
    progress: Option<mpsc::Sender<Progress>>,
}

/// How it answers a method, other than well.
#[derive(Clone)]
pub enum Script {
    Fail(Arc<dyn Fn() -> CallError + Send + Sync>),
    Reply(Value, Option<Vec<u8>>),
    /// Well, but the answer was lost.
    Recorded,
    /// Never, until it is cancelled.
    Hang,
    /// These reports, so long apart, then well.
    Slow(Vec<Progress>, Duration),
}

#[derive(Default)]
pub struct Fake {
    seen: Mutex<Vec<Seen>>,
    scripts: Mutex<HashMap<&'static str, Script>>,
    blob: Mutex<Vec<u8>>,
    hanging: AtomicUsize,
    down: bool,
}

impl Fake {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// One that cannot be started.
    pub fn down() -> Arc<Self> {
        Arc::new(Fake { down: true, ..Fake::default() })
    }

    pub fn script(&self, method: &'static str, script: Script) {
        locked(&self.scripts).insert(method, script);
    }

    pub fn seen(&self) -> Vec<Seen> {
        locked(&self.seen).clone()
    }

    /// Calls that hang now.
    pub fn running(&self) -> usize {
        self.hanging.load(SeqCst)
    }

    /// The params of the newest call of a method.
    pub fn asked(&self, method: &str) -> Option<Value> {
        let seen = self.seen().into_iter().rev().find(|seen| seen.method == method)?;
        Some(seen.params)
    }

    async fn answer(&self, call: Call, cancel: CancellationToken) -> Result<Reply, CallError> {
        let key = match &call.kind {
            Kind::Read | Kind::Once => None,
            Kind::Edit { key } => Some(key.clone()),
        };
        let call = Asked {
            method: call.method,
            params: serde_json::from_str(call.params.get()).expect("JSON"),
            attachment: call.attachment,
            progress: call.progress,
        };
        locked(&self.seen).push(Seen {
            method: call.method.clone(),
            params: call.params.clone(),
            attachment: call.attachment.clone(),
            key,
        });
        let script = locked(&self.scripts).get(call.method.as_str()).cloned();
        match script {
            None => Ok(self.reply(&call)),
            Some(Script::Fail(error)) => Err(error()),
            Some(Script::Reply(result, attachment)) => {
                Ok(Reply::Answered { json: result.to_string(), attachment })
            }
            Some(Script::Recorded) => Ok(Reply::Recorded { revision: Some(REVISION) }),
            Some(Script::Hang) => {
                self.hanging.fetch_add(1, SeqCst);
                cancel.cancelled().await;
                self.hanging.fetch_sub(1, SeqCst);
                Err(CallError::NotDone(Reason::Cancelled))
            }
            Some(Script::Slow(notes, pause)) => {
                for note in notes {
                    tokio::time::sleep(pause).await;
                    if let Some(progress) = &call.progress {
                        let _ = progress.send(note).await;
                    }
                }
                tokio::time::sleep(pause).await;
                Ok(self.reply(&call))
            }
        }
    }

    fn reply(&self, call: &Asked) -> Reply {
        if let Some(reply) = self.bytes(call) {
            return reply;
        }
        let result = match call.method.as_str() {
            project::Create::NAME | project::Restore::NAME => {
                value(&project::CreateReply { project: "castle".into(), id: 7 })
            }
            project::List::NAME => listed(call.params["trash"] == json!(true)),
            project::Info::NAME => value(&info(3)),
            project::Rename::NAME | project::Purge::NAME => value(&Done {}),
            project::Delete::NAME => value(&project::DeleteReply { id: 7, kept_until_ms: 1 }),
            layer::List::NAME => value(&layer::ListReply { revision: REVISION, layers: vec![] }),
            layer::Create::NAME
            | layer::Rename::NAME
            | layer::Delete::NAME
            | layer::Show::NAME
            | layer::Hide::NAME => {
                value(&layer::LayerReply { revision: REVISION, layer: "roof".into() })
            }
            voxel::Edit::NAME | history::Restore::NAME => {
                value(&edit(call.params["dry_run"] == json!(true)))
            }
            voxel::Get::NAME => {
                value(&voxel::GetReply { revision: REVISION, voxels: vec![None, Some(voxel(1))] })
            }
            voxel::Bounds::NAME => {
                value(&voxel::BoundsReply { revision: REVISION, bounds: Some(BOUNDS) })
            }
            voxel::Count::NAME => value(&voxel::CountReply { revision: REVISION, voxels: 64 }),
            voxel::Histogram::NAME => value(&voxel::HistogramReply {
                revision: REVISION,
                total: 64,
                colors_total: 1,
                colors: vec![voxel::ColorCount { color: RED, material: 1, voxels: 64 }],
            }),
            voxel::Find::NAME => value(&voxel::FindReply {
                revision: REVISION,
                total: 2,
                bounds: Some(BOUNDS),
                voxels: vec![voxel(0), voxel(1)],
                cursor: Some("c2".into()),
            }),
            history::List::NAME => value(&history::ListReply {
                revision: REVISION,
                groups: vec![],
                more: false,
                checkpoints: vec![],
            }),
            history::Undo::NAME | history::Redo::NAME => value(&history::StepReply {
                revision: REVISION,
                group: 4,
                author: "ann".into(),
                label: "walls".into(),
                edit: edit(false),
            }),
            history::Checkpoint::NAME | history::Forget::NAME => value(&history::CheckpointReply {
                revision: REVISION,
                checkpoint: "before roof".into(),
            }),
            history::Outcome::NAME => value(&history::OutcomeReply {
                outcome: history::CallOutcome::Committed,
                revision: Some(REVISION),
                answer: None,
            }),
            job::List::NAME => value(&job::ListReply { jobs: vec![] }),
            job::Cancel::NAME => value(&job::CancelReply { found: true }),
            other => panic!("no reply for {other}"),
        };
        Reply::Answered { json: result.to_string(), attachment: None }
    }

    /// The methods that carry bytes.
    fn bytes(&self, call: &Asked) -> Option<Reply> {
        let (result, attachment) = match call.method.as_str() {
            voxel::Read::NAME if call.params["form"] == json!("dense") => {
                let window: Box3 =
                    serde_json::from_value(call.params["within"].clone()).expect("a box");
                (value(&read(vec![])), Some(dense(window)))
            }
            voxel::Read::NAME => (value(&read(vec![voxel(0), voxel(1)])), None),
            render::Image::NAME => (value(&image()), Some(PNG.to_vec())),
            render::Turntable::NAME => {
                let bytes = u64::try_from(PNG.len()).expect("small");
                let reply = json!({ "width": 400, "height": 400, "frames": 36, "bytes": bytes });
                (reply, Some(PNG.to_vec()))
            }
            job::Status::NAME => {
                let job = job_item(render::Image::NAME, job::JobState::Done);
                let reply = job::StatusReply { job, reply: Some(value(&image())), error: None };
                (value(&reply), Some(PNG.to_vec()))
            }
            project::Import::NAME => {
                let reply = project::ImportReply {
                    revision: REVISION,
                    layers: vec!["house".into()],
                    layers_total: 1,
                    voxels: 5,
                    warnings: vec![],
                };
                (value(&reply), None)
            }
            project::Export::NAME => {
                let reply = project::ExportReply {
                    revision: Some(REVISION),
                    bytes: 8,
                    blob: None,
                    parts: vec![],
                    job: None,
                };
                (value(&reply), Some(b"VOX file".to_vec()))
            }
            blob::Create::NAME => (value(&blob::CreateReply { blob: "b1".into() }), None),
            blob::Write::NAME => {
                locked(&self.blob).extend(call.attachment.as_deref().unwrap_or_default());
                (value(&Done {}), None)
            }
            blob::Read::NAME => {
                let blob = locked(&self.blob);
                let from = usize::try_from(call.params["offset"].as_u64()?).ok()?;
                let count = usize::try_from(call.params["bytes"].as_u64()?).ok()?;
                let range = blob.get(from..).map(|rest| rest.iter().take(count).copied().collect());
                let total = u64::try_from(blob.len()).ok()?;
                (value(&blob::ReadReply { total }), range)
            }
            blob::Delete::NAME => {
                locked(&self.blob).clear();
                (value(&Done {}), None)
            }
            _ => return None,
        };
        Some(Reply::Answered { json: result.to_string(), attachment })
    }

    /// What was written into blobs, or what they hold.
    pub fn blob(&self) -> MutexGuard<'_, Vec<u8>> {
        locked(&self.blob)
    }
}

impl Daemon for Fake {
    fn call(&self, call: Call, cancel: CancellationToken) -> Pending<'_, Result<Reply, CallError>> {
        Box::pin(self.answer(call, cancel))
    }

    fn status(&self) -> Pending<'_, Status> {
        Box::pin(async { status(self.down) })
    }

    fn restart(&self) -> Pending<'_, Result<Status, RestartError>> {
        Box::pin(async {
            match self.down {
                true => Err(CallError::NotDone(Reason::NoDaemon).into()),
                false => Ok(status(false)),
            }
        })
    }
}

pub const REVISION: Revision = Revision { number: 5, chain: 0x9f3a_12cc };
pub const BOUNDS: Box3 = Box3 { min: [0, 0, 0], max: [3, 3, 1] };
pub const RED: Color = Color { rgb: [200, 30, 30] };
/// The least picture there is: one pixel.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0,
    1, 0, 0, 0, 1, 8, 4, 0, 0, 0, 0xb5, 0x1c, 0x0c, 2, 0, 0, 0, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78,
    0xda, 0x63, 0x64, 0x60, 0xf8, 0x5f, 0x0f, 0, 2, 0x87, 1, 0x80, 0xeb, 0x47, 0xba, 0x92, 0, 0, 0,
    0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn value(reply: &impl Serialize) -> Value {
    serde_json::to_value(reply).expect("a reply is JSON")
}

pub fn info(layers: usize) -> project::InfoReply {
    let layer = |index| layer::LayerInfo {
        layer: format!("layer {index}"),
        group: "a/b".into(),
        visible: true,
        voxels: 10,
        bounds: Some(BOUNDS),
    };
    project::InfoReply {
        project: "castle".into(),
        id: 7,
        revision: REVISION,
        bounds: Some(BOUNDS),
        voxels: 30,
        layers: (0..layers).map(layer).collect(),
        undo: 4,
        redo: 0,
        checkpoints: vec!["before roof".into()],
        bytes: 1000,
        read_only: None,
    }
}

pub fn job_item(method: &str, state: job::JobState) -> job::JobItem {
    job::JobItem { job: "j1".into(), method: method.into(), state, done: 1, total: 2 }
}

fn edit(dry_run: bool) -> voxel::EditReply {
    voxel::EditReply {
        revision: REVISION,
        group: (!dry_run).then_some(5),
        added: 16,
        removed: 0,
        changed: 0,
        bounds: Some(BOUNDS),
        layers: vec!["main".into()],
        dry_run,
    }
}

pub fn voxel(x: i32) -> voxel::ColoredVoxel {
    voxel::ColoredVoxel { at: [x, 0, 0], color: RED, material: None }
}

fn read(voxels: Vec<voxel::ColoredVoxel>) -> voxel::ReadReply {
    voxel::ReadReply { revision: REVISION, bounds: Some(BOUNDS), total: 2, voxels, cursor: None }
}

fn image() -> render::ImageReply {
    render::ImageReply {
        revision: Some(REVISION),
        width: 768,
        height: 768,
        bytes: 68,
        voxels: 30,
        changes: None,
        job: None,
    }
}

/// A floor of red voxels at z 0 with a hole at 0, 0.
fn dense(window: Box3) -> Vec<u8> {
    let mut bytes = Vec::new();
    for z in window.min[2]..=window.max[2] {
        for y in window.min[1]..=window.max[1] {
            for x in window.min[0]..=window.max[0] {
                let solid = z == 0 && (x, y) != (0, 0);
                bytes.extend(if solid { [200, 30, 30, 1] } else { [0; 4] });
            }
        }
    }
    bytes
}

/// No projects, and one in the trash.
fn listed(trash: bool) -> Value {
    let gone = json!({ "project": "gone", "id": 7, "deleted_ms": 1 });
    json!({ "projects": if trash { vec![gone] } else { vec![] }, "more": false })
}

fn status(down: bool) -> Status {
    Status {
        build: None,
        condition: if down { Condition::Failed } else { Condition::Down },
        reason: down.then(|| "the disk is gone".to_owned()),
        pid: None,
        epoch: None,
        probe_ms: None,
        starts_failed: if down { 5 } else { 0 },
        starts_failed_max: 5,
        next_start_ms: None,
        data: "/data/goxe".into(),
        socket: None,
        status: None,
    }
}
