//! The wire's form of guests, item by item.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::*;

/// What is read from the wire, and that the same goes back.
fn reads<T: Serialize + DeserializeOwned>(wire: &Value) -> T {
    let read: T = serde_json::from_value(wire.clone()).expect("a value of this type");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), *wire);
    read
}

#[test]
fn the_forms_on_the_wire() {
    let tool = json!({ "name": "t", "description": "d", "input": { "type": "object" } });
    let tool: Tool = serde_json::from_value(tool).expect("a tool");
    assert!(tool.hints.destructive && tool.hints.open_world && !tool.hints.read_only);

    reads::<Block>(&json!({ "block": "text", "text": "words" }));
    reads::<Block>(&json!({ "block": "image", "data": "AA==", "mime_type": "image/png" }));
    reads::<Block>(&json!({ "block": "resource", "uri": "a://b", "text": "words" }));
    reads::<Block>(&json!({ "block": "link", "uri": "a://b", "name": "b" }));
    reads::<Owner>(&json!({ "prompt": "p" }));
    reads::<Owner>(&json!({ "template": "a://{b}" }));
    assert_eq!(reads::<Note>(&json!({ "changed": {} })), Note::Changed {});
    assert_eq!(reads::<Note>(&json!({ "updated": "a://b" })), Note::Updated("a://b".into()));

    let params = json!({ "elicitation": 1 });
    let question = json!({ "kind": "elicitation", "params": params });
    let asks = json!({ "questions": { "name": question }, "state": "s" });
    let reply = json!({ "content": [], "is_error": false, "asks": asks });
    assert!(reads::<CallReply>(&reply).asks.is_some());
}

#[test]
fn a_call_of_nothing_but_a_name_passes() {
    let call: CallParams = serde_json::from_value(json!({ "tool": "t" })).expect("params");
    assert_eq!(call.round, Round::default());
    assert!(serde_json::from_value::<CallParams>(json!({ "tool": "t", "tols": 1 })).is_err());
}

#[test]
fn levels_are_ordered() {
    assert!(LogLevel::Debug < LogLevel::Info && LogLevel::Critical < LogLevel::Emergency);
}

#[test]
fn guests_are_no_part_of_the_catalogue() {
    for method in GUEST {
        assert_eq!(method.noun(), "guest");
        assert!(super::super::find(method.name).is_none(), "{} is listed", method.name);
    }
}
