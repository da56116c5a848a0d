//! Calls that take their time, whatever they are busy with, are heard of once a second.

use std::time::Duration;

use goxe_protocol::api::{Method, project};
use serde_json::json;
use tempfile::tempdir;

use crate::{
    fake::Script,
    lively::Lively,
    session::{Raw, start},
};

/// Calls a tool with a token, and returns the progress that was told before its answer.
async fn progress(raw: &mut Raw, name: &str, arguments: serde_json::Value) -> Vec<f64> {
    let params = json!({ "_meta": { "progressToken": "t" }, "name": name, "arguments": arguments });
    raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await;
    let mut told = Vec::new();
    loop {
        let message = raw.next().await;
        if message["id"] == 1 {
            assert!(message["result"].is_object(), "{message}");
            return told;
        }
        assert_eq!(message["method"], "notifications/progress");
        assert_eq!(message["params"]["progressToken"], "t");
        told.push(message["params"]["progress"].as_f64().expect("a number"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_is_heard_of_while_it_lasts() {
    let daemon = Lively::with(&[]);
    daemon.restart_takes(Duration::from_millis(3500));
    let mut raw = start(daemon, &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let told = progress(&mut raw, "engine_health", json!({ "action": "restart" })).await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_of_several_methods_goes_on_where_it_was() {
    let folder = tempdir().expect("a folder");
    let daemon = Lively::with(&[]);
    daemon.fake.script(project::Export::NAME, Script::Slow(vec![], Duration::from_millis(2500)));
    let mut raw = start(daemon, folder.path());
    raw.initialize(json!({})).await;
    let export = json!({ "action": "export", "project": "castle", "path": "castle.vox" });
    let told = progress(&mut raw, "project", export).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0] < told[1]);
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_waits_for_the_daemon_is_heard_of() {
    let daemon = Lively::with(&[]);
    daemon.fake.script(project::Info::NAME, Script::Slow(vec![], Duration::from_millis(2500)));
    let mut raw = start(daemon, &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let uri = "goxe://projects/castle";
    let params = json!({ "_meta": { "progressToken": "t" }, "uri": uri });
    raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": params }))
        .await;
    for _ in 0..2 {
        assert_eq!(raw.next().await["method"], "notifications/progress");
    }
    assert_eq!(raw.next().await["result"]["contents"][0]["uri"], uri);
}
