//! What a session is made of, as far as it has to outlive its process. Pure: messages in, no bytes
//! and no clock.
//!
//! ```text
//! open     requests of the client without an answer         must be none
//! asked    requests to the client without one               must be none
//! kept     what the client said that still counts: its handshake, and its subscriptions
//! ```
//!
//! After a handover what was kept is read again. The answers to it are `known` to the client, and
//! so are the acknowledgements of its subscriptions: they are swallowed.

use std::collections::{HashSet, VecDeque};

use rmcp::{
    RoleServer,
    model::{
        ClientNotification, ClientRequest, GetMeta as _, JsonRpcMessage, RequestId,
        ServerNotification,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
};

/// How much of what a client said is kept, in bytes.
const KEPT_BYTES_MAX: usize = 1 << 20;
/// How many of its messages.
const KEPT_MAX: usize = 1_024;

/// One session, as it was seen going by.
#[derive(Debug, Default)]
pub struct Session {
    open: HashSet<RequestId>,
    asked: HashSet<RequestId>,
    kept: Vec<Kept>,
    kept_bytes: usize,
    /// What is to be read again.
    again: VecDeque<String>,
    known: HashSet<RequestId>,
    acknowledged: HashSet<RequestId>,
    /// More than can be kept: this session ends with its process.
    is_bound: bool,
}

#[derive(Debug)]
struct Kept {
    what: What,
    line: String,
}

/// Why a message is kept.
#[derive(Debug, PartialEq, Eq)]
enum What {
    /// It opened the session of the older era.
    Initialize,
    /// It said that the client has understood the answer to that.
    Initialized,
    /// The older era's last word on how much is logged.
    Level,
    /// The client of the older era has looked at the resources, and is told of changes since.
    Resources,
    /// The client of the older era watches a resource.
    Watch { id: RequestId, uri: String },
    /// A subscription of the newer era.
    Listen { id: RequestId },
}

/// Whether a message is said for the first time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Now,
    Before,
}

impl Session {
    /// A session that goes on after these lines.
    pub fn after(lines: Vec<String>) -> Self {
        Session { again: lines.into(), ..Session::default() }
    }

    /// What is to be read again next.
    pub fn next_again(&mut self) -> Option<String> {
        self.again.pop_front()
    }

    /// A message of the client came in, in this line.
    pub fn received(&mut self, message: &RxJsonRpcMessage<RoleServer>, line: &[u8]) {
        self.take(message, line, Said::Now);
    }

    /// A message that the client sent to the process before this one is read again.
    pub fn received_again(&mut self, message: &RxJsonRpcMessage<RoleServer>, line: &[u8]) {
        self.take(message, line, Said::Before);
    }

    /// A message for the client. False if it must not be written: the client has it already.
    pub fn sent(&mut self, message: &TxJsonRpcMessage<RoleServer>) -> bool {
        match message {
            JsonRpcMessage::Response(response) => self.answered(&response.id),
            JsonRpcMessage::Error(error) => match &error.id {
                Some(id) => {
                    self.forget(
                        |what| matches!(what, What::Watch { id: other, .. } if other == id),
                    );
                    self.answered(id)
                }
                None => true,
            },
            JsonRpcMessage::Request(request) => {
                self.asked.insert(request.id.clone());
                true
            }
            JsonRpcMessage::Notification(notification) => match &notification.notification {
                note @ ServerNotification::SubscriptionsAcknowledgedNotification(_) => {
                    let Some(id) = note.get_meta().subscription_id() else { return true };
                    self.open.remove(&id);
                    !self.acknowledged.remove(&id)
                }
                _ => true,
            },
        }
    }

    /// Whether nothing is on its way, on either side, and everything can be kept.
    pub fn is_quiet(&self) -> bool {
        self.open.is_empty() && self.asked.is_empty() && self.is_restored() && !self.is_bound
    }

    /// Whether everything from before a handover has been read again, and answered.
    pub fn is_restored(&self) -> bool {
        self.again.is_empty() && self.known.is_empty() && self.acknowledged.is_empty()
    }

