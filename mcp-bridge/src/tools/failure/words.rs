//! The words of an error of the daemon, as somebody reads them who knows only the tools.

use std::borrow::Cow;

use goxe_protocol::{Code, Error};
use serde_json::Value;

/// Methods that the daemon's hints name, and what a tool calls them.
const METHODS: [(&str, &str); 21] = [
    ("project.create", "project create"),
    ("project.list", "project list"),
    ("project.delete", "project delete"),
    ("project.restore", "project restore"),
    ("project.import", "project import"),
    ("project.export", "project export"),
    ("project.info", "project_info"),
    ("layer.create", "layers_edit create"),
    ("layer.list", "layers_edit list"),
    ("voxel.edit", "voxels_edit"),
    ("voxel.read", "voxels_read list"),
    ("voxel.find", "voxels_find"),
    ("render.image", "render_view"),
    ("render.turntable", "render_view"),
    ("history.list", "history list"),
    ("history.forget", "history forget"),
    ("history.outcome", "history outcome"),
    ("job.list", "job list"),
    ("job.status", "job status"),
    ("system.status", "engine_health"),
    ("system.describe", "the list of tools"),
];

/// What went wrong, as one clause.
pub(in crate::tools) fn said(error: &Error) -> String {
    match (error.code, error.detail()) {
        // JSON-RPC's own sentence says nothing beside the detail.
        (Code::InvalidParams, Some(detail)) if error.message == "Invalid params" => {
            detail.to_owned()
        }
        _ => in_tools(&error.to_string()).into_owned(),
    }
}

/// Kind, facts and hint of an error as one sentence, without what was said already.
pub(in crate::tools) fn reason(error: &Error) -> String {
    let said = said(error);
    let facts: Vec<String> = error
        .data
        .extra
        .iter()
        .filter(|(name, value)| !matches!(name.as_str(), "detail" | "edit") && !told(&said, value))
        .map(|(name, value)| format!("{name} {}", plain(value)))
        .collect();
    let mut text = error.data.kind.replace('_', " ");
    if !facts.is_empty() {
        text = format!("{text} ({})", facts.join(", "));
    }
    let hint = &error.data.hint;
    // What a code hints at in general is about the wire.
    if !hint.is_empty() && **hint != *error.code.hint() {
        text = format!("{text}: {}", in_tools(hint));
    }
    format!("{}.", text.trim_end_matches('.'))
}

fn told(said: &str, fact: &Value) -> bool {
    said.contains(&*plain(fact))
}

/// A text without its quotation marks, everything else as JSON.
fn plain(fact: &Value) -> Cow<'_, str> {
    match fact {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// The text with the names of methods as the tools call them.
fn in_tools(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for (method, tool) in METHODS {
        if text.contains(method) {
            text = Cow::Owned(text.replace(method, tool));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use goxe_protocol::{Code, Error, api, error::kind};

    use super::{METHODS, reason, said};

    #[test]
    fn every_method_that_is_translated_exists() {
        for (method, _) in METHODS {
            assert!(api::find(method).is_some(), "{method}");
        }
    }

    #[test]
    fn nothing_is_said_twice_and_nothing_about_the_wire() {
        let check = |error: Error, expect: [&str; 2]| {
            assert_eq!([said(&error).as_str(), reason(&error).as_str()], expect);
        };
        check(
            Error::not_found("layer", "rof").hint("use \"roof\", or make it with layer.create"),
            [
                "there is no layer \"rof\"",
                "layer not found: use \"roof\", or make it with layers_edit create.",
            ],
        );
        check(
            Error::limit_exceeded("engine.edit_voxels_max", 9_000, 5_000),
            ["9000 is over engine.edit_voxels_max = 5000", "limit exceeded."],
        );
        check(
            Error::invalid_params("limit: a number from 1 to 500"),
            ["limit: a number from 1 to 500", "invalid params."],
        );
        check(
            Error::conflict(kind::OTHER_AUTHOR, "the group is another's").with("author", "uid:1"),
            ["the group is another's", "other author (author uid:1)."],
        );
        check(
            Error::new(Code::InvalidParams, "edit 1: no colour").with("edit", 1),
            ["edit 1: no colour", "invalid params."],
        );
    }
}
