//! Why a command failed: for people, for programs, and as an exit code.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;

use goxe_config::{ConfigErrors, paths::PathError};
use goxe_protocol::{Code, Error};
use serde_json::{Map, Value, json};

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It was not done, for a reason of its own.
    Failed,
    /// It was asked for wrongly, or the configuration is wrong.
    Usage,
    /// There is no daemon.
    NoDaemon,
    /// The caller may not do it.
    NotPermitted,
    /// The daemon gave up healing itself.
    GaveUp,
}

impl Exit {
    /// The exit code; 0 is kept for success.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NoDaemon => 3,
            Exit::NotPermitted => 4,
            Exit::GaveUp => 70,
        }
    }
}

/// Why a command failed, and what to do next.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// The daemon's code where it answered with an error, else the exit code.
    pub code: i64,
    /// The exact cause, for programs.
    pub kind: Cow<'static, str>,
    /// What was wrong and why, for people.
    pub message: String,
    /// What to do next; empty where nothing is known.
    pub hint: Cow<'static, str>,
    /// Facts that belong to it.
    pub data: Map<String, Value>,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(exit: Exit, kind: &'static str, message: impl Into<String>) -> Self {
        Failure {
            exit,
            code: i64::from(exit.code()),
            kind: Cow::Borrowed(kind),
            message: message.into(),
            hint: Cow::Borrowed(""),
            data: Map::new(),
        }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same with one fact more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// A file or folder could not be used; `verb` says what for.
    pub fn file(verb: &str, path: &Path, error: &std::io::Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::PermissionDenied => Exit::NotPermitted,
            _ => Exit::Failed,
        };
        let hint = match error.kind() {
            ErrorKind::AlreadyExists => "pass --overwrite to replace it, or choose another name",
            ErrorKind::NotFound => "check the path",
            ErrorKind::PermissionDenied => "check the owner and mode of the file and its folder",
            ErrorKind::StorageFull => "free space, then try again",
            _ => "",
        };
        let message = format!("cannot {verb} {}: {error}", path.display());
        Failure::new(exit, "io", message).hint(hint).with("path", path.display().to_string())
    }

    /// As it is printed for programs.
    pub fn to_json(&self) -> Value {
        let mut error = json!({
            "code": self.code,
            "kind": self.kind,
            "message": self.message,
            "hint": self.hint,
        });
        if !self.data.is_empty() {
            error["data"] = Value::Object(self.data.clone());
        }
        json!({ "error": error })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error.code {
            Code::Unauthenticated | Code::Forbidden => Exit::NotPermitted,
            Code::MethodNotFound | Code::InvalidParams | Code::InvalidRequest => Exit::Usage,
            _ => Exit::Failed,
        };
        let mut message = error.to_string();
        if let Some(method) = error.data.extra.get("method").and_then(Value::as_str) {
            message = format!("{message}: {method}");
        }
        Failure {
            exit,
            code: error.code.number(),
            message,
            kind: error.data.kind,
            hint: error.data.hint,
            data: error.data.extra,
        }
    }
}

impl From<PathError> for Failure {
    fn from(error: PathError) -> Self {
        let exit = match error {
            PathError::SetUserId { .. } => Exit::NotPermitted,
            _ => Exit::Usage,
        };
        Failure::new(exit, "paths", error.to_string())
            .hint("`goxe paths --help` tells what chooses them")
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        let count = errors.errors().len();
        let mistakes = serde_json::to_value(&errors).unwrap_or_default();
        let plural = if count == 1 { "mistake" } else { "mistakes" };
        let message = format!("the configuration has {count} {plural}\n{errors}");
        Failure::new(Exit::Usage, "configuration", message)
            .hint("`goxe config check` lists them again after a change")
            .with("mistakes", mistakes)
    }
}

#[cfg(test)]
mod tests;
