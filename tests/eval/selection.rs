//! `goxe mcp --toolset` and `--read-only`, and the keys of the configuration that say the same.

use serde_json::{Value, json};

use crate::calls::{bridge_in, next_of_error};
use crate::support::Place;
use crate::support::bridge::Bridge;

fn entries(bridge: &mut Bridge) -> Vec<Value> {
    bridge.request("tools/list", json!({}))["tools"].as_array().cloned().expect("tools")
}

fn names(bridge: &mut Bridge) -> Vec<String> {
    let name = |entry: Value| entry["name"].as_str().expect("a name").to_owned();
    entries(bridge).into_iter().map(name).collect()
}

#[test]
fn a_toolset_is_chosen_by_flag_or_configuration_and_stays() {
    let place = Place::new();
    let all = names(&mut bridge_in(&place, &[]));
    assert_eq!(names(&mut bridge_in(&place, &["--toolset", "engine"])), all);
    let mut core = bridge_in(&place, &["--toolset", "core"]);
    let few = names(&mut core);
    assert!(few.len() < all.len() && few.contains(&"voxels_edit".to_owned()), "{few:?}");
    core.tool("project", json!({ "action": "create", "project": "p" })).data();
    assert_eq!(names(&mut core), few);

    let place = Place::new().set("mcp", "toolset", "core");
    assert_eq!(names(&mut bridge_in(&place, &[])), few);
    // A flag is nearer than the configuration.
    assert_eq!(names(&mut bridge_in(&place, &["--toolset", "all"])), all);
}

#[test]
fn a_server_that_is_read_only_changes_nothing_and_says_so() {
    let place = Place::new();
    let mut writer = bridge_in(&place, &[]);
    writer.tool("project", json!({ "action": "create", "project": "p" })).data();
    let edit = json!({ "project": "p", "edits": [{ "edit": "box", "min": [0, 0, 0], "max": [1, 1, 1], "color": "#808080" }] });
    let revision = writer.tool("voxels_edit", edit.clone()).data()["revision"].clone();
    let reader = [bridge_in(&place, &["--read-only"])];
    let place = place.set("mcp", "read_only", true);
    for mut reader in reader.into_iter().chain([bridge_in(&place, &[])]) {
        for entry in entries(&mut reader) {
            let name = &entry["name"];
            assert_ne!(name, "voxels_edit");
            assert_eq!(entry["annotations"]["readOnlyHint"], true, "{name}");
            let actions = entry["inputSchema"]["properties"]["action"]["enum"].clone();
            for action in actions.as_array().into_iter().flatten() {
                let looks = ["list", "outcome", "status", "check"]
                    .contains(&action.as_str().expect("a word"));
                assert!(looks, "{name} {action}");
            }
        }
        let writes = [
            ("voxels_edit", edit.clone()),
            ("history", json!({ "action": "undo", "project": "p" })),
            ("history", json!({ "action": "checkpoint", "project": "p", "checkpoint": "c" })),
            ("layers_edit", json!({ "action": "create", "project": "p", "layer": "a" })),
            ("project", json!({ "action": "create", "project": "q" })),
            ("project", json!({ "action": "delete", "project": "p" })),
            ("project", json!({ "action": "export", "project": "p", "path": "p.vox" })),
            ("engine_health", json!({ "action": "restart" })),
            ("render_view", json!({ "project": "p", "turntable": "p.png" })),
        ];
        for (tool, arguments) in writes {
            let refused = reader.tool(tool, arguments);
            assert!(refused.text().contains("read-only"), "{tool}: {}", refused.text());
            let next = next_of_error(&refused).make(&mut reader);
            assert!(!next.is_error(), "{tool}: {}", next.text());
        }
        let info = reader.tool("project_info", json!({ "project": "p" }));
        assert_eq!(info.data()["revision"], revision);
        assert!(!place.beside("files/p.vox").exists());
    }
}
