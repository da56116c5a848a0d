//! Arguments as they come from a model, made into the types of a tool.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Context, Failure};

/// Reads a tool's arguments.
///
/// Some clients send lists, objects, numbers and booleans as JSON text. Such a text is read where
/// the schema wants no text; everything else has to be what the schema says.
pub fn read<T: DeserializeOwned>(context: &Context<'_>) -> Result<T, Failure> {
    let mut arguments = context.arguments.clone();
    mend(&mut arguments, &context.tool.entry().input_schema);
    serde_json::from_value(arguments).map_err(|error| {
        Failure::new(
            format!("{} failed: the arguments do not fit", context.tool.name()),
            format!("{error}. Nothing was done."),
            format!("{} {}", context.tool.name(), context.tool.example()),
        )
    })
}

fn mend(arguments: &mut Value, schema: &rmcp::model::JsonObject) {
    let Some(arguments) = arguments.as_object_mut() else { return };
    // An explicit null stands for an argument that is left out.
    arguments.retain(|_, value| !value.is_null());
    for (name, value) in arguments {
        let Some(text) = value.as_str() else { continue };
        let kind = schema
            .get("properties")
            .and_then(|properties| properties.get(name))
            .and_then(|property| property.get("type"))
            .and_then(Value::as_str);
        if !matches!(kind, Some("array" | "object" | "integer" | "number" | "boolean")) {
            continue;
        }
        if let Ok(mended) = serde_json::from_str::<Value>(text)
            && !mended.is_string()
        {
            *value = mended;
        }
    }
}
