//! What is wrong with a configuration: every mistake of one run, for people and for machines.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::origin::{Origin, printable};
use crate::schema::Refusal;

/// Every mistake that was found in one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(transparent)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// Sorted by layer, then by place.
    pub(crate) fn new(mut errors: Vec<ConfigError>) -> Self {
        errors.sort_by(|a, b| (&a.origin, a.column).cmp(&(&b.origin, b.column)));
        Self(errors)
    }

    /// The mistakes, never none.
    pub fn errors(&self) -> &[ConfigError] {
        &self.0
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            write!(out, "{}{error}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// One mistake, where it stands, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigError {
    /// Layer and place that the mistake is in.
    #[serde(serialize_with = "as_text")]
    pub origin: Origin,
    /// The file, where the mistake is in one.
    pub file: Option<String>,
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Column in that line, in characters from 1.
    pub column: Option<usize>,
    /// The key as `section.key`, where one is concerned.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What is allowed, or was probably meant.
    pub hint: Option<String>,
    #[serde(skip)]
    place: Option<Place>,
}

/// Where a value or a mistake stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    pub origin: Origin,
    pub place: Option<Place>,
}

/// The part of a source line that a mistake is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub column: usize,
    pub width: usize,
    pub text: String,
}

impl From<Origin> for Site {
    fn from(origin: Origin) -> Self {
        Self { origin, place: None }
    }
}

impl ConfigError {
    pub(crate) fn new(site: Site, message: impl Into<String>) -> Self {
        let (file, line) = match &site.origin {
            Origin::File { file, line } => {
                (Some(file.clone()), Some(*line).filter(|line| *line > 0))
            }
            Origin::BuiltIn | Origin::Platform | Origin::Environment { .. } | Origin::Flag => {
                (None, None)
            }
        };
        Self {
            origin: site.origin,
            file,
            line,
            column: site.place.as_ref().map(|place| place.column),
            key: None,
            message: message.into(),
            hint: None,
            place: site.place,
        }
    }

    pub(crate) fn refused(site: Site, key: String, refusal: Refusal) -> Self {
        Self::new(site, refusal.message).about(key).hint(refusal.hint)
    }

    pub(crate) fn about(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.origin)?;
        if let Some(column) = self.column {
            write!(out, "{column}:")?;
        }
        if let Some(key) = &self.key {
            write!(out, " {}:", printable(key))?;
        }
        write!(out, " {}", printable(&self.message))?;
        if let (Some(place), Some(line)) = (&self.place, self.line) {
            let number = line.to_string();
            let (indent, caret) = (" ".repeat(place.column - 1), "^".repeat(place.width));
            write!(out, "\n  {number} | {}", printable(&place.text))?;
            write!(out, "\n  {} | {indent}{caret}", " ".repeat(number.len()))?;
        }
        match &self.hint {
            Some(hint) => write!(out, "\n  {}", printable(hint)),
            None => Ok(()),
        }
    }
}

fn as_text<S: Serializer>(origin: &Origin, output: S) -> Result<S::Ok, S::Error> {
    output.collect_str(origin)
}
