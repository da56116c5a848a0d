//! Each tool, each action: what it asks of the daemon, and what the client gets.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use goxe_mcp_bridge::{manager::Progress, tools::answer::ANSWER_BYTES_MAX};
use goxe_protocol::api::{
    Method,
    job::{self, JobState},
    project, render, voxel,
};
use rmcp::{
    ClientHandler,
    model::{CallToolRequestParams, CallToolResult, ProgressNotificationParam},
    service::{
        ClientLifecycleMode, ClientServiceExt as _, NotificationContext, PeerRequestOptions,
        RoleClient,
    },
    transport::async_rw::AsyncRwTransport,
};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    fake::{self, Fake, PNG, Script},
    session::{SOON, call, start, text},
};

/// Every action of the data tools: the method it asks for, and the params that arrive there.
fn actions() -> Vec<(&'static str, Value, &'static str)> {
    let p = "castle";
    vec![
        ("project", json!({ "action": "create", "project": p }), "project.create"),
        ("project", json!({ "action": "list", "trash": true, "after": "b" }), "project.list"),
        ("project", json!({ "action": "rename", "project": p, "to": "fort" }), "project.rename"),
        (
            "project",
            json!({ "action": "delete", "project": p, "if_revision": "5.9f3a12cc" }),
            "project.delete",
        ),
        ("project", json!({ "action": "restore", "id": 7, "to": "fort" }), "project.restore"),
        ("project_info", json!({ "project": p }), "project.info"),
        ("layers_edit", json!({ "action": "list", "project": p }), "layer.list"),
        (
            "layers_edit",
            json!({ "action": "create", "project": p, "layer": "roof", "group": "top" }),
            "layer.create",
        ),
        (
            "layers_edit",
            json!({ "action": "rename", "project": p, "layer": "a", "to": "b" }),
            "layer.rename",
        ),
        ("layers_edit", json!({ "action": "delete", "project": p, "layer": "a" }), "layer.delete"),
        ("layers_edit", json!({ "action": "show", "project": p, "layer": "a" }), "layer.show"),
        ("layers_edit", json!({ "action": "hide", "project": p, "layer": "a" }), "layer.hide"),
        ("history", json!({ "action": "undo", "project": p, "any_author": true }), "history.undo"),
        (
            "history",
            json!({ "action": "redo", "project": p, "if_revision": "5.9f3a12cc" }),
            "history.redo",
        ),
        (
            "history",
            json!({ "action": "checkpoint", "project": p, "checkpoint": "c" }),
            "history.checkpoint",
        ),
        (
            "history",
            json!({ "action": "forget", "project": p, "checkpoint": "c" }),
            "history.forget",
        ),
        (
            "history",
            json!({ "action": "restore", "project": p, "checkpoint": "c" }),
            "history.restore",
        ),
        (
            "history",
            json!({ "action": "list", "project": p, "limit": 5, "before": 9 }),
            "history.list",
        ),
        ("history", json!({ "action": "outcome", "project": p, "key": "k" }), "history.outcome"),
        (
            "voxels_find",
            json!({ "by": "count", "project": p, "layer": "a",
                "within": { "min": [0, 0, 0], "max": [1, 1, 1] } }),
            "voxel.count",
        ),
        (
            "voxels_find",
            json!({ "by": "color", "project": p, "color": "#c81e1e", "tolerance": 3, "limit": 9,
                "cursor": "c1" }),
            "voxel.find",
        ),
        ("voxels_find", json!({ "by": "histogram", "project": p, "limit": 9 }), "voxel.histogram"),
        (
            "voxels_read",
            json!({ "read": "at", "project": p, "at": [[0, 0, 0], [1, 0, 0]] }),
            "voxel.get",
        ),
        ("voxels_read", json!({ "read": "bounds", "project": p }), "voxel.bounds"),
        (
            "voxels_read",
            json!({ "read": "list", "project": p, "limit": 9, "cursor": "c1" }),
            "voxel.read",
        ),
        (
            "voxels_edit",
            json!({ "project": p, "layer": "a", "label": "walls", "if_revision": "5.9f3a12cc",
                "edits": [{ "edit": "box", "min": [0, 0, 0], "max": [1, 1, 1], "color": "#808080" }] }),
            "voxel.edit",
        ),
    ]
}

