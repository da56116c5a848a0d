//! What a model reads when something went wrong: what, why, and a call that it can make next.

use std::sync::Arc;

use goxe_mcp_bridge::{
    manager::{CallError, Reason},
    tools::Tool,
};
use goxe_protocol::{
    Code, Error,
    api::{Method, project, voxel},
    error::{CODES, kind},
};
use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use crate::{
    fake::{Fake, Script},
    session::{call, text},
};

/// A call of each tool that reaches the daemon, and the method it asks for.
fn calls() -> [(&'static str, Value, &'static str); 10] {
    let edits = json!([{ "edit": "remove", "at": [[0, 0, 0]] }]);
    [
        ("history", json!({ "action": "undo", "project": "castle" }), "history.undo"),
        ("job", json!({ "action": "status", "job": "j1" }), "job.status"),
        (
            "layers_edit",
            json!({ "action": "show", "project": "castle", "layer": "a" }),
            "layer.show",
        ),
        ("project", json!({ "action": "create", "project": "castle" }), "project.create"),
        ("project", json!({ "action": "list" }), "project.list"),
        ("project_info", json!({ "project": "castle" }), "project.info"),
        ("render_view", json!({ "project": "castle" }), "render.image"),
        ("voxels_edit", json!({ "project": "castle", "edits": edits }), "voxel.edit"),
        ("voxels_find", json!({ "by": "count", "project": "castle" }), "voxel.count"),
        ("voxels_read", json!({ "read": "bounds", "project": "castle" }), "voxel.bounds"),
    ]
}

/// Checks the three lines and returns them.
fn lines(result: &CallToolResult, what: &str) -> [String; 3] {
    assert_eq!(result.is_error, Some(true), "{what}");
    assert!(result.structured_content.is_none(), "{what}");
    assert_eq!(result.content.len(), 1, "{what}");
    let text = text(result);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let lines: [String; 3] = lines.try_into().unwrap_or_else(|_| panic!("{what}: {text}"));
    assert!(lines.iter().all(|line| !line.trim().is_empty()), "{what}: {text}");
    let next = lines[2].strip_prefix("Next: ").unwrap_or_else(|| panic!("{what}: {text}"));
    check_next(next, what);
    lines
}

/// The next step is one call and nothing else: a tool, and arguments in JSON that it knows.
fn check_next(next: &str, what: &str) {
    let (name, arguments) = next.split_once(' ').unwrap_or_else(|| panic!("{what}: {next:?}"));
    let tool = Tool::named(name).unwrap_or_else(|| panic!("{what}: no tool in {next:?}"));
    let arguments: Value = serde_json::from_str(arguments)
        .unwrap_or_else(|error| panic!("{what}: no JSON in {next:?}: {error}"));
    let schema = tool.entry().schema_as_json_value();
    for name in arguments.as_object().expect("an object").keys() {
        assert!(schema["properties"].get(name).is_some(), "{what}: {name} in {next:?}");
    }
}

fn fails(method: &'static str, error: impl Fn() -> CallError + Send + Sync + 'static) -> Arc<Fake> {
    let fake = Fake::new();
    fake.script(method, Script::Fail(Arc::new(error)));
    fake
}

fn answers(method: &'static str, error: Error) -> Arc<Fake> {
    fails(method, move || CallError::Answer(error.clone()))
}

fn unknown() -> CallError {
    CallError::Unknown { reason: Reason::OutcomeRefused, key: "the key of the edit".into() }
}

#[tokio::test]
async fn every_error_code_of_every_tool_has_a_next_step() {
    let codes = CODES.iter().map(|info| info.code).chain([Code::Other(-31_999)]);
    for code in codes {
        for (tool, arguments, method) in calls() {
            let what = format!("{code:?} of {method}");
            let error = Error::new(code, "it went wrong\nin two lines").with("detail", "the layer");
            let fake = answers(method, error);
            let [first, second, _] = lines(&call(&fake, tool, arguments).await, &what);
            assert!(
                first.contains(tool) && first.contains("it went wrong in two lines"),
                "{first}"
            );
            let writes = goxe_protocol::api::find(method).is_some_and(|info| info.writes);
            let told = second.contains("Not done") || second.contains("Unknown whether");
            assert_eq!(told, writes, "{what}: {second}");
        }
    }
}

