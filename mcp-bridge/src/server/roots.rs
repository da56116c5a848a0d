//! The folders that a client lets its servers work in, besides the one it started this one in.
//!
//! They are asked for when a call first names a file outside of what is known to be allowed. In the modern
//! era the call is answered with the question and sent again with the list; in the older one the client is
//! asked while the call waits, and what it said counts until it says that it has changed.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    os::unix::ffi::OsStringExt as _,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rmcp::{
    model::{
        CallToolResponse, ClientResult, InputRequest, InputRequiredResult, InputResponses,
        ServerRequest,
    },
    service::PeerRequestOptions,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::source::Cx;

/// The name of our question.
const KEY: &str = "roots";
/// How long a client may take to answer it: nobody has to think about it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Folders of one client that are taken.
const ROOTS_MAX: usize = 64;

/// What the client of the older era said.
#[derive(Debug, Default)]
pub(super) struct Roots {
    // Held for a few instructions, never over an await.
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// How often it said that they have changed.
    changes: u64,
    known: Option<Vec<PathBuf>>,
}

/// The list that came back with a call that was sent again.
pub(super) fn told(responses: Option<&InputResponses>) -> Option<Vec<PathBuf>> {
    responses?.get(KEY).map(read)
}

/// Whether this client has such a list, by what it says with this request.
pub(super) fn can_list(cx: &Cx) -> bool {
    cx.client_capabilities().is_some_and(|capabilities| capabilities.roots.is_some())
}

/// The answer that makes a client of the modern era send the call again with its list.
pub(super) fn ask() -> CallToolResponse {
    let requests = BTreeMap::from([(KEY.to_owned(), InputRequest::ListRoots(request()))]);
    InputRequiredResult::from_input_requests(requests).into()
}

impl Roots {
    /// What the client said last, if that still counts.
    pub(super) fn known(&self) -> Option<Vec<PathBuf>> {
        self.with(|inner| inner.known.clone())
    }

    /// The client says that its list has changed: it is asked again when somebody needs it.
    pub(super) fn changed(&self) {
        self.with(|inner| *inner = Inner { changes: inner.changes + 1, known: None });
    }

    /// Asks a client of the older era while a call waits. None if it does not answer.
    pub(super) async fn ask_now(&self, cx: &Cx, gone: &CancellationToken) -> Option<Vec<PathBuf>> {
        let before = self.with(|inner| inner.changes);
        let request = ServerRequest::ListRootsRequest(request());
        let options = PeerRequestOptions::with_timeout(PATIENCE);
        let asked = cx.peer.send_cancellable_request(request, options).await.ok()?;
        let answer = tokio::select! {
            answer = asked.await_response() => answer.ok()?,
            () = cx.ct.cancelled() => return None,
            () = gone.cancelled() => return None,
        };
        let ClientResult::ListRootsResult(listed) = answer else { return None };
        let known = read(&serde_json::to_value(listed).unwrap_or_default());
        // One that changed meanwhile counts for this call alone.
        self.with(|inner| {
            if inner.changes == before {
                inner.known = Some(known.clone());
            }
        });
        Some(known)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[expect(deprecated, reason = "clients of both eras go on having it")]
fn request() -> rmcp::model::ListRootsRequest {
    rmcp::model::ListRootsRequest::default()
}

/// The folders of a result of `roots/list`; what is no folder of this machine is passed over.
fn read(result: &Value) -> Vec<PathBuf> {
    let roots = result.get("roots").and_then(Value::as_array);
    let uris = roots.into_iter().flatten().filter_map(|root| root.get("uri")?.as_str());
    uris.filter_map(path_of).take(ROOTS_MAX).collect()
}

/// The absolute path that a `file` URI of this machine names.
fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok().filter(|byte| *byte != 0)?
            }
            byte => byte,
        });
    }
    Some(PathBuf::from(OsString::from_vec(bytes))).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn folders_of_this_machine_are_read() {
        let check = |uri: &str, expect: Option<&str>| {
            let listed = read(&json!({ "roots": [{ "uri": uri, "name": "any" }] }));
            assert_eq!(listed.first().map(|path| path.to_str().unwrap()), expect, "{uri}");
        };
        check("file:///home/ann/my%20models", Some("/home/ann/my models"));
        check("file://localhost/b%C3%A4r/", Some("/bär/"));
        check("file://elsewhere/models", None);
        check("https://example.com/models", None);
        check("file:///a%00b", None);
        check("file:///a%2", None);
        assert_eq!(read(&json!({ "roots": "none" })), Vec::<PathBuf>::new());
    }
}
