//! The reference for people, as Markdown: methods and errors, from the same tables that serve them.

mod shape;

use std::fmt::Write;

use serde_json::Value;

use crate::api::{CATALOGUE, MethodInfo, guest::GUEST};
use crate::error::{CODES, Retry, kind::KINDS};
use shape::{shape, variants};

/// One member of an object, as its schema describes it.
#[derive(Clone, Copy, Debug)]
pub struct Field<'s> {
    /// The member's name.
    pub name: &'s str,
    /// What it means.
    pub doc: &'s str,
    /// Whether it must be there.
    pub required: bool,
    /// Its own schema.
    pub schema: &'s Value,
}

/// The members of an object's schema: required ones first, then by name, however the map is ordered.
#[must_use]
pub fn fields(schema: &Value) -> Vec<Field<'_>> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut fields: Vec<_> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| Field {
            name,
            doc: doc_of(schema),
            required: is_required(name),
            schema,
        })
        .collect();
    fields.sort_by_key(|field| (!field.required, field.name));
    fields
}

fn doc_of(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// Every method: a table of all, then params and reply of each.
#[must_use]
pub fn markdown() -> String {
    methods_markdown(CATALOGUE)
}

/// The same of what a daemon with guests serves beside the catalogue.
#[must_use]
pub fn guests_markdown() -> String {
    methods_markdown(GUEST)
}

fn methods_markdown(methods: &[MethodInfo]) -> String {
    let mut text =
        String::from("| method | role | cost | writes | attachment |\n|---|---|---|---|---|\n");
    for method in methods {
        let writes = if method.writes { "yes" } else { "" };
        let attachment = method.attachment.name();
        let attachment = if attachment == "none" { "" } else { attachment };
        let (name, role, cost) = (method.name, method.role.name(), method.cost.name());
        push(&mut text, format_args!("| `{name}` | {role} | {cost} | {writes} | {attachment} |\n"));
    }
    for method in methods {
        push(&mut text, format_args!("\n### `{}`\n\n{}\n", method.name, one_line(method.doc)));
        push_method(&mut text, method);
    }
    text
}

fn push_method(text: &mut String, method: &MethodInfo) {
    for (title, schema) in [("Params", (method.params)()), ("Reply", (method.reply)())] {
        let schema = schema.to_value();
        let fields = fields(&schema);
        if fields.is_empty() {
            let any = schema.get("type").is_none();
            let what = if any { "any JSON" } else { "`{}`" };
            push(text, format_args!("\n{title}: {what}\n"));
            continue;
        }
        push(text, format_args!("\n{title}:\n\n"));
        for field in fields {
            push_field(text, &field);
        }
    }
}

fn push_field(text: &mut String, field: &Field<'_>) {
    let optional = if field.required { "" } else { ", optional" };
    let kind = shape(field.schema);
    push(text, format_args!("- `{}` ({kind}{optional})", field.name));
    if !field.doc.is_empty() {
        push(text, format_args!(": {}", one_line(field.doc)));
    }
    text.push('\n');
    for (variant, doc) in variants(field.schema) {
        push(text, format_args!("  - {variant}: {}\n", one_line(doc)));
    }
}

/// The table of error codes.
#[must_use]
pub fn errors_markdown() -> String {
    let mut text =
        String::from("| code | name | answered when | send again? |\n|---|---|---|---|\n");
    for row in CODES {
        let retry = match row.retry {
            Retry::Never => "no",
            Retry::Changed => "changed",
            Retry::Later => "later",
            Retry::Reconnect => "on a new connection",
            Retry::SameKey => "with the same key",
        };
        let (number, name, meaning) = (row.number, row.name, row.meaning);
        push(&mut text, format_args!("| {number} | `{name}` | {meaning} | {retry} |\n"));
    }
    text
}

/// The table of finer kinds.
#[must_use]
pub fn kinds_markdown() -> String {
    let mut text = String::from("| kind | below | answered when |\n|---|---|---|\n");
    for row in KINDS {
        let (word, code, meaning) = (row.word, row.code.name(), row.meaning);
        push(&mut text, format_args!("| `{word}` | `{code}` | {meaning} |\n"));
    }
    text
}

/// Documentation comments are broken where the source is; Markdown wants a paragraph.
fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn push(text: &mut String, piece: std::fmt::Arguments<'_>) {
    text.write_fmt(piece).expect("writing to a string cannot fail");
}
