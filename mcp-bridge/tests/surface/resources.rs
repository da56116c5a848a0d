//! Lists and readings of resources.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use goxe_protocol::{
    Code, Error,
    api::{Method, job, project, render},
};
use serde_json::{Value, json};

use crate::{
    fake::{self, PNG, Script},
    lively::{Lively, until},
    session::{Raw, modern, start},
};

/// The params of a request of the modern era.
fn with_meta(mut params: Value) -> Value {
    params["_meta"] = modern(&json!({}));
    params
}

async fn read(raw: &mut Raw, id: i64, uri: &str) -> Value {
    raw.request(id, "resources/read", json!({ "uri": uri })).await
}

/// The JSON of the one text that an answer holds.
fn text(answer: &Value) -> Value {
    let contents = answer["result"]["contents"].as_array().expect("contents");
    assert_eq!(contents.len(), 1);
    assert_eq!(contents[0]["mimeType"], "application/json");
    serde_json::from_str(contents[0]["text"].as_str().expect("text")).expect("JSON")
}

fn uris(answer: &Value) -> Vec<String> {
    let resources = answer["result"]["resources"].as_array().expect("a list");
    resources.iter().map(|it| it["uri"].as_str().expect("a URI").to_owned()).collect()
}

#[tokio::test]
async fn the_list_is_there_at_once_without_a_daemon() {
    let daemon = Lively::absent();
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let listed = raw.request(1, "resources/list", json!({})).await;
    let fixed = ["config", "events/recent", "guide", "projects", "status"];
    assert_eq!(uris(&listed), fixed.map(|path| format!("goxe://{path}")));
    assert_eq!(daemon.fake.seen().len(), 0, "nothing was started for a list");

    let templates = raw.request(2, "resources/templates/list", json!({})).await;
    let templates = templates["result"]["resourceTemplates"].as_array().expect("a list").clone();
    let templates: Vec<&str> =
        templates.iter().filter_map(|it| it["uriTemplate"].as_str()).collect();
    assert_eq!(
        templates,
        [
            "goxe://jobs/{id}",
            "goxe://projects/{project}",
            "goxe://projects/{project}/layers/{layer}",
            "goxe://renders/{id}.png",
        ]
    );
}

