//! Calls of guests' tools and prompts: answers, progress, logs, cancelling, errors.

use std::time::{Duration, Instant};

use goxe_protocol::api::guest::{CallReply, Hints, Tool};
use goxe_protocol::error::{Code, Error};
use serde_json::{Value, json};

use crate::session::Raw;
use crate::stage::{Made, Stage, said, text, tool, with_meta};
use crate::suite::Suite;

/// Everything that comes up to an answer, and the answer.
async fn all(raw: &mut Raw, id: i64) -> (Vec<Value>, Value) {
    let mut before = Vec::new();
    loop {
        let message = raw.next().await;
        match message["id"] == json!(id) {
            true => return (before, message),
            false => before.push(message),
        }
    }
}

async fn send(raw: &mut Raw, id: i64, params: Value) {
    raw.send(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })).await;
}

#[tokio::test]
async fn answers_arrive_whole() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.legacy(json!({})).await;
    let call = json!({ "name": "test_multiple_content_types" });
    let answer = raw.request(1, "tools/call", call).await;
    let kinds: Vec<&Value> = answer["result"]["content"]
        .as_array()
        .expect("blocks")
        .iter()
        .map(|b| &b["type"])
        .collect();
    assert_eq!(kinds, ["text", "image", "resource"]);
    let failed = raw.request(2, "tools/call", json!({ "name": "test_error_handling" })).await;
    assert_eq!(failed["result"]["isError"], true);
}

#[tokio::test]
async fn progress_comes_before_the_answer_and_only_if_asked_for() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.legacy(json!({})).await;
    let asked = json!({ "name": "test_tool_with_progress", "_meta": { "progressToken": "p" } });
    send(&mut raw, 1, asked).await;
    let (before, answer) = all(&mut raw, 1).await;
    assert_eq!(text(&answer), "It is done.");
    let done: Vec<f64> = before
        .iter()
        .filter(|message| message["method"] == "notifications/progress")
        .map(|message| message["params"]["progress"].as_f64().expect("a number"))
        .collect();
    assert_eq!(done.len(), 3, "{before:?}");
    assert!(done.is_sorted() && done[1] == 50.0 && done[2] == 100.0, "{done:?}");

    send(&mut raw, 2, json!({ "name": "test_tool_with_progress" })).await;
    assert_eq!(all(&mut raw, 2).await.0, Vec::<Value>::new());
}

#[tokio::test]
async fn logs_come_to_who_wants_them_from_their_level_on() {
    let stage = Stage::with(Suite::default());
    let call = json!({ "name": "test_tool_with_logging" });
    let mut raw = stage.legacy(json!({})).await;
    let expect = [(None, 0), (Some("info"), 3), (Some("warning"), 0), (Some("debug"), 3)];
    for (index, (level, count)) in (1..).zip(expect) {
        if let Some(level) = level {
            let answer =
                raw.request(100 + index, "logging/setLevel", json!({ "level": level })).await;
            assert_eq!(answer["result"], json!({}));
        }
        send(&mut raw, index, call.clone()).await;
        let (before, _) = all(&mut raw, index).await;
        assert_eq!(before.len(), count, "{level:?}: {before:?}");
        assert!(before.iter().all(|note| note["method"] == "notifications/message"));
    }

    // The modern era asks with each request, and has no other way.
    let mut raw = stage.modern();
    let mut params = with_meta(call, &json!({}));
    send(&mut raw, 1, params.clone()).await;
    assert_eq!(all(&mut raw, 1).await.0, Vec::<Value>::new());
    params["_meta"]["io.modelcontextprotocol/logLevel"] = json!("info");
    send(&mut raw, 2, params).await;
    assert_eq!(all(&mut raw, 2).await.0.len(), 3);
    let level = with_meta(json!({ "level": "info" }), &json!({}));
    let refused = raw.request(3, "logging/setLevel", level).await;
    assert_eq!(refused["error"]["code"], -32601, "{refused}");
}

#[tokio::test]
async fn two_calls_at_once_get_their_own_logs() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.legacy(json!({})).await;
    raw.request(9, "logging/setLevel", json!({ "level": "info" })).await;
    send(&mut raw, 1, json!({ "name": "test_tool_with_logging" })).await;
    send(&mut raw, 2, json!({ "name": "test_tool_with_logging" })).await;
    let mut messages = Vec::new();
    for _ in 0..8 {
        messages.push(raw.next().await);
    }
    let logs = messages.iter().filter(|it| it["method"] == "notifications/message").count();
    assert_eq!(logs, 6, "each line once: {messages:?}");
}

