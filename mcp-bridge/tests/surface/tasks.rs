//! Long work as tasks: only where they are declared, in the modern era, and as jobs of the daemon.

use goxe_mcp_bridge::manager::CallError;
use goxe_protocol::{
    Code, Error,
    api::{
        Method,
        job::{self, JobState},
        render,
    },
};
use serde_json::{Value, json};

use crate::{
    fake::{self, Script},
    lively::{Lively, until},
    session::{Raw, modern, start},
};

fn declared() -> Value {
    json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } })
}

fn with(capabilities: &Value, mut params: Value) -> Value {
    params["_meta"] = modern(capabilities);
    params
}

fn render_view() -> Value {
    json!({ "name": "render_view", "arguments": { "project": "castle" } })
}

/// A daemon whose renders become the job `j1`, which stands like this.
fn working(state: JobState) -> std::sync::Arc<Lively> {
    let daemon = Lively::with(&["castle"]);
    let started = json!({ "width": 0, "height": 0, "bytes": 0, "voxels": 0, "job": "j1" });
    daemon.fake.script(render::Image::NAME, Script::Reply(started, None));
    stands(&daemon, state, None);
    daemon
}

fn stands(daemon: &Lively, state: JobState, error: Option<Error>) {
    let mut item = fake::job_item(render::Image::NAME, state);
    (item.done, item.total) = (3, 10);
    let error = error.map(|error| fake::value(&error));
    let status = job::StatusReply { job: item, reply: None, error };
    daemon.fake.script(job::Status::NAME, Script::Reply(fake::value(&status), None));
}

async fn get(raw: &mut Raw, id: &str) -> Value {
    raw.request(2, "tasks/get", with(&declared(), json!({ "taskId": id }))).await
}

#[tokio::test]
async fn a_long_render_is_a_task_under_the_id_of_its_job() {
    let daemon = working(JobState::Running);
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    let begun =
        raw.request(1, "tools/call", with(&declared(), render_view())).await["result"].take();
    assert_eq!((&begun["resultType"], &begun["taskId"]), (&json!("task"), &json!("j1")), "{begun}");
    assert_eq!(begun["status"], "working");
    assert!(begun["createdAt"].is_string() && begun["pollIntervalMs"].is_u64());
    let asked = daemon.fake.asked(job::Status::NAME).expect("waited a moment first");
    assert_eq!(asked["wait_ms"], 1000);

    let got = get(&mut raw, "j1").await["result"].take();
    assert_eq!((&got["status"], &got["statusMessage"]), (&json!("working"), &json!("3 of 10")));
    assert_eq!(got["createdAt"], begun["createdAt"]);

    // Another process knows it by the same id, and then it is done.
    let mut other = start(Lively::with(&["castle"]), &std::env::temp_dir());
    let got = get(&mut other, "j1").await["result"].take();
    assert_eq!((&got["resultType"], &got["status"]), (&json!("complete"), &json!("completed")));
    let content = got["result"]["content"].as_array().expect("a result of the tool");
    assert_eq!(content[1]["type"], "image");
    assert_eq!(content[2]["uri"], "goxe://renders/j1.png");
}

#[tokio::test]
async fn a_render_that_is_quick_is_answered_as_ever() {
    let started = json!({ "width": 0, "height": 0, "bytes": 0, "voxels": 0, "job": "j1" });
    let daemon = Lively::with(&["castle"]);
    daemon.fake.script(render::Image::NAME, Script::Reply(started, None));
    let mut raw = start(daemon, &std::env::temp_dir());
    let answer =
        raw.request(1, "tools/call", with(&declared(), render_view())).await["result"].take();
    assert_eq!(answer["resultType"], "complete", "{answer}");
    assert_eq!(answer["content"][1]["type"], "image");
}

