//! What a tool returns: structured data with the same JSON as text, or a picture with a caption.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rmcp::model::{CallToolResult, ContentBlock, Resource};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The longest text of an answer, in bytes. Codex and Claude Code cut what is longer.
pub const ANSWER_BYTES_MAX: usize = 40_000;

/// The longest text of an answer that nobody asked to be long.
const CONCISE_BYTES_MAX: usize = 8_000;

/// What a tool returns.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Data: `structuredContent`, and the same JSON as text.
    Data(Map<String, Value>),
    /// A picture and the text beside it. Never with `structuredContent`: clients that get it show
    /// their model the JSON and drop the picture.
    Picture {
        /// What the picture shows.
        caption: String,
        /// The PNG file.
        png: Vec<u8>,
    },
    /// Text alone, from a tool that may also return a picture.
    Text(String),
}

impl Answer {
    /// Data from a reply of the protocol.
    pub fn data(reply: &impl Serialize) -> Self {
        match serde_json::to_value(reply) {
            Ok(Value::Object(map)) => Answer::Data(map),
            Ok(other) => Answer::Data(Map::from_iter([("value".to_owned(), other)])),
            // Our own types serialize; a failure here still has to reach the model.
            Err(error) => Answer::Text(error.to_string()),
        }
    }

    /// The same data with one member more; text and pictures stay as they are.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Answer::Data(map) = &mut self {
            map.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The same data without these members.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        if let Answer::Data(map) = &mut self {
            map.retain(|name, _| !names.contains(&name.as_str()));
        }
        self
    }

    /// The same data, with its longest list cut where it would be long, and then the call that tells
    /// all of it.
    #[must_use]
    pub fn concise(self, full: &str) -> Self {
        match self {
            Answer::Data(map) => {
                let (mut map, _) = shrink(map, CONCISE_BYTES_MAX);
                if map.contains_key("cut") {
                    map.insert("next".to_owned(), json!(full));
                }
                Answer::Data(map)
            }
            other => other,
        }
    }

    /// The data as text, for a tool without structured answers.
    #[must_use]
    pub fn into_text(self) -> Self {
        match self {
            Answer::Data(map) => Answer::Text(shrink(map, ANSWER_BYTES_MAX).1),
            other => other,
        }
    }

    /// The result that goes to the client.
    pub fn into_result(self) -> CallToolResult {
        match self {
            Answer::Data(map) => {
                let (map, text) = shrink(map, ANSWER_BYTES_MAX);
                let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
                result.structured_content = Some(Value::Object(map));
                result
            }
            Answer::Picture { caption, png } => CallToolResult::success(vec![
                ContentBlock::text(caption),
                ContentBlock::image(BASE64.encode(png), "image/png"),
            ]),
            Answer::Text(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
        }
    }
}

/// Data as the text that a tool would answer with it: in lines, and never too long.
pub fn text(data: &impl Serialize) -> String {
    match Answer::data(data) {
        Answer::Data(map) => shrink(map, ANSWER_BYTES_MAX).1,
        Answer::Text(text) | Answer::Picture { caption: text, .. } => text,
    }
}

/// Puts a link beside each picture of a result, and its address into the text: not every client
/// shows its model a link. `keep` is given a picture as base64 and returns where it can be read.
pub fn link(result: &mut CallToolResult, mut keep: impl FnMut(&str) -> String) {
    let pictures = result.content.iter().filter_map(ContentBlock::as_image);
    let links: Vec<Resource> = pictures
        .map(|picture| {
            let uri = keep(&picture.data);
            let name = uri.rsplit('/').next().unwrap_or_default().to_owned();
            Resource::new(uri, name).with_mime_type(picture.mime_type.clone())
        })
        .collect();
    if links.is_empty() {
        return;
    }
    let uris: Vec<&str> = links.iter().map(|link| link.uri.as_str()).collect();
    let line = format!("Kept as {}", uris.join(", "));
    match result.content.iter_mut().find_map(|block| match block {
        ContentBlock::Text(text) => Some(text),
        _ => None,
    }) {
        Some(text) => text.text = format!("{}\n{line}", text.text),
        None => result.content.insert(0, ContentBlock::text(line)),
    }
    result.content.extend(links.into_iter().map(ContentBlock::resource_link));
}

/// JSON with one member a line, and one item a line in its lists: clients cut or drop an answer
/// that is one long line.
fn lines(map: &Map<String, Value>) -> String {
    let mut text = String::new();
    push_members(&mut text, map, DEPTH);
    text
}

/// Lists and objects inside of each other that get lines of their own.
const DEPTH: u8 = 3;
/// An object that is longer, in bytes, is worth more than one line.
const LINE_BYTES: usize = 160;

fn push_value(text: &mut String, value: &Value, depth: u8) {
    match value {
        Value::Array(items) if depth > 0 && items.iter().any(|item| !item.is_number()) => {
            push_list(text, ['[', ']'], items, |text, item| push_value(text, item, depth - 1));
        }
        Value::Object(map) if depth > 0 => {
            // The rows of a picture stand below each other.
            let has_rows = map.values().any(|member| member.get(0).is_some_and(Value::is_string));
            let before = text.len();
            if !has_rows {
                push_compact(text, value);
            }
            if has_rows || text.len() - before > LINE_BYTES {
                text.truncate(before);
                push_members(text, map, depth - 1);
            }
        }
        other => push_compact(text, other),
    }
}

fn push_members(text: &mut String, map: &Map<String, Value>, depth: u8) {
    push_list(text, ['{', '}'], map, |text, (name, value)| {
        push_compact(text, name);
        text.push(':');
        push_value(text, value, depth);
    });
}

fn push_list<T>(
    text: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    mut push: impl FnMut(&mut String, T),
) {
    text.push(open);
    for (index, item) in items.into_iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        push(text, item);
    }
    text.push('\n');
    text.push(close);
}

fn push_compact(text: &mut String, value: &impl Serialize) {
    // Names, texts and values: this cannot fail.
    text.push_str(&serde_json::to_string(value).unwrap_or_default());
}

/// The data with its text. Shortens the longest list until the text fits, and says in `cut` how
/// many items are gone. Paged answers never come here: their pages are small enough for the longest
/// voxels.
fn shrink(mut map: Map<String, Value>, bytes_max: usize) -> (Map<String, Value>, String) {
    let mut text = lines(&map);
    if text.len() <= bytes_max {
        return (map, text);
    }
    let mut cut = Map::new();
    while text.len() > bytes_max {
        let longest = map
            .iter_mut()
            .filter_map(|(name, value)| {
                let bytes = value.to_string().len();
                value.as_array_mut().filter(|list| !list.is_empty()).map(|list| (bytes, name, list))
            })
            .max_by_key(|(bytes, _, _)| *bytes);
        let Some((_, name, list)) = longest else { break };
        let kept = list.len() / 2;
        let gone = list.len() - kept;
        let before = cut.get(name).and_then(Value::as_u64).unwrap_or(0);
        cut.insert(name.clone(), json!(before + u64::try_from(gone).unwrap_or(u64::MAX)));
        list.truncate(kept);
        text = lines(&map);
    }
    if !cut.is_empty() {
        map.insert("cut".to_owned(), Value::Object(cut));
        text = lines(&map);
    }
    (map, text)
}

#[cfg(test)]
mod tests;
