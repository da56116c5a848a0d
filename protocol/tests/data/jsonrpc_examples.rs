//! Every example of section 7 of the JSON-RPC 2.0 specification, as data: what is sent, what must come back.
//!
//! The methods are those the examples suppose: [`call`] is what they do. Answers are compared as JSON values; an error
//! of ours has a `data` member more than the examples, which [`plain`] takes off.

use serde_json::{Value, json};

/// One exchange.
pub struct Example {
    /// What it shows, in the words of the specification.
    pub name: &'static str,
    /// What the client sends.
    pub request: &'static str,
    /// What the server answers; empty for nothing.
    pub answer: &'static str,
}

const fn example(name: &'static str, request: &'static str, answer: &'static str) -> Example {
    Example { name, request, answer }
}

/// The examples, in their order.
pub const EXAMPLES: &[Example] = &[
    example(
        "rpc call with positional parameters",
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#,
        r#"{"jsonrpc": "2.0", "result": 19, "id": 1}"#,
    ),
    example(
        "rpc call with positional parameters, the other way round",
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#,
        r#"{"jsonrpc": "2.0", "result": -19, "id": 2}"#,
    ),
    example(
        "rpc call with named parameters",
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
        r#"{"jsonrpc": "2.0", "result": 19, "id": 3}"#,
    ),
    example(
        "rpc call with named parameters in the other order",
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#,
        r#"{"jsonrpc": "2.0", "result": 19, "id": 4}"#,
    ),
    example(
        "a Notification",
        r#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#,
        "",
    ),
    example("a Notification without params", r#"{"jsonrpc": "2.0", "method": "foobar"}"#, ""),
    example(
        "rpc call of non-existent method",
        r#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#,
        r#"{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"}"#,
    ),
    example(
        "rpc call with invalid JSON",
        r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#,
        r#"{"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null}"#,
    ),
    example(
        "rpc call with invalid Request object",
        r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#,
        r#"{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}"#,
    ),
    example(
        "rpc call Batch, invalid JSON",
        r#"[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ]"#,
        r#"{"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null}"#,
    ),
    example(
        "rpc call with an empty Array",
        "[]",
        r#"{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}"#,
    ),
    example(
        "rpc call with an invalid Batch (but not empty)",
        "[1]",
        r#"[{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}]"#,
    ),
    example(
        "rpc call with invalid Batch",
        "[1,2,3]",
        r#"[
            {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},
            {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},
            {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}
        ]"#,
    ),
    example(
        "rpc call Batch",
        r#"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}, {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"}, {"foo": "boo"}, {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"}, {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]"#,
        r#"[
            {"jsonrpc": "2.0", "result": 7, "id": "1"},
            {"jsonrpc": "2.0", "result": 19, "id": "2"},
            {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},
            {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "5"},
            {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}
        ]"#,
    ),
    example(
        "rpc call Batch (all notifications)",
        r#"[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]"#,
        "",
    ),
];

/// What the methods of the examples do; `None` for one that does not exist.
pub fn call(method: &str, params: &Value) -> Option<Value> {
    let number = |name: &str, index: usize| {
        params.get(name).or_else(|| params.get(index)).and_then(Value::as_i64).unwrap_or(0)
    };
    match method {
        "subtract" => Some(json!(number("minuend", 0) - number("subtrahend", 1))),
        "sum" => Some(json!((0..3).map(|index| number("", index)).sum::<i64>())),
        "get_data" => Some(json!(["hello", 5])),
        "update" | "notify_sum" | "notify_hello" => Some(Value::Null),
        _ => None,
    }
}

/// An answer as the examples show it: errors without our `data`, batches in an order of their own.
pub fn plain(answer: &[u8]) -> Value {
    if answer.is_empty() {
        return Value::Null;
    }
    let strip = |mut reply: Value| {
        if let Some(error) = reply.get_mut("error").and_then(Value::as_object_mut) {
            error.remove("data");
        }
        reply
    };
    match serde_json::from_slice(answer).expect("an answer is JSON") {
        Value::Array(replies) => {
            let mut replies: Vec<Value> = replies.into_iter().map(strip).collect();
            replies.sort_by_key(|reply| reply["id"].to_string());
            Value::Array(replies)
        }
        reply => strip(reply),
    }
}
