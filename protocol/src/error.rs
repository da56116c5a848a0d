//! Errors of the wire: JSON-RPC's own and one table of application codes by cause.

mod code;
pub mod kind;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use code::{CODES, Code, CodeInfo, Retry};

/// The error member of a reply.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Error {
    /// The cause, as a number on the wire.
    pub code: Code,
    /// One sentence for people: what was wrong.
    pub message: Cow<'static, str>,
    /// What programs and assistants go on with.
    pub data: Box<ErrorData>,
}

/// The data member of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ErrorData {
    /// The exact cause below the code (`cursor_expired` below `conflict`); the code's name when there is nothing finer.
    pub kind: Cow<'static, str>,
    /// What to do next.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub hint: Cow<'static, str>,
    /// Facts that belong to this error: the limit, the offset, the revision found.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Error {
    /// An error with the kind and hint that its code has in the table.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let data = ErrorData {
            kind: Cow::Borrowed(code.name()),
            hint: Cow::Borrowed(code.hint()),
            extra: Map::new(),
        };
        Self { code, message: message.into(), data: Box::new(data) }
    }

    /// The payload is not JSON.
    pub fn parse(detail: impl Into<String>) -> Self {
        Self::new(Code::ParseError, "Parse error").with("detail", detail.into())
    }

    /// The message is not a request; `detail` says which part.
    pub fn invalid_request(detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, "Invalid Request").with("detail", detail.into())
    }

    /// No method has this name.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        Self::new(Code::MethodNotFound, "Method not found").with("method", method)
    }

    /// The params do not fit the method; `detail` says which part.
    pub fn invalid_params(detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidParams, "Invalid params").with("detail", detail.into())
    }

    /// Our own fault. The inside chain belongs into the log, not here.
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InternalError, message)
    }

    /// A named thing does not exist; `what` is its class ("project", "layer").
    #[must_use]
    pub fn not_found(what: &'static str, name: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no {what} \"{name}\""))
            .kind(format!("{what}_not_found"))
            .with("name", name)
    }

    /// The state is not what the request supposes; `kind` names the conflict.
    pub fn conflict(kind: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Conflict, message).kind(kind)
    }

    /// A named limit is reached; `limit` is its configuration key.
    #[must_use]
    pub fn limit_exceeded(limit: &'static str, value: u64, max: u64) -> Self {
        Self::new(Code::LimitExceeded, format!("{value} is over {limit} = {max}"))
            .with("limit", limit)
            .with("value", value)
            .with("max", max)
    }

    /// The same error with a finer kind.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<Cow<'static, str>>) -> Self {
        self.data.kind = kind.into();
        self
    }

    /// The same error with another hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.data.hint = hint.into();
        self
    }

    /// The same error with one fact more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.extra.insert(name.to_owned(), value.into());
        self
    }

    /// The `detail` fact, when there is one.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.data.extra.get("detail").and_then(Value::as_str)
    }

    /// What a caller may do about it.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.code.retry()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.detail() {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// An error as another implementation may send it: nothing but code and message is sure.
#[derive(Deserialize)]
struct Foreign {
    code: i64,
    message: String,
    #[serde(default)]
    data: Option<Value>,
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let foreign = Foreign::deserialize(deserializer)?;
        let mut error = Self::new(Code::from_number(foreign.code), foreign.message);
        match foreign.data {
            None => {}
            Some(Value::Object(mut extra)) => {
                if let Some(kind) = take_string(&mut extra, "kind") {
                    error.data.kind = kind.into();
                }
                error.data.hint = take_string(&mut extra, "hint").unwrap_or_default().into();
                error.data.extra = extra;
            }
            Some(other) => error = error.with("data", other),
        }
        Ok(error)
    }
}

/// Takes a member out, as text whatever it is.
fn take_string(extra: &mut Map<String, Value>, name: &str) -> Option<String> {
    match extra.remove(name)? {
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
