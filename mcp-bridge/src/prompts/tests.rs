//! What the prompts say, and what they refuse.

use serde_json::json;

use super::*;
use crate::tools::Tool;

fn filled(kind: PromptKind, given: &Value) -> Result<String, String> {
    let given = given.as_object().cloned();
    let result = kind.fill(given.as_ref()).map_err(|error| error.message.into_owned())?;
    let text = result.messages[0].content.as_text().expect("text").text.clone();
    Ok(text)
}

#[test]
fn a_prompt_names_only_tools_that_are_there_and_calls_that_are_json() {
    let texts = [
        filled(PromptKind::BuildModel, &json!({ "goal": "a castle", "size": "large" })),
        filled(PromptKind::ReviewModel, &json!({ "project": "my \"castle\"", "checkpoint": "c1" })),
    ];
    for text in texts {
        let text = text.expect("filled");
        let mut tools = 0;
        let mut parts = text.split('`');
        let _ = parts.next();
        while let (Some(quoted), Some(after)) = (parts.next(), parts.next()) {
            let Some(tool) = Tool::named(quoted) else {
                assert_eq!(quoted, "label", "what is quoted is a tool or an argument");
                continue;
            };
            tools += 1;
            if let Some(call) = after.strip_prefix(" {") {
                let call = format!("{{{call}");
                let mut values = serde_json::Deserializer::from_str(&call).into_iter::<Value>();
                let call = values.next().expect("a call").expect("JSON");
                let schema = tool.entry().schema_as_json_value();
                for name in call.as_object().expect("an object").keys() {
                    assert!(schema["properties"].get(name).is_some(), "{quoted}: {name}");
                }
            }
        }
        assert!(tools >= 4, "{text}");
    }
}

#[test]
fn what_is_given_stands_in_the_text() {
    let text = filled(
        PromptKind::BuildModel,
        &json!({ "goal": " a red\n fox ", "size": "20x10x12", "style": "pastel" }),
    );
    let text = text.expect("filled");
    assert!(text.starts_with("Build this as a voxel model with goxe: a red fox\n"), "{text}");
    assert!(text.contains("20x10x12") && text.contains("Style: pastel."));

    let plain = filled(PromptKind::ReviewModel, &json!({ "project": "castle" })).expect("filled");
    assert_eq!(plain.matches("`render_view`").count(), 1, "one picture shows all sides: {plain}");
    assert!(plain.contains(r#""view":"sheet""#), "{plain}");
    assert!(!plain.contains("checkpoint") && !plain.contains("matters most"), "{plain}");
    let whole = json!({ "project": "castle", "checkpoint": "before roof", "view": "front" });
    let whole = filled(PromptKind::ReviewModel, &whole).expect("filled");
    assert!(whole.contains(r#""compare":"before roof""#) && whole.contains("The front view"));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    for (given, word) in [
        (json!({}), "goal"),
        (json!({ "goal": "  " }), "goal"),
        (json!({ "goal": 7 }), "goal"),
        (json!({ "goal": "x".repeat(2001) }), "2000"),
        (json!({ "goal": "x", "size": [1] }), "size"),
    ] {
        let refused = filled(PromptKind::BuildModel, &given).expect_err("refused");
        assert!(refused.contains(word), "{refused}");
    }
}
