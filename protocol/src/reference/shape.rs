//! JSON Schemas in a few words: `array of string`, `{max: 3 integers, min: 3 integers}`.

use serde_json::Value;

use super::{doc_of, fields};

/// What a value looks like.
pub(super) fn shape(schema: &Value) -> String {
    if let Some(constant) = schema.get("const") {
        return constant.to_string();
    }
    if let Some(choices) = choices(schema) {
        let mut shapes: Vec<_> = choices.iter().map(|choice| shape(choice)).collect();
        shapes.dedup();
        return match shapes.iter().all(|shape| shape.starts_with('{')) {
            true => "one of the objects below".to_owned(),
            false => shapes.join(" or "),
        };
    }
    match type_of(schema) {
        Some("array") => array(schema),
        Some("object") => object(schema),
        Some(simple) => simple.to_owned(),
        None => "any JSON".to_owned(),
    }
}

/// What each of several alternatives means, where the schema says so.
pub(super) fn variants(schema: &Value) -> Vec<(String, &str)> {
    let schema = schema.get("items").unwrap_or(schema);
    let choices = choices(schema).unwrap_or_default();
    let told = choices.into_iter().filter(|choice| !doc_of(choice).is_empty());
    let told: Vec<_> =
        told.map(|choice| (format!("`{}`", shape(choice)), doc_of(choice))).collect();
    // One alternative explains nothing that the member itself does not.
    if told.len() > 1 { told } else { Vec::new() }
}

/// The alternatives, without the `null` of an optional member.
fn choices(schema: &Value) -> Option<Vec<&Value>> {
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let choices: Vec<_> = choices.iter().filter(|choice| type_of(choice) != Some("null")).collect();
    // An optional enum is a choice inside a choice.
    match choices.as_slice() {
        [only] if self::choices(only).is_some() => self::choices(only),
        _ => Some(choices),
    }
}

/// The type, without the `null` of an optional member.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|&name| name != "null"),
        _ => None,
    }
}

fn array(schema: &Value) -> String {
    let count = schema.get("minItems").filter(|&least| Some(least) == schema.get("maxItems"));
    match (schema.get("items"), count) {
        (Some(items), Some(count)) => format!("{count} {}s", shape(items)),
        (Some(items), None) => format!("array of {}", shape(items)),
        (None, _) => "array".to_owned(),
    }
}

fn object(schema: &Value) -> String {
    let mut fields = fields(schema);
    if fields.is_empty() {
        return match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => format!("object of {} by name", shape(values)),
            _ => "object".to_owned(),
        };
    }
    // The member that tells alternatives apart comes first.
    fields.sort_by_key(|field| field.schema.get("const").is_none());
    let members: Vec<_> = fields
        .iter()
        .map(|field| {
            let optional = if field.required { "" } else { "?" };
            format!("{}{optional}: {}", field.name, shape(field.schema))
        })
        .collect();
    format!("{{{}}}", members.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_told_in_words() {
        let point =
            json!({"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3});
        let table = [
            (json!({}), "any JSON"),
            (json!({"type": ["string", "null"]}), "string"),
            (point.clone(), "3 integers"),
            (json!({"type": "array", "items": point}), "array of 3 integers"),
            (json!({"oneOf": [{"const": "a"}, {"const": "b"}]}), r#""a" or "b""#),
            (
                json!({"anyOf": [{"oneOf": [{"const": "a"}, {"const": "b"}]}, {"type": "null"}]}),
                r#""a" or "b""#,
            ),
            (json!({"anyOf": [{"type": "number"}, {"type": "null"}]}), "number"),
            (
                json!({"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "boolean"}}, "required": ["b"]}),
                "{b: string, a?: boolean}",
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "integer"}}),
                "object of integer by name",
            ),
        ];
        for (schema, words) in table {
            assert_eq!(shape(&schema), words, "{schema}");
        }
    }

    #[test]
    fn alternatives_are_explained() {
        let schema = json!({"type": "array", "items": {"oneOf": [
            {"description": "The first.", "const": "a"}, {"description": "The second.", "const": "b"}]}});
        let told = [("`\"a\"`".to_owned(), "The first."), ("`\"b\"`".to_owned(), "The second.")];
        assert_eq!(variants(&schema), told);
    }
}
