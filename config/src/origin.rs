//! Where a value came from: the layer, and the place within it.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// The layer that a value came from. A later variant is stronger than an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "layer", rename_all = "kebab-case")]
pub enum Origin {
    /// The shipped file inside the program.
    BuiltIn,
    /// The paths and modes of this platform and user.
    Platform,
    /// The user's file.
    File {
        /// Its path.
        file: String,
        /// The line, from 1; 0 where the error is about the whole file.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// A command-line flag.
    Flag,
}

/// One key of the effective configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// `section.key`.
    pub key: String,
    /// Its value, as a file would have it.
    pub value: Value,
    /// The layer and place it came from.
    pub origin: Origin,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => out.write_str("built-in"),
            Self::Platform => out.write_str("platform"),
            Self::File { file, line: 0 } => out.write_str(&printable(file)),
            Self::File { file, line } => write!(out, "{}:{line}", printable(file)),
            Self::Environment { variable } => write!(out, "environment {}", printable(variable)),
            Self::Flag => out.write_str("flag"),
        }
    }
}

/// Text of one line that cannot steer the terminal it is printed on.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
