//! What a call that does not fit is answered with: never another one that changes what nobody named,
//! and never the same without the word that held it back.

use goxe_mcp_bridge::tools::Tool;
use serde_json::{Value, json};

use crate::{
    fake::Fake,
    session::{call, text},
};

/// The call that an error names.
async fn next(tool: &str, arguments: Value) -> (String, Value) {
    let fake = Fake::new();
    let result = call(&fake, tool, arguments.clone()).await;
    let text = text(&result);
    assert_eq!(result.is_error, Some(true), "{arguments}: {text}");
    assert!(fake.seen().is_empty(), "{arguments}");
    let next = text.lines().find_map(|line| line.strip_prefix("Next: ")).expect("a next call");
    let (name, call) = next.split_once(' ').expect("a call");
    assert!(Tool::named(name).is_some(), "{next}");
    (name.to_owned(), serde_json::from_str(call).expect("JSON"))
}

#[tokio::test]
async fn what_a_writing_call_is_about_is_never_made_up() {
    let listed = json!({ "action": "list" });
    let trash = json!({ "action": "list", "trash": true });
    let of_house = json!({ "action": "list", "project": "house" });
    let cases = [
        ("project", json!({ "action": "delete" }), "project", &listed),
        ("project", json!({ "action": "create" }), "project", &listed),
        ("project", json!({ "action": "purge" }), "project", &trash),
        ("project", json!({ "action": "restore" }), "project", &trash),
        ("project", json!({ "action": "rename", "project": "house" }), "project", &listed),
        ("project", json!({ "action": "export", "project": "house" }), "project", &listed),
        ("project", json!({}), "project", &listed),
        ("history", json!({ "action": "undo" }), "project", &listed),
        ("history", json!({ "action": "restore", "project": "house" }), "history", &of_house),
        ("history", json!({ "action": "outcome", "project": "house" }), "history", &of_house),
        ("history", json!({ "action": "what", "project": "house" }), "history", &of_house),
        ("layers_edit", json!({ "action": "delete" }), "project", &listed),
        (
            "layers_edit",
            json!({ "action": "delete", "project": "house" }),
            "layers_edit",
            &of_house,
        ),
        ("job", json!({ "action": "cancel" }), "job", &listed),
        ("job", json!({ "action": "status" }), "job", &listed),
        ("voxels_edit", json!({ "edits": [] }), "project", &listed),
        ("render_view", json!({ "view": "front" }), "project", &listed),
    ];
    for (tool, arguments, expect, call) in cases {
        let shown = next(tool, arguments.clone()).await;
        assert_eq!(shown, (expect.to_owned(), call.clone()), "{tool} {arguments}");
    }
}

#[tokio::test]
async fn a_word_that_holds_a_call_back_is_never_dropped() {
    let project = json!("house");
    for (tool, arguments) in [
        ("project", json!({ "action": "delete", "project": project })),
        ("project", json!({ "action": "rename", "project": project, "to": "barn" })),
        ("project", json!({ "action": "purge", "id": 1 })),
        ("history", json!({ "action": "undo", "project": project })),
        ("history", json!({ "action": "restore", "project": project, "checkpoint": "c" })),
        ("layers_edit", json!({ "action": "delete", "project": project, "layer": "roof" })),
        ("render_view", json!({ "project": project, "path": "a.png" })),
    ] {
        for (name, value) in [
            ("dry_run", json!(true)),
            ("dryRun", json!(true)),
            ("preview", json!(true)),
            ("steps", json!(5)),
        ] {
            let mut held = arguments.clone();
            held[name] = value;
            let (shown, call) = next(tool, held.clone()).await;
            let names_action = call["action"] == arguments["action"] && shown == tool;
            let writes = names_action && call.get("action").is_some() || call.get("path").is_some();
            assert!(!writes, "{held}: {shown} {call}");
        }
    }
    // An edit is tried before it is made.
    let edits = json!([{ "edit": "remove", "at": [[0, 0, 0]] }]);
    let (_, call) =
        next("voxels_edit", json!({ "project": project, "preview": true, "edits": edits })).await;
    assert_eq!(call["dry_run"], true, "{call}");
    let (_, call) =
        next("voxels_edit", json!({ "project": project, "dryRun": true, "edits": edits })).await;
    assert_eq!(call, json!({ "project": project, "dry_run": true, "edits": edits }));
}

