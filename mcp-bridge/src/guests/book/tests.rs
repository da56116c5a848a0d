//! What is taken of a daemon's list, and what is left out.

use goxe_protocol::api::guest::{Argument, Hints, Resource, Template, Tool};
use serde_json::json;

use super::*;

fn tool(name: &str) -> Tool {
    let schema = json!({ "type": "object" });
    let input = schema.as_object().cloned().unwrap_or_default();
    Tool { name: name.into(), description: "d".into(), input, ..Tool::default() }
}

fn book(list: ListReply) -> (Book, Vec<String>) {
    let taken = Taken {
        tools: BTreeSet::from(["voxels_edit".to_owned()]),
        prompts: BTreeSet::from(["build_model".to_owned()]),
    };
    Book::new(list, &taken)
}

#[test]
fn names_that_are_taken_or_no_names_are_left_out() {
    let long = "n".repeat(65);
    let names = ["b", "a", "voxels_edit", "two words", "", &long, "a", "a/b", "ä"];
    let tools = names.map(tool).into();
    let (book, left_out) = book(ListReply { tools, ..ListReply::default() });
    assert_eq!(book.tools.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(left_out.len(), 7, "{left_out:?}");
    assert!(left_out[0].contains("voxels_edit") && left_out[0].contains("taken"), "{left_out:?}");
    assert!(left_out.iter().all(|line| line.len() < 200), "{left_out:?}");
}

#[test]
fn a_schema_is_of_an_object_and_of_bearable_size() {
    let with = |schema: Value| {
        let input = schema.as_object().cloned().unwrap_or_default();
        let tools = vec![Tool { input, ..tool("t") }];
        book(ListReply { tools, ..ListReply::default() }).0.tools.len()
    };
    assert_eq!(with(json!({ "type": "object", "$defs": {}, "allOf": [{}] })), 1);
    assert_eq!(with(json!({})), 0);
    assert_eq!(with(json!({ "type": "array" })), 0);
    assert_eq!(with(json!({ "type": "object", "description": "d".repeat(20_000) })), 0);
    let output = json!({ "type": "string" }).as_object().cloned();
    let tools = vec![Tool { output, ..tool("t") }];
    assert!(book(ListReply { tools, ..ListReply::default() }).0.tools.is_empty());
}

#[test]
fn only_what_changes_nothing_more_is_repeatable() {
    let repeatable = |read_only, idempotent| {
        let hints = Hints { read_only, idempotent, ..Hints::default() };
        let list = ListReply { tools: vec![Tool { hints, ..tool("t") }], ..ListReply::default() };
        book(list).0.tools["t"].repeatable
    };
    assert!(!repeatable(false, false));
    assert!(repeatable(true, false) && repeatable(false, true));
}

#[test]
fn uris_are_uris_and_not_ours() {
    for good in ["test://a", "a:b", "x-y+z.1:/p?q#f", "test://t/{id}"] {
        assert!(is_theirs(good), "{good}");
    }
    let long = format!("a:{}", "b".repeat(3_000));
    for bad in [
        "",
        "a",
        ":a",
        "1a:b",
        "goxe://status",
        "GOXE:x",
        "file:///etc/passwd",
        "a: b",
        "a:\n",
        "a:ä",
        &long,
    ] {
        assert!(!is_theirs(bad), "{bad}");
    }
    let resource =
        |uri: &str| Resource { uri: uri.into(), name: "n".into(), ..Resource::default() };
    let template =
        |uri: &str| Template { pattern: uri.into(), name: "n".into(), ..Template::default() };
    let (book, left_out) = book(ListReply {
        resources: vec![resource("test://a"), resource("goxe://status")],
        templates: vec![template("test://{id}"), template("goxe://{id}")],
        ..ListReply::default()
    });
    assert_eq!((book.resources.len(), book.templates.len(), left_out.len()), (1, 1, 2));
}

#[test]
fn prompts_are_named_like_tools() {
    let prompt = |name: &str, argument: &str| guest::Prompt {
        name: name.into(),
        arguments: vec![Argument { name: argument.into(), ..Argument::default() }],
        ..guest::Prompt::default()
    };
    let prompts = vec![prompt("p", "a"), prompt("build_model", "a"), prompt("q", "two words")];
    let (book, left_out) = book(ListReply { prompts, ..ListReply::default() });
    assert_eq!(book.prompts.keys().collect::<Vec<_>>(), ["p"]);
    assert_eq!(left_out.len(), 2);
}

#[test]
fn a_long_list_keeps_the_same_items_in_every_order() {
    let names: Vec<String> = (0..200).map(|number| format!("t{number:03}")).collect();
    let list = |names: &[String]| ListReply {
        tools: names.iter().map(|name| tool(name)).collect(),
        ..ListReply::default()
    };
    let (forth, left_out) = book(list(&names));
    let mut names = names;
    names.reverse();
    let (back, _) = book(list(&names));
    assert_eq!(forth, back);
    assert_eq!(forth.tools.len(), NAMES_MAX);
    assert_eq!(left_out, ["136 more: 64 of a kind are taken"]);
}

#[test]
fn changes_are_told_apart() {
    let (empty, _) = book(ListReply::default());
    let (full, _) = book(ListReply { tools: vec![tool("t")], ..ListReply::default() });
    assert!(empty.is_empty() && !full.is_empty());
    assert_eq!(full.since(&empty), Changes { tools: true, ..Changes::default() });
    assert_eq!(full.since(&full.clone()), Changes::default());
}