/// A data answer: the same JSON twice, in lines that no client cuts.
fn check_data(result: &CallToolResult, what: &str) -> Value {
    assert_eq!(result.is_error, Some(false), "{what}: {}", text(result));
    let structured = result.structured_content.clone().expect("structured content");
    let text = text(result);
    assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(structured.clone()), "{what}");
    assert!(text.len() <= ANSWER_BYTES_MAX, "{what}: {}", text.len());
    assert!(text.lines().all(|line| line.len() < 2000), "{what}");
    structured
}

#[tokio::test]
async fn every_action_asks_for_its_method_with_all_its_params() {
    for (tool, arguments, method) in actions() {
        let fake = Fake::new();
        let result = call(&fake, tool, arguments.clone()).await;
        let structured = check_data(&result, method);
        let seen = fake.seen();
        assert_eq!(seen.len(), 1, "{method}: {seen:?}");
        assert_eq!(seen[0].method, method);
        let mut expected = arguments;
        for tag in ["action", "by", "read"] {
            expected.as_object_mut().expect("an object").remove(tag);
        }
        assert_eq!(seen[0].params, expected, "{method}");
        let info = goxe_protocol::api::find(method).expect("a method");
        assert_eq!(seen[0].key.is_some(), info.writes, "{method}");
        if let Some(key) = &seen[0].key {
            let key: uuid::Uuid = key.parse().expect("a UUID");
            assert_eq!(key.get_version_num(), 7);
            assert_eq!(structured["done"], true, "{method}");
        }
    }
}

