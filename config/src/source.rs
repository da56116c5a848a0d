//! One TOML text read against the schema: known keys with their places, and every mistake.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{ConfigError, Place, Site};
use crate::nearest::{nearest, one_of};
use crate::origin::Origin;
use crate::schema::{Key, Section};
use crate::sections::{self, SECTIONS};

/// A TOML text and the name of its file; the shipped text has none.
pub(crate) struct Source<'a> {
    file: Option<&'a str>,
    text: &'a str,
    line_starts: Vec<usize>,
}

/// A known key, and the value it was given there; the value is not checked yet.
pub(crate) struct Found {
    pub key: &'static Key,
    pub value: Value,
    pub site: Site,
}

impl<'a> Source<'a> {
    pub(crate) fn new(file: Option<&'a str>, text: &'a str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(index, _)| index + 1);
        Self { file, text, line_starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// Everything that is set, and every mistake. What the parser recovers from a broken line is its
    /// guess: such a line is told as broken once, and its neighbours are checked as usual.
    pub(crate) fn read(&self) -> (Vec<Found>, Vec<ConfigError>) {
        let (document, mistakes) = DeTable::parse_recoverable(self.text);
        let mut broken: Vec<ConfigError> = mistakes.iter().map(|it| self.broken(it)).collect();
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        for (title, content) in document.get_ref() {
            match (sections::section(title.get_ref()), content.get_ref()) {
                (Some(section), DeValue::Table(keys)) => {
                    self.read_section(section, keys, &mut found, &mut errors);
                }
                (Some(_), _) => errors.push(
                    ConfigError::new(self.site(title.span()), "this is a section, not a key")
                        .about(title.get_ref().as_ref())
                        .hint(format!("write: [{}]", title.get_ref())),
                ),
                (None, DeValue::Table(_)) => errors.push(self.unknown_section(title)),
                (None, _) => errors.push(self.key_outside(title)),
            }
        }
        let broken_lines: BTreeSet<Origin> = broken.iter().map(|it| it.origin.clone()).collect();
        found.retain(|found| !broken_lines.contains(&found.site.origin));
        errors.retain(|error| !broken_lines.contains(&error.origin));
        broken.append(&mut errors);
        (found, broken)
    }

    fn broken(&self, mistake: &toml::de::Error) -> ConfigError {
        let site = self.site(mistake.span().unwrap_or_default());
        ConfigError::new(site, mistake.message()).hint(match mistake.message() {
            "duplicate key" => "keep one of the two",
            _ => "a key looks like: level = \"info\"; a section like: [log]",
        })
    }

    fn read_section(
        &self,
        section: &Section,
        keys: &DeTable<'_>,
        found: &mut Vec<Found>,
        errors: &mut Vec<ConfigError>,
    ) {
        for (name, value) in keys {
            // The parser's stand-in for a value that it could not read; already told as broken.
            if value.span().is_empty() {
                continue;
            }
            let site = self.site(value.span());
            match section.key(name.get_ref()) {
                Some(key) => found.push(Found { key, value: to_json(value.get_ref()), site }),
                None => errors.push(self.unknown_key(section, name)),
            }
        }
    }

    fn unknown_section(&self, title: &Spanned<Cow<'_, str>>) -> ConfigError {
        let names = SECTIONS.iter().map(|section| section.name);
        let hint = match nearest(title.get_ref(), names.clone()) {
            Some(name) => format!("did you mean [{name}]?"),
            None => {
                let names: Vec<String> = names.map(|name| format!("[{name}]")).collect();
                format!("allowed: {}", one_of(&names))
            }
        };
        ConfigError::new(self.site(title.span()), "no such section")
            .about(title.get_ref().as_ref())
            .hint(hint)
    }

    fn unknown_key(&self, section: &Section, name: &Spanned<Cow<'_, str>>) -> ConfigError {
        let names = section.keys.iter().map(|key| key.name);
        let hint = match nearest(name.get_ref(), names) {
            Some(near) => format!("did you mean {near}?"),
            None => homes(name.get_ref()).unwrap_or_else(|| {
                let names: Vec<String> = section.keys.iter().map(|key| key.name.into()).collect();
                format!("[{}] has {}", section.name, names.join(", "))
            }),
        };
        ConfigError::new(self.site(name.span()), "no such key")
            .about(format!("{}.{}", section.name, name.get_ref()))
            .hint(hint)
    }

    fn key_outside(&self, name: &Spanned<Cow<'_, str>>) -> ConfigError {
        ConfigError::new(self.site(name.span()), "a key outside of any section")
            .about(name.get_ref().as_ref())
            .hint(homes(name.get_ref()).unwrap_or_else(|| "write it below its [section]".into()))
    }

    /// Line, column and text of a span; the part of it on its first line.
    pub(crate) fn site(&self, span: Range<usize>) -> Site {
        let index =
            self.line_starts.partition_point(|start| *start <= span.start).saturating_sub(1);
        let start = self.line_starts.get(index).copied().unwrap_or_default();
        let text = self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        let letters =
            |from: usize, to: usize| self.text.get(from..to).unwrap_or_default().chars().count();
        let end = span.end.min(start + text.len());
        let place = Place {
            column: letters(start, span.start.min(start + text.len())) + 1,
            width: letters(span.start, end).max(1),
            text: text.to_owned(),
        };
        match self.file {
            Some(file) => Site {
                origin: Origin::File { file: file.to_owned(), line: index + 1 },
                place: Some(place),
            },
            None => Origin::BuiltIn.into(),
        }
    }
}

/// The sections that do have a key of that name.
fn homes(name: &str) -> Option<String> {
    let homes: Vec<String> = SECTIONS
        .iter()
        .filter(|section| section.key(name).is_some())
        .map(|section| format!("[{}]", section.name))
        .collect();
    (!homes.is_empty()).then(|| format!("it belongs below {}", one_of(&homes)))
}

/// The value as JSON. Kinds that no key takes keep only their text, for the error.
fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Boolean(on) => Value::from(*on),
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
            .map(Value::from)
            .or_else(|_| i64::from_str_radix(number.as_str(), number.radix()).map(Value::from))
            .unwrap_or_else(|_| Value::from(number.to_string())),
        DeValue::Float(number) => {
            number.as_str().parse::<f64>().map(Value::from).unwrap_or_default()
        }
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(keys) => keys
            .iter()
            .map(|(name, value)| (name.get_ref().to_string(), to_json(value.get_ref())))
            .collect(),
    }
}
