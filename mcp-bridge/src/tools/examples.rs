//! A call of every action that would pass: what a model is shown when its own did not fit.

use serde_json::Value;

use super::{
    Tool,
    selection::{is_name, looking},
};

/// The project that every example is about, until another one is put in its place.
const PROJECT: &str = r#""castle""#;

/// Actions, each with a call.
type Calls = &'static [(&'static str, &'static str)];

const ENGINE_HEALTH: Calls =
    &[("check", r#"{"action":"check"}"#), ("restart", r#"{"action":"restart"}"#)];

const HISTORY: Calls = &[
    ("undo", r#"{"action":"undo","project":"castle"}"#),
    ("redo", r#"{"action":"redo","project":"castle"}"#),
    ("checkpoint", r#"{"action":"checkpoint","project":"castle","checkpoint":"before roof"}"#),
    ("restore", r#"{"action":"restore","project":"castle","checkpoint":"before roof"}"#),
    ("forget", r#"{"action":"forget","project":"castle","checkpoint":"before roof"}"#),
    ("list", r#"{"action":"list","project":"castle","limit":20}"#),
    ("outcome", r#"{"action":"outcome","project":"castle","key":"KEY"}"#),
];

const JOB: Calls = &[
    ("status", r#"{"action":"status","job":"JOB","wait_ms":30000}"#),
    ("cancel", r#"{"action":"cancel","job":"JOB"}"#),
    ("list", r#"{"action":"list"}"#),
];

const LAYERS_EDIT: Calls = &[
    ("list", r#"{"action":"list","project":"castle"}"#),
    ("create", r#"{"action":"create","project":"castle","layer":"roof"}"#),
    ("rename", r#"{"action":"rename","project":"castle","layer":"roof","to":"tower roof"}"#),
    ("delete", r#"{"action":"delete","project":"castle","layer":"roof"}"#),
    ("show", r#"{"action":"show","project":"castle","layer":"roof"}"#),
    ("hide", r#"{"action":"hide","project":"castle","layer":"roof"}"#),
];

const PROJECT_CALLS: Calls = &[
    ("create", r#"{"action":"create","project":"castle"}"#),
    ("list", r#"{"action":"list"}"#),
    ("rename", r#"{"action":"rename","project":"castle","to":"fortress"}"#),
    ("delete", r#"{"action":"delete","project":"castle"}"#),
    ("restore", r#"{"action":"restore","id":1}"#),
    ("purge", r#"{"action":"purge","id":1}"#),
    ("import", r#"{"action":"import","project":"castle","path":"castle.vox"}"#),
    ("export", r#"{"action":"export","project":"castle","path":"castle.vox"}"#),
];

const PROJECT_INFO: Calls = &[("", r#"{"project":"castle"}"#)];

const RENDER_VIEW: Calls = &[("", r#"{"project":"castle","view":"front"}"#)];

const VOXELS_FIND: Calls = &[
    ("color", r##"{"by":"color","project":"castle","color":"#808080"}"##),
    ("histogram", r#"{"by":"histogram","project":"castle"}"#),
    ("count", r#"{"by":"count","project":"castle"}"#),
];

const VOXELS_READ: Calls = &[
    ("slices", r#"{"read":"slices","project":"castle","axis":"y","range":[0,3]}"#),
    ("list", r#"{"read":"list","project":"castle","limit":150}"#),
    ("at", r#"{"read":"at","project":"castle","at":[[0,0,0]]}"#),
    ("bounds", r#"{"read":"bounds","project":"castle"}"#),
];

/// One edit of every kind.
const EDITS: Calls = &[
    ("box", r##"{"edit":"box","min":[0,0,0],"max":[15,15,3],"color":"#808080"}"##),
    ("set", r##"{"edit":"set","voxels":[{"at":[0,0,0],"color":"#808080"}]}"##),
    ("remove", r#"{"edit":"remove","at":[[0,0,0]]}"#),
    ("paint", r##"{"edit":"paint","at":[[0,0,0]],"color":"#808080"}"##),
    ("sphere", r##"{"edit":"sphere","center":[0,0,8],"radius":5,"color":"#808080"}"##),
    (
        "cylinder",
        r##"{"edit":"cylinder","base":[0,0,0],"axis":"z","radius":3,"height":8,"color":"#808080"}"##,
    ),
    ("ellipsoid", r##"{"edit":"ellipsoid","min":[0,0,0],"max":[9,9,5],"color":"#808080"}"##),
    ("cone", r##"{"edit":"cone","min":[0,0,0],"max":[8,8,7],"color":"#808080"}"##),
    (
        "pyramid",
        r##"{"edit":"pyramid","min":[0,0,8],"max":[9,15,12],"ridge":"y","color":"#8a3b2e"}"##,
    ),
    ("text", r##"{"edit":"text","at":[0,0,0],"text":"GOXE","color":"#c81e1e"}"##),
    ("line", r##"{"edit":"line","from":[0,0,0],"to":[9,0,9],"color":"#808080"}"##),
    (
        "flood_fill",
        r##"{"edit":"flood_fill","start":[0,0,0],"color":"#808080","within":{"min":[0,0,0],"max":[9,9,9]}}"##,
    ),
    ("replace_color", r##"{"edit":"replace_color","from":"#808080","to":"#c81e1e"}"##),
    ("gradient", r##"{"edit":"gradient","axis":"z","from":"#30506e","to":"#e8f0f8"}"##),
    ("noise", r#"{"edit":"noise","amount":10}"#),
    ("mirror", r#"{"edit":"mirror","axis":"x","plane":7.5}"#),
    ("rotate", r#"{"edit":"rotate","axis":"z","turns":1,"center":[7.5,7.5,0]}"#),
    ("copy", r#"{"edit":"copy","offset":[4,0,0],"count":5}"#),
    ("extrude", r#"{"edit":"extrude","axis":"z","distance":3}"#),
    ("combine", r#"{"edit":"combine","with":"main","mode":"subtract"}"#),
    ("move", r#"{"edit":"move","offset":[0,0,1]}"#),
    ("create_layer", r#"{"edit":"create_layer","name":"roof"}"#),
    (
        "set_material",
        r#"{"edit":"set_material","slot":2,"material":{"name":"glass","alpha":120,"glass":true}}"#,
    ),
];

impl Tool {
    /// Its actions, the one that is shown for an unknown action first, each with a call.
    fn calls(self) -> Calls {
        match self {
            Tool::EngineHealth => ENGINE_HEALTH,
            Tool::History => HISTORY,
            Tool::Job => JOB,
            Tool::LayersEdit => LAYERS_EDIT,
            Tool::Project => PROJECT_CALLS,
            Tool::ProjectInfo => PROJECT_INFO,
            Tool::RenderView => RENDER_VIEW,
            Tool::VoxelsEdit => EDITS,
            Tool::VoxelsFind => VOXELS_FIND,
            Tool::VoxelsRead => VOXELS_READ,
        }
    }

    /// A call of an action that changes nothing.
    pub(super) fn reading_example(self) -> &'static str {
        let reading = self.reading_actions().and_then(|actions| actions.first());
        reading.map_or(self.example(), |action| find(self.calls(), action))
    }

    /// The argument that says what is to be done, and what it may be.
    fn action(self, arguments: &Value) -> &str {
        let name = match self {
            Tool::VoxelsFind => "by",
            Tool::VoxelsRead => "read",
            Tool::EngineHealth | Tool::History | Tool::Job | Tool::LayersEdit | Tool::Project => {
                "action"
            }
            Tool::ProjectInfo | Tool::RenderView | Tool::VoxelsEdit => return "",
        };
        arguments.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// What stands at a place of a call of this kind that would pass, as far as there is one.
    pub(super) fn example_at(self, arguments: &Value, place: &str) -> Value {
        let text = match (self, place) {
            (Tool::VoxelsEdit, place) if place.starts_with("/edits/") => {
                let pointer: Vec<&str> = place.splitn(4, '/').take(3).collect();
                let edit = arguments.pointer(&pointer.join("/")).and_then(|edit| edit.get("edit"));
                find(EDITS, edit.and_then(Value::as_str).unwrap_or_default())
            }
            (Tool::VoxelsEdit, _) => self.example(),
            _ => find(self.calls(), self.action(arguments)),
        };
        // Every example is JSON, as a test checks.
        serde_json::from_str(text).unwrap_or_default()
    }

    /// A call that looks as these arguments were to look, or at what they were to change. Only an
    /// edit is shown in a form that passes: it can be tried.
    pub(super) fn model(self, arguments: &Value) -> String {
        self.model_at(arguments, 0)
    }

    /// The same, where the edit at `index` is what does not pass.
    pub(super) fn model_at(self, arguments: &Value, index: usize) -> String {
        let looks = || looking(self, arguments);
        if self == Tool::VoxelsEdit {
            return self.about(&model_edit(arguments, index), arguments).unwrap_or_else(looks);
        }
        // What the example is about besides its project would be made up.
        let is_made_up = |call: &str| ["\"key\"", "\"job\""].iter().any(|name| call.contains(name));
        let action = self.action(arguments);
        let example = find(self.calls(), action);
        if self.writes(arguments) || is_made_up(example) {
            return looks();
        }
        self.about(example, arguments).unwrap_or_else(looks)
    }

    /// The call for the project that the arguments name; none where they name none and it needs one.
    fn about(self, call: &str, arguments: &Value) -> Option<String> {
        if !call.contains(PROJECT) {
            return Some(format!("{} {call}", self.name()));
        }
        let project = arguments.get("project").and_then(Value::as_str);
        let project = project.filter(|name| is_name(name))?;
        let call = call.replace(PROJECT, &Value::from(project).to_string());
        Some(format!("{} {call}", self.name()))
    }
}

/// A dry run of an edit of the kind that the edit at `index` is.
fn model_edit(arguments: &Value, index: usize) -> String {
    let edit = arguments.get("edits").and_then(|edits| edits.get(index));
    let kind = edit.and_then(|edit| edit.get("edit")).and_then(Value::as_str);
    let edit = find(EDITS, kind.unwrap_or_default());
    format!(r#"{{"project":{PROJECT},"dry_run":true,"edits":[{edit}]}}"#)
}

fn find(calls: Calls, action: &str) -> &'static str {
    let found = calls.iter().find(|(name, _)| *name == action).or(calls.first());
    found.map(|(_, call)| *call).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{EDITS, Tool, find};
    use crate::tools::{TOOLS, arguments};

    fn enumerated(schema: &Value, pointer: &str) -> Vec<String> {
        let names = schema.pointer(pointer).and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    #[test]
    fn every_action_has_an_example() {
        for tool in TOOLS {
            let schema = tool.entry().schema_as_json_value();
            let tag = match tool {
                Tool::VoxelsEdit => "edits/items/properties/edit",
                Tool::VoxelsFind => "by",
                Tool::VoxelsRead => "read",
                _ => "action",
            };
            let mut known = enumerated(&schema, &format!("/properties/{tag}/enum"));
            let mut shown: Vec<String> =
                tool.calls().iter().map(|(name, _)| (*name).to_owned()).collect();
            shown.retain(|name| !name.is_empty());
            known.sort();
            shown.sort();
            assert_eq!(shown, known, "{}", tool.name());
        }
    }

    #[test]
    fn every_example_fits_the_arguments_of_its_tool() {
        for tool in TOOLS {
            for (action, call) in tool.calls() {
                let call = match tool {
                    Tool::VoxelsEdit => format!(r#"{{"project":"castle","edits":[{call}]}}"#),
                    _ => (*call).to_owned(),
                };
                let call: Value = serde_json::from_str(&call).expect("JSON");
                assert_eq!(arguments::refusal(tool, &call), None, "{} {action}", tool.name());
            }
        }
    }

    #[test]
    fn an_example_is_about_the_project_that_was_named() {
        let asked = json!({ "action": "undo", "project": "a \"b\"", "nonsense": 1 });
        assert_eq!(Tool::History.model(&asked), r#"history {"action":"list","project":"a \"b\""}"#);
        let shown = Tool::ProjectInfo.model(&json!({ "project": "a/b" }));
        assert_eq!(shown, r#"project {"action":"list"}"#);
        let asked = json!({ "project": "p", "edits": [{ "edit": "sphere" }, { "edit": "what" }] });
        assert!(Tool::VoxelsEdit.model_at(&asked, 0).contains(find(EDITS, "sphere")));
        assert!(Tool::VoxelsEdit.model_at(&asked, 1).contains(find(EDITS, "box")));
        assert_eq!(Tool::VoxelsEdit.model(&json!({ "edits": [] })), r#"project {"action":"list"}"#);
    }

    #[test]
    fn no_example_that_writes_or_is_about_nothing_is_shown_for_another_call() {
        for tool in TOOLS.into_iter().filter(|tool| *tool != Tool::VoxelsEdit) {
            for (action, _) in tool.calls() {
                for asked in
                    [json!({ "action": action }), json!({ "action": action, "project": "p" })]
                {
                    let shown = tool.model(&asked);
                    let (name, call) = shown.split_once(' ').expect("a call");
                    let shown_tool = Tool::named(name).expect("a tool");
                    let call: Value = serde_json::from_str(call).expect("JSON");
                    assert!(!shown_tool.writes(&call), "{asked}: {shown}");
                    for made_up in ["castle", "KEY", "JOB"] {
                        assert!(!shown.contains(made_up), "{asked}: {shown}");
                    }
                }
            }
        }
    }
}
