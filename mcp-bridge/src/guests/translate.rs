//! goxe's words for what guests offer and answer into those of MCP, within bounds.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use goxe_protocol::api::guest::{self, Block, Content, Speaker};
use rmcp::model::{
    ContentBlock, Prompt, PromptArgument, PromptMessage, Resource, ResourceContents,
    ResourceTemplate, Role, Tool, ToolAnnotations,
};

use crate::tools::answer::ANSWER_BYTES_MAX;

/// The longest title, in characters.
const TITLE_CHARS_MAX: usize = 100;
/// The longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Blocks of an answer at most.
const BLOCKS_MAX: usize = 64;
/// Pictures, sounds and bytes of an answer together, as base64.
const MEDIA_BYTES_MAX: usize = 8 << 20;
/// The longest media type.
const MIME_BYTES_MAX: usize = 100;

/// A text as one short line that hides nothing: for messages about it.
pub(super) fn line(text: &str) -> String {
    let shown: String = text.chars().take(80).collect();
    format!("{shown:?}")
}

pub(super) fn tool(from: guest::Tool) -> Tool {
    let hints = from.hints;
    let annotations = ToolAnnotations::new()
        .read_only(hints.read_only)
        .destructive(hints.destructive && !hints.read_only)
        .idempotent(hints.idempotent || hints.read_only)
        .open_world(hints.open_world);
    let description = words(&from.description, DESCRIPTION_CHARS_MAX);
    let input = Arc::new(from.input);
    let mut tool = Tool::new(from.name, description, input).with_annotations(annotations);
    if let Some(title) = from.title {
        tool = tool.with_title(words(&title, TITLE_CHARS_MAX));
    }
    match from.output {
        Some(output) => tool.with_raw_output_schema(Arc::new(output)),
        None => tool,
    }
}

pub(super) fn resource(from: guest::Resource) -> Resource {
    let mut resource = Resource::new(from.uri, words(&from.name, TITLE_CHARS_MAX));
    resource.title = from.title.map(|title| words(&title, TITLE_CHARS_MAX));
    resource.description = from.description.map(|text| words(&text, DESCRIPTION_CHARS_MAX));
    resource.mime_type = from.mime_type.filter(|mime| is_mime(mime));
    resource.size = from.bytes;
    resource
}

pub(super) fn template(from: guest::Template) -> ResourceTemplate {
    let mut template = ResourceTemplate::new(from.pattern, words(&from.name, TITLE_CHARS_MAX));
    template.title = from.title.map(|title| words(&title, TITLE_CHARS_MAX));
    template.description = from.description.map(|text| words(&text, DESCRIPTION_CHARS_MAX));
    template.mime_type = from.mime_type.filter(|mime| is_mime(mime));
    template
}

pub(super) fn prompt(from: guest::Prompt) -> Prompt {
    let arguments = from.arguments.into_iter().map(|from| {
        let argument = PromptArgument::new(from.name).with_required(from.required);
        match from.description {
            Some(text) => argument.with_description(words(&text, DESCRIPTION_CHARS_MAX)),
            None => argument,
        }
    });
    let description = from.description.map(|text| words(&text, DESCRIPTION_CHARS_MAX));
    let mut prompt = Prompt::new(from.name, description, Some(arguments.collect()));
    prompt.title = from.title.map(|title| words(&title, TITLE_CHARS_MAX));
    prompt
}

/// The blocks of an answer, and what was left out of it.
pub(super) fn blocks(from: Vec<Block>) -> Vec<ContentBlock> {
    let mut room = Room::default();
    let beyond = from.len().saturating_sub(BLOCKS_MAX);
    let mut blocks: Vec<ContentBlock> =
        from.into_iter().take(BLOCKS_MAX).map(|from| block(from, &mut room)).collect();
    if beyond > 0 {
        blocks.push(ContentBlock::text(format!("({beyond} more blocks left out)")));
    }
    blocks
}