#[tokio::test]
async fn what_was_said_in_other_words_is_kept() {
    let (tool, call) = next("project", json!({ "action": "remove", "name": "house" })).await;
    assert_eq!(
        (tool.as_str(), call),
        ("project", json!({ "action": "delete", "project": "house" }))
    );
    let (tool, call) = next("project", json!({ "action": "undelete", "id": 4 })).await;
    assert_eq!((tool.as_str(), call), ("project", json!({ "action": "restore", "id": 4 })));
}

#[tokio::test]
async fn a_number_out_of_its_range_is_the_only_thing_that_changes() {
    let asked = json!({ "project": "house", "view": "left", "turntable": "t.png", "frames": 500,
                        "zoom": 0, "width": 4000, "height": 0, "outline": true });
    let right = json!({ "project": "house", "view": "left", "turntable": "t.png", "frames": 120,
                        "zoom": 0.05, "width": 1568, "outline": true });
    assert_eq!(next("render_view", asked).await, ("render_view".to_owned(), right));
}

#[tokio::test]
async fn a_number_with_hundreds_of_digits_is_not_told_whole() {
    for long in [json!(1e300), json!("9".repeat(300))] {
        let edit =
            json!({ "edit": "sphere", "center": [0, 0, 0], "radius": long, "color": "#808080" });
        let arguments = json!({ "project": "house", "edits": [edit] });
        let refused = text(&call(&Fake::new(), "voxels_edit", arguments).await);
        assert!(refused.len() < 600, "{} bytes: {refused}", refused.len());
        assert!(
            !refused.contains(&"0".repeat(41)) && !refused.contains(&"9".repeat(41)),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_project_that_is_not_in_the_trash_is_no_question() {
    let fake = Fake::new();
    let refused = text(&call(&fake, "project", json!({ "action": "purge", "id": 99 })).await);
    assert!(refused.contains("project 99 is not in the trash"), "{refused}");
    assert!(refused.contains(r#"Next: project {"action":"list","trash":true}"#), "{refused}");
    let asked = text(&call(&fake, "project", json!({ "action": "purge", "id": 7 })).await);
    assert!(asked.contains("gone for good") && asked.contains(r#""confirm":true"#), "{asked}");
}

#[tokio::test]
async fn what_the_schema_allows_is_what_is_done() {
    let fake = Fake::new();
    let edits = |count: usize| vec![json!({ "edit": "remove", "at": [[0, 0, 0]] }); count];
    let places = |count: usize| json!([{ "edit": "remove", "at": vec![[0, 0, 0]; count] }]);
    for (edits, words) in [
        (json!(edits(200)), None),
        (json!(edits(201)), Some("201 edits, at most 200")),
        (places(1000), None),
        (places(1001), Some("`edits[0].at` has 1001 places, at most 1000")),
    ] {
        let result =
            call(&fake, "voxels_edit", json!({ "project": "house", "edits": edits })).await;
        assert_eq!(result.is_error, Some(words.is_some()), "{}", text(&result));
        assert!(text(&result).contains(words.unwrap_or_default()), "{}", text(&result));
    }
    for (tool, arguments) in [
        ("voxels_read", json!({ "read": "list", "project": "house", "limit": 0 })),
        ("voxels_find", json!({ "by": "histogram", "project": "house", "limit": 0 })),
    ] {
        let refused = text(&call(&fake, tool, arguments).await);
        assert!(refused.contains("`limit` goes from 1 to 600"), "{refused}");
        assert!(!refused.contains(r#""limit""#), "{refused}");
    }
}

#[tokio::test]
async fn a_wide_slice_comes_in_parts() {
    let fake = Fake::new();
    let within = json!({ "min": [0, 0, 0], "max": [150, 150, 0] });
    let mut left = vec![json!({ "read": "slices", "project": "house", "within": within })];
    let mut places = 0;
    while let Some(asked) = left.pop() {
        let result = call(&fake, "voxels_read", asked.clone()).await;
        assert_eq!(result.is_error, Some(false), "{asked}: {}", text(&result));
        assert!(text(&result).len() < 8_000, "{asked}: {} bytes", text(&result).len());
        let shown = result.structured_content.expect("structured");
        let rows = shown["slices"][0]["rows"].as_array().expect("rows");
        places += rows[2..].iter().map(|row| row.as_str().expect("a row").len() - 5).sum::<usize>();
        let calls = shown["next"].as_str().into_iter();
        let calls =
            calls.chain(shown["then"].as_array().into_iter().flatten().filter_map(Value::as_str));
        left.extend(calls.map(|next| {
            let arguments = next.strip_prefix("voxels_read ").expect("a read");
            serde_json::from_str::<Value>(arguments).expect("JSON")
        }));
    }
    assert_eq!(places, 151 * 151);
}
