//! Sessions of both eras as they go by, and what the next process makes of them.

use serde_json::{Value, json};

use super::*;

/// A session that takes lines as a client writes them.
#[derive(Default)]
struct Seen(Session);

impl Seen {
    fn after(lines: Vec<String>) -> Self {
        Seen(Session::after(lines))
    }

    fn says(&mut self, message: &Value) -> String {
        let line = message.to_string();
        self.0.received(&serde_json::from_str(&line).expect("a message"), line.as_bytes());
        line
    }

    fn asks(&mut self, id: u32, method: &str, params: Value) -> String {
        let mut params = params;
        if params.get("_meta").is_none() && method != "initialize" {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        self.says(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
    }

    /// Whether the answer is written.
    fn answers(&mut self, id: u32) -> bool {
        self.0.sent(&message(&json!({ "jsonrpc": "2.0", "id": id, "result": {} })))
    }

    fn fails(&mut self, id: u32) -> bool {
        let error = json!({ "code": -32602, "message": "no" });
        self.0.sent(&message(&json!({ "jsonrpc": "2.0", "id": id, "error": error })))
    }

    /// Whether the acknowledgement is written.
    fn acknowledges(&mut self, id: u32) -> bool {
        self.0.sent(&message(&json!({
            "jsonrpc": "2.0",
            "method": "notifications/subscriptions/acknowledged",
            "params": {
                "_meta": { "io.modelcontextprotocol/subscriptionId": id },
                "notifications": { "toolsListChanged": true },
            },
        })))
    }

    fn reads_again(&mut self) -> usize {
        let mut count = 0;
        while let Some(line) = self.0.next_again() {
            let message = serde_json::from_str(&line).expect("a message");
            self.0.received_again(&message, line.as_bytes());
            count += 1;
        }
        count
    }
}

fn message(value: &Value) -> TxJsonRpcMessage<RoleServer> {
    serde_json::from_value(value.clone()).expect("a message")
}

fn begin() -> Value {
    json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "tests", "version": "1" },
    })
}

/// A session of the older era that watches a resource.
fn legacy() -> (Seen, Vec<String>) {
    let mut seen = Seen::default();
    let mut lines = vec![seen.asks(1, "initialize", begin())];
    assert!(!seen.0.is_quiet(), "it is not answered");
    assert!(seen.answers(1));
    lines.push(seen.says(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })));
    lines.push(seen.asks(2, "resources/subscribe", json!({ "uri": "goxe://status" })));
    assert!(seen.answers(2));
    (seen, lines)
}

#[test]
fn the_older_era_reads_its_handshake_again_and_the_client_gets_no_second_answer() {
    let (mut seen, lines) = legacy();
    seen.asks(3, "tools/call", json!({ "name": "project", "arguments": {} }));
    assert!(!seen.0.is_quiet());
    assert!(seen.answers(3));
    assert!(seen.0.is_quiet());
    assert_eq!(seen.0.lines(), lines);

    let mut next = Seen::after(lines.clone());
    assert!(!next.0.is_quiet() && !next.0.is_restored());
    assert_eq!(next.reads_again(), 3);
    assert!(!next.answers(1) && !next.answers(2), "the client has these");
    assert!(next.0.is_quiet() && next.0.is_restored());
    assert_eq!(next.0.lines(), lines, "and so it goes on for ever");
    next.asks(4, "tools/list", json!({}));
    assert!(next.answers(4), "what is new is answered");
}

#[test]
fn a_subscription_of_the_newer_era_lives_on_until_it_is_cancelled_or_answered() {
    let mut seen = Seen::default();
    let filter = || json!({ "notifications": { "toolsListChanged": true } });
    let lines = vec![
        seen.asks(1, "subscriptions/listen", filter()),
        seen.asks(2, "subscriptions/listen", filter()),
    ];
    assert!(!seen.0.is_quiet(), "neither is acknowledged");
    assert!(seen.acknowledges(1) && seen.acknowledges(2));
    assert!(seen.0.is_quiet());
    assert_eq!(seen.0.lines(), lines);

    let mut next = Seen::after(lines.clone());
    assert_eq!(next.reads_again(), 2);
    assert!(!next.acknowledges(1), "the client has this");
    assert!(!next.0.is_quiet());
    assert!(!next.acknowledges(2));
    assert!(next.0.is_quiet());
    next.says(&json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 },
    }));
    assert_eq!(next.0.lines(), lines[1..]);
    assert!(next.answers(2), "its end is told");
    assert_eq!(next.0.lines(), [""; 0]);

    // One that the next process refuses has ended too, and its client is told.
    let mut next = Seen::after(lines);
    next.reads_again();
    assert!(next.fails(1) && !next.acknowledges(2));
    assert!(next.0.is_quiet());
}

#[test]
fn what_no_longer_counts_is_not_kept() {
    let (mut seen, lines) = legacy();
    seen.asks(5, "resources/subscribe", json!({ "uri": "goxe://unknown" }));
    assert!(seen.fails(5));
    seen.asks(6, "resources/subscribe", json!({ "uri": "goxe://config" }));
    seen.asks(7, "resources/unsubscribe", json!({ "uri": "goxe://config" }));
    assert!(seen.answers(6) && seen.answers(7));
    assert_eq!(seen.0.lines(), lines);
    for id in 8..20 {
        seen.asks(id, "logging/setLevel", json!({ "level": "info" }));
        seen.asks(id + 100, "resources/list", json!({}));
        assert!(seen.answers(id) && seen.answers(id + 100));
    }
    assert_eq!(seen.0.lines().len(), lines.len() + 2, "the last word of each");
}

#[test]
fn nothing_on_its_way_is_cut_off() {
    let (mut seen, _) = legacy();
    seen.asks(3, "tools/call", json!({ "name": "project", "arguments": {} }));
    seen.says(&json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 3 },
    }));
    assert!(seen.0.is_quiet(), "nobody waits for it any more");
    let ping = json!({ "jsonrpc": "2.0", "id": 0, "method": "ping" });
    assert!(seen.0.sent(&message(&ping)));
    assert!(!seen.0.is_quiet(), "we wait for the client");
    seen.says(&json!({ "jsonrpc": "2.0", "id": 0, "result": {} }));
    assert!(seen.0.is_quiet());
}

#[test]
fn a_session_that_is_too_large_ends_with_its_process() {
    let mut seen = Seen::default();
    for id in 0..2_000 {
        let uri = format!("goxe://projects/{id}/{}", "x".repeat(1_000));
        seen.asks(id, "resources/subscribe", json!({ "uri": uri }));
        assert!(seen.answers(id));
    }
    assert!(!seen.0.is_quiet());
    let bytes: usize = seen.0.lines().iter().map(String::len).sum();
    assert!(bytes <= KEPT_BYTES_MAX, "{bytes}");
}
