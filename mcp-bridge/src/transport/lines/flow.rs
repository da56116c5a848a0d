//! How much a client may have begun that it has not taken the answers of: where answers wait, the
//! input waits too.
//!
//! ```text
//! read -> held (at most HELD_BYTES_MAX) -> working (at most WORKING_MAX) -> waiting for the client to read
//! ```
//!
//! While more than `WAITING_BYTES_MAX` wait to be written, nothing is read and nothing that is held begins; nor is
//! anything read while `OTHERS_MAX` requests that never wait for a turn have no answer yet.
//! A notification waits for its teller, who has one under way at most and says only what is newest, so that
//! progress and notices are bounded by what is at work. What is not a request overtakes those that are held.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

use rmcp::{
    RoleServer,
    model::{ClientNotification, ClientRequest, JsonRpcMessage, RequestId},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
};
use tokio::sync::Notify;

/// Requests that are worked on at a time.
const WORKING_MAX: usize = 32;
/// Requests of the other kinds without an answer: subscriptions, and what is answered at once.
const OTHERS_MAX: usize = 128;
/// Requests that were read and wait for their turn, in bytes of their lines; one more may be longer.
const HELD_BYTES_MAX: usize = 256 << 10;
/// Messages that wait for the client to read them, in bytes; what is at work may still come on top.
const WAITING_BYTES_MAX: usize = 4 << 20;
/// What a message that waits takes beside its line.
const MESSAGE_BYTES: usize = 1 << 10;

/// The requests of one client. Pure: no bytes are moved here.
#[derive(Debug, Default)]
pub(super) struct Flow {
    output: Arc<Waiting>,
    working: HashSet<RequestId>,
    others: HashSet<RequestId>,
    held: VecDeque<(RequestId, RxJsonRpcMessage<RoleServer>, usize)>,
    held_bytes: usize,
    has_ended: bool,
}

/// What waits to be written.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    bytes: AtomicUsize,
    is_broken: AtomicBool,
    /// There is room again.
    fell: Notify,
}

/// A message that waits, until it is written or given up.
#[derive(Debug)]
pub(super) struct Wait(Arc<Waiting>, usize);

impl Drop for Wait {
    fn drop(&mut self) {
        self.0.bytes.fetch_sub(self.1, Relaxed);
        self.0.fell.notify_one();
    }
}

impl Wait {
    /// Nobody takes it, nor anything else.
    pub(super) fn fail(&self) {
        self.0.is_broken.store(true, Relaxed);
    }
}

impl Waiting {
    fn has_room(&self) -> bool {
        self.bytes.load(Relaxed) <= WAITING_BYTES_MAX
    }

    /// Ends when something was written. It is remembered if nobody waits for it.
    pub(super) async fn fell(&self) {
        self.fell.notified().await;
    }
}

impl Flow {
    /// What waits to be written, for whoever waits with it.
    pub(super) fn output(&self) -> Arc<Waiting> {
        Arc::clone(&self.output)
    }

