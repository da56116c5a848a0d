//! Files that cannot be read or written, and the name that the next call may use instead.

use std::path::Path;

use goxe_protocol::api::project;
use serde_json::{Value, json};

use crate::tools::{
    Context, Failure, Tool,
    failure::call,
    files::{self, FileError, FileKind},
};

/// The format that was named, else the one that the file's name ends with.
pub(super) fn format_of(
    context: &Context<'_>,
    path: &str,
    named: Option<project::Format>,
    is_import: bool,
) -> Result<project::Format, Failure> {
    let named_by = |format: project::Format| {
        FileKind::of_name(Path::new(path))
            == FileKind::of_name(&Path::new("a").with_extension(format.name()))
    };
    let usable = |format: &project::Format| !is_import || format.is_read();
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    let meant = named.or_else(|| ending.and_then(project::Format::of_name));
    if let Some(format) = meant.filter(usable).filter(|format| named_by(*format)) {
        return Ok(format);
    }
    let formats: Vec<&str> =
        project::Format::ALL.into_iter().filter(usable).map(project::Format::name).collect();
    let (what, why) = match meant {
        Some(format) if !usable(&format) => {
            (format!("{} cannot be imported", format.name()), "it is only written")
        }
        Some(format) => {
            let what = format!("{path:?} is no name for a {} file", format.name());
            (what, "a name ends with its format")
        }
        None => (
            format!("the format of {path:?} is not known"),
            "the name ends with none of the formats",
        ),
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
    let allowed = context.folders.told();
    let why = format!("{found}; {allowed}. Not done: nothing was changed.");
    let is_outside = matches!(error, FileError::Outside);
    Failure { is_outside, ..failure(context, &what, why, next) }
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
    let why = format!("{}. No file was changed.", context.folders.told());
    let is_outside = matches!(error, FileError::Outside);
    Failure { is_outside, ..failure(context, &what, why, next) }
}

fn failure(context: &Context<'_>, what: &str, why: String, next: String) -> Failure {
    Failure::new(format!("{} failed: {what}", context.tool.name()), why, next)
}

/// The import of a file that is there, beside the one that was named or where relative paths start,
/// and the names of all beside it; without one, the projects that are there.
fn another(context: &Context<'_>, path: &str) -> (String, Vec<String>) {
    let named = context.folders.place(path).ok();
    let mut beside = named.as_ref().map(|named| named.named_like("vox")).unwrap_or_default();
    // The same one again would be refused again.
    let is_same = |path: &Path| named.as_ref().is_some_and(|named| named.path == path);
    beside.retain(|name| !is_same(&Path::new(path).with_file_name(name)));
    let mut found = beside.first().map(|name| Path::new(path).with_file_name(name));
    if let (true, Some((usual, prefix))) = (beside.is_empty(), context.folders.usual()) {
        beside = usual.named_like("vox");
        beside.retain(|name| !is_same(&usual.path.with_file_name(name)));
        found = beside.first().map(|name| prefix.join(name));
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
    let Some((usual, prefix)) = context.folders.usual() else {
        return call(Tool::Project, &json!({ "action": "list" }));
    };
    let stem = files::stem(path).or_else(|| files::stem(text("project")?)).unwrap_or("model");
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    let known = ending.and_then(project::Format::of_name);
    let named = text("format").and_then(project::Format::of_name);
    let ending = named.or(known).map_or("vox", project::Format::name);
    next["path"] = json!(prefix.join(usual.free_name(stem, ending)));
    call(Tool::Project, &next)
}
