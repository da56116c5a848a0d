//! Calls that take their time: progress and cancellation.

use std::{sync::Arc, time::Duration};

use goxe_mcp_bridge::manager::Progress;
use goxe_protocol::api::{Method, render, voxel};
use rmcp::{
    ClientHandler,
    model::{CallToolRequestParams, ProgressNotificationParam},
    service::{
        ClientLifecycleMode, ClientServiceExt as _, NotificationContext, PeerRequestOptions,
        RoleClient,
    },
    transport::async_rw::AsyncRwTransport,
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, sync::mpsc, time::timeout};

use crate::{
    fake::{Fake, Script},
    session::{SOON, start},
};

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

/// What is still answered to an edit whose client leaves once the daemon has it.
async fn left_behind(script: Script) -> (Arc<Fake>, Value) {
    let fake = Fake::new();
    fake.script(voxel::Edit::NAME, script);
    let mut raw = start(fake.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let edits = json!([{ "edit": "remove", "at": [[0, 0, 0]] }]);
    let arguments = json!({ "project": "castle", "edits": edits });
    let call = json!({ "name": "voxels_edit", "arguments": arguments });
    raw.send(json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": call })).await;
    let asked = async {
        while fake.seen().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, asked).await.expect("asked");
    raw.input.shutdown().await.expect("its input ends");
    let answer = raw.next().await;
    assert_eq!(answer["id"], 5, "{answer}");
    (fake, answer["result"].clone())
}

#[tokio::test]
async fn an_edit_left_behind_is_never_told_as_not_done() {
    // It is done, and answered before the bridge leaves.
    let (_, done) = left_behind(Script::Slow(Vec::new(), Duration::from_millis(5))).await;
    assert_ne!(done["isError"], true, "{done}");
    // Whether it is done is not known by then.
    let (fake, lost) = left_behind(Script::Slow(Vec::new(), 10 * SOON)).await;
    let told = lost["content"][0]["text"].as_str().expect("a text");
    assert!(lost["isError"] == true && !told.contains("Not done"), "{told}");
    assert!(told.contains("Unknown whether it was done"), "{told}");
    let key = fake.seen()[0].key.clone().expect("a key");
    let ask = json!({ "action": "outcome", "key": key, "project": "castle" });
    assert!(told.ends_with(&format!("Next: history {ask}")), "{told}");
    // It never went out, or the daemon took it back.
    let (_, undone) = left_behind(Script::Hang).await;
    let told = undone["content"][0]["text"].as_str().expect("a text");
    assert!(told.contains("Not done: nothing was changed."), "{told}");
}
