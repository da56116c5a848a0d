//! The gate between rmcp and the lines: keeps stray messages from ending a session that has
//! not begun, and tells everybody the moment the client is gone.

use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientJsonRpcMessage, ClientRequest, GetMeta, JsonRpcMessage, PingRequestMethod,
        ProtocolVersion,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio_util::sync::CancellationToken;

/// A transport that wraps another one.
///
/// - rmcp ends the server when the first message is a notification or a response. Clients do send
///   `notifications/cancelled` after a probe that timed out. Until a request has opened a session,
///   everything but requests is dropped here.
/// - rmcp answers every `ping` until then, also one of the modern era, which has none.
/// - rmcp waits up to five seconds for running handlers before it cancels them. `gone` fires as
///   soon as the input ends or an answer cannot be written, and every handler listens to it.
#[derive(Debug)]
pub struct Gate<T> {
    inner: T,
    gone: CancellationToken,
    open: bool,
}

impl<T> Gate<T> {
    /// Wraps a transport. `gone` is fired when the client is gone; firing it from outside ends
    /// the session as if the input had ended.
    pub fn new(inner: T, gone: CancellationToken) -> Self {
        Gate { inner, gone, open: false }
    }

    /// The answer to a message that rmcp would answer wrongly.
    fn refusal(&self, message: &ClientJsonRpcMessage) -> Option<TxJsonRpcMessage<RoleServer>> {
        let JsonRpcMessage::Request(request) = message else { return None };
        if self.open || !is_modern_ping(&request.request) {
            return None;
        }
        let error = ErrorData::method_not_found::<PingRequestMethod>();
        Some(JsonRpcMessage::error(error, Some(request.id.clone())))
    }

    /// Whether rmcp may see this message now.
    fn admit(&mut self, message: &ClientJsonRpcMessage) -> bool {
        match message {
            JsonRpcMessage::Request(request) => {
                self.open |= opens_session(&request.request);
                true
            }
            JsonRpcMessage::Notification(_)
            | JsonRpcMessage::Response(_)
            | JsonRpcMessage::Error(_) => self.open,
        }
    }
}

/// Whether a request is a `ping` that carries the metadata of an era without one.
fn is_modern_ping(request: &ClientRequest) -> bool {
    let ClientRequest::PingRequest(_) = request else { return false };
    let version = request.get_meta().protocol_version();
    version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// Whether rmcp leaves its opening phase on this request: on `initialize`, or on any other one
/// that carries its own metadata. `server/discover` and `ping` are answered within the phase.
fn opens_session(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_) => false,
        other => {
            let meta = other.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
                && meta
                    .protocol_version()
                    .is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        }
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Gate<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let send = self.inner.send(item);
        let gone = self.gone.clone();
        async move {
            let sent = send.await;
            if sent.is_err() {
                // rmcp only logs this; a client that cannot be answered is gone.
                gone.cancel();
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let message = tokio::select! {
                biased;
                () = self.gone.cancelled() => None,
                message = self.inner.receive() => message,
            };
            let Some(message) = message else {
                self.gone.cancel();
                return None;
            };
            if let Some(refusal) = self.refusal(&message) {
                // The next one finds out that the client is gone.
                let _ = self.send(refusal).await;
                continue;
            }
            if self.admit(&message) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}
