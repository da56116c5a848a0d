//! The examples of the JSON-RPC 2.0 specification, over the socket of the real daemon.
//!
//! The specification's examples suppose methods that subtract and sum, which no catalogue of ours has; over a test
//! catalogue they run word for word in the protocol's own tests. Here each method that the examples suppose to exist
//! becomes `system.echo`, whose result is its params, and everything else stays as it is written: ids, positional and
//! named params, notifications, batches, and every error.

use serde_json::{Value, json};

use crate::support::raw::frame;
use crate::support::{Place, Raw};

#[expect(
    dead_code,
    reason = "what the supposed methods do matters to the protocol's own tests only"
)]
#[path = "../../protocol/tests/data/jsonrpc_examples.rs"]
mod examples;

/// Methods that the examples suppose to exist.
const SUPPOSED: [&str; 6] = ["subtract", "update", "sum", "notify_hello", "notify_sum", "get_data"];

/// What is sent: the text of the example with the supposed methods renamed.
fn request(example: &examples::Example) -> String {
    SUPPOSED.iter().fold(example.request.to_owned(), |text, method| {
        text.replace(&format!("\"method\": \"{method}\""), "\"method\": \"system.echo\"")
    })
}

/// What must come back: the example's answer with the results that an echo gives.
fn answer(example: &examples::Example, request: &str) -> Value {
    let echoed = |id: &Value| {
        let sent: Value = serde_json::from_str(request).expect("a request with results is JSON");
        let calls = match sent {
            Value::Array(calls) => calls,
            call => vec![call],
        };
        let call =
            calls.into_iter().find(|call| call["id"] == *id).expect("the call of the answer");
        call.get("params").cloned().unwrap_or_else(|| json!({}))
    };
    let mut answer = examples::plain(example.answer.as_bytes());
    let members = match &mut answer {
        Value::Array(members) => members.iter_mut().collect(),
        member => vec![member],
    };
    for member in members {
        let id = member["id"].clone();
        if let Some(result) = member.get_mut("result") {
            *result = echoed(&id);
        }
    }
    answer
}

#[test]
fn the_examples_hold_in_frames_and_in_lines() {
    let place = Place::new();
    let _daemon = place.daemon();
    let socket = place.socket();
    // Messages are ours; codes and ids are the specification's.
    let without_message = |answer: Value| {
        let strip = |mut reply: Value| {
            if let Some(error) = reply.get_mut("error").and_then(Value::as_object_mut) {
                error.remove("message");
            }
            reply
        };
        match answer {
            Value::Array(replies) => Value::Array(replies.into_iter().map(strip).collect()),
            reply => strip(reply),
        }
    };
    for example in examples::EXAMPLES {
        let request = request(example);
        let expected = without_message(answer(example, &request));

        let mut framed = Raw::connect(&socket).expect("the daemon listens");
        framed.send(&frame(&request, None)).expect("the daemon takes bytes");
        framed.finish();
        let got = framed.read_frame().expect("an answer or the end");
        let got = got.map_or_else(Vec::new, |frame| frame.json.to_string().into_bytes());
        assert_eq!(without_message(examples::plain(&got)), expected, "{}, framed", example.name);
        assert_eq!(framed.read_frame().expect("the end"), None, "{}: one more", example.name);

        let mut lines = Raw::connect(&socket).expect("the daemon listens");
        lines.send(format!("{request}\n").as_bytes()).expect("the daemon takes bytes");
        lines.finish();
        let got = lines.read_line().expect("an answer or the end");
        let got = got.map_or_else(Vec::new, |json| json.to_string().into_bytes());
        assert_eq!(without_message(examples::plain(&got)), expected, "{}, lines", example.name);
        assert_eq!(lines.read_line().expect("the end"), None, "{}: one more", example.name);
    }
}
