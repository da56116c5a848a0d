//! What is listed, and being told when that changes.

use std::time::Duration;

use goxe_protocol::api::guest::Hints;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::host::{Host, paths};
use crate::session::Raw;
use crate::stage::{Made, Stage, manager, names, said, text, tool, with_meta};
use crate::suite::Suite;

const TOOLS_CHANGED: &str = "notifications/tools/list_changed";

#[tokio::test]
async fn guests_are_listed_behind_what_is_built_in_sorted() {
    let stage = Stage::with(Suite::default());
    let mut legacy = stage.legacy(json!({})).await;
    let mut modern = stage.modern();
    for (list, method) in [
        ("tools", "tools/list"),
        ("prompts", "prompts/list"),
        ("resourceTemplates", "resources/templates/list"),
    ] {
        let old = legacy.request(1, method, json!({})).await;
        let new = modern.request(1, method, with_meta(json!({}), &json!({}))).await;
        let listed = names(&old, list);
        assert_eq!(listed, names(&new, list), "both eras see one list");
        let is_guest = |name: &&String| name.starts_with("test") || name.starts_with("json_");
        let first = listed.iter().position(|name| is_guest(&name)).expect("guests");
        assert!(first > 0, "what is built in comes first: {listed:?}");
        let guests = listed.get(first..).unwrap_or_default();
        assert!(guests.iter().all(|name| is_guest(&name)) && guests.is_sorted(), "{listed:?}");
    }
    let resources = legacy.request(2, "resources/list", json!({})).await;
    assert!(names(&resources, "resources").contains(&"static-text".to_owned()));
}

#[tokio::test]
async fn schemas_and_hints_arrive_as_they_are() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.legacy(json!({})).await;
    let answer = raw.request(1, "tools/list", json!({})).await;
    let tools = answer["result"]["tools"].as_array().expect("tools");
    let tool = tools.iter().find(|tool| tool["name"] == "json_schema_2020_12_tool").expect("it");
    let schema = &tool["inputSchema"];
    for keyword in ["$schema", "$defs", "allOf", "if", "then", "else", "additionalProperties"] {
        assert!(schema.get(keyword).is_some(), "{keyword} is gone: {schema}");
    }
    assert_eq!(tool["annotations"]["readOnlyHint"], true);
    assert_eq!(tool["annotations"]["destructiveHint"], false);
}

#[tokio::test]
async fn a_guest_cannot_take_the_place_of_a_built_in_tool() {
    let hints = Hints { read_only: true, ..Hints::default() };
    let tools = ["engine_health", "voxels_edit", "mine"]
        .map(tool)
        .map(|tool| goxe_protocol::api::guest::Tool { hints, ..tool });
    let made = Made::new(tools.into(), |_, _, _| Ok(said("the guest")));
    let calls = made.calls.clone();
    let stage = Stage::with(made);
    let mut raw = stage.legacy(json!({})).await;
    let listed = names(&raw.request(1, "tools/list", json!({})).await, "tools");
    assert_eq!(listed.iter().filter(|name| *name == "engine_health").count(), 1);
    let call = json!({ "name": "engine_health", "arguments": {} });
    let health = raw.request(2, "tools/call", call).await;
    assert!(text(&health).contains("healthy"), "{health}");
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 0);
    let mine = raw.request(3, "tools/call", json!({ "name": "mine" })).await;
    assert_eq!(text(&mine), "the guest");
}

#[tokio::test]
async fn a_daemon_without_guests_is_not_asked_for_them() {
    let stage = Stage::of(|data| Host::alone(&paths(data)));
    let mut raw = stage.legacy(json!({})).await;
    let listed = names(&raw.request(1, "tools/list", json!({})).await, "tools");
    assert!(listed.iter().all(|name| !name.starts_with("test")), "{listed:?}");
    let unknown = raw.request(2, "tools/call", json!({ "name": "test_simple_text" })).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    let seen = stage.host.seen();
    assert!(seen.iter().all(|method| !method.starts_with("guest.")), "{seen:?}");
    // It said so once, and is not looked at again for the second list.
    let hellos = seen.iter().filter(|method| *method == "system.hello").count();
    assert_eq!(hellos, 1, "{seen:?}");
}

#[tokio::test]
async fn without_a_daemon_lists_come_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut raw = crate::session::start(manager(folder.path()), folder.path());
    raw.initialize(json!({})).await;
    let begun = std::time::Instant::now();
    let listed = names(&raw.request(1, "tools/list", json!({})).await, "tools");
    assert!(!listed.is_empty() && begun.elapsed() < Duration::from_millis(400));
    let unknown = raw.request(2, "tools/call", json!({ "name": "lamp" })).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
}

#[tokio::test]
async fn clients_of_both_eras_are_told_of_a_new_list_once() {
    let stage = Stage::with(Suite::default());
    let mut legacy = stage.legacy(json!({})).await;
    legacy.request(1, "tools/list", json!({})).await;
    let mut modern = stage.modern();
    let mut prompts_only = stage.modern();
    // A listener that never asked for a list is told of the first one: it may know another.
    for (raw, filter, told) in [
        (&mut modern, "toolsListChanged", TOOLS_CHANGED),
        (&mut prompts_only, "promptsListChanged", "notifications/prompts/list_changed"),
    ] {
        listen(raw, json!({ "notifications": { filter: true } })).await;
        assert_eq!(raw.next().await["method"], told);
    }

    let call = json!({ "name": "test_trigger_tool_change" });
    legacy.send(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call })).await;
    let messages = [legacy.next().await, legacy.next().await];
    let changed = |message: &&Value| message["method"] == TOOLS_CHANGED;
    assert_eq!(messages.iter().filter(changed).count(), 1, "{messages:?}");
    let told = modern.next().await;
    assert_eq!(told["method"], TOOLS_CHANGED);
    let id = &told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
    assert!(!id.is_null(), "{told}");
    silent(&mut modern).await;
    silent(&mut prompts_only).await;
    let listed = names(&legacy.request(3, "tools/list", json!({})).await, "tools");
    assert!(listed.contains(&"test_one_more".to_owned()));
}

async fn listen(raw: &mut Raw, params: Value) {
    let params = with_meta(params, &json!({}));
    let request =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params });
    raw.send(request).await;
    assert_eq!(raw.next().await["method"], "notifications/subscriptions/acknowledged");
}

/// Nothing more comes.
async fn silent(raw: &mut Raw) {
    let more = timeout(Duration::from_millis(300), raw.output.next_line()).await;
    assert!(more.is_err(), "{more:?}");
}
