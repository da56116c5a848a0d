//! Schemas before and after.

use serde::Deserialize;

use super::*;

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is looked at")]
enum Work {
    Paint(Paint),
    Undo(Undo),
    Rest,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Paint {
    project: String,
    /// A long explanation.
    color: String,
    from: [i32; 3],
    layers: Option<Vec<String>>,
    layer: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Undo {
    project: String,
    from: String,
    mode: Option<Mode>,
}

/// Documented variants are a choice of constants.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// One.
    Soft,
    /// Another.
    Hard,
}

fn work() -> Value {
    Value::Object(input::<Work>(Some("action"), &[("color", "#rrggbb")], None))
}

#[test]
fn a_tagged_enum_becomes_one_object() {
    assert_eq!(
        work(),
        json!({
            "type": "object",
            "required": ["action"],
            "properties": {
                "action": {
                    "type": "string",
                    "enum": ["paint", "undo", "rest"],
                    "description":
                        "paint{color,from,project,layers?} undo{from,project,mode?} rest",
                },
                "project": { "type": "string" },
                "color": { "type": "string", "description": "#rrggbb" },
                "from": {
                    "anyOf": [
                        { "type": "array", "items": { "type": "integer" } },
                        { "type": "string" },
                    ],
                },
                "layers": { "type": "array", "items": { "type": "string" }, "maxItems": 256 },
                "layer": { "type": "string" },
                "mode": { "type": "string", "enum": ["soft", "hard"] },
            },
        })
    );
}

#[test]
fn variants_that_are_left_out_leave_nothing_behind() {
    let schema = input::<Work>(Some("action"), &[], Some(&["undo", "rest"]));
    let properties = schema["properties"].as_object().expect("properties");
    assert_eq!(properties["action"]["enum"], json!(["undo", "rest"]));
    assert_eq!(properties["action"]["description"], "undo{from,project,mode?} rest");
    assert!(!properties.contains_key("color") && !properties.contains_key("layers"));
    assert_eq!(properties["from"], json!({ "type": "string" }));
}

#[test]
fn an_answer_is_an_object() {
    assert_eq!(json!(output()), json!({ "type": "object" }));
    let names: Vec<String> = names(&plain::<Paint>()).into_iter().collect();
    assert_eq!(names, ["color", "from", "layer", "layers", "project"]);
}