#[tokio::test]
async fn every_writing_call_has_a_key_of_its_own() {
    let fake = Fake::new();
    for _ in 0..2 {
        call(&fake, "layers_edit", json!({ "action": "hide", "project": "p", "layer": "a" })).await;
    }
    let keys: Vec<_> = fake.seen().into_iter().filter_map(|seen| seen.key).collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_dry_run_is_not_done() {
    let fake = Fake::new();
    let arguments = json!({ "project": "castle", "dry_run": true,
        "edits": [{ "edit": "sphere", "center": [0, 0, 0], "radius": 2.5, "color": "#808080" }] });
    let structured = check_data(&call(&fake, "voxels_edit", arguments).await, "dry run");
    assert_eq!((&structured["done"], &structured["dry_run"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn arguments_that_came_as_text_are_read() {
    let fake = Fake::new();
    let arguments = json!({
        "project": "castle",
        "label": "[1]",
        "dry_run": "true",
        "layer": null,
        "edits": r#"[{"edit":"remove","at":[[0,0,0]]}]"#,
    });
    check_data(&call(&fake, "voxels_edit", arguments).await, "text");
    let params = fake.asked(voxel::Edit::NAME).expect("asked");
    assert_eq!(params["edits"][0]["at"], json!([[0, 0, 0]]));
    // What has to be text stays text.
    assert_eq!(params["label"], "[1]");
}

#[tokio::test]
async fn pages_are_small_unless_asked_for_and_never_too_large() {
    for (limit, sent) in [(None, 150), (Some(10), 10), (Some(10_000), 600)] {
        let fake = Fake::new();
        let mut arguments = json!({ "read": "list", "project": "castle" });
        if let Some(limit) = limit {
            arguments["limit"] = json!(limit);
        }
        call(&fake, "voxels_read", arguments).await;
        assert_eq!(fake.asked(voxel::Read::NAME).expect("asked")["limit"], sent);
    }
    // The longest page there is fits, and nothing of it is cut: a cursor would skip it.
    let fake = Fake::new();
    let longest = json!({ "at": [-32768, -32768, -32768], "color": "#c81e1e", "material": 255 });
    let reply = json!({ "revision": "5.9f3a12cc", "total": 9_000_000, "bounds": fake::BOUNDS,
        "voxels": vec![longest; 600], "cursor": "c".repeat(80) });
    fake.script(voxel::Read::NAME, Script::Reply(reply, None));
    let result = call(&fake, "voxels_read", json!({ "read": "list", "project": "castle" })).await;
    let structured = check_data(&result, "longest page");
    assert_eq!(structured["voxels"].as_array().map(Vec::len), Some(600));
}

#[tokio::test]
async fn what_is_too_long_says_how_much_is_cut() {
    let fake = Fake::new();
    let reply = fake::value(&fake::info(5000));
    fake.script(project::Info::NAME, Script::Reply(reply, None));
    let result = call(&fake, "project_info", json!({ "project": "castle" })).await;
    let structured = check_data(&result, "long");
    let kept = structured["layers"].as_array().map(Vec::len).expect("layers");
    assert_eq!(structured["cut"]["layers"], 5000 - kept);
    assert!(kept > 50, "{kept}");
}

#[tokio::test]
async fn slices_are_pictures_of_letters() {
    let fake = Fake::new();
    let result = call(&fake, "voxels_read", json!({ "read": "slices", "project": "castle" })).await;
    let structured = check_data(&result, "slices");
    assert_eq!(structured["legend"], json!({ "A": "#c81e1e" }));
    // The first row is the greatest y, so the hole at 0, 0 is at the lower left.
    assert_eq!(structured["slices"][0]["rows"], json!(["AAAA", "AAAA", "AAAA", ".AAA"]));
    assert_eq!(structured["slices"][1]["rows"], json!(["....", "....", "....", "...."]));
    assert!(text(&result).lines().any(|line| line.contains("\".AAA\"")), "a row a line");
}

#[tokio::test]
async fn a_picture_is_shown_without_structure() {
    let fake = Fake::new();
    let arguments = json!({ "project": "castle", "view": "top", "width": 400, "background": "transparent",
        "layers": ["roof"], "checkpoint": "c", "shadow": false });
    let result = call(&fake, "render_view", arguments).await;
    check_picture(&result);
    let params = fake.asked(render::Image::NAME).expect("asked");
    assert_eq!(params["width"], 400);
    assert_eq!(params["height"], 768);
    assert_eq!(params["background"], "transparent");
    assert_eq!(params["shadow"], false);
    assert_eq!(params["ambient_occlusion"], true);
}

fn check_picture(result: &CallToolResult) {
    assert_eq!(result.is_error, Some(false), "{}", text(result));
    assert!(result.structured_content.is_none());
    assert!(text(result).contains("5.9f3a12cc") && text(result).contains("768 x 768"));
    let image = result.content[1].as_image().expect("an image after the text");
    assert_eq!(image.mime_type, "image/png");
    assert_eq!(BASE64.decode(&image.data).as_deref(), Ok(PNG));
}

#[tokio::test]
async fn a_render_in_the_background_names_its_job() {
    let fake = Fake::new();
    let reply = json!({ "width": 1, "height": 1, "bytes": 0, "voxels": 0, "job": "j1" });
    fake.script(render::Image::NAME, Script::Reply(reply, None));
    let result = call(&fake, "render_view", json!({ "project": "castle", "job": true })).await;
    let next = r#"Next: job {"action":"status","job":"j1","wait_ms":30000}"#;
    assert!(text(&result).contains(next), "{}", text(&result));

    let done = call(&fake, "job", json!({ "action": "status", "job": "j1" })).await;
    check_picture(&done);
}

#[tokio::test]
async fn jobs_tell_how_they_stand() {
    let fake = Fake::new();
    for arguments in [json!({ "action": "list" }), json!({ "action": "cancel", "job": "j1" })] {
        let result = call(&fake, "job", arguments).await;
        assert_eq!(result.is_error, Some(false));
        assert!(result.structured_content.is_none());
        assert!(serde_json::from_str::<Value>(&text(&result)).is_ok());
    }
    let running = job::StatusReply {
        job: fake::job_item(render::Image::NAME, JobState::Running),
        reply: None,
        error: None,
    };
    fake.script(job::Status::NAME, Script::Reply(fake::value(&running), None));
    let result = call(&fake, "job", json!({ "action": "status", "job": "j1" })).await;
    assert!(text(&result).contains("running") && text(&result).contains("wait_ms"));

    let error = goxe_protocol::Error::new(goxe_protocol::Code::EngineFault, "the engine failed");
    let failed = job::StatusReply {
        job: fake::job_item(render::Image::NAME, JobState::Failed),
        reply: None,
        error: Some(fake::value(&error)),
    };
    fake.script(job::Status::NAME, Script::Reply(fake::value(&failed), None));
    let result = call(&fake, "job", json!({ "action": "status", "job": "j1" })).await;
    assert_eq!(result.is_error, Some(true));
    assert!(text(&result).contains("the engine failed") && text(&result).contains("Next: "));
}

#[tokio::test]
async fn health_works_when_everything_is_down() {
    let fake = Fake::down();
    let structured = check_data(&call(&fake, "engine_health", json!({})).await, "health");
    assert_eq!(structured["healthy"], false);
    assert_eq!(structured["daemon"]["condition"], "failed");
    assert_eq!(structured["daemon"]["reason"], "the disk is gone");
    assert!(structured["bridge"]["version"].is_string());
    let result = call(&fake, "engine_health", json!({ "action": "restart" })).await;
    assert_eq!(result.is_error, Some(true));
    assert!(text(&result).contains("goxe daemon start"), "{}", text(&result));

    let fake = Fake::new();
    let result = call(&fake, "engine_health", json!({ "action": "restart" })).await;
    assert_eq!(check_data(&result, "restart")["done"], true);
    assert!(fake.seen().is_empty());
}

/// A client that writes progress down.
struct Listener {
    heard: mpsc::UnboundedSender<ProgressNotificationParam>,
}

impl ClientHandler for Listener {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let _ = self.heard.send(params);
    }
}

#[tokio::test(start_paused = true)]
async fn progress_is_relayed_and_never_stands_still() {
    let note = |done| Progress { done, total: 100, message: "pixels".into() };
    let fake = Fake::new();
    // The second report goes backwards, and the pauses are longer than a client is patient.
    let notes = vec![note(40), note(10), note(100)];
    fake.script(render::Image::NAME, Script::Slow(notes, Duration::from_millis(2500)));
    let raw = start(fake, &std::env::temp_dir());
    let (heard, mut told) = mpsc::unbounded_channel();
    let output = raw.output.into_inner().into_inner();
    let client = Listener { heard }
        .serve_with_lifecycle(
            AsyncRwTransport::new_client(output, raw.input),
            ClientLifecycleMode::Initialize,
        )
        .await
        .expect("a session");
    let arguments = json!({ "project": "castle" }).as_object().cloned().expect("an object");
    let request = CallToolRequestParams::new("render_view").with_arguments(arguments);
    let request = rmcp::model::CallToolRequest::new(request);
    let handle = client
        .send_cancellable_request(request.into(), PeerRequestOptions::default())
        .await
        .expect("sent");
    handle.await_response().await.expect("an answer");
    let mut last = -1.0;
    let mut messages = Vec::new();
    while let Ok(note) = told.try_recv() {
        assert!(note.progress > last, "{} after {last}", note.progress);
        assert!(note.total.is_none_or(|total| total >= note.progress));
        last = note.progress;
        messages.push(note.message.expect("a message"));
    }
    assert_eq!(messages.iter().filter(|message| *message == "pixels").count(), 3);
    // Ten seconds of work, three of them with a report: two beats in each pause of 2.5 s.
    assert_eq!(messages.len(), 3 + 8, "{messages:?}");
}

#[tokio::test]
async fn a_cancelled_call_is_cancelled_in_the_daemon() {
    let fake = Fake::new();
    fake.script(render::Image::NAME, Script::Hang);
    let mut raw = start(fake.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let call = json!({ "name": "render_view", "arguments": { "project": "castle" } });
    raw.send(json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": call })).await;
    let asked = async {
        while fake.seen().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, asked).await.expect("asked");
    assert_eq!(fake.running(), 1);
    raw.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 5 } }))
        .await;
    let ended = async {
        while fake.running() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, ended).await.expect("the call ends in the daemon");
    // The session goes on.
    assert!(raw.request(6, "tools/list", json!({})).await["result"]["tools"].is_array());
}
