//! Arguments as they come from a model, made into the types of a tool.

mod blame;
mod repair;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Context, Failure, Tool,
    failure::{REPEATED_BYTES_MAX, call},
};

/// Arguments that a client puts into every tool of its own accord, for itself, and yet sends on:
/// Gemini CLI lets its model say with one whether a call waits for those before it.
const CLIENTS_OWN: [&str; 1] = ["wait_for_previous"];

/// Reads a tool's arguments.
///
/// Some clients send lists, objects, numbers and booleans as JSON text. Such a text is read where
/// the schema wants no text; everything else has to be what the schema says.
pub fn read<T: DeserializeOwned>(context: &mut Context<'_>) -> Result<T, Failure> {
    mend(&mut context.arguments, &context.tool.entry().input_schema);
    // Only a failure needs them once more, and most calls have few.
    serde_json::from_value(context.arguments.clone())
        .map_err(|error| refused::<T>(context.tool, &context.arguments, &error))
}

/// Says which of the arguments does not fit, why, and how a call that fits would look.
fn refused<T: DeserializeOwned>(
    tool: Tool,
    arguments: &Value,
    error: &serde_json::Error,
) -> Failure {
    let blame = blame::find::<T>(arguments, &error.to_string());
    let place = match blame.place.as_str() {
        "" => String::new(),
        place => format!("`{place}`: "),
    };
    let refused = |why: &str, next: String| {
        Failure::new(
            format!("{} failed: the arguments do not fit", tool.name()),
            format!("{place}{}. Not done: nothing was changed.{why}", blame.error),
            next,
        )
    };
    let example = |place: &str| tool.example_at(arguments, place);
    let writes = |arguments: &Value| tool.writes(arguments);
    let repaired = repair::repaired::<T>(arguments, &example, &writes);
    if let Some(next) = repaired.map(|arguments| call(tool, &arguments))
        && next.len() <= REPEATED_BYTES_MAX
    {
        return refused(" Next is your call as it may have been meant.", next);
    }
    let next = match blame.index {
        Some(index) => tool.model_at(arguments, index),
        None => tool.model(arguments),
    };
    refused("", next)
}

fn mend(arguments: &mut Value, schema: &rmcp::model::JsonObject) {
    let Some(arguments) = arguments.as_object_mut() else { return };
    // An explicit null stands for an argument that is left out.
    arguments.retain(|name, value| !value.is_null() && !CLIENTS_OWN.contains(&name.as_str()));
    for (name, value) in arguments {
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        let kind = |schema: Option<&Value>| {
            schema.and_then(|schema| schema.get("type")).and_then(Value::as_str).map(str::to_owned)
        };
        let wanted = kind(property);
        if let Some(text) = value.as_str()
            && matches!(
                wanted.as_deref(),
                Some("array" | "object" | "integer" | "number" | "boolean")
            )
            && let Ok(mended) = serde_json::from_str::<Value>(text)
            && !mended.is_string()
        {
            *value = mended;
        }
        // One object where a list of objects is wanted is a list of one.
        let items = property.and_then(|property| property.get("items"));
        if value.is_object() && wanted.as_deref() == Some("array") {
            let is_listed = kind(items).as_deref() == Some("object");
            if is_listed {
                *value = Value::Array(vec![value.take()]);
            }
        }
    }
}

/// Why a tool would refuse these arguments.
#[cfg(test)]
pub(super) fn refusal(tool: Tool, arguments: &Value) -> Option<String> {
    use super::{health, history, job, layer, project, render, voxel};

    fn of<T: DeserializeOwned>(arguments: &Value) -> Option<String> {
        serde_json::from_value::<T>(arguments.clone()).err().map(|error| error.to_string())
    }
    match tool {
        Tool::EngineHealth => of::<health::Arguments>(arguments),
        Tool::History => of::<history::Arguments>(arguments),
        Tool::Job => of::<job::Arguments>(arguments),
        Tool::LayersEdit => of::<layer::Arguments>(arguments),
        Tool::Project => of::<project::Arguments>(arguments),
        Tool::ProjectInfo => of::<project::info::Arguments>(arguments),
        Tool::RenderView => of::<render::Arguments>(arguments),
        Tool::VoxelsEdit => of::<voxel::edit::Arguments>(arguments),
        Tool::VoxelsFind => of::<voxel::find::Arguments>(arguments),
        Tool::VoxelsRead => of::<voxel::read::Arguments>(arguments),
    }
}
