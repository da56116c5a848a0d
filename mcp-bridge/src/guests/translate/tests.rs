//! From the wire's words to MCP's.

use goxe_protocol::api::guest::Hints;
use serde_json::{Value, json};

use super::*;

fn shown(from: Vec<Block>) -> Value {
    serde_json::to_value(blocks(from)).expect("JSON")
}

fn image(data: &str, mime_type: &str) -> Block {
    Block::Image { data: data.into(), mime_type: mime_type.into() }
}

#[test]
fn blocks_are_those_of_mcp() {
    let content = |text: Option<&str>, blob: Option<&str>| Content {
        uri: "a://b".into(),
        mime_type: Some("text/plain".into()),
        text: text.map(Into::into),
        blob: blob.map(Into::into),
    };
    let link = guest::Resource {
        uri: "a://b".into(),
        name: "b".into(),
        bytes: Some(3),
        ..guest::Resource::default()
    };
    let shown = shown(vec![
        Block::Text { text: "words".into() },
        image("AAAA", "image/png"),
        Block::Audio { data: "AAAA".into(), mime_type: "audio/wav".into() },
        Block::Resource(content(Some("words"), None)),
        Block::Resource(content(None, Some("AAAA"))),
        Block::Link(link),
    ]);
    let resource = |name: &str, value: &str| {
        let resource = json!({ "uri": "a://b", "mimeType": "text/plain", name: value });
        json!({ "type": "resource", "resource": resource })
    };
    assert_eq!(
        shown,
        json!([
            { "type": "text", "text": "words" },
            { "type": "image", "data": "AAAA", "mimeType": "image/png" },
            { "type": "audio", "data": "AAAA", "mimeType": "audio/wav" },
            resource("text", "words"),
            resource("blob", "AAAA"),
            { "type": "resource_link", "uri": "a://b", "name": "b", "size": 3 },
        ])
    );
}

#[test]
fn what_is_no_file_or_too_large_is_left_out_and_told() {
    let large = "A".repeat(MEDIA_BYTES_MAX + 4);
    for (data, mime) in [("no base64!", "image/png"), (&large, "image/png"), ("AAAA", "picture")] {
        let shown = shown(vec![image(data, mime)]);
        let text = shown[0]["text"].as_str().expect("a text");
        assert!(text.contains("left out") && text.len() < 100, "{text}");
    }
    // Together they have to fit, too.
    let half = "A".repeat(MEDIA_BYTES_MAX / 2);
    let three = [&half, &half, &half].map(|data| image(data, "image/png"));
    let shown = shown(three.into());
    assert_eq!(shown[1]["type"], "image");
    assert_eq!(shown[2]["type"], "text");
}

#[test]
fn an_answer_has_bounds() {
    let text = |text: String| Block::Text { text };
    let cut = shown(vec![text("ä".repeat(30_000)), text("more".into())]);
    let first = cut[0]["text"].as_str().expect("a text");
    assert!(first.len() < ANSWER_BYTES_MAX + 40 && first.ends_with("(20000 bytes left out)"));
    assert_eq!(cut[1]["text"], "\n(4 bytes left out)");
    let many = shown(vec![text("a".into()); 100]);
    assert_eq!(many.as_array().map(Vec::len), Some(65));
    assert_eq!(many[64]["text"], "(36 more blocks left out)");
}

#[test]
fn half_a_resource_is_none() {
    let text = |bytes: usize| Content { text: Some("a".repeat(bytes)), ..Content::default() };
    let whole = contents(vec![text(100_000)]).expect("a resource");
    assert_eq!(
        serde_json::to_value(whole).expect("JSON")[0]["text"].as_str().map(str::len),
        Some(100_000)
    );
    assert!(contents(vec![text(MEDIA_BYTES_MAX), text(1)]).is_none());
    assert!(contents(vec![Content { blob: Some("!".into()), ..Content::default() }]).is_none());
    assert!(contents(vec![Content::default()]).is_none(), "neither text nor bytes");
}

#[test]
fn descriptions_hide_nothing_from_a_terminal_and_end() {
    let input = json!({ "type": "object" }).as_object().cloned().unwrap_or_default();
    let hints = Hints { read_only: true, ..Hints::default() };
    let from = guest::Tool {
        name: "t".into(),
        title: Some("T\u{1b}[2J".into()),
        description: format!("a\u{0}b\n{}", "c".repeat(9_000)),
        input,
        output: None,
        hints,
    };
    let tool = tool(from);
    assert_eq!(tool.title.as_deref(), Some("T[2J"));
    let description = tool.description.expect("a description");
    assert!(description.starts_with("ab\nc") && description.chars().count() == 2_000);
    let hints = tool.annotations.expect("hints");
    // What only reads destroys nothing, whatever else was said or left out.
    assert_eq!((hints.read_only_hint, hints.destructive_hint), (Some(true), Some(false)));
}