    /// How many subscriptions of the newer era there are, and one more for a client of the older
    /// era, which is told without having asked.
    pub fn subscribers(&self) -> usize {
        let counts = |what: &What| matches!(what, What::Initialized | What::Listen { .. });
        self.kept.iter().filter(|kept| counts(&kept.what)).count()
    }

    /// What the next process has to read again.
    pub fn lines(&self) -> Vec<String> {
        self.kept.iter().map(|kept| kept.line.clone()).collect()
    }

    fn answered(&mut self, id: &RequestId) -> bool {
        self.open.remove(id);
        self.acknowledged.remove(id);
        // A subscription that is answered has ended.
        self.forget(|what| matches!(what, What::Listen { id: other } if other == id));
        !self.known.remove(id)
    }

    fn take(&mut self, message: &RxJsonRpcMessage<RoleServer>, line: &[u8], said: Said) {
        match message {
            JsonRpcMessage::Request(request) => {
                self.take_request(&request.id, &request.request, line, said);
            }
            JsonRpcMessage::Notification(notification) => match &notification.notification {
                ClientNotification::InitializedNotification(_) => {
                    self.keep(What::Initialized, line);
                }
                ClientNotification::CancelledNotification(cancelled) => {
                    // Such a request is not answered any more.
                    if let Some(id) = &cancelled.params.request_id {
                        self.open.remove(id);
                        self.acknowledged.remove(id);
                        self.forget(|what| matches!(what, What::Listen { id: it } if it == id));
                    }
                }
                _ => {}
            },
            JsonRpcMessage::Response(response) => {
                self.asked.remove(&response.id);
            }
            JsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    self.asked.remove(id);
                }
            }
        }
    }

    fn take_request(&mut self, id: &RequestId, request: &ClientRequest, line: &[u8], said: Said) {
        let waits = match said {
            Said::Now => &mut self.open,
            Said::Before if matches!(request, ClientRequest::SubscriptionsListenRequest(_)) => {
                &mut self.acknowledged
            }
            Said::Before => &mut self.known,
        };
        waits.insert(id.clone());
        match request {
            ClientRequest::InitializeRequest(_) => self.keep(What::Initialize, line),
            ClientRequest::SetLevelRequest(_) => {
                self.forget(|what| *what == What::Level);
                self.keep(What::Level, line);
            }
            ClientRequest::ListResourcesRequest(_) if self.is_legacy() => {
                self.forget(|what| *what == What::Resources);
                self.keep(What::Resources, line);
            }
            ClientRequest::SubscribeRequest(request) => {
                let uri = request.params.uri.clone();
                self.unwatch(&uri);
                self.keep(What::Watch { id: id.clone(), uri }, line);
            }
            ClientRequest::UnsubscribeRequest(request) => self.unwatch(&request.params.uri),
            ClientRequest::SubscriptionsListenRequest(_) => {
                self.keep(What::Listen { id: id.clone() }, line);
            }
            _ => {}
        }
    }

    fn is_legacy(&self) -> bool {
        self.kept.iter().any(|kept| kept.what == What::Initialize)
    }

    fn unwatch(&mut self, uri: &str) {
        self.forget(|what| matches!(what, What::Watch { uri: other, .. } if other == uri));
    }

    fn keep(&mut self, what: What, line: &[u8]) {
        let Ok(line) = std::str::from_utf8(line) else { return };
        self.kept_bytes = self.kept_bytes.saturating_add(line.len());
        self.is_bound |= self.kept_bytes > KEPT_BYTES_MAX || self.kept.len() >= KEPT_MAX;
        if !self.is_bound {
            self.kept.push(Kept { what, line: line.to_owned() });
        }
    }

    fn forget(&mut self, is_over: impl Fn(&What) -> bool) {
        self.kept.retain(|kept| !is_over(&kept.what));
        self.kept_bytes = self.kept.iter().map(|kept| kept.line.len()).sum();
    }
}

#[cfg(test)]
mod tests;
