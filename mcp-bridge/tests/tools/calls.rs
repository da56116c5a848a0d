//! The data tools, each action: what it asks of the daemon, and what the client gets.

use goxe_mcp_bridge::tools::answer::ANSWER_BYTES_MAX;
use goxe_protocol::api::{Method, project, voxel};
use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use crate::{
    fake::{self, Fake, Script},
    session::{call, text},
};

/// Every action of the data tools: the tool, its arguments, the method it asks for.
const ACTIONS: &[(&str, &str, &str)] = &[
    ("project", r#"{"action":"create","project":"p"}"#, "project.create"),
    ("project", r#"{"action":"list","trash":true,"after":"b"}"#, "project.list"),
    ("project", r#"{"action":"rename","project":"p","to":"q"}"#, "project.rename"),
    (
        "project",
        r#"{"action":"delete","project":"p","if_revision":"5.9f3a12cc"}"#,
        "project.delete",
    ),
    ("project", r#"{"action":"restore","id":7,"to":"q"}"#, "project.restore"),
    ("project_info", r#"{"project":"p"}"#, "project.info"),
    ("layers_edit", r#"{"action":"list","project":"p"}"#, "layer.list"),
    ("layers_edit", r#"{"action":"create","project":"p","layer":"a","group":"g"}"#, "layer.create"),
    ("layers_edit", r#"{"action":"rename","project":"p","layer":"a","to":"b"}"#, "layer.rename"),
    ("layers_edit", r#"{"action":"delete","project":"p","layer":"a"}"#, "layer.delete"),
    ("layers_edit", r#"{"action":"show","project":"p","layer":"a"}"#, "layer.show"),
    ("layers_edit", r#"{"action":"hide","project":"p","layer":"a"}"#, "layer.hide"),
    ("history", r#"{"action":"undo","project":"p","any_author":true}"#, "history.undo"),
    ("history", r#"{"action":"redo","project":"p","if_revision":"5.9f3a12cc"}"#, "history.redo"),
    ("history", r#"{"action":"checkpoint","project":"p","checkpoint":"c"}"#, "history.checkpoint"),
    ("history", r#"{"action":"forget","project":"p","checkpoint":"c"}"#, "history.forget"),
    ("history", r#"{"action":"restore","project":"p","checkpoint":"c"}"#, "history.restore"),
    ("history", r#"{"action":"list","project":"p","limit":5,"before":9}"#, "history.list"),
    ("history", r#"{"action":"outcome","project":"p","key":"k"}"#, "history.outcome"),
    (
        "voxels_find",
        r#"{"by":"count","project":"p","layer":"a","within":{"min":[0,0,0],"max":[1,1,1]}}"#,
        "voxel.count",
    ),
    (
        "voxels_find",
        r##"{"by":"color","project":"p","color":"#c81e1e","tolerance":3,"limit":9,"cursor":"c"}"##,
        "voxel.find",
    ),
    ("voxels_find", r#"{"by":"histogram","project":"p","limit":9}"#, "voxel.histogram"),
    ("voxels_read", r#"{"read":"at","project":"p","at":[[0,0,0],[1,0,0]]}"#, "voxel.get"),
    ("voxels_read", r#"{"read":"bounds","project":"p"}"#, "voxel.bounds"),
    ("voxels_read", r#"{"read":"list","project":"p","limit":9,"cursor":"c"}"#, "voxel.read"),
    (
        "voxels_edit",
        r##"{"project":"p","layer":"a","label":"walls","if_revision":"5.9f3a12cc",
            "edits":[{"edit":"box","min":[0,0,0],"max":[1,1,1],"color":"#808080"}]}"##,
        "voxel.edit",
    ),
];

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
    for &(tool, arguments, method) in ACTIONS {
        let arguments: Value = serde_json::from_str(arguments).expect("JSON");
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
        // What Gemini CLI adds to every call.
        "wait_for_previous": true,
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
    let structured = check_data(&result, "concise");
    let concise = structured["layers"].as_array().map(Vec::len).expect("layers");
    assert_eq!(structured["cut"]["layers"], 5000 - concise);
    assert!(text(&result).len() < 8_500);
    assert_eq!(structured["next"], r#"project_info {"detail":"full","project":"castle"}"#);
    let full = json!({ "project": "castle", "detail": "full" });
    let result = call(&fake, "project_info", full).await;
    let structured = check_data(&result, "long");
    let kept = structured["layers"].as_array().map(Vec::len).expect("layers");
    assert_eq!(structured["cut"]["layers"], 5000 - kept);
    assert!(kept > concise && structured["id"].is_u64(), "{kept}");
}

#[tokio::test]
async fn slices_are_pictures_of_letters() {
    let fake = Fake::new();
    let result = call(&fake, "voxels_read", json!({ "read": "slices", "project": "castle" })).await;
    let structured = check_data(&result, "slices");
    assert_eq!(structured["legend"], json!({ "A": "#c81e1e x15" }));
    // The first row is the greatest y, so the hole at 0, 0 is at the lower left.
    let pictures = structured["slices"].as_array().expect("slices");
    let rows = ["   x 0", "     0123", "   3 AAAA", "   2 AAAA", "   1 AAAA", "   0 .AAA"];
    assert_eq!(pictures[0], json!({ "at": "z 0", "rows": rows }));
    let empty = ["   x 0", "     0123", "   3 ....", "   2 ....", "   1 ....", "   0 ...."];
    assert_eq!(pictures[1], json!({ "at": "z 1", "rows": empty }));
    assert!(text(&result).lines().any(|line| line == "\"   0 .AAA\""), "a row a line");
}

#[tokio::test]
async fn health_works_when_everything_is_down() {
    let fake = Fake::down();
    let structured = check_data(&call(&fake, "engine_health", json!({})).await, "health");
    assert_eq!(structured["healthy"], false);
    assert_eq!(structured["daemon"]["condition"], "failed");
    assert_eq!(structured["daemon"]["reason"], "the disk is gone");
    assert!(structured["bridge"]["version"].is_string());
    // Whoever reports a fault names the client first.
    let client = &structured["bridge"]["client"];
    assert!(client["name"].is_string() && client["protocol"].is_string(), "{client}");
    let result = call(&fake, "engine_health", json!({ "action": "restart" })).await;
    assert_eq!(result.is_error, Some(true));
    assert!(text(&result).contains("goxe daemon start"), "{}", text(&result));

    let fake = Fake::new();
    let result = call(&fake, "engine_health", json!({ "action": "restart" })).await;
    assert_eq!(check_data(&result, "restart")["done"], true);
    assert!(fake.seen().is_empty());
}
