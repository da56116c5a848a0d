//! What went wrong with servers on rmcp before, each once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use goxe_mcp_bridge::tools::TOOLS;
use goxe_protocol::api::{Method, project, voxel};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, time::timeout};

use crate::{
    fake::{Fake, Script},
    session::{SOON, modern, start},
};

fn cancelled(id: i64) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
}

#[tokio::test]
async fn t1_a_notification_before_the_session_is_dropped() {
    let mut raw = start(Fake::new(), &std::env::temp_dir());
    raw.send(cancelled(1)).await;
    raw.send(json!({ "jsonrpc": "2.0", "id": 9, "result": {} })).await;
    let discovered =
        raw.request(1, "server/discover", json!({ "_meta": modern(&json!({})) })).await;
    assert_eq!(discovered["result"]["resultType"], "complete", "{discovered}");
    raw.send(cancelled(1)).await;
    // Refused inside the opening phase: it must not open the gate either.
    let refused = raw.request(2, "tools/list", json!({})).await;
    assert_eq!(refused["error"]["code"], -32602);
    raw.send(cancelled(2)).await;
    let begun = raw.initialize(json!({})).await;
    assert_eq!(begun["result"]["serverInfo"]["name"], "goxe");
    raw.send(cancelled(77)).await;
    let listed = raw.request(3, "tools/list", json!({})).await;
    assert_eq!(listed["result"]["tools"].as_array().map(Vec::len), Some(TOOLS.len()));
}

#[tokio::test]
async fn t2_the_end_of_input_ends_hung_calls_and_open_subscriptions() {
    let fake = Fake::new();
    fake.script(project::Info::NAME, Script::Hang);
    let mut raw = start(fake.clone(), &std::env::temp_dir());
    let listen =
        json!({ "_meta": modern(&json!({})), "notifications": { "toolsListChanged": true } });
    raw.send(
        json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": listen }),
    )
    .await;
    let acknowledged = raw.next().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    let call = json!({ "_meta": modern(&json!({})), "name": "project_info", "arguments": { "project": "castle" } });
    raw.send(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call })).await;
    while fake.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    let begin = Instant::now();
    drop(raw.input);
    timeout(SOON, raw.ended).await.expect("the session ends").expect("without a panic");
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn t4_a_client_that_declares_tasks_still_gets_results() {
    let tasks = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let mut raw = start(Fake::new(), &std::env::temp_dir());
    raw.initialize(tasks).await;
    let call = json!({ "name": "project_info", "arguments": { "project": "castle" } });
    let answer = raw.request(1, "tools/call", call).await;
    assert_eq!(answer["result"]["structuredContent"]["project"], "castle", "{answer}");
    let got = raw.request(2, "tasks/get", json!({ "taskId": "x" })).await;
    assert_eq!(got["error"]["code"], -32601);
}

#[tokio::test]
async fn t5_only_clients_that_declare_it_are_asked() {
    let purge = json!({ "action": "purge", "id": 7 });
    let forms = json!({ "elicitation": { "form": {} } });
    let fake = Fake::new();
    let undeclared = [json!({}), json!({ "elicitation": { "url": {} } })];
    for (capabilities, asked) in
        undeclared.into_iter().map(|none| (none, false)).chain([(forms, true)])
    {
        let mut raw = start(fake.clone(), &std::env::temp_dir());
        let call = json!({ "_meta": modern(&capabilities), "name": "project", "arguments": purge });
        let answer = raw.request(1, "tools/call", call).await;
        let kind = &answer["result"]["resultType"];
        assert_eq!(*kind, if asked { "input_required" } else { "complete" }, "{answer}");
        assert_eq!(answer["result"]["isError"] == json!(true), !asked);

        let mut raw = start(fake.clone(), &std::env::temp_dir());
        raw.initialize(capabilities).await;
        let params = json!({ "name": "project", "arguments": purge });
        raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }))
            .await;
        let first = raw.next().await;
        if asked {
            assert_eq!(first["method"], "elicitation/create", "{first}");
        } else {
            let text = first["result"]["content"][0]["text"].as_str().expect("text");
            assert!(text.contains(r#""confirm":true"#), "{text}");
        }
    }
    assert_eq!(fake.asked(project::Purge::NAME), None);
}