#[tokio::test]
async fn who_does_not_declare_tasks_gets_none() {
    let daemon = Lively::with(&["castle"]);
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    let answer = raw.request(1, "tools/call", with(&json!({}), render_view())).await;
    assert_eq!(answer["result"]["resultType"], "complete");
    let asked = daemon.fake.asked(render::Image::NAME).expect("asked");
    assert!(asked.get("job").is_none(), "{asked}");
    let refused = raw.request(2, "tasks/get", with(&json!({}), json!({ "taskId": "j1" }))).await;
    assert_eq!(refused["error"]["code"], -32021, "{refused}");
}

#[tokio::test]
async fn a_task_can_be_cancelled_and_says_so() {
    let daemon = working(JobState::Running);
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    let _ = raw.request(1, "tools/call", with(&declared(), render_view())).await;
    let params = with(&declared(), json!({ "taskId": "j1" }));
    let cancelled = raw.request(3, "tasks/cancel", params).await;
    assert_eq!(cancelled["result"]["resultType"], "complete", "{cancelled}");
    assert_eq!(daemon.fake.asked(job::Cancel::NAME).expect("asked")["job"], "j1");
    stands(&daemon, JobState::Failed, Some(Error::new(Code::Cancelled, "cancelled")));
    assert_eq!(get(&mut raw, "j1").await["result"]["status"], "cancelled");

    stands(&daemon, JobState::Failed, Some(Error::new(Code::EngineFault, "the engine failed")));
    let failed = get(&mut raw, "j1").await["result"].take();
    // What a model can mend is a result of the tool, not a failure of the task.
    assert_eq!(
        (&failed["status"], &failed["result"]["isError"]),
        (&json!("completed"), &json!(true))
    );
    assert!(failed.to_string().contains("the engine failed"));

    let update = json!({ "taskId": "j1", "inputResponses": {} });
    let updated = raw.request(4, "tasks/update", with(&declared(), update)).await;
    assert_eq!(updated["result"]["resultType"], "complete", "{updated}");
}

#[tokio::test]
async fn a_task_that_nobody_knows_is_an_error_of_the_protocol() {
    let daemon = Lively::with(&["castle"]);
    let gone = || CallError::Answer(Error::not_found("job", "j9"));
    for method in [job::Status::NAME, job::Cancel::NAME] {
        daemon.fake.script(method, Script::Fail(std::sync::Arc::new(gone)));
    }
    let mut raw = start(daemon, &std::env::temp_dir());
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        let params = json!({ "taskId": "j9", "inputResponses": {} });
        let refused = raw.request(1, method, with(&declared(), params)).await;
        assert_eq!(refused["error"]["code"], -32602, "{method}: {refused}");
    }
}

#[tokio::test]
async fn a_call_that_is_cancelled_before_its_task_leaves_no_job_behind() {
    let daemon = working(JobState::Running);
    daemon.fake.script(job::Status::NAME, Script::Hang);
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    let params = with(&declared(), render_view());
    raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await;
    until(|| daemon.fake.running() > 0).await;
    let cancelled = json!({ "requestId": 1 });
    raw.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled }))
        .await;
    until(|| daemon.fake.asked(job::Cancel::NAME).is_some()).await;
}

#[tokio::test]
async fn the_older_era_is_not_told_of_tasks() {
    let daemon = working(JobState::Done);
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    let begun = raw.initialize(declared()).await;
    assert!(begun["result"]["capabilities"].get("extensions").is_none(), "{begun}");
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        let params = json!({ "taskId": "j1", "inputResponses": {} });
        let refused = raw.request(1, method, params).await;
        assert_eq!(refused["error"]["code"], -32601, "{method}: {refused}");
    }
    let mut raw = start(daemon, &std::env::temp_dir());
    let discovered = raw.request(1, "server/discover", with(&declared(), json!({}))).await;
    let extensions = &discovered["result"]["capabilities"]["extensions"];
    assert!(extensions["io.modelcontextprotocol/tasks"].is_object(), "{discovered}");
}
