//! Resources of guests: reading them, and being told when they change.

use serde_json::json;

use crate::stage::{Stage, with_meta};
use crate::suite::Suite;

const WATCHED: &str = "test://watched-resource";

#[tokio::test]
async fn resources_and_templates_are_read() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.legacy(json!({})).await;
    let text = raw.request(1, "resources/read", json!({ "uri": "test://static-text" })).await;
    let content = &text["result"]["contents"][0];
    assert_eq!(content["mimeType"], "text/plain");
    let binary = raw.request(2, "resources/read", json!({ "uri": "test://static-binary" })).await;
    assert!(binary["result"]["contents"][0]["blob"].is_string(), "{binary}");
    let uri = "test://template/123/data";
    let of_template = raw.request(3, "resources/read", json!({ "uri": uri })).await;
    let content = of_template["result"]["contents"][0]["text"].as_str().expect("a text");
    assert!(content.contains("123"), "{content}");
}

#[tokio::test]
async fn what_nobody_has_is_told_in_the_words_of_the_era() {
    let stage = Stage::with(Suite::default());
    let uri = "test://no-such-thing";
    let mut raw = stage.legacy(json!({})).await;
    let old = raw.request(1, "resources/read", json!({ "uri": uri })).await;
    assert_eq!(old["error"]["code"], -32002, "{old}");
    let mut raw = stage.modern();
    let new = raw.request(1, "resources/read", with_meta(json!({ "uri": uri }), &json!({}))).await;
    assert_eq!(new["error"]["code"], -32602, "{new}");
    assert_eq!(new["error"]["data"]["uri"], uri);
    // What is ours never reaches a guest.
    let before = stage.host.seen().iter().filter(|method| *method == "guest.read").count();
    for uri in ["goxe://nothing", "file:///etc/passwd", "nothing"] {
        let params = with_meta(json!({ "uri": uri }), &json!({}));
        let refused = raw.request(2, "resources/read", params).await;
        assert!(refused["error"].is_object(), "{refused}");
    }
    let after = stage.host.seen().iter().filter(|method| *method == "guest.read").count();
    assert_eq!(before, after);
}

#[tokio::test]
async fn who_subscribed_is_told_until_it_unsubscribes() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.legacy(json!({})).await;
    let answer = raw.request(1, "resources/subscribe", json!({ "uri": WATCHED })).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    while stage.host.watchers(WATCHED) == 0 {
        tokio::task::yield_now().await;
    }
    stage.host.updated(WATCHED);
    let told = raw.next().await;
    assert_eq!(told["method"], "notifications/resources/updated");
    assert_eq!(told["params"]["uri"], WATCHED);
    raw.request(2, "resources/unsubscribe", json!({ "uri": WATCHED })).await;
    while stage.host.watchers(WATCHED) > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_listener_of_the_modern_era_is_told() {
    let stage = Stage::with(Suite::default());
    let mut raw = stage.modern();
    let filter =
        json!({ "notifications": { "resourceSubscriptions": [WATCHED, "goxe://none/x"] } });
    let params = with_meta(filter, &json!({}));
    let request =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params });
    raw.send(request).await;
    let accepted = raw.next().await;
    let uris = &accepted["params"]["notifications"]["resourceSubscriptions"];
    assert_eq!(*uris, json!([WATCHED]), "{accepted}");
    while stage.host.watchers(WATCHED) == 0 {
        tokio::task::yield_now().await;
    }
    stage.host.updated("test://static-text");
    stage.host.updated(WATCHED);
    let told = raw.next().await;
    assert_eq!(told["params"]["uri"], WATCHED, "{told}");
}