    /// A message goes out, and is this long.
    pub(super) fn sends(&mut self, message: &TxJsonRpcMessage<RoleServer>, bytes: usize) -> Wait {
        let answered = match message {
            JsonRpcMessage::Response(response) => Some(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        if let Some(id) = answered {
            self.forget(id);
        }
        let bytes = bytes.saturating_add(MESSAGE_BYTES);
        self.output.bytes.fetch_add(bytes, Relaxed);
        Wait(Arc::clone(&self.output), bytes)
    }

    /// Whether the client takes nothing more.
    pub(super) fn is_broken(&self) -> bool {
        self.output.is_broken.load(Relaxed)
    }

    /// Whether more is read.
    pub(super) fn reads(&self) -> bool {
        let has_turn = self.held_bytes < HELD_BYTES_MAX && self.others.len() < OTHERS_MAX;
        has_turn && self.output.has_room()
    }

    /// A message came in, in a line of this length. It comes back if it does not have to wait.
    pub(super) fn take(
        &mut self,
        message: RxJsonRpcMessage<RoleServer>,
        bytes: usize,
    ) -> Option<RxJsonRpcMessage<RoleServer>> {
        match &message {
            JsonRpcMessage::Request(request) if is_work(&request.request) => {
                self.held_bytes = self.held_bytes.saturating_add(bytes);
                self.held.push_back((request.id.clone(), message, bytes));
                self.next()
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // Such a request is not answered any more.
                    self.forget(id);
                    let is_it = |held: &(RequestId, _, usize)| held.0 == *id;
                    if let Some(at) = self.held.iter().position(is_it) {
                        self.unhold(at);
                        return None;
                    }
                }
                Some(message)
            }
            JsonRpcMessage::Request(request) => {
                self.others.insert(request.id.clone());
                Some(message)
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => Some(message),
        }
    }

    /// Nothing comes any more: nobody waits for a turn. False if nobody did.
    pub(super) fn end(&mut self) -> bool {
        self.has_ended = true;
        !self.held.is_empty()
    }

    /// The request whose turn it is.
    pub(super) fn next(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let is_full = self.working.len() >= WORKING_MAX || !self.output.has_room();
        if is_full && !self.has_ended {
            return None;
        }
        let (id, message) = self.unhold(0)?;
        self.working.insert(id);
        Some(message)
    }

    fn forget(&mut self, id: &RequestId) {
        self.working.remove(id);
        self.others.remove(id);
    }

    fn unhold(&mut self, at: usize) -> Option<(RequestId, RxJsonRpcMessage<RoleServer>)> {
        let (id, message, bytes) = self.held.remove(at)?;
        self.held_bytes = self.held_bytes.saturating_sub(bytes);
        Some((id, message))
    }
}

/// Whether a request is answered with something of a size, or takes a while. A subscription has no answer
/// before it ends.
fn is_work(request: &ClientRequest) -> bool {
    !matches!(
        request,
        ClientRequest::InitializeRequest(_)
            | ClientRequest::DiscoverRequest(_)
            | ClientRequest::PingRequest(_)
            | ClientRequest::SubscriptionsListenRequest(_)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn message(value: Value) -> RxJsonRpcMessage<RoleServer> {
        serde_json::from_value(value).unwrap()
    }

    fn list(id: usize) -> RxJsonRpcMessage<RoleServer> {
        message(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" }))
    }

    fn answer(id: usize) -> TxJsonRpcMessage<RoleServer> {
        serde_json::from_value(json!({ "jsonrpc": "2.0", "id": id, "result": {} })).unwrap()
    }

    fn id(message: Option<RxJsonRpcMessage<RoleServer>>) -> Option<Value> {
        message.map(|message| serde_json::to_value(message).unwrap()["id"].clone())
    }

    #[test]
    fn requests_begin_in_order_as_others_are_answered() {
        let mut flow = Flow::default();
        for number in 0..WORKING_MAX {
            assert_eq!(id(flow.take(list(number), 60)), Some(json!(number)));
        }
        assert!(flow.take(list(100), 60).is_none() && flow.take(list(101), 60).is_none());
        assert!(flow.take(list(102), 60).is_none() && flow.reads());
        // What is no work overtakes; who is cancelled while it is held never begins.
        let ping = message(json!({ "jsonrpc": "2.0", "id": 9, "method": "ping" }));
        assert_eq!(id(flow.take(ping, 60)), Some(json!(9)));
        let cancel = |id: usize| {
            let params = json!({ "requestId": id });
            message(
                json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }),
            )
        };
        assert!(flow.take(cancel(100), 60).is_none());
        drop(flow.sends(&answer(3), 10));
        assert_eq!(id(flow.next()), Some(json!(101)));
        assert!(flow.next().is_none());
        // A request that is cancelled at work is not answered, and makes room.
        assert!(flow.take(cancel(5), 60).is_some());
        assert_eq!(id(flow.next()), Some(json!(102)));
        assert_eq!(flow.held_bytes, 0);
        // At the end of the input nobody waits for a turn that nobody gives up.
        assert!(flow.take(list(103), 60).is_none() && flow.end());
        assert_eq!(id(flow.next()), Some(json!(103)));
        assert!(!flow.end());
    }

    #[test]
    fn nothing_is_read_while_answers_or_requests_wait() {
        let mut flow = Flow::default();
        let wait = flow.sends(&answer(1), WAITING_BYTES_MAX + 1);
        assert!(!flow.reads());
        assert!(flow.take(list(1), 60).is_none());
        drop(wait);
        assert!(flow.reads());
        assert_eq!(id(flow.next()), Some(json!(1)));
        let wait = flow.sends(&answer(1), WAITING_BYTES_MAX + 1);
        assert!(flow.take(list(2), HELD_BYTES_MAX).is_none());
        drop(wait);
        assert!(!flow.reads());
        assert_eq!(id(flow.next()), Some(json!(2)));
        assert!(flow.reads());
        for number in 0..OTHERS_MAX {
            let ping = json!({ "jsonrpc": "2.0", "id": 1_000 + number, "method": "ping" });
            assert!(flow.reads() && flow.take(message(ping), 60).is_some());
        }
        assert!(!flow.reads());
        drop(flow.sends(&answer(1_000), 10));
        assert!(flow.reads());
    }
}