#[tokio::test]
async fn t6_everything_but_an_accepted_yes_is_a_no() {
    let answers = [
        (json!({ "action": "cancel" }), false),
        (json!({ "action": "decline" }), false),
        (json!({ "action": "accept" }), false),
        (json!({ "action": "accept", "content": {} }), false),
        (json!({ "action": "accept", "content": { "confirm": false } }), false),
        (json!({ "action": "accept", "content": { "confirm": "true" } }), false),
        (json!({ "action": "cancel", "content": { "confirm": true } }), false),
        (json!({ "action": "accept", "content": { "confirm": true } }), true),
    ];
    let capabilities = json!({ "elicitation": { "form": {} } });
    for (answer, done) in answers {
        let fake = Fake::new();
        let mut raw = start(fake.clone(), &std::env::temp_dir());
        let call = json!({
            "_meta": modern(&capabilities),
            "name": "project",
            "arguments": { "action": "purge", "id": 7 },
            "inputResponses": { "confirm": answer },
        });
        let result = raw.request(1, "tools/call", call).await["result"].take();
        assert_eq!(result["resultType"], "complete", "{answer}: {result}");
        check_answer(&fake, &answer, &result, done);

        // The older era is asked while its call waits.
        let fake = Fake::new();
        let mut raw = start(fake.clone(), &std::env::temp_dir());
        raw.initialize(capabilities.clone()).await;
        let params = json!({ "name": "project", "arguments": { "action": "purge", "id": 7 } });
        raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }))
            .await;
        let asked = raw.next().await;
        assert!(asked["params"]["requestedSchema"]["properties"]["confirm"].is_object(), "{asked}");
        raw.send(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": answer })).await;
        let result = raw.next().await["result"].take();
        check_answer(&fake, &answer, &result, done);
    }
}

/// What the user said was done, or left, and the model is told which.
fn check_answer(fake: &Fake, answer: &Value, result: &Value, done: bool) {
    assert_eq!(fake.asked(project::Purge::NAME).is_some(), done, "{answer}");
    assert_eq!(result["isError"] == json!(true), !done, "{answer}: {result}");
    let text = result["content"][0]["text"].as_str().expect("text");
    if !done && answer["action"] != "cancel" {
        // A model that is told how to go on anyway would do so.
        assert!(text.contains("said no") && !text.contains("confirm"), "{text}");
    }
}