#[tokio::test]
async fn every_lost_call_has_a_next_step() {
    let text = || "it broke".to_owned();
    let reasons = [
        Reason::Deadline { doing: text() },
        Reason::Cancelled,
        Reason::Misconfigured(text()),
        Reason::NoDaemon,
        Reason::StartFailed { text: text() },
        Reason::Exhausted { failures: 5, window_ms: 60_000, retry_ms: 9_000, last: Some(text()) },
        Reason::NoProgress { waited_ms: 9_000, supervised: false },
        Reason::LockUnusable(text()),
        Reason::LockHeld { by: None, waited_ms: 9_000 },
        Reason::LockHeld { by: Some(text()), waited_ms: 900 },
        Reason::KillRefused(text()),
        Reason::ServiceManagerRefused(text()),
        Reason::Refused(text()),
        Reason::Bad,
        Reason::KeepsFalling { sends: 3 },
        Reason::NeverApplied,
        Reason::StillRunning,
        Reason::OutcomeRefused,
        Reason::AnswerLost,
        Reason::Left,
    ];
    for (tool, arguments, method) in calls() {
        for reason in reasons.clone() {
            let what = format!("{reason:?} of {method}");
            let told = reason.to_string();
            let fake = fails(method, move || CallError::NotDone(reason.clone()));
            let [_, second, _] = lines(&call(&fake, tool, arguments.clone()).await, &what);
            assert!(second.starts_with(&told), "{what}: {second}");
        }
        let others: [fn() -> CallError; 4] = [
            unknown,
            || CallError::Params("no JSON".into()),
            || CallError::Busy(64),
            || CallError::Closed,
        ];
        for error in others {
            lines(&call(&fails(method, error), tool, arguments.clone()).await, method);
        }
    }
}

