//! The real manager behind the server, with a daemon that cannot be started.

use std::{path::Path, sync::Arc};

use goxe_config::{Choice, Environment, Paths};
use goxe_mcp_bridge::{
    daemon::Daemon,
    manager::{Detachment, Manager, Options},
};
use rmcp::{model::CallToolRequestParams, service::ClientLifecycleMode};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::session::{Client, connect, text};

/// A manager of a data folder, whose program is not there.
fn manager(data: &Path) -> Arc<dyn Daemon> {
    let choice = Choice {
        data: Some(data.join("data")),
        socket: Some(data.join("goxe.sock")),
        ..Choice::default()
    };
    let environment = Environment::of_process();
    let paths = Paths::resolve(&environment, &choice).expect("paths of a folder");
    let mut options = Options::new(paths, "test");
    options.program = Some(data.join("no-such-program"));
    options.detachment = Detachment::Session;
    options.supervised = false;
    options.settings.backoff_ms = 1;
    options.settings.backoff_ms_max = 1;
    Arc::new(Manager::open(options))
}

async fn call(client: &Client, tool: &str, arguments: Value) -> (bool, String) {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    let result = client.call_tool(request).await.expect("a result");
    (result.is_error == Some(true), text(&result))
}

#[tokio::test]
async fn a_daemon_that_cannot_be_started_is_told_of() {
    let folder = tempdir().expect("a folder");
    let daemon = manager(folder.path());
    let (client, _) = connect(daemon, folder.path(), ClientLifecycleMode::Initialize).await;

    let (failed, health) = call(&client, "engine_health", json!({})).await;
    assert!(!failed, "{health}");
    let health: Value = serde_json::from_str(&health).expect("JSON");
    assert_eq!(health["healthy"], false);
    assert_eq!(health["daemon"]["condition"], "down");

    let edits = json!([{ "edit": "remove", "at": [[0, 0, 0]] }]);
    let edit = json!({ "project": "castle", "edits": edits });
    let (failed, told) = call(&client, "voxels_edit", edit).await;
    assert!(failed && told.contains("no-such-program"), "{told}");
    assert!(told.contains("Not done: nothing was changed."), "{told}");
    assert!(told.ends_with(r#"Next: engine_health {"action":"restart"}"#), "{told}");
}
