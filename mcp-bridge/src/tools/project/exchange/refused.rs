//! Files that cannot be read or written, and the name that the next call may use instead.

use std::path::Path;

use goxe_protocol::api::project;
use serde_json::{Value, json};

use crate::tools::{
    Context, Failure, Tool,
    failure::call,
    files::{self, FileError},
};

/// The format that was named, else the one that the file's name ends with.
pub(super) fn format_of(
    context: &Context<'_>,
    path: &str,
    named: Option<project::Format>,
    is_import: bool,
) -> Result<project::Format, Failure> {
    let usable = |format: &project::Format| !is_import || format.is_read();
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    let meant = named.or_else(|| ending.and_then(project::Format::of_name));
    if let Some(format) = meant.filter(usable) {
        return Ok(format);
    }
    let formats: Vec<&str> =
        project::Format::ALL.into_iter().filter(usable).map(project::Format::name).collect();
    let what = match meant {
        Some(format) => format!("{} cannot be imported", format.name()),
        None => format!("the format of {path:?} is not known"),
    };
    let why = match meant {
        Some(_) => "it is only written",
        None => "the name ends with none of the formats",
    };
    let action = if is_import { "import" } else { "export" };
    let formats = formats.join(", ");
    let why = format!("{why}; {action} takes: {formats}. Not done: nothing was changed.");
    let next = if is_import { another(context, path).0 } else { renamed(context, path) };
    Err(failure(context, &what, why, next))
}

/// The failure of a file that cannot be imported.
pub(super) fn unreadable(context: &Context<'_>, path: &str, error: &FileError) -> Failure {
    let (next, found) = another(context, path);
    let found = match found.as_slice() {
        [] => "there is no other .vox file".to_owned(),
        names => format!("that folder holds {}", names.join(", ")),
    };
    let what = format!("{path:?} cannot be read: {error}");
    let start = context.folder.display();
    let why = format!("{found}; relative paths start at {start}. Not done: nothing was changed.");
    failure(context, &what, why, next)
}

/// The failure of a file that cannot be written.
pub(super) fn unwritable(context: &Context<'_>, path: &str, error: &FileError) -> Failure {
    let next = if matches!(error, FileError::Exists) {
        let mut next = context.arguments.clone();
        next["overwrite"] = json!(true);
        call(Tool::Project, &next)
    } else {
        renamed(context, path)
    };
    let what = format!("{path:?} cannot be written: {error}");
    let why = format!("relative paths start at {}. No file was changed.", context.folder.display());
    failure(context, &what, why, next)
}

fn failure(context: &Context<'_>, what: &str, why: String, next: String) -> Failure {
    Failure::new(format!("{} failed: {what}", context.tool.name()), why, next)
}

/// The import of a file that is there, beside the one that was named or where relative paths start,
/// and the names of all beside it; without one, the projects that are there.
fn another(context: &Context<'_>, path: &str) -> (String, Vec<String>) {
    let named = context.folder.join(path);
    let mut beside = files::named_like(&named, "vox");
    // The same one again would be refused again.
    beside.retain(|name| named.file_name().is_none_or(|same| same != name.as_str()));
    let place = |name: &String| Path::new(path).with_file_name(name);
    let mut found = beside.first().map(place);
    if beside.is_empty() {
        // Of a file in the folder, the folder is the parent.
        beside = files::named_like(&context.folder.join("any"), "vox");
        beside.retain(|name| context.folder.join(name) != named);
        found = beside.first().map(std::path::PathBuf::from);
    }
    let Some(found) = found else {
        return (call(Tool::Project, &json!({ "action": "list" })), beside);
    };
    let mut next = context.arguments.clone();
    next["path"] = json!(found);
    if let Some(members) = next.as_object_mut() {
        members.remove("format");
    }
    (call(Tool::Project, &next), beside)
}

/// The same export under a name that is free, in the folder that relative paths start at.
fn renamed(context: &Context<'_>, path: &str) -> String {
    let mut next = context.arguments.clone();
    let text = |name: &str| context.arguments.get(name).and_then(Value::as_str);
    let stem = files::stem(path).or_else(|| files::stem(text("project")?)).unwrap_or("model");
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    let known = ending.and_then(project::Format::of_name);
    let named = text("format").and_then(project::Format::of_name);
    let ending = named.or(known).map_or("vox", project::Format::name);
    next["path"] = json!(files::free_name(context.folder, stem, ending));
    call(Tool::Project, &next)
}