#[tokio::test]
async fn an_edit_of_unknown_fate_is_asked_for_by_its_key() {
    let edits = json!([{ "edit": "remove", "at": [[0, 0, 0]] }]);
    let arguments = json!({ "project": "castle", "edits": edits });
    let errors: [fn() -> CallError; 2] =
        [unknown, || CallError::Answer(Error::new(Code::Timeout, "late"))];
    for error in errors {
        let fake = fails(voxel::Edit::NAME, error);
        let [_, second, next] = lines(&call(&fake, "voxels_edit", arguments.clone()).await, "lost");
        let key = fake.seen()[0].key.clone().expect("a key");
        assert!(second.contains("Unknown whether it was done"), "{second}");
        let ask = json!({ "action": "outcome", "key": key, "project": "castle" });
        assert_eq!(next, format!("Next: history {ask}"));
    }
    // Keys of the catalogue are not kept with a project.
    let fake = fails(project::Create::NAME, unknown);
    let arguments = json!({ "action": "create", "project": "castle" });
    let [_, _, next] = lines(&call(&fake, "project", arguments).await, "lost");
    assert!(next.contains(r#""action":"outcome""#) && !next.contains("castle"), "{next}");
}

#[tokio::test]
async fn an_edit_whose_answer_was_lost_for_good_is_done_all_the_same() {
    let fake = Fake::new();
    fake.script(voxel::Edit::NAME, Script::Recorded);
    let result = call(&fake, "voxels_edit", json!({ "project": "castle", "edits": [] })).await;
    assert_eq!(result.is_error, Some(false));
    let structured = result.structured_content.expect("structured");
    assert_eq!(structured["done"], true);
    assert_eq!(structured["revision"], "5.9f3a12cc");
    assert!(structured["note"].as_str().is_some_and(|note| note.contains("project_info")));
}

#[tokio::test]
async fn the_next_step_fits_the_cause() {
    let not_found = |what| Error::not_found(what, "x");
    let conflict = |kind| Error::conflict(kind, "differs");
    let cases = [
        (Code::Busy, Error::new(Code::Busy, "busy").with("retry_ms", 250), "after 250 ms"),
        (Code::NotFound, not_found("project"), r#"project {"action":"list"}"#),
        (Code::NotFound, not_found("layer"), r#"layers_edit {"action":"list","project":"castle"}"#),
        (
            Code::NotFound,
            not_found("checkpoint"),
            r#"history {"action":"list","project":"castle"}"#,
        ),
        (Code::Conflict, conflict(kind::REVISION), r#"project_info {"project":"castle"}"#),
        (Code::Conflict, conflict(kind::CURSOR_EXPIRED), r#""project":"castle"}"#),
        (Code::LimitExceeded, Error::limit_exceeded("edit_voxels_max", 9, 5), "fewer or smaller"),
        (Code::ShuttingDown, Error::new(Code::ShuttingDown, "leaving"), "now"),
    ];
    for (code, error, expected) in cases {
        let fake = answers(voxel::Edit::NAME, error);
        let edits = json!([{ "edit": "remove", "at": [[0, 0, 0]] }]);
        let arguments = json!({ "project": "castle", "edits": edits });
        let [_, second, next] = lines(&call(&fake, "voxels_edit", arguments).await, "cause");
        assert!(format!("{second}\n{next}").contains(expected), "{code:?}: {second} {next}");
        assert!(second.contains("Not done"), "{code:?}: {second}");
    }
}

#[tokio::test]
async fn the_facts_of_an_error_are_told() {
    let error = Error::limit_exceeded("edit_voxels_max", 9_000, 5_000);
    let fake = answers(voxel::Edit::NAME, error);
    let arguments = json!({ "project": "castle", "edits": [] });
    let [first, _, _] = lines(&call(&fake, "voxels_edit", arguments).await, "facts");
    assert!(first.contains("edit_voxels_max") && first.contains("5000"), "{first}");
}

#[tokio::test]
async fn the_next_step_is_the_same_call_put_right_where_one_name_is_wrong() {
    let check = async |tool: &str, method, arguments: Value, error: Error, expected: Value| {
        let fake = answers(method, error);
        let [_, _, next] = lines(&call(&fake, tool, arguments).await, tool);
        assert_eq!(next, format!("Next: {tool} {expected}"));
    };
    let near = |what| Error::not_found(what, "casle").with("nearest", "castle");
    let read = json!({ "read": "bounds", "project": "casle" });
    let right = json!({ "read": "bounds", "project": "castle" });
    check("voxels_read", "voxel.bounds", read, near("project"), right).await;
    let show = json!({ "action": "show", "project": "p", "layer": "casle" });
    let right = json!({ "action": "show", "project": "p", "layer": "castle" });
    check("layers_edit", "layer.show", show, near("layer"), right).await;
    let page = json!({ "read": "list", "project": "p", "cursor": "5.9f3a12cc/1" });
    let gone = Error::conflict(kind::CURSOR_EXPIRED, "it is gone");
    check("voxels_read", "voxel.read", page, gone, json!({ "read": "list", "project": "p" })).await;
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_named_and_shown_right() {
    let fake = Fake::new();
    let edits = json!([
        { "edit": "remove", "at": [[0, 0, 0]] },
        { "edit": "sphere", "center": [0, 0, 0], "radius": "big", "color": "#808080" },
    ]);
    let arguments = json!({ "project": "my castle", "edits": edits });
    let [_, second, next] = lines(&call(&fake, "voxels_edit", arguments).await, "arguments");
    assert!(second.starts_with("`edits[1].radius`: "), "{second}");
    assert!(next.contains(r#""my castle""#) && next.contains(r#""edit":"sphere""#), "{next}");
    assert!(fake.seen().is_empty());
    // One edit that should be a list of one is taken as that.
    let edit = json!({ "edit": "remove", "at": [[0, 0, 0]] });
    let result = call(&fake, "voxels_edit", json!({ "project": "castle", "edits": edit })).await;
    assert_eq!(result.is_error, Some(false), "{}", text(&result));
}

#[tokio::test]
async fn a_reply_that_is_not_understood_is_no_panic() {
    for (tool, arguments, method) in calls() {
        let fake = Fake::new();
        fake.script(method, Script::Reply(json!([1, 2]), None));
        lines(&call(&fake, tool, arguments).await, method);
    }
    // A picture that never came, and one that no model may be shown.
    let fake = Fake::new();
    let reply = json!({ "width": 1, "height": 1, "bytes": 0, "voxels": 0 });
    for png in [None, Some(vec![0; 4 << 20])] {
        fake.script("render.image", Script::Reply(reply.clone(), png));
        lines(&call(&fake, "render_view", json!({ "project": "castle" })).await, "picture");
    }
}

#[tokio::test]
async fn a_picture_larger_than_a_model_sees_is_refused_before_it_is_made() {
    let fake = Fake::new();
    let arguments = json!({ "project": "castle", "width": 4000, "height": 200 });
    let [_, _, next] = lines(&call(&fake, "render_view", arguments).await, "size");
    assert!(next.contains(r#""width":1568"#) && next.contains(r#""height":200"#), "{next}");
    assert!(fake.seen().is_empty());
    assert_eq!(Tool::named("render_view"), Some(Tool::RenderView));
}
