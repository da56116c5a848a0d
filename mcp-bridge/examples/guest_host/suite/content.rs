//! What the suite's tools show: blocks and resources.

use goxe_protocol::api::guest::{Block, Content, Message, Speaker};

/// The least picture there is: one pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// A sound of no length.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

pub fn text(text: &str) -> Block {
    Block::Text { text: text.to_owned() }
}

pub fn image() -> Block {
    Block::Image { data: PNG.to_owned(), mime_type: "image/png".to_owned() }
}

pub fn sound() -> Block {
    Block::Audio { data: WAV.to_owned(), mime_type: "audio/wav".to_owned() }
}

pub fn embedded(uri: &str, text: &str) -> Block {
    let mime = if text.starts_with('{') { "application/json" } else { "text/plain" };
    Block::Resource(textual(uri, mime, text))
}

pub fn message(content: Block) -> Message {
    Message { speaker: Speaker::User, content }
}

/// What a resource of the suite holds.
pub fn resource(uri: &str) -> Option<Content> {
    let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
    Some(match (uri, id) {
        (_, Some(id)) => {
            let json = serde_json::json!({
                "id": id, "templateTest": true, "data": format!("Data for ID: {id}"),
            });
            textual(uri, "application/json", &json.to_string())
        }
        ("test://static-text", _) => {
            textual(uri, "text/plain", "This is the content of the static text resource.")
        }
        ("test://watched-resource", _) => textual(uri, "text/plain", "It is watched."),
        ("test://static-binary", _) => Content {
            uri: uri.to_owned(),
            mime_type: Some("image/png".to_owned()),
            blob: Some(PNG.to_owned()),
            text: None,
        },
        _ => return None,
    })
}

fn textual(uri: &str, mime: &str, text: &str) -> Content {
    Content {
        uri: uri.to_owned(),
        mime_type: Some(mime.to_owned()),
        text: Some(text.to_owned()),
        blob: None,
    }
}
