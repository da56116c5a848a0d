//! JSON-RPC 2.0: requests borrowed from their payload, replies written straight into the output.

mod batch;
mod depth;
mod encode;
mod id;
mod incoming;
mod meta;
mod quick;
mod request;
mod skim;
#[cfg(test)]
mod tests;
mod text;

pub use batch::{Batch, BatchReply};
pub use encode::{
    encode_error, encode_notification, encode_raw_reply, encode_reply, encode_request,
};
pub use id::{ID_BYTES_MAX, Id};
pub use incoming::{Incoming, Outcome, parse_incoming};
pub use meta::{Meta, Progress};
pub use request::Request;

use std::ops::Range;

use serde_json::value::RawValue;

use crate::error::{Code, Error};
use crate::frame::Frame;

/// What one payload may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RpcLimits {
    /// How deep arrays and objects may nest, the message itself counted. Params are read by recursion: at most 120.
    pub depth_max: usize,
    /// Members of one batch.
    pub batch_items_max: usize,
}

impl Default for RpcLimits {
    fn default() -> Self {
        Self { depth_max: 64, batch_items_max: 1000 }
    }
}

/// What a payload turned out to be.
#[derive(Debug)]
pub enum Message<'a> {
    /// One request or notification.
    Single(Request<'a>),
    /// Several in an array; each is parsed, and fails, alone.
    Batch(Batch<'a>),
}

/// A message that is answered with an error instead of being run.
#[derive(Debug, PartialEq)]
pub struct Rejected<'a> {
    /// The id to answer to: `null` where none could be read.
    pub id: Id<'a>,
    /// What to answer.
    pub error: Error,
}

impl Rejected<'_> {
    fn nameless(error: Error) -> Self {
        Self { id: Id::NULL, error }
    }
}

/// Parses the JSON of a payload.
///
/// # Errors
/// The answer to a payload that is no message at all; members of a batch report theirs themselves.
#[inline]
pub fn parse<'a>(json: &'a [u8], limits: &RpcLimits) -> Result<Message<'a>, Rejected<'a>> {
    // Checked once here, so that every string below is borrowed without another look.
    let text = std::str::from_utf8(json).map_err(|error| {
        let detail = format!("the payload is not UTF-8 at byte {}", error.valid_up_to());
        Rejected::nameless(Error::parse(detail))
    })?;
    depth::check(json, limits.depth_max).map_err(Rejected::nameless)?;
    let trimmed = text.trim_start_matches([' ', '\t', '\r', '\n']);
    match trimmed.as_bytes().first() {
        Some(b'{') => request::parse(text).map(Message::Single),
        Some(b'[') => batch::parse(text, limits.batch_items_max).map(Message::Batch),
        _ => Err(Rejected::nameless(neither(text))),
    }
}

/// Parses the message of a frame. An attachment belongs to one request and is refused on a batch.
///
/// # Errors
/// As [`parse`].
#[inline]
pub fn parse_frame<'a>(
    frame: &'a Frame<'_>,
    limits: &RpcLimits,
) -> Result<Message<'a>, Rejected<'a>> {
    match parse(frame.json(), limits)? {
        Message::Batch(_) if frame.attachment().is_some() => {
            let error = Error::invalid_request("a batch cannot carry an attachment");
            Err(Rejected::nameless(error.hint("send the call with the attachment alone")))
        }
        message => Ok(message),
    }
}

/// Where a value that was parsed out of `json` lies in it, to find it again once the bytes have moved.
#[must_use]
pub fn range_of(json: &[u8], value: &RawValue) -> Option<Range<usize>> {
    let start = value.get().as_ptr().addr().checked_sub(json.as_ptr().addr())?;
    let range = start..start.checked_add(value.get().len())?;
    (range.end <= json.len()).then_some(range)
}

/// The error for a text that begins neither an object nor an array.
fn neither(text: &str) -> Error {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(_) => Error::invalid_request("a message is an object, a batch is an array"),
        Err(error) => Error::parse(error.to_string()),
    }
}

/// Sorts a serde_json error on params, a result or an envelope: is it not JSON, or JSON of another shape?
fn shape_or_syntax(error: &serde_json::Error) -> Code {
    match error.classify() {
        serde_json::error::Category::Data => Code::InvalidRequest,
        _ => Code::ParseError,
    }
}
