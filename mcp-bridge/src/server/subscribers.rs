//! Who wants to be told that the list of tools changed.
//!
//! rmcp's own notifier knows only clients that sent `notifications/initialized`; clients of the
//! modern era open `subscriptions/listen` instead. So there are two lists.

use std::sync::{Mutex, PoisonError};

use rmcp::{
    RoleServer,
    service::{Peer, SubscriptionContext, SubscriptionSink},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The subscribers of both eras.
#[derive(Debug, Default)]
pub struct Subscribers {
    // Two short critical sections without an await; never in the path of a call.
    lists: Mutex<Lists>,
    joined: Notify,
}

#[derive(Debug, Default)]
struct Lists {
    legacy: Option<Peer<RoleServer>>,
    modern: Vec<SubscriptionSink>,
}

impl Subscribers {
    /// Remembers the client of the legacy era: it is told without having asked.
    pub fn add_legacy(&self, peer: Peer<RoleServer>) {
        self.with(|lists| lists.legacy = Some(peer));
        self.joined.notify_one();
    }

    /// Ends when there are so many of them.
    pub async fn at_least(&self, count: usize) {
        let has = |lists: &mut Lists| usize::from(lists.legacy.is_some()) + lists.modern.len();
        while self.with(has) < count {
            self.joined.notified().await;
        }
    }

    /// Keeps a modern subscription until its request is cancelled or the client is gone.
    pub async fn keep(&self, subscription: SubscriptionContext, gone: &CancellationToken) {
        let sink = subscription.sink().clone();
        let id = sink.id().clone();
        self.with(|lists| lists.modern.push(sink));
        self.joined.notify_one();
        tokio::select! {
            () = subscription.cancelled() => {}
            () = gone.cancelled() => {}
        }
        self.with(|lists| lists.modern.retain(|sink| *sink.id() != id));
    }

    /// Tells everybody that the list of tools is another one now.
    pub async fn tools_changed(&self) {
        let (legacy, modern) = self.with(|lists| (lists.legacy.clone(), lists.modern.clone()));
        if let Some(peer) = legacy {
            // A peer that cannot be told is leaving; the gate has seen it too.
            let _ = peer.notify_tool_list_changed().await;
        }
        for sink in modern {
            let _ = sink.notify_tool_list_changed().await;
        }
    }

    fn with<T>(&self, run: impl FnOnce(&mut Lists) -> T) -> T {
        run(&mut self.lists.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
