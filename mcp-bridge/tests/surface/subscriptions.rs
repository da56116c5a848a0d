//! Being told of changes, in both eras.

use std::time::Duration;

use goxe_mcp_bridge::manager::Happening;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::{
    lively::Lively,
    session::{Raw, modern, start},
};

const UPDATED: &str = "notifications/resources/updated";
const LIST_CHANGED: &str = "notifications/resources/list_changed";

async fn legacy(daemon: &std::sync::Arc<Lively>, uris: &[&str]) -> Raw {
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    for uri in uris {
        let answer = raw.request(1, "resources/subscribe", json!({ "uri": uri })).await;
        assert_eq!(answer["result"], json!({}), "{answer}");
    }
    raw
}

async fn listen(daemon: &std::sync::Arc<Lively>, filter: Value) -> (Raw, Value) {
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    let params = json!({ "_meta": modern(&json!({})), "notifications": filter });
    let request =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params });
    raw.send(request).await;
    let acknowledged = raw.next().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    (raw, acknowledged["params"]["notifications"].clone())
}

/// The next messages: methods and URIs.
async fn told(raw: &mut Raw, count: usize) -> Vec<(String, Value)> {
    let mut told = Vec::new();
    for _ in 0..count {
        let message = raw.next().await;
        let method = message["method"].as_str().expect("a notification").to_owned();
        told.push((method, message["params"]["uri"].clone()));
    }
    told.sort_by_key(|(method, uri)| (method.clone(), uri.to_string()));
    told
}

/// Nothing more comes.
async fn silent(raw: &mut Raw) {
    let more = timeout(Duration::from_millis(400), raw.output.next_line()).await;
    assert!(more.is_err(), "{more:?}");
}

fn updated(uri: &str) -> (String, Value) {
    (UPDATED.to_owned(), json!(uri))
}

#[tokio::test]
async fn an_edit_is_told_to_who_watches_its_project() {
    let castle = ["goxe://projects/castle", "goxe://projects/castle/layers/roof"];
    let tower = "goxe://projects/tower";
    let daemon = Lively::with(&["castle", "tower"]);
    let mut older = legacy(&daemon, &[castle[0], castle[1], tower]).await;
    daemon.is_followed().await;
    let newer = Lively::with(&["castle", "tower"]);
    let filter = json!({ "resourceSubscriptions": [castle[0], castle[1], tower] });
    let (mut modern, accepted) = listen(&newer, filter.clone()).await;
    assert_eq!(accepted, filter);
    newer.is_followed().await;
    for (daemon, raw) in [(&daemon, &mut older), (&newer, &mut modern)] {
        daemon.project("castle", "edited").await;
        assert_eq!(told(raw, 2).await, [updated(castle[0]), updated(castle[1])]);
        silent(raw).await;
    }
    let _ = older.request(2, "resources/unsubscribe", json!({ "uri": castle[0] })).await;
    daemon.project("castle", "edited").await;
    assert_eq!(told(&mut older, 1).await, [updated(castle[1])]);
}

#[tokio::test]
async fn every_notice_of_the_modern_era_names_its_subscription() {
    let daemon = Lively::with(&[]);
    let filter =
        json!({ "resourcesListChanged": true, "resourceSubscriptions": ["goxe://status"] });
    let (mut raw, _) = listen(&daemon, filter).await;
    daemon.is_followed().await;
    daemon.project("castle", "created").await;
    for _ in 0..2 {
        let message = raw.next().await;
        let id = &message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
        assert_eq!(*id, json!(1), "{message}");
    }
}

#[tokio::test]
async fn the_list_changes_when_projects_come_and_go() {
    let daemon = Lively::with(&["castle"]);
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    assert_eq!(daemon.followed(), 0, "nobody has asked for resources");
    let _ = raw.request(1, "resources/list", json!({})).await;
    daemon.is_followed().await;
    for what in ["created", "deleted"] {
        daemon.project("tower", what).await;
        assert_eq!(raw.next().await["method"], LIST_CHANGED);
    }
    daemon.project("tower", "edited").await;
    silent(&mut raw).await;
    assert_eq!(daemon.followed(), 1);
}

