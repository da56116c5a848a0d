//! What a client learns before its first call.

use goxe_mcp_bridge::tools::{TOOLS, Tool};
use serde_json::{Value, json};

use crate::{
    fake::Fake,
    session::{connect, eras, modern, start},
};

/// The fields of a tool that clients check.
const HINTS: [&str; 4] = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];

fn entries() -> Vec<Value> {
    TOOLS.iter().map(|tool| serde_json::to_value(tool.entry()).expect("JSON")).collect()
}

#[test]
fn the_list_fits_every_prompt() {
    let bytes = Value::from(entries()).to_string().len();
    assert!(bytes <= 12 * 1024, "tools/list has {bytes} bytes");
    for entry in entries() {
        let name = entry["name"].as_str().expect("a name");
        let description = entry["description"].as_str().expect("a description");
        assert!(name.len() <= 30, "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert!(description.len() < 600, "{name}: {}", description.len());
        for nothing in ["$ref", "[]", "null", "oneOf"] {
            assert!(!entry.to_string().contains(nothing), "{name}: {nothing}");
        }
    }
}

/// The tool with the most arguments leaves room for the others.
#[test]
fn render_view_keeps_to_its_part() {
    let bytes = serde_json::to_string(&Tool::RenderView.entry()).expect("JSON").len();
    assert!(bytes <= 1_700, "render_view has {bytes} bytes");
}

#[test]
fn the_list_is_sorted_and_stable() {
    let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(entries(), entries());
}

#[test]
fn every_tool_has_all_four_hints() {
    for entry in entries() {
        for hint in HINTS {
            assert!(entry["annotations"][hint].is_boolean(), "{}: {hint}", entry["name"]);
        }
        assert_eq!(entry["annotations"]["openWorldHint"], false);
        if entry["annotations"]["readOnlyHint"] == true {
            assert_eq!(entry["annotations"]["destructiveHint"], false, "{}", entry["name"]);
        }
    }
}

#[test]
fn three_tools_are_always_loaded() {
    let loaded: Vec<Value> = entries()
        .into_iter()
        .filter(|entry| entry["_meta"]["anthropic/alwaysLoad"] == true)
        .map(|entry| entry["name"].clone())
        .collect();
    assert_eq!(loaded, ["engine_health", "render_view", "voxels_edit"]);
}

#[test]
fn tools_that_show_pictures_promise_no_structure() {
    for entry in entries() {
        let pictures = ["job", "render_view"].iter().any(|name| entry["name"] == *name);
        assert_eq!(entry.get("outputSchema").is_none(), pictures, "{}", entry["name"]);
        if !pictures {
            assert_eq!(entry["outputSchema"]["type"], "object");
        }
    }
}

#[test]
fn every_example_is_a_call_that_its_schema_knows() {
    for tool in TOOLS {
        let example: Value = serde_json::from_str(tool.example()).expect("JSON");
        let schema = tool.entry().schema_as_json_value();
        for name in example.as_object().expect("an object").keys() {
            assert!(schema["properties"].get(name).is_some(), "{}: {name}", tool.name());
        }
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for name in required.iter().filter_map(Value::as_str) {
            assert!(example.get(name).is_some(), "{}: {name}", tool.name());
        }
    }
}

#[tokio::test]
async fn both_eras_see_the_same_list() {
    let mut lists = Vec::new();
    for era in eras() {
        let (client, _) = connect(Fake::new(), &std::env::temp_dir(), era).await;
        let names: Vec<String> = client
            .list_all_tools()
            .await
            .expect("a list")
            .into_iter()
            .map(|tool| serde_json::to_string(&tool).expect("JSON"))
            .collect();
        lists.push(names);
        let _ = client.cancel().await;
    }
    assert_eq!(lists[0], lists[1]);
    assert_eq!(lists[0].len(), TOOLS.len());
}

#[tokio::test]
async fn only_the_modern_era_has_cache_fields() {
    let mut raw = start(Fake::new(), &std::env::temp_dir());
    let listed = raw.request(1, "tools/list", json!({ "_meta": modern(&json!({})) })).await;
    assert!(listed["result"]["ttlMs"].as_u64().is_some_and(|ttl| ttl > 0), "{listed}");
    assert_eq!(listed["result"]["cacheScope"], "public");

    let mut raw = start(Fake::new(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let listed = raw.request(1, "tools/list", json!({})).await;
    for field in ["ttlMs", "cacheScope", "resultType", "nextCursor"] {
        assert!(listed["result"].get(field).is_none(), "{field}");
    }
}

#[tokio::test]
async fn the_server_says_who_it_is_in_both_eras() {
    let mut raw = start(Fake::new(), &std::env::temp_dir());
    let meta = json!({ "_meta": modern(&json!({})) });
    let discovered = raw.request(1, "server/discover", meta).await["result"].take();
    assert!(discovered["ttlMs"].as_u64().is_some_and(|ttl| ttl > 0));
    let versions = discovered["supportedVersions"].as_array().expect("versions");
    assert!(versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2025-06-18")));
    let server = &discovered["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(server["name"], "goxe", "{discovered}");

    let begun = raw.initialize(json!({})).await["result"].take();
    assert_eq!(begun["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(begun["instructions"], discovered["instructions"]);
    let instructions = begun["instructions"].as_str().expect("instructions");
    assert!(instructions.len() < 2048, "{}", instructions.len());
    for tool in ["voxels_edit", "render_view", "project_info", "history", "engine_health"] {
        assert!(instructions.contains(tool), "{tool}");
    }
}

#[tokio::test]
async fn older_clients_get_the_version_they_ask_for() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut raw = start(Fake::new(), &std::env::temp_dir());
        let params = json!({
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let begun = raw.request(1, "initialize", params).await;
        assert_eq!(begun["result"]["protocolVersion"], version, "{begun}");
    }
}
