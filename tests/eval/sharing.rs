//! Two assistants at one project, each behind a bridge of its own.

use std::thread;

use serde_json::{Value, json};

use crate::calls::{Call, next_of_error, unnamed_in};
use crate::support::Place;
use crate::support::bridge::Bridge;

const PROJECT: &str = "shared";
/// Edits that each of the two makes.
const EDITS: i64 = 40;

fn assistant(place: &Place, name: &str) -> Bridge {
    let mut bridge = unnamed_in(place, &[]);
    bridge.initialize_as(name);
    bridge
}

/// A row of eight voxels and its mirror image far away: seen together, or not at all.
fn pair(row: i64, side: i64, color: &str) -> Value {
    let row_at = |x: i64| json!({ "edit": "box", "min": [x, row, side], "max": [x + 7, row, side], "color": color });
    json!({ "project": PROJECT, "edits": [row_at(0), row_at(1_000)] })
}

fn count(bridge: &mut Bridge) -> u64 {
    let answer = bridge.tool("voxels_find", json!({ "by": "count", "project": PROJECT }));
    answer.data()["voxels"].as_u64().expect("a count")
}

fn groups(bridge: &mut Bridge) -> Vec<(String, String)> {
    let asked = json!({ "action": "list", "project": PROJECT, "limit": 500 });
    let listed = bridge.tool("history", asked).data()["groups"].clone();
    let text = |group: &Value, name: &str| group[name].as_str().expect("a text").to_owned();
    let groups = listed.as_array().expect("groups").iter();
    groups.map(|group| (text(group, "author"), text(group, "label"))).collect()
}

#[test]
fn edits_of_two_assistants_interleave_whole() {
    let place = Place::new();
    let mut first = assistant(&place, "claude-code");
    first.tool("project", json!({ "action": "create", "project": PROJECT })).data();
    let mut second = assistant(&place, "codex");
    let third = thread::scope(|scope| {
        let work = |bridge: &mut Bridge, side: i64, color: &str| {
            for row in 0..EDITS {
                let edit = bridge.tool("voxels_edit", pair(row, side, color));
                assert_eq!(edit.data()["added"], 16);
            }
        };
        let (first, second) = (&mut first, &mut second);
        let threads = [
            scope.spawn(move || work(first, 0, "#c8322f")),
            scope.spawn(move || work(second, 5, "#2f62c8")),
        ];
        // Somebody who looks meanwhile never sees half of an edit.
        let mut third = assistant(&place, "gemini-cli");
        while !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
            assert_eq!(count(&mut third) % 16, 0);
        }
        threads.into_iter().for_each(|thread| thread.join().expect("an assistant"));
        third
    });
    let mut third = third;
    assert_eq!(count(&mut third), u64::try_from(EDITS * 32).expect("a count"));
    let groups = groups(&mut third);
    for name in ["claude-code", "codex"] {
        let own = groups.iter().filter(|(author, _)| author.ends_with(name)).count();
        assert_eq!(own, usize::try_from(EDITS).expect("a count"), "{groups:?}");
    }
}

#[test]
fn undo_of_one_never_takes_back_the_others_unasked() {
    let place = Place::new();
    let mut first = assistant(&place, "claude-code");
    first.tool("project", json!({ "action": "create", "project": PROJECT })).data();
    let mut second = assistant(&place, "codex");
    let undo = |any: bool| json!({ "action": "undo", "project": PROJECT, "any_author": any });
    first.tool("voxels_edit", pair(0, 0, "#c8322f")).data();
    second.tool("voxels_edit", pair(0, 5, "#2f62c8")).data();

    let refused = first.tool("history", undo(false));
    assert!(refused.text().contains("codex"), "it says whose it is: {}", refused.text());
    assert!(refused.text().contains("Not done"), "{}", refused.text());
    assert_eq!(count(&mut second), 32);
    let listed = next_of_error(&refused).make(&mut first);
    assert_eq!(listed.data()["groups"].as_array().map(Vec::len), Some(2));

    // One's own is taken back, and then the other's is on top no more.
    assert_eq!(second.tool("history", undo(false)).data()["edit"]["removed"], 16);
    assert_eq!(count(&mut first), 16);
    let refused = second.tool("history", undo(false));
    assert!(refused.text().contains("claude-code"), "{}", refused.text());
    // What was asked for is done.
    let stepped = second.tool("history", undo(true));
    assert!(stepped.data()["author"].as_str().is_some_and(|name| name.ends_with("claude-code")));
    assert_eq!(count(&mut first), 0);
}

#[test]
fn an_assistant_that_comes_back_is_still_itself() {
    let place = Place::new();
    let mut first = assistant(&place, "claude-code");
    first.tool("project", json!({ "action": "create", "project": PROJECT })).data();
    first.tool("voxels_edit", pair(0, 0, "#c8322f")).data();
    assert!(first.leave().success());
    place.json(&["daemon", "stop"]);
    let mut again = assistant(&place, "claude-code");
    let undo = json!({ "action": "undo", "project": PROJECT });
    assert_eq!(again.tool("history", undo).data()["edit"]["removed"], 16);
}

#[test]
fn conflicts_are_told_apart() {
    let place = Place::new();
    let mut first = assistant(&place, "claude-code");
    first.tool("project", json!({ "action": "create", "project": PROJECT })).data();
    let mut second = assistant(&place, "codex");
    let seen = first.tool("voxels_edit", pair(0, 0, "#c8322f")).data()["revision"].clone();
    second.tool("voxels_edit", pair(0, 5, "#2f62c8")).data();

    let mut late = pair(1, 0, "#c8322f");
    late["if_revision"] = seen;
    let refused = first.tool("voxels_edit", late);
    assert!(refused.text().contains("revision"), "{}", refused.text());
    assert!(refused.text().contains("Not done"), "{}", refused.text());
    assert_eq!(count(&mut first), 32);
    let info = next_of_error(&refused).make(&mut first);
    let mut newest = pair(1, 0, "#c8322f");
    newest["if_revision"] = info.data()["revision"].clone();
    assert_eq!(first.tool("voxels_edit", newest).data()["added"], 16);

    let taken = second.tool("project", json!({ "action": "create", "project": PROJECT }));
    assert!(taken.text().contains("exists"), "{}", taken.text());
    let expected = Call::verbatim(r#"project_info {"project":"shared"}"#);
    assert_eq!(next_of_error(&taken), expected);
}