#[tokio::test]
async fn t6_a_call_that_is_cancelled_takes_its_question_back() {
    let fake = Fake::new();
    let mut raw = start(fake.clone(), &std::env::temp_dir());
    raw.initialize(json!({ "elicitation": {} })).await;
    let params = json!({ "name": "project", "arguments": { "action": "purge", "id": 7 } });
    raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await;
    let asked = raw.next().await;
    assert_eq!(asked["method"], "elicitation/create");
    raw.send(cancelled(1)).await;
    let taken_back = raw.next().await;
    assert_eq!(taken_back["method"], "notifications/cancelled");
    assert_eq!(taken_back["params"]["requestId"], asked["id"]);
    // A yes that comes too late changes nothing.
    let yes = json!({ "action": "accept", "content": { "confirm": true } });
    raw.send(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": yes })).await;
    raw.request(2, "ping", json!({})).await;
    assert_eq!(fake.asked(project::Purge::NAME), None);
}

#[tokio::test]
async fn t7_both_eras_hear_that_the_tools_changed() {
    let mut legacy = start(Fake::new(), &std::env::temp_dir());
    legacy.initialize(json!({})).await;
    // The answer shows that `notifications/initialized` has been handled before it.
    legacy.request(1, "ping", json!({})).await;
    let told = async {
        legacy.server.subscribers().tools_changed().await;
    };
    timeout(SOON, told).await.expect("told");
    assert_eq!(legacy.next().await["method"], "notifications/tools/list_changed");

    let mut raw = start(Fake::new(), &std::env::temp_dir());
    let listen =
        json!({ "_meta": modern(&json!({})), "notifications": { "toolsListChanged": true } });
    raw.send(
        json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": listen }),
    )
    .await;
    assert_eq!(raw.next().await["method"], "notifications/subscriptions/acknowledged");
    raw.request(2, "tools/list", json!({ "_meta": modern(&json!({})) })).await;
    raw.server.subscribers().tools_changed().await;
    let changed = raw.next().await;
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    assert_eq!(changed["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], json!(1));
}

/// Bytes of the longest JSON that a schema lets through, for what the arrays in it hold.
fn bytes_max(schema: &Value) -> u64 {
    // A number, a colour, a name: what a model writes for one of them is shorter than this.
    const SCALAR: u64 = 12;
    if let Some(items) = schema.get("items") {
        // Places, which are three numbers, are the only lists without a bound.
        let count = match schema.get("maxItems").and_then(Value::as_u64) {
            Some(count) => count,
            None => {
                let is_place = items["type"] == "integer" || items["type"] == "number";
                assert!(is_place, "unbounded: {schema}");
                return 3 * 7;
            }
        };
        return count * (bytes_max(items) + 2);
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return SCALAR;
    };
    // Of an edit's lists only one is there at a time.
    let cost = |(name, property): (&String, &Value)| {
        (property.get("maxItems").is_some(), bytes_max(property) + name.len() as u64 + 4)
    };
    let costs: Vec<(bool, u64)> = properties.iter().map(cost).collect();
    let longest = costs.iter().filter(|cost| cost.0).map(|cost| cost.1).max().unwrap_or(0);
    longest + costs.iter().filter(|cost| !cost.0).map(|cost| cost.1).sum::<u64>()
}

#[tokio::test]
async fn t8_no_call_that_fits_its_schema_is_too_long_for_a_line() {
    for tool in TOOLS {
        let schema = tool.entry().schema_as_json_value();
        let bytes = bytes_max(&schema);
        assert!(bytes < 16 << 20, "{}: {bytes}", tool.name());
    }
    // A line that is too long is answered to who sent it, and does not end the session.
    let mut raw = start(Fake::new(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let head = br#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"voxels_edit","x":""#;
    raw.input.write_all(head).await.expect("read on");
    let long = vec![b'x'; 1 << 20];
    for _ in 0..17 {
        raw.input.write_all(&long).await.expect("read on");
    }
    raw.input.write_all(b"\"},\"id\":77}\n").await.expect("read on");
    let refused = raw.next().await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(77), &json!(-32600)));
    let answer = raw.request(1, "tools/list", json!({})).await;
    assert!(answer["result"]["tools"].is_array());
}

#[tokio::test]
async fn t11_an_unknown_tool_is_an_error_of_the_protocol_and_wrong_arguments_are_not() {
    let fake = Fake::new();
    let mut raw = start(fake.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let unknown = raw.request(1, "tools/call", json!({ "name": "scene_open" })).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    let wrong = [
        json!({}),
        json!({ "project": "castle" }),
        json!({ "project": "castle", "edits": "none" }),
        json!({ "project": "castle", "edits": [{ "edit": "explode" }] }),
        json!({ "project": "castle", "edits": [], "colour": 1 }),
        json!({ "project": "castle", "edits": [{ "edit": "remove", "at": [[0, 0]] }] }),
    ];
    for arguments in wrong {
        let call = json!({ "name": "voxels_edit", "arguments": arguments });
        let answer = raw.request(2, "tools/call", call).await;
        assert_eq!(answer["result"]["isError"], true, "{arguments}: {answer}");
        assert!(answer["result"].get("structuredContent").is_none());
        let text = answer["result"]["content"][0]["text"].as_str().expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        // No project is made up where none was named.
        let expect = if arguments.get("project").is_some() { "voxels_edit" } else { "project" };
        assert!(lines[2].starts_with(&format!("Next: {expect} {{")), "{text}");
    }
    assert_eq!(fake.asked(voxel::Edit::NAME), None);
}

#[tokio::test]
async fn a_tool_that_panics_answers_and_the_session_goes_on() {
    let fake = Fake::new();
    fake.script(project::Info::NAME, Script::Fail(Arc::new(|| panic!("the sky fell"))));
    let mut raw = start(fake, &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let call = json!({ "name": "project_info", "arguments": { "project": "castle" } });
    let answer = raw.request(2, "tools/call", call).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text").to_owned();
    assert!(text.contains("the sky fell"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("Next: engine_health")), "{text}");
    let listed = raw.request(3, "tools/list", json!({})).await;
    assert!(listed["result"]["tools"].is_array(), "{listed}");
}
