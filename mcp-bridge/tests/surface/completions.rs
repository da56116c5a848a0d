//! Completions over the wire.

use serde_json::{Value, json};

use crate::{
    lively::Lively,
    session::{Raw, start},
};

fn prompt(name: &str) -> Value {
    json!({ "type": "ref/prompt", "name": name })
}

fn template(uri: &str) -> Value {
    json!({ "type": "ref/resource", "uri": uri })
}

async fn complete(raw: &mut Raw, reference: Value, argument: &str, typed: &str) -> Value {
    let params = json!({
        "ref": reference,
        "argument": { "name": argument, "value": typed },
        "context": { "arguments": { "project": "castle" } },
    });
    raw.request(1, "completion/complete", params).await
}

#[tokio::test]
async fn names_are_completed_from_the_daemon() {
    let mut raw = start(Lively::with(&["castle", "my castle", "tower"]), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let layers = "goxe://projects/{project}/layers/{layer}";
    let cases = [
        (prompt("review_model"), "project", "cas", json!(["castle", "my castle"])),
        (prompt("review_model"), "checkpoint", "", json!(["before roof"])),
        (prompt("review_model"), "view", "iso", json!(["isometric"])),
        (prompt("build_model"), "size", "me", json!(["medium"])),
        (prompt("build_model"), "goal", "a", json!([])),
        (
            template("goxe://projects/{project}"),
            "project",
            "t",
            json!(["tower", "castle", "my castle"]),
        ),
        (template(layers), "project", "tow", json!(["tower"])),
        (template(layers), "layer", "layer 1", json!(["layer 1"])),
        (template("goxe://jobs/{id}"), "id", "", json!(["j1"])),
        (template("goxe://renders/{id}.png"), "id", "", json!(["j1"])),
    ];
    for (reference, argument, typed, expect) in cases {
        let answer = complete(&mut raw, reference.clone(), argument, typed).await;
        let completion = &answer["result"]["completion"];
        assert_eq!(completion["values"], expect, "{reference} {argument}: {answer}");
        assert_eq!(completion["hasMore"], false);
        assert_eq!(completion["total"], json!(expect.as_array().map(Vec::len)));
    }
}

#[tokio::test]
async fn without_a_daemon_there_are_none_and_none_is_started() {
    let daemon = Lively::absent();
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let answer = complete(&mut raw, prompt("review_model"), "project", "").await;
    assert_eq!(answer["result"]["completion"]["values"], json!([]), "{answer}");
    assert_eq!(daemon.fake.seen().len(), 0);
}

#[tokio::test]
async fn of_many_names_a_hundred_are_shown() {
    let names: Vec<String> = (0..130).map(|index| format!("p{index:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut raw = start(Lively::with(&names), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let answer = complete(&mut raw, prompt("review_model"), "project", "p").await;
    let completion = &answer["result"]["completion"];
    assert_eq!(completion["values"].as_array().map(Vec::len), Some(100));
    assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(130), &json!(true)));
}

#[tokio::test]
async fn what_is_not_there_cannot_be_completed() {
    let mut raw = start(Lively::with(&[]), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    for (reference, argument) in [
        (prompt("destroy_model"), "project"),
        (prompt("review_model"), "layer"),
        (template("file:///{path}"), "path"),
        (template("goxe://jobs/{id}"), "job"),
    ] {
        let refused = complete(&mut raw, reference.clone(), argument, "").await;
        assert_eq!(refused["error"]["code"], -32602, "{reference} {argument}: {refused}");
    }
}