#[tokio::test]
async fn cancelling_reaches_the_guest() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.legacy(json!({})).await;
    send(&mut raw, 1, json!({ "name": "test_slow" })).await;
    while !stage.host.seen().contains(&"guest.call".to_owned()) {
        tokio::task::yield_now().await;
    }
    let begun = Instant::now();
    let params = json!({ "requestId": 1, "reason": "enough" });
    raw.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }))
        .await;
    while stage.host.running() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(stage.host.seen().contains(&"system.cancel".to_owned()));
}

#[tokio::test]
async fn a_daemons_error_is_a_tools_error_with_what_to_do_next() {
    let made = Made::new(vec![tool("lamp")], |_, _, times| {
        Err(match times {
            1 => Error::new(Code::ServiceUnavailable, "the lamp is out").hint("light it"),
            _ => Error::invalid_params("colour: it is missing"),
        })
    });
    let stage = Stage::with(made);
    let mut raw = stage.legacy(json!({})).await;
    let out = raw.request(1, "tools/call", json!({ "name": "lamp" })).await;
    assert_eq!(out["result"]["isError"], true);
    let told = text(&out);
    assert!(told.contains("the lamp is out") && told.contains("light it"), "{told}");
    assert!(told.ends_with("Next: engine_health {}"), "{told}");
    let wrong = raw.request(2, "tools/call", json!({ "name": "lamp" })).await;
    assert!(text(&wrong).ends_with("Next: change the arguments and call it again"), "{wrong}");
}

#[tokio::test]
async fn structured_answers_follow_schema_and_era() {
    let schema = json!({ "type": "object" }).as_object().cloned();
    let hints = Hints { read_only: true, ..Hints::default() };
    let tools = vec![Tool { output: schema, hints, ..tool("lamp") }];
    let made = Made::new(tools, |params, _, _| {
        let structured = params.arguments.get("give").cloned();
        Ok(CallReply { structured, ..said("on") })
    });
    let stage = Stage::with(made);
    let mut raw = stage.legacy(json!({})).await;
    let give = |value: Value| json!({ "name": "lamp", "arguments": { "give": value } });
    let good = raw.request(1, "tools/call", give(json!({ "on": true }))).await;
    assert_eq!(good["result"]["structuredContent"], json!({ "on": true }));
    // Clients check the answer against the schema: without data it is a failure.
    let none = raw.request(2, "tools/call", json!({ "name": "lamp" })).await;
    assert_eq!(none["result"]["isError"], true, "{none}");
    let list = raw.request(3, "tools/call", give(json!([1]))).await;
    assert_eq!(list["result"]["isError"], true, "the older era has objects alone: {list}");
    let huge = raw.request(4, "tools/call", give(json!({ "a": "b".repeat(50_000) }))).await;
    assert_eq!(huge["result"]["isError"], true);
    assert!(huge["result"].get("structuredContent").is_none());

    let mut raw = stage.modern();
    let list = raw.request(1, "tools/call", with_meta(give(json!([1])), &json!({}))).await;
    assert_eq!(list["result"]["structuredContent"], json!([1]));
}

#[tokio::test]
async fn prompts_are_filled_in_and_completed() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.legacy(json!({})).await;
    let arguments = json!({ "arg1": "hello", "arg2": "world" });
    let params = json!({ "name": "test_prompt_with_arguments", "arguments": arguments });
    let filled = raw.request(1, "prompts/get", params).await;
    let said = filled["result"]["messages"][0]["content"]["text"].as_str().expect("a text");
    assert_eq!(said, "Prompt with arguments: arg1='hello', arg2='world'");
    let missing = json!({ "name": "test_prompt_with_arguments", "arguments": {} });
    let missing = raw.request(2, "prompts/get", missing).await;
    assert_eq!(missing["error"]["code"], -32602, "{missing}");
    let unknown = raw.request(3, "prompts/get", json!({ "name": "no_such_prompt" })).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");

    let of = |kind: &str, name: &str, value: &str| {
        let member = if kind == "ref/prompt" { "name" } else { "uri" };
        json!({
            "ref": { "type": kind, member: name },
            "argument": { "name": "arg1", "value": "par" },
            "context": { "arguments": { "other": value } },
        })
    };
    let prompt = of("ref/prompt", "test_prompt_with_arguments", "x");
    let proposed = raw.request(4, "completion/complete", prompt).await;
    assert_eq!(proposed["result"]["completion"]["values"], json!(["paris", "park", "party"]));
    let template = of("ref/resource", "test://template/{id}/data", "x");
    let proposed = raw.request(5, "completion/complete", template).await;
    assert_eq!(proposed["result"]["completion"]["hasMore"], false, "{proposed}");
}