#[tokio::test]
async fn many_projects_come_in_pages() {
    let names: Vec<String> = (0..230).map(|index| format!("project {index:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut raw = start(Lively::with(&names), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let (mut all, mut params, mut pages) = (Vec::new(), json!({}), 0);
    loop {
        let page = raw.request(1, "resources/list", params).await;
        assert!(uris(&page).len() <= 100);
        all.extend(uris(&page));
        pages += 1;
        match &page["result"]["nextCursor"] {
            Value::String(cursor) => params = json!({ "cursor": cursor }),
            none => {
                assert!(none.is_null());
                break;
            }
        }
    }
    assert_eq!((all.len(), pages), (235, 3));
    assert!(all[5..].is_sorted() && all[5] == "goxe://projects/project%20000", "{all:?}");

    for method in ["tools/list", "resources/list", "resources/templates/list", "prompts/list"] {
        let refused = raw.request(2, method, json!({ "cursor": "nonsense" })).await;
        assert_eq!(refused["error"]["code"], -32602, "{method}: {refused}");
    }
}

#[tokio::test]
async fn everything_that_is_listed_can_be_read() {
    let mut raw = start(Lively::with(&["castle"]), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let listed = raw.request(1, "resources/list", json!({})).await;
    for uri in uris(&listed) {
        let answer = read(&mut raw, 2, &uri).await;
        assert_eq!(answer["result"]["contents"][0]["uri"], json!(uri), "{answer}");
    }
    let castle = text(&read(&mut raw, 3, "goxe://projects/castle").await);
    assert_eq!(
        (&castle["project"], &castle["layers"][0]["layer"]),
        (&json!("castle"), &json!("layer 0"))
    );
    let layer = text(&read(&mut raw, 4, "goxe://projects/castle/layers/layer%201").await);
    assert_eq!((&layer["layer"], &layer["voxels"]), (&json!("layer 1"), &json!(10)));
    let job = text(&read(&mut raw, 5, "goxe://jobs/j1").await);
    assert_eq!(job["job"]["state"], "done");
    let status = text(&read(&mut raw, 6, "goxe://status").await);
    assert_eq!(status["daemon"]["condition"], "down");
    let projects = text(&read(&mut raw, 7, "goxe://projects").await);
    assert_eq!(projects["projects"][0]["project"], "castle");
    let guide = read(&mut raw, 8, "goxe://guide").await;
    assert_eq!(guide["result"]["contents"][0]["mimeType"], "text/markdown");
}

#[tokio::test]
async fn the_configuration_tells_origins_and_no_secrets() {
    let mut raw = start(Lively::with(&[]), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let answer = read(&mut raw, 1, "goxe://config").await;
    assert!(!answer.to_string().contains("hush"), "{answer}");
    let values = text(&answer)["values"].clone();
    let lanes = json!({ "key": "engine.lanes", "value": 2, "origin": "/etc/goxe.toml:3" });
    assert_eq!(values[0], lanes);
    assert_eq!(values[1]["value"], "(hidden)");
}

#[tokio::test]
async fn a_resource_that_is_not_there_has_the_error_of_its_era() {
    let daemon = Lively::with(&["castle"]);
    let gone = || goxe_mcp_bridge::manager::CallError::Answer(Error::new(Code::NotFound, "gone"));
    for method in [project::Info::NAME, job::Status::NAME] {
        daemon.fake.script(method, Script::Fail(std::sync::Arc::new(gone)));
    }
    let missing = [
        "goxe://nothing",
        "file:///etc/passwd",
        "goxe://projects/tower",
        "goxe://projects/castle/layers/cellar",
        "goxe://jobs/j9",
        "goxe://renders/r9.png",
    ];
    let mut legacy = start(daemon.clone(), &std::env::temp_dir());
    legacy.initialize(json!({})).await;
    for uri in missing {
        let answer = read(&mut legacy, 1, uri).await;
        assert_eq!(answer["error"]["code"], -32002, "{uri}: {answer}");
        assert_eq!(answer["error"]["data"]["uri"], json!(uri));
        let mut raw = start(daemon.clone(), &std::env::temp_dir());
        let answer = raw.request(1, "resources/read", with_meta(json!({ "uri": uri }))).await;
        assert_eq!(answer["error"]["code"], -32602, "{uri}: {answer}");
    }
}

#[tokio::test]
async fn a_picture_is_linked_and_can_be_read_again() {
    let mut raw = start(Lively::with(&["castle"]), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let call = json!({ "name": "render_view", "arguments": { "project": "castle" } });
    let result = raw.request(1, "tools/call", call).await["result"].take();
    let content = result["content"].as_array().expect("content");
    assert_eq!(
        (&content[1]["type"], &content[2]["type"]),
        (&json!("image"), &json!("resource_link"))
    );
    let uri = content[2]["uri"].as_str().expect("a URI").to_owned();
    assert!(uri.starts_with("goxe://renders/") && uri.ends_with(".png"), "{uri}");
    assert!(content[0]["text"].as_str().expect("text").contains(&uri), "{result}");
    assert!(result.get("structuredContent").is_none());

    let answer = read(&mut raw, 2, &uri).await["result"].take();
    let blob = &answer["contents"][0];
    assert_eq!(blob["mimeType"], "image/png");
    assert_eq!(BASE64.decode(blob["blob"].as_str().expect("base64")).as_deref(), Ok(PNG));
}

#[tokio::test]
async fn the_picture_of_a_job_is_read_from_the_daemon() {
    let daemon = Lively::with(&["castle"]);
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let answer = read(&mut raw, 1, "goxe://renders/j1.png").await["result"].take();
    let blob = answer["contents"][0]["blob"].as_str().expect("base64");
    assert_eq!(BASE64.decode(blob).as_deref(), Ok(PNG));

    // What another job made is no picture, and too much of one is none either.
    let reply = |method: &str| job::StatusReply {
        job: fake::job_item(method, job::JobState::Done),
        reply: None,
        error: None,
    };
    let export = Script::Reply(fake::value(&reply("project.export")), Some(PNG.to_vec()));
    daemon.fake.script(job::Status::NAME, export);
    assert_eq!(read(&mut raw, 2, "goxe://renders/j2.png").await["error"]["code"], -32002);
    let huge = Script::Reply(fake::value(&reply(render::Image::NAME)), Some(vec![0; 9 << 20]));
    daemon.fake.script(job::Status::NAME, huge);
    let refused = read(&mut raw, 3, "goxe://renders/j3.png").await;
    assert!(
        refused["error"]["message"].as_str().is_some_and(|it| it.contains("bytes")),
        "{refused}"
    );
}

#[tokio::test]
async fn only_the_modern_era_has_cache_fields() {
    let reads = [
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("prompts/list", json!({})),
        ("resources/read", json!({ "uri": "goxe://guide" })),
        ("resources/read", json!({ "uri": "goxe://status" })),
    ];
    for (method, params) in reads {
        let mut raw = start(Lively::with(&["castle"]), &std::env::temp_dir());
        let answer = raw.request(1, method, with_meta(params.clone())).await["result"].take();
        assert!(answer["ttlMs"].is_u64() && answer["cacheScope"].is_string(), "{method}: {answer}");
        let lasts = method == "resources/templates/list" || params["uri"] == "goxe://guide";
        if lasts {
            assert!(answer["ttlMs"].as_u64() > Some(0), "{method}: {answer}");
        }

        let mut raw = start(Lively::with(&["castle"]), &std::env::temp_dir());
        raw.initialize(json!({})).await;
        let answer = raw.request(1, method, params).await["result"].take();
        for field in ["ttlMs", "cacheScope", "resultType"] {
            assert!(answer.get(field).is_none(), "{method}: {field}");
        }
    }
}

#[tokio::test]
async fn a_reading_that_is_cancelled_ends_in_the_daemon() {
    let daemon = Lively::with(&["castle"]);
    daemon.fake.script(project::Info::NAME, Script::Hang);
    let mut raw = start(daemon.clone(), &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let params = json!({ "uri": "goxe://projects/castle" });
    raw.send(json!({ "jsonrpc": "2.0", "id": 5, "method": "resources/read", "params": params }))
        .await;
    until(|| daemon.fake.running() > 0).await;
    let cancelled = json!({ "requestId": 5 });
    raw.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled }))
        .await;
    until(|| daemon.fake.running() == 0).await;
    // Nothing is answered to it; the next answer is the next one's.
    raw.send(json!({ "jsonrpc": "2.0", "id": 6, "method": "ping" })).await;
    assert_eq!(raw.next().await["id"], 6);
}

#[tokio::test]
async fn a_daemon_that_hangs_holds_up_no_list() {
    let daemon = Lively::with(&["castle"]);
    daemon.is_hung.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut raw = start(daemon, &std::env::temp_dir());
    raw.initialize(json!({})).await;
    let begin = std::time::Instant::now();
    assert_eq!(uris(&raw.request(1, "resources/list", json!({})).await).len(), 5);
    let params = json!({
        "ref": { "type": "ref/prompt", "name": "review_model" },
        "argument": { "name": "project", "value": "" },
    });
    let completed = raw.request(2, "completion/complete", params).await;
    assert_eq!(completed["result"]["completion"]["values"], json!([]));
    assert!(begin.elapsed() < std::time::Duration::from_secs(2), "{:?}", begin.elapsed());
}