#[tokio::test]
async fn after_a_gap_and_a_restart_everything_is_worth_a_look() {
    let daemon = Lively::with(&["castle"]);
    let uris = ["goxe://guide", "goxe://jobs/j1", "goxe://projects/castle", "goxe://status"];
    let mut raw = legacy(&daemon, &uris).await;
    daemon.is_followed().await;
    for happening in [Happening::Gap, Happening::Anew] {
        daemon.happen(happening).await;
        assert_eq!(told(&mut raw, 3).await, [updated(uris[1]), updated(uris[2]), updated(uris[3])]);
    }
    daemon.happen(Happening::Lost).await;
    assert_eq!(told(&mut raw, 1).await, [updated("goxe://status")]);
}

#[tokio::test]
async fn a_storm_of_edits_is_told_four_times_a_second() {
    let daemon = Lively::with(&["castle"]);
    let mut raw = legacy(&daemon, &["goxe://projects/castle"]).await;
    daemon.is_followed().await;
    let begin = Instant::now();
    let edits = tokio::spawn({
        let daemon = daemon.clone();
        async move {
            let mut count = 0;
            while begin.elapsed() < Duration::from_millis(1100) {
                daemon.project("castle", "edited").await;
                count += 1;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            count
        }
    });
    let mut count = 0;
    while begin.elapsed() < Duration::from_millis(1100) {
        match timeout(Duration::from_millis(300), raw.next()).await {
            Ok(message) => {
                assert_eq!(message["method"], UPDATED);
                count += 1;
            }
            Err(_) => break,
        }
    }
    assert!(edits.await.expect("edits") > 50);
    assert!((3..=6).contains(&count), "{count} notices in 1.1 s");
}

#[tokio::test]
async fn what_nobody_can_watch_is_refused_or_left_out() {
    let daemon = Lively::with(&[]);
    let mut raw = legacy(&daemon, &[]).await;
    let refused = raw.request(2, "resources/subscribe", json!({ "uri": "file:///etc" })).await;
    assert_eq!(refused["error"]["code"], -32002, "{refused}");
    for index in 0..256 {
        let params = json!({ "uri": format!("goxe://jobs/j{index}") });
        let _ = raw.request(3, "resources/subscribe", params).await;
    }
    let refused = raw.request(4, "resources/subscribe", json!({ "uri": "goxe://status" })).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    let again = raw.request(5, "resources/subscribe", json!({ "uri": "goxe://jobs/j7" })).await;
    assert_eq!(again["result"], json!({}));

    let filter = json!({ "resourceSubscriptions": ["file:///etc", "goxe://status"] });
    let (_, accepted) = listen(&daemon, filter).await;
    assert_eq!(accepted, json!({ "resourceSubscriptions": ["goxe://status"] }));
}

#[tokio::test]
async fn recent_events_are_what_was_told_with_the_past_before_it() {
    let daemon = Lively::with(&["castle"]);
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let data = json!({ "project": "castle", "what": "edited", "author": "ann" });
    let teller = tokio::spawn({
        let daemon = daemon.clone();
        async move {
            daemon.is_followed().await;
            let note = goxe_protocol::api::event::EventNote {
                subscription: "s".into(),
                seq: 4,
                topic: "project".into(),
                data,
            };
            daemon.happen(Happening::Before(note)).await;
            daemon.happen(Happening::Anew).await;
        }
    });
    let answer = raw.request(1, "resources/read", json!({ "uri": "goxe://events/recent" })).await;
    teller.await.expect("told");
    let events = answer["result"]["contents"][0]["text"].as_str().expect("text");
    let events: Value = serde_json::from_str(events).expect("JSON");
    let first = json!({ "seq": 4, "topic": "project", "project": "castle", "what": "edited", "author": "ann" });
    assert_eq!(events["events"][0], first);
    assert_eq!(events["events"][1]["what"], "followed");
}
