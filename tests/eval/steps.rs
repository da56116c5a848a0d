//! After a step back or forth, the call that the answer names shows that very step.

use serde_json::json;

use crate::calls::{Call, bridge_in};
use crate::support::Place;

#[test]
fn what_an_undo_took_back_is_what_its_next_call_marks() {
    let place = Place::new();
    let mut bridge = bridge_in(&place, &[]);
    bridge.tool("project", json!({ "action": "create", "project": "p" })).data();
    for x in [0, 10, 20] {
        let edit =
            json!({ "edit": "box", "min": [x, 0, 0], "max": [x + 4, 4, 4], "color": "#c8322f" });
        bridge.tool("voxels_edit", json!({ "project": "p", "edits": [edit] })).data();
    }
    for (action, marked) in [
        ("undo", ["0 added (green), 125 removed (red)", r#"{"max":[24,4,4],"min":[20,0,0]}"#]),
        ("undo", ["0 added (green), 125 removed (red)", r#"{"max":[14,4,4],"min":[10,0,0]}"#]),
        ("redo", ["125 added (green), 0 removed (red)", r#"{"max":[14,4,4],"min":[10,0,0]}"#]),
    ] {
        let answer = bridge.tool("history", json!({ "action": action, "project": "p" }));
        let next = answer.data()["next"].as_str().expect("a next call").to_owned();
        let shown = Call::verbatim(&next).make(&mut bridge);
        let text = shown.text();
        assert!(!shown.is_error(), "{action}: {next}: {text}");
        for words in marked {
            assert!(text.contains(words), "{action}: {next}: {text}");
        }
    }
    // What was edited since is no undo any more.
    let edit = json!({ "edit": "remove", "at": [[0, 0, 0]] });
    bridge.tool("history", json!({ "action": "undo", "project": "p" })).data();
    bridge.tool("voxels_edit", json!({ "project": "p", "edits": [edit] })).data();
    let refused = bridge.tool("render_view", json!({ "project": "p", "changed_since": "undone" }));
    assert!(refused.is_error() && refused.text().contains("edited since"), "{}", refused.text());
}
