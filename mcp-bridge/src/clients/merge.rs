//! One entry of a client's file set or taken out, and every other byte kept: comments, order,
//! indentation, trailing commas, line ends.
//!
//! Pure: text in, text out. A file that cannot be read is refused with the place of its mistake.

mod json;
mod toml;

use serde_json::Value;

/// The largest file that is changed.
pub const FILE_BYTES_MAX: usize = 32 << 20;

/// Before the text of some editors.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON, with the comments and trailing commas that most clients allow.
    Json,
    /// TOML.
    Toml,
}

/// What became of the entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is there already, and says the same.
    Same,
    /// It was not there.
    Added,
    /// It said this before.
    Replaced(Value),
    /// It was taken out, and said this.
    Removed(Value),
    /// It was not there to be taken out.
    Absent,
}

/// A file after the change.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// Its whole text.
    pub text: String,
    /// What was changed in it.
    pub change: Change,
}

/// Why a file is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// It is no JSON, or no TOML.
    #[error("line {line}, column {column}: {text}")]
    Broken {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        text: String,
    },
    /// It has another shape than the client's.
    #[error("{0}")]
    Shape(String),
    /// It is too large.
    #[error("the file has more than {FILE_BYTES_MAX} bytes")]
    TooLarge,
}

/// Sets the entry below these keys.
///
/// # Errors
/// Why the file cannot be changed; nothing of it is lost.
pub fn set(form: Form, text: &str, keys: &[String], entry: &Value) -> Result<Merged, MergeError> {
    let merged = with_body(text, |body| match form {
        Form::Json => json::set(body, keys, entry),
        Form::Toml => toml::set(body, keys, entry),
    })?;
    match read(form, &merged.text, keys)? {
        Some(now) if same(&now, entry) => Ok(merged),
        _ => Err(changed_otherwise()),
    }
}

/// Takes the entry below these keys out.
///
/// # Errors
/// Why the file cannot be changed; nothing of it is lost.
pub fn remove(form: Form, text: &str, keys: &[String]) -> Result<Merged, MergeError> {
    let merged = with_body(text, |body| match form {
        Form::Json => json::remove(body, keys),
        Form::Toml => toml::remove(body, keys),
    })?;
    match read(form, &merged.text, keys)? {
        None => Ok(merged),
        Some(_) => Err(changed_otherwise()),
    }
}

/// The entry below these keys.
///
/// # Errors
/// Why the file cannot be read.
pub fn read(form: Form, text: &str, keys: &[String]) -> Result<Option<Value>, MergeError> {
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if body.len() > FILE_BYTES_MAX {
        return Err(MergeError::TooLarge);
    }
    if body.trim().is_empty() {
        return Ok(None);
    }
    match form {
        Form::Json => json::read(body, keys),
        Form::Toml => toml::read(body, keys),
    }
}

/// Whether two entries say the same: an absent table and an empty one do.
fn same(left: &Value, right: &Value) -> bool {
    let plain = |value: &Value| match value {
        Value::Object(members) => {
            let mut members = members.clone();
            members.retain(|_, member| member.as_object().is_none_or(|inner| !inner.is_empty()));
            Value::Object(members)
        }
        other => other.clone(),
    };
    plain(left) == plain(right)
}

/// Runs an edit on the text behind a byte order mark, and looks that it changed nothing else.
fn with_body(
    text: &str,
    edit: impl FnOnce(&str) -> Result<Merged, MergeError>,
) -> Result<Merged, MergeError> {
    let (mark, body) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => (&text[..text.len() - body.len()], body),
        None => ("", text),
    };
    if body.len() > FILE_BYTES_MAX {
        return Err(MergeError::TooLarge);
    }
    let mut merged = edit(body)?;
    if !mark.is_empty() {
        merged.text.insert_str(0, mark);
    }
    Ok(merged)
}

fn changed_otherwise() -> MergeError {
    MergeError::Shape("the entry cannot be changed without touching the rest".to_owned())
}

/// What stands where a table should.
fn no_table(keys: &[String]) -> MergeError {
    let path = keys.join(".");
    MergeError::Shape(format!("\"{path}\" is no table of its own in this file"))
}

/// A name that stands twice in one table: clients differ in which of them they read.
fn twice(keys: &[String]) -> MergeError {
    let path = keys.join(".");
    MergeError::Shape(format!("\"{path}\" stands twice in this file"))
}

/// Line and column of a byte, both from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests;
