//! What the guests offer, checked: they are as foreign to us as clients are.

use std::collections::{BTreeMap, BTreeSet};

use goxe_protocol::api::guest::{self, ListReply};
use rmcp::model::{Prompt, Resource, ResourceTemplate, Tool};
use serde::Serialize;
use serde_json::Value;

use super::translate;

/// Tools, and prompts, and templates at most: with the built-in ones they fit one page.
const NAMES_MAX: usize = 64;
/// Resources at most.
const RESOURCES_MAX: usize = 1_000;
/// The longest name of a tool, a prompt or an argument.
const NAME_CHARS_MAX: usize = 64;
/// The longest URI.
const URI_BYTES_MAX: usize = 2_048;
/// The largest schema, as JSON.
const SCHEMA_BYTES_MAX: usize = 16 << 10;
/// Arguments of a prompt at most.
const ARGUMENTS_MAX: usize = 32;
/// Schemes that are not theirs: our own, and the one that would send clients to files of this
/// machine.
const SCHEMES: [&str; 2] = ["goxe", "file"];

/// A tool of a guest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GuestTool {
    /// As clients see it.
    pub tool: Tool,
    /// Whether a call whose answer was lost may be made again.
    pub repeatable: bool,
}

/// The checked list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Book {
    /// By name.
    pub tools: BTreeMap<String, GuestTool>,
    /// By URI.
    pub resources: BTreeMap<String, Resource>,
    /// By pattern.
    pub templates: BTreeMap<String, ResourceTemplate>,
    /// By name.
    pub prompts: BTreeMap<String, Prompt>,
}

/// What is somebody else's already.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// Names of tools.
    pub tools: BTreeSet<String>,
    /// Names of prompts.
    pub prompts: BTreeSet<String>,
}

/// Which of the lists differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub tools: bool,
    pub resources: bool,
    pub prompts: bool,
}

impl Book {
    /// Takes of a list what may be taken, and says what was left out and why.
    pub fn new(list: ListReply, taken: &Taken) -> (Self, Vec<String>) {
        let mut left_out = Vec::new();
        let book = Book {
            tools: keep(list.tools, NAMES_MAX, &mut left_out, |tool| {
                free("tool", &tool.name, &taken.tools)?;
                schema(&tool.name, &tool.input)?;
                if let Some(output) = &tool.output {
                    schema(&tool.name, output)?;
                }
                let repeatable = tool.hints.read_only || tool.hints.idempotent;
                Ok((tool.name.clone(), GuestTool { tool: translate::tool(tool), repeatable }))
            }),
            resources: keep(list.resources, RESOURCES_MAX, &mut left_out, |resource| {
                uri(&resource.uri)?;
                Ok((resource.uri.clone(), translate::resource(resource)))
            }),
            templates: keep(list.templates, NAMES_MAX, &mut left_out, |template| {
                uri(&template.pattern)?;
                Ok((template.pattern.clone(), translate::template(template)))
            }),
            prompts: keep(list.prompts, NAMES_MAX, &mut left_out, |prompt| {
                free("prompt", &prompt.name, &taken.prompts)?;
                arguments(&prompt)?;
                Ok((prompt.name.clone(), translate::prompt(prompt)))
            }),
        };
        (book, left_out)
    }

    /// What differs from an earlier list.
    pub fn since(&self, before: &Self) -> Changes {
        let same_resources =
            self.resources == before.resources && self.templates == before.templates;
        Changes {
            tools: self.tools != before.tools,
            resources: !same_resources,
            prompts: self.prompts != before.prompts,
        }
    }

    /// Whether nothing is offered.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The items that pass, by key, the first of equal ones. What is beyond the limit is left out: in
/// the order of the keys, so that the same list always keeps the same items.
fn keep<T, U>(
    items: Vec<T>,
    count_max: usize,
    left_out: &mut Vec<String>,
    check: impl Fn(T) -> Result<(String, U), String>,
) -> BTreeMap<String, U> {
    let mut kept = BTreeMap::new();
    for item in items {
        match check(item) {
            Ok((key, _)) if kept.contains_key(&key) => {
                left_out.push(format!("{}: it is offered twice", translate::line(&key)));
            }
            Ok((key, item)) => drop(kept.insert(key, item)),
            Err(why) => left_out.push(why),
        }
    }
    let mut beyond = 0_usize;
    while kept.len() > count_max {
        kept.pop_last();
        beyond += 1;
    }
    if beyond > 0 {
        left_out.push(format!("{beyond} more: {count_max} of a kind are taken"));
    }
    kept
}

fn free(kind: &str, name: &str, taken: &BTreeSet<String>) -> Result<(), String> {
    let told = translate::line(name);
    if !is_name(name) {
        let form = format!("1 to {NAME_CHARS_MAX} of A-Z, a-z, 0-9, _, - and .");
        return Err(format!("{kind} {told}: a name is {form}"));
    }
    match taken.contains(name) {
        true => Err(format!("{kind} {told}: the name is taken")),
        false => Ok(()),
    }
}

/// Whether every client can show and send this name.
fn is_name(name: &str) -> bool {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.len());
    fits && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn schema(tool: &str, schema: &impl Serialize) -> Result<(), String> {
    let value = serde_json::to_value(schema).unwrap_or_default();
    if value.get("type").and_then(Value::as_str) != Some("object") {
        return Err(format!("tool {tool}: its schema is not that of an object"));
    }
    match value.to_string().len() > SCHEMA_BYTES_MAX {
        true => Err(format!("tool {tool}: its schema is longer than {SCHEMA_BYTES_MAX} bytes")),
        false => Ok(()),
    }
}

/// Whether a text is a URI that a guest may use.
pub(super) fn is_theirs(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    let mut bytes = scheme.bytes();
    let is_scheme = bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_reserved = SCHEMES.iter().any(|reserved| scheme.eq_ignore_ascii_case(reserved));
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    is_scheme && printable && !is_reserved && text.len() <= URI_BYTES_MAX
}

fn uri(text: &str) -> Result<(), String> {
    match is_theirs(text) {
        true => Ok(()),
        false => Err(format!("resource {}: it is no URI of a guest", translate::line(text))),
    }
}

fn arguments(prompt: &guest::Prompt) -> Result<(), String> {
    let fit = prompt.arguments.len() <= ARGUMENTS_MAX
        && prompt.arguments.iter().all(|argument| is_name(&argument.name));
    match fit {
        true => Ok(()),
        false => Err(format!("prompt {}: its arguments have no usable names", prompt.name)),
    }
}

#[cfg(test)]
mod tests;
