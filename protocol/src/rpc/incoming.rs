//! What a server sends: replies and notifications, as a client reads them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::text::{Text, Version, present};
use super::{Id, depth};
use crate::error::Error;

/// One message from a server.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// The answer to a call, or to something whose id the server could not read (`null`).
    Reply {
        /// Which call.
        id: Id<'a>,
        /// How it went.
        outcome: Outcome<'a>,
    },
    /// Something the server says by itself.
    Notification {
        /// What kind of thing.
        method: Cow<'a, str>,
        /// What it says.
        params: Option<&'a RawValue>,
    },
}

/// The result of a call, unparsed, or its error.
pub type Outcome<'a> = Result<&'a RawValue, Error>;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "jsonrpc")]
    _jsonrpc: Version,
    #[serde(default, borrow, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Error>,
    #[serde(default, borrow)]
    method: Option<Text<'a>>,
    #[serde(default, borrow, deserialize_with = "present")]
    params: Option<&'a RawValue>,
}

/// Parses one message of a server; `depth_max` guards what reads the result later.
///
/// # Errors
/// What is wrong with it, in words: a client can only close such a connection.
pub fn parse_incoming(json: &[u8], depth_max: usize) -> Result<Incoming<'_>, String> {
    depth::check(json, depth_max).map_err(|error| error.to_string())?;
    let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let id = envelope.id.map(|id| Id::from_json(id.get())).transpose()?;
    match (id, envelope.method, envelope.result, envelope.error) {
        (Some(id), None, Some(result), None) => Ok(Incoming::Reply { id, outcome: Ok(result) }),
        (Some(id), None, None, Some(error)) => Ok(Incoming::Reply { id, outcome: Err(error) }),
        (None, Some(Text(method)), None, None) => {
            Ok(Incoming::Notification { method, params: envelope.params })
        }
        _ => Err("the message is neither a reply nor a notification".to_owned()),
    }
}
