//! Requests, replies and notifications, written as JSON at the end of a buffer.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Id, Meta};
use crate::error::Error;

const VERSION_AND_ID: &[u8] = br#"{"jsonrpc":"2.0","id":"#;
const RESULT: &[u8] = br#","result":"#;
const ERROR: &[u8] = br#","error":"#;
const VERSION_AND_METHOD: &[u8] = br#"{"jsonrpc":"2.0","method":"#;
const METHOD: &[u8] = br#","method":"#;
const PARAMS: &[u8] = br#","params":"#;
const META: &[u8] = br#","meta":"#;

/// Appends the reply to a call. A result that does not serialise becomes an internal error: there is always one answer.
pub fn encode_reply(out: &mut Vec<u8>, id: &Id<'_>, result: &(impl Serialize + ?Sized)) {
    let start = out.len();
    begin(out, id, RESULT);
    match serde_json::to_writer(&mut *out, result) {
        Ok(()) => out.push(b'}'),
        Err(error) => {
            out.truncate(start);
            let message = format!("the result cannot be written as JSON: {error}");
            encode_error(out, id, &Error::internal(message));
        }
    }
}

/// Appends a reply whose result is JSON already.
pub fn encode_raw_reply(out: &mut Vec<u8>, id: &Id<'_>, result: &RawValue) {
    out.reserve(64 + result.get().len());
    begin(out, id, RESULT);
    out.extend_from_slice(result.get().as_bytes());
    out.push(b'}');
}

/// Appends an error reply.
pub fn encode_error(out: &mut Vec<u8>, id: &Id<'_>, error: &Error) {
    begin(out, id, ERROR);
    // A number, two strings and a map with string keys: this cannot fail, and what was written stays valid without it.
    let start = out.len();
    if serde_json::to_writer(&mut *out, error).is_err() {
        out.truncate(start);
        out.extend_from_slice(br#"{"code":-32603,"message":"Internal error"}"#);
    }
    out.push(b'}');
}

/// Appends a request. `params` must serialise to an object or an array.
///
/// # Errors
/// The params do not serialise; the buffer is then as it was.
pub fn encode_request(
    out: &mut Vec<u8>,
    id: &Id<'_>,
    method: &str,
    params: &(impl Serialize + ?Sized),
    meta: &Meta<'_>,
) -> Result<(), serde_json::Error> {
    let start = out.len();
    begin(out, id, METHOD);
    let written = (|| {
        serde_json::to_writer(&mut *out, method)?;
        out.extend_from_slice(PARAMS);
        serde_json::to_writer(&mut *out, params)?;
        if !meta.is_empty() {
            out.extend_from_slice(META);
            serde_json::to_writer(&mut *out, meta)?;
        }
        Ok(())
    })();
    match written {
        Ok(()) => out.push(b'}'),
        Err(_) => out.truncate(start),
    }
    written
}

/// Appends a notification.
///
/// # Errors
/// The params do not serialise; the buffer is then as it was.
pub fn encode_notification(
    out: &mut Vec<u8>,
    method: &str,
    params: &(impl Serialize + ?Sized),
) -> Result<(), serde_json::Error> {
    let start = out.len();
    out.extend_from_slice(VERSION_AND_METHOD);
    let written = serde_json::to_writer(&mut *out, method).and_then(|()| {
        out.extend_from_slice(PARAMS);
        serde_json::to_writer(&mut *out, params)
    });
    match written {
        Ok(()) => out.push(b'}'),
        Err(_) => out.truncate(start),
    }
    written
}

fn begin(out: &mut Vec<u8>, id: &Id<'_>, member: &[u8]) {
    out.extend_from_slice(VERSION_AND_ID);
    out.extend_from_slice(id.json().as_bytes());
    out.extend_from_slice(member);
}
