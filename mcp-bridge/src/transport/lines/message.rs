//! One line, made into the message that rmcp works with.

use std::borrow::Cow;

use rmcp::{
    RoleServer,
    model::{
        CallToolRequest, CallToolRequestParams, ClientRequest, ErrorData, JsonRpcMessage, RequestId,
    },
    service::RxJsonRpcMessage,
};
use serde::Deserialize;
use serde_json::{error::Category, value::RawValue};

use super::skim::Skim;

/// What RFC 8259 lets a reader pass over.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What a line is.
#[derive(Debug)]
pub(super) enum Read {
    /// A message.
    Message(Box<RxJsonRpcMessage<RoleServer>>),
    /// Nothing that can be answered: noise, or a notification or response of an unknown kind.
    /// Answers to those could be answered in turn, for ever.
    Nothing,
    /// A request that is none.
    Refused {
        /// Whom to tell.
        id: Option<RequestId>,
        /// What is wrong.
        error: ErrorData,
    },
}

/// The parts of a message by which its kind is told.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(default, borrow)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(default)]
    id: Option<RequestId>,
    #[serde(default, borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    params: Option<&'a RawValue>,
}

/// Reads a line.
pub(super) fn read(line: &[u8]) -> Read {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    if line.trim_ascii().is_empty() {
        return Read::Nothing;
    }
    match serde_json::from_slice::<Head<'_>>(line) {
        Ok(Head { jsonrpc, id: Some(id), method: Some(method), params: Some(params) })
            if method == "tools/call" && jsonrpc.as_deref() == Some("2.0") =>
        {
            read_call(id, params)
        }
        Ok(head) => read_other(line, head),
        Err(error) => match error.classify() {
            Category::Syntax | Category::Eof | Category::Io => broken(line, &error),
            Category::Data => refused(None, ErrorData::invalid_request("Invalid request", None)),
        },
    }
}

/// A line that is no JSON. Where it is a request in all but one place, such as a number written as
/// `NaN`, its caller waits for an answer.
fn broken(line: &[u8], error: &serde_json::Error) -> Read {
    const METHOD: &[u8] = b"\"method\"";
    let mut skim = Skim::default();
    skim.take(line);
    match skim.id() {
        // An answer that is broken is answered by nobody.
        Some(id) if line.windows(METHOD.len()).any(|part| part == METHOD) => {
            let message = format!("The message is no JSON: {error}. Nothing was done.");
            refused(Some(id), ErrorData::parse_error(message, None))
        }
        _ => Read::Nothing,
    }
}

fn read_call(id: RequestId, params: &RawValue) -> Read {
    match serde_json::from_str::<CallToolRequestParams>(params.get()) {
        Ok(mut params) => {
            // Where rmcp keeps it for the handlers.
            let meta = params.meta.take();
            let mut request = CallToolRequest::new(params);
            if let Some(meta) = meta {
                request.extensions.insert(meta);
            }
            let request = ClientRequest::CallToolRequest(request);
            Read::Message(Box::new(JsonRpcMessage::request(request, id)))
        }
        Err(error) => refused(Some(id), wrong_params("tools/call", &error)),
    }
}

fn read_other(line: &[u8], head: Head<'_>) -> Read {
    match serde_json::from_slice(line) {
        Ok(message) => Read::Message(Box::new(message)),
        Err(error) => match head {
            Head { id: Some(id), method: Some(method), .. } => {
                refused(Some(id), wrong_params(&method, &error))
            }
            // A request with an id of a wrong kind has none, and neither has a notification.
            Head { .. } => Read::Nothing,
        },
    }
}

fn wrong_params(method: &str, error: &serde_json::Error) -> ErrorData {
    ErrorData::invalid_params(format!("The request does not fit {method}: {error}"), None)
}

fn refused(id: Option<RequestId>, error: ErrorData) -> Read {
    Read::Refused { id, error }
}