/// The messages of a prompt.
pub(super) fn messages(from: Vec<guest::Message>) -> Vec<PromptMessage> {
    let mut room = Room::default();
    let message = |from: guest::Message| {
        let role = match from.speaker {
            Speaker::User => Role::User,
            Speaker::Assistant => Role::Assistant,
        };
        PromptMessage::new(role, block(from.content, &mut room))
    };
    from.into_iter().take(BLOCKS_MAX).map(message).collect()
}

/// What a resource holds. None if a part is too large or no base64: half a resource is none.
pub(super) fn contents(from: Vec<Content>) -> Option<Vec<ResourceContents>> {
    let mut room = Room { text: MEDIA_BYTES_MAX, media: MEDIA_BYTES_MAX };
    let text_bytes: usize =
        from.iter().filter_map(|from| from.text.as_ref()).map(String::len).sum();
    if from.len() > BLOCKS_MAX || text_bytes > room.text {
        return None;
    }
    from.into_iter().map(|from| content(from, &mut room)).collect()
}

/// Bytes that an answer may still have.
struct Room {
    text: usize,
    media: usize,
}

impl Default for Room {
    fn default() -> Self {
        Room { text: ANSWER_BYTES_MAX, media: MEDIA_BYTES_MAX }
    }
}

impl Room {
    /// As much of a text as there is room for.
    fn text(&mut self, mut text: String) -> String {
        if text.len() > self.text {
            let is_end = |end: &usize| text.is_char_boundary(*end);
            let end = (0..=self.text).rev().find(is_end).unwrap_or_default();
            let gone = text.len() - end;
            text.truncate(end);
            text.push_str(&format!("\n({gone} bytes left out)"));
            self.text = 0;
        } else {
            self.text -= text.len();
        }
        text
    }

    /// Whether there is room for a file, and it is one.
    fn takes(&mut self, data: &str) -> bool {
        let fits = data.len() <= self.media && BASE64.decode(data).is_ok();
        if fits {
            self.media -= data.len();
        }
        fits
    }
}

fn block(from: Block, room: &mut Room) -> ContentBlock {
    match from {
        Block::Text { text } => ContentBlock::text(room.text(text)),
        Block::Image { data, mime_type } if is_mime(&mime_type) && room.takes(&data) => {
            ContentBlock::image(data, mime_type)
        }
        Block::Audio { data, mime_type } if is_mime(&mime_type) && room.takes(&data) => {
            ContentBlock::audio(data, mime_type)
        }
        Block::Image { data, mime_type } => left_out("picture", &mime_type, data.len()),
        Block::Audio { data, mime_type } => left_out("sound", &mime_type, data.len()),
        Block::Resource(from) => {
            let uri = line(&from.uri);
            match content(from, room) {
                Some(content) => ContentBlock::resource(content),
                None => ContentBlock::text(format!("(resource {uri} left out)")),
            }
        }
        Block::Link(from) => ContentBlock::resource_link(resource(from)),
    }
}

fn left_out(what: &str, mime_type: &str, bytes: usize) -> ContentBlock {
    ContentBlock::text(format!("({what} of {bytes} bytes, {}, left out)", line(mime_type)))
}

fn content(from: Content, room: &mut Room) -> Option<ResourceContents> {
    let contents = match (from.text, from.blob) {
        (Some(text), _) => ResourceContents::text(room.text(text), from.uri),
        (None, Some(blob)) if room.takes(&blob) => ResourceContents::blob(blob, from.uri),
        (None, _) => return None,
    };
    Some(match from.mime_type.filter(|mime| is_mime(mime)) {
        Some(mime) => contents.with_mime_type(mime),
        None => contents,
    })
}

fn is_mime(text: &str) -> bool {
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    printable && text.len() <= MIME_BYTES_MAX && text.contains('/')
}

/// A text without what a terminal would obey, as long as it may be.
pub(super) fn words(text: &str, chars_max: usize) -> String {
    let shown = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().filter(shown).take(chars_max).collect()
}

#[cfg(test)]
mod tests;
