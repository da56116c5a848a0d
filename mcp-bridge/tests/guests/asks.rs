//! Guests that have to ask: in the modern era between two calls, in the older one in the middle.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use goxe_protocol::api::guest::{AskKind, Asks, CallReply, Question};
use serde_json::{Map, Value, json};

use crate::stage::{Made, Stage, text, tool, with_meta};
use crate::suite::Suite;

fn call(name: &str) -> Value {
    json!({ "name": name, "arguments": {} })
}

#[tokio::test]
async fn a_client_of_the_older_era_is_asked_while_its_call_waits() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.legacy(json!({ "elicitation": {}, "sampling": {}, "roots": {} })).await;
    let params = call("test_input_required_result_multiple_inputs");
    raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await;
    let mut asked = Vec::new();
    let answer = loop {
        let message = raw.next().await;
        let result = match message["method"].as_str() {
            None => break message,
            Some("elicitation/create") => {
                json!({ "action": "accept", "content": { "name": "Ann" } })
            }
            Some("sampling/createMessage") => json!({
                "role": "assistant", "model": "m",
                "content": { "type": "text", "text": "Good day" },
            }),
            Some("roots/list") => json!({ "roots": [{ "uri": "file:///home" }] }),
            Some(other) => panic!("{other} is no question"),
        };
        asked.push(message["method"].clone());
        raw.send(json!({ "jsonrpc": "2.0", "id": message["id"], "result": result })).await;
    };
    asked.sort_by_key(Value::to_string);
    assert_eq!(asked, ["elicitation/create", "roots/list", "sampling/createMessage"]);
    let told = text(&answer);
    for word in ["Ann", "Good day", "file:///home"] {
        assert!(told.contains(word), "{told}");
    }
}

#[tokio::test]
async fn nobody_is_asked_what_was_not_declared() {
    let stage = Stage::with(Suite::default());
    // The next message is the answer: there was no question.
    let mut raw = stage.legacy(json!({ "sampling": {} })).await;
    let params = json!({ "name": "test_elicitation", "arguments": { "message": "m" } });
    raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await;
    let answer = raw.next().await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let told = text(&answer);
    assert!(told.contains("does not offer elicitation") && told.contains("Next: "), "{told}");

    let mut raw = stage.modern();
    let params = with_meta(call("test_missing_capability"), &json!({ "elicitation": {} }));
    let refused = raw.request(1, "tools/call", params).await;
    assert_eq!(refused["error"]["code"], -32021, "{refused}");
    assert_eq!(refused["error"]["data"], json!({ "requiredCapabilities": { "sampling": {} } }));
    // A guest knows what may be asked, and can ask less.
    let params =
        with_meta(call("test_input_required_result_capabilities"), &json!({ "sampling": {} }));
    let asks = raw.request(2, "tools/call", params).await;
    let questions = asks["result"]["inputRequests"].as_object().expect("questions");
    assert_eq!(questions.keys().collect::<Vec<_>>(), ["greeting"]);
}

#[tokio::test]
async fn a_client_of_the_modern_era_calls_again_with_the_answers() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.modern();
    let able = json!({ "elicitation": {} });
    let mut params = with_meta(call("test_input_required_result_multi_round"), &able);
    for (id, key, content) in
        [(1, "step1", json!({ "name": "Ann" })), (2, "step2", json!({ "color": "red" }))]
    {
        let asks = raw.request(id, "tools/call", params.clone()).await;
        assert_eq!(asks["result"]["resultType"], "input_required", "{asks}");
        assert_eq!(asks["result"]["inputRequests"][key]["method"], "elicitation/create");
        params["inputResponses"] = json!({ key: { "action": "accept", "content": content } });
        params["requestState"] = asks["result"]["requestState"].clone();
    }
    let done = raw.request(3, "tools/call", params.clone()).await;
    assert_eq!(text(&done), "Both steps are done.");

    // What came through the client's hands is not believed.
    params["requestState"] = json!("two.0123456789abcdef");
    let refused = raw.request(4, "tools/call", params).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
}

#[tokio::test]
async fn answers_of_a_wrong_form_are_asked_for_again() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.modern();
    let mut params =
        with_meta(call("test_input_required_result_elicitation"), &json!({ "elicitation": {} }));
    let right = json!({ "action": "accept", "content": { "name": "Ann" } });
    let table = [
        (json!(null), false),
        (json!({ "user_name": 12345 }), false),
        (json!({ "another": right }), false),
        (json!({ "user_name": right, "more": right }), true),
    ];
    for (id, (answers, expect)) in (1..).zip(table) {
        params["inputResponses"] = answers.clone();
        let answer = raw.request(id, "tools/call", params.clone()).await;
        let done = answer["result"]["resultType"] == "complete";
        assert_eq!(done, expect, "{answers}: {answer}");
    }
}

#[tokio::test]
async fn prompts_may_ask_too() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.modern();
    let params = json!({ "name": "test_input_required_result_prompt" });
    let mut params = with_meta(params, &json!({ "elicitation": {} }));
    let asks = raw.request(1, "prompts/get", params.clone()).await;
    assert_eq!(asks["result"]["resultType"], "input_required", "{asks}");
    let answer = json!({ "action": "accept", "content": { "context": "a castle" } });
    params["inputResponses"] = json!({ "user_context": answer });
    let filled = raw.request(2, "prompts/get", params).await;
    let said = filled["result"]["messages"][0]["content"]["text"].as_str().expect("a text");
    assert!(said.contains("a castle"), "{said}");
}

#[tokio::test]
async fn a_guest_that_never_stops_asking_is_stopped() {
    let made = Made::new(vec![tool("curious")], |_, _, _| {
        let question = Question { kind: AskKind::Roots, params: Map::new() };
        let questions = BTreeMap::from([("where".to_owned(), question)]);
        let asks = Some(Asks { questions, state: None });
        Ok(CallReply { asks, ..CallReply::default() })
    });
    let calls = made.calls.clone();
    let stage = Stage::with(made);
    let mut raw = stage.legacy(json!({ "roots": {} })).await;
    let params = call("curious");
    raw.send(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await;
    let answer = loop {
        let message = raw.next().await;
        if message.get("method").is_none() {
            break message;
        }
        let result = json!({ "roots": [] });
        raw.send(json!({ "jsonrpc": "2.0", "id": message["id"], "result": result })).await;
    };
    assert!(text(&answer).contains("asked 10 times"), "{answer}");
    assert_eq!(calls.load(Ordering::SeqCst), 10);
}
