//! The schema: which sections and keys exist, and which values each key allows.

mod section;

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use crate::nearest::{nearest, one_of};
pub(crate) use section::section;

/// Longest path that fits into a socket address of this platform, without its final zero byte.
pub const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "macos") { 103 } else { 107 };

/// One section of the configuration, such as `[log]`.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Name between the brackets.
    pub name: &'static str,
    /// Its keys, in the order of the shipped file.
    pub keys: &'static [Key],
}

impl Section {
    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// One key of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Section that holds it.
    pub section: &'static str,
    /// Name within the section.
    pub name: &'static str,
    /// What it allows.
    pub kind: Kind,
}

impl Key {
    /// `section.key`, as flags and errors name it.
    pub fn dotted(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The environment variable that sets it, such as `GOXE_LOG_LEVEL`.
    pub fn variable(&self) -> String {
        format!("GOXE_{}_{}", self.section.to_uppercase(), self.name.to_uppercase())
    }
}

/// What a key allows. Its `Display` is the sentence that stands in the shipped file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number within bounds, both included.
    Number {
        /// What is counted.
        unit: Unit,
        /// Smallest value.
        min: u64,
        /// Largest value.
        max: u64,
    },
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// An absolute path, or the empty text.
    Path,
    /// A list of absolute paths. As text they are parted as in `PATH`.
    Paths,
    /// A path that fits into a socket address, or the empty text.
    SocketPath,
    /// An address and port that only this host can reach.
    Loopback,
}

/// What a number counts; the last word of the key's name before its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Millis,
}

/// Why a value is not allowed, and what would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub message: String,
    pub hint: String,
}

impl Kind {
    pub(crate) const fn count(min: u64, max: u64) -> Self {
        Self::Number { unit: Unit::Count, min, max }
    }

    pub(crate) const fn bytes(min: u64, max: u64) -> Self {
        Self::Number { unit: Unit::Bytes, min, max }
    }

    pub(crate) const fn millis(min: u64, max: u64) -> Self {
        Self::Number { unit: Unit::Millis, min, max }
    }

    /// Reads a value that came as text, from a variable or a flag: the schema decides its type.
    pub(crate) fn parse_text(&self, text: &str) -> Result<Value, Refusal> {
        let value = match self {
            Self::Switch => text.parse().map(Value::Bool).ok(),
            Self::Number { .. } => text.replace('_', "").parse::<u64>().map(Value::from).ok(),
            Self::Paths => Some(text.split(':').filter(|path| !path.is_empty()).collect()),
            Self::Choice(_) | Self::Path | Self::SocketPath | Self::Loopback => {
                Some(Value::from(text))
            }
        };
        self.check(value.unwrap_or_else(|| Value::from(text)))
    }

    /// Lets an allowed value pass.
    pub(crate) fn check(&self, value: Value) -> Result<Value, Refusal> {
        let allowed = match (self, &value) {
            (Self::Switch, Value::Bool(_)) => true,
            (Self::Number { min, max, .. }, Value::Number(number)) => {
                number.as_u64().is_some_and(|number| (*min..=*max).contains(&number))
            }
            (Self::Choice(words), Value::String(text)) => words.contains(&text.as_str()),
            (Self::Path, Value::String(text)) => is_path(text),
            (Self::Paths, Value::Array(paths)) => {
                let path = |path: &Value| {
                    path.as_str().is_some_and(|path| !path.is_empty() && is_path(path))
                };
                paths.iter().all(path)
            }
            (Self::SocketPath, Value::String(text)) => {
                is_path(text) && text.len() <= SOCKET_PATH_BYTES_MAX
            }
            (Self::Loopback, Value::String(text)) => return check_loopback(text, self),
            _ => false,
        };
        if allowed { Ok(value) } else { Err(self.refuse(&value)) }
    }

    fn refuse(&self, value: &Value) -> Refusal {
        let mut hint = format!("allowed: {self}");
        if let (Self::Choice(words), Value::String(text)) = (self, value)
            && let Some(word) = nearest(text, words.iter().copied())
        {
            hint.push_str(&format!("; did you mean \"{word}\"?"));
        }
        Refusal { message: format!("{} is not allowed", describe(value)), hint }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch => out.write_str("true or false"),
            Self::Number { unit, min, max } => {
                let (min, max) = (unit.readable(*min), unit.readable(*max));
                write!(out, "{} from {min} to {max}", unit.noun())
            }
            Self::Choice(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                out.write_str(&one_of(&quoted))
            }
            Self::Paths => out.write_str("a list of absolute paths"),
            Self::Path => out.write_str("an absolute path, or empty"),
            Self::SocketPath => {
                out.write_str("an absolute path of at most 107 bytes (103 on macOS), or empty")
            }
            Self::Loopback => out.write_str(
                "a loopback address and port, such as \"127.0.0.1:7890\" or \"[::1]:7890\"",
            ),
        }
    }
}

impl Unit {
    fn noun(self) -> &'static str {
        match self {
            Self::Count => "a number",
            Self::Bytes => "bytes",
            Self::Millis => "milliseconds",
        }
    }

    /// The number, followed by the largest unit that divides it.
    fn readable(self, number: u64) -> String {
        let larger: &[(u64, &str)] = match self {
            Self::Count => &[],
            Self::Bytes => {
                &[(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
            }
            Self::Millis => &[(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")],
        };
        match larger.iter().find(|(size, _)| number > 0 && number.is_multiple_of(*size)) {
            Some((size, unit)) => format!("{number} ({} {unit})", number / size),
            None => number.to_string(),
        }
    }
}

/// A socket path is handed to the system with a zero byte at its end, so none may be inside.
fn is_path(text: &str) -> bool {
    text.is_empty() || (Path::new(text).is_absolute() && !text.contains('\0'))
}

fn check_loopback(text: &str, kind: &Kind) -> Result<Value, Refusal> {
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(Value::from(text)),
        Ok(address) => Err(Refusal {
            message: format!("{} is reachable from other hosts", address.ip()),
            hint: format!(
                "beyond loopback traffic needs TLS, which this version does not have; allowed: {kind}"
            ),
        }),
        Err(_) => Err(kind.refuse(&Value::from(text))),
    }
}

/// A value as an error names it, shortened where it is long.
fn describe(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
        _ => {
            let text = value.to_string();
            match text.char_indices().nth(80) {
                Some((end, _)) => format!("{}..", &text[..end]),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests;
