//! Who wants to be told what, and the one task that tells them.
//!
//! rmcp's own notifier knows only clients that sent `notifications/initialized`; clients of the
//! modern era open `subscriptions/listen` instead. So there are two lists. What happens in the
//! daemon is followed from the moment on that somebody wants to know of it.

mod changes;
mod pace;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use rmcp::{
    ErrorData, RoleServer,
    model::{ResourceUpdatedNotificationParam, SubscriptionFilter},
    service::{Peer, SubscriptionContext, SubscriptionSink},
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    daemon::Daemon,
    manager::Happening,
    resources::{Address, recent::Recent},
};
use changes::Change;
use pace::Pace;

/// Most resources that one client watches, in each of its subscriptions.
pub const URIS_MAX: usize = 256;
/// Most subscriptions that a client of the modern era has open.
const SINKS_MAX: usize = 64;

/// The subscribers of both eras.
pub struct Subscribers {
    daemon: Arc<dyn Daemon>,
    recent: Arc<Recent>,
    gone: CancellationToken,
    /// Every resource that somebody watches, for sources that have to ask for it.
    wanted: watch::Sender<BTreeSet<String>>,
    // Short critical sections without an await; never in the path of a call.
    lists: Mutex<Lists>,
    joined: Notify,
}

#[derive(Debug, Default)]
struct Lists {
    legacy: Option<Peer<RoleServer>>,
    /// Whether the client of the older era cares for resources: it is not told of them before.
    reads_resources: bool,
    uris: BTreeSet<String>,
    modern: Vec<SubscriptionSink>,
    follows: bool,
}

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    List,
    Resource(String),
}

impl Subscribers {
    /// Nobody yet. `gone` fires when the client is gone.
    pub fn new(daemon: Arc<dyn Daemon>, recent: Arc<Recent>, gone: CancellationToken) -> Arc<Self> {
        let (wanted, lists) = (watch::Sender::default(), Mutex::default());
        Arc::new(Subscribers { daemon, recent, gone, wanted, lists, joined: Notify::new() })
    }

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

    /// The client has looked at the resources: it is told from now on when their list changes.
    pub fn resources_were_read(self: &Arc<Self>) {
        self.with(|lists| lists.reads_resources = true);
        self.follow();
    }

    /// The client of the older era wants to know when a resource changes.
    pub fn watch(self: &Arc<Self>, uri: &str) -> Result<(), ErrorData> {
        let is_full = self.with(|lists| {
            let is_full = lists.uris.len() >= URIS_MAX && !lists.uris.contains(uri);
            if !is_full {
                lists.uris.insert(uri.to_owned());
            }
            is_full
        });
        if is_full {
            let text = format!("at most {URIS_MAX} resources are watched: unsubscribe from others");
            return Err(ErrorData::invalid_params(text, None));
        }
        self.tell_wanted();
        self.follow();
        Ok(())
    }

    /// The client of the older era no longer wants to know.
    pub fn unwatch(&self, uri: &str) {
        self.with(|lists| lists.uris.remove(uri));
        self.tell_wanted();
    }

    /// Keeps a modern subscription until its request is cancelled or the client is gone.
    pub async fn keep(
        self: &Arc<Self>,
        subscription: SubscriptionContext,
    ) -> Result<(), ErrorData> {
        let sink = subscription.sink().clone();
        let id = sink.id().clone();
        let filter = sink.accepted().clone();
        let is_full = self.with(|lists| {
            let is_full = lists.modern.len() >= SINKS_MAX;
            if !is_full {
                lists.modern.push(sink);
            }
            is_full
        });
        if is_full {
            let text = format!("at most {SINKS_MAX} subscriptions are open: cancel others");
            return Err(ErrorData::invalid_request(text, None));
        }
        self.joined.notify_one();
        if of_resources(&filter) {
            self.tell_wanted();
            self.follow();
        }
        tokio::select! {
            () = subscription.cancelled() => {}
            () = self.gone.cancelled() => {}
        }
        self.with(|lists| lists.modern.retain(|sink| *sink.id() != id));
        self.tell_wanted();
        Ok(())
    }

    /// Tells everybody that the list of tools is another one now.
    pub async fn tools_changed(&self) {
        let (legacy, modern) = self.all();
        if let Some(peer) = legacy {
            // A peer that cannot be told is leaving; the gate has seen it too.
            let _ = peer.notify_tool_list_changed().await;
        }
        for sink in modern {
            let _ = sink.notify_tool_list_changed().await;
        }
    }

    /// Tells everybody that everything they know of may be another one now.
    pub async fn all_changed(&self) {
        self.tools_changed().await;
        self.prompts_changed().await;
        self.resources_changed().await;
        for uri in self.watched() {
            self.updated(&uri).await;
        }
    }

    /// Tells everybody that the list of prompts is another one now.
    pub async fn prompts_changed(&self) {
        let (legacy, modern) = self.all();
        if let Some(peer) = legacy {
            let _ = peer.notify_prompt_list_changed().await;
        }
        for sink in modern {
            let _ = sink.notify_prompt_list_changed().await;
        }
    }

    /// Tells everybody who cares that the list of resources is another one now.
    pub async fn resources_changed(&self) {
        let (legacy, modern) = self.all();
        if let Some(peer) = legacy.filter(|_| self.with(|lists| lists.reads_resources)) {
            let _ = peer.notify_resource_list_changed().await;
        }
        for sink in modern {
            let _ = sink.notify_resource_list_changed().await;
        }
    }

    /// Tells whoever watches a resource that it is worth another reading.
    pub async fn updated(&self, uri: &str) {
        let (legacy, modern) = self.all();
        if let Some(peer) = legacy.filter(|_| self.with(|lists| lists.uris.contains(uri))) {
            let note = ResourceUpdatedNotificationParam::new(uri);
            let _ = peer.notify_resource_updated(note).await;
        }
        for sink in modern.iter().filter(|sink| uris(sink.accepted()).iter().any(|it| it == uri)) {
            let _ = sink.notify_resource_updated(uri).await;
        }
    }

    /// Whether a client of the modern era listens.
    pub fn has_listeners(&self) -> bool {
        self.with(|lists| !lists.modern.is_empty())
    }

    /// Follows the daemon from now on, if that does not happen yet.
    pub fn follow(self: &Arc<Self>) {
        let follows = self.with(|lists| std::mem::replace(&mut lists.follows, true));
        if !follows {
            let subscribers = Arc::clone(self);
            tokio::spawn(async move {
                let gone = subscribers.gone.clone();
                tokio::select! {
                    () = subscribers.relay() => {}
                    () = gone.cancelled() => {}
                }
            });
        }
    }

    async fn relay(&self) {
        let mut happenings = self.daemon.follow().await;
        let mut pace = Pace::default();
        loop {
            let next = pace.next();
            tokio::select! {
                happening = happenings.recv() => match happening {
                    Some(happening) => self.take(&happening, &mut pace),
                    None => return,
                },
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            }
            for target in pace.due(Instant::now()) {
                match target {
                    Topic::List => self.resources_changed().await,
                    Topic::Resource(uri) => self.updated(&uri).await,
                }
            }
        }
    }

    fn take(&self, happening: &Happening, pace: &mut Pace<Topic>) {
        self.recent.add(happening, Timestamp::now());
        let changes = changes::of(happening);
        if changes.iter().any(Change::is_of_list) {
            pace.mark(Topic::List);
        }
        for uri in self.watched() {
            let address = Address::parse(&uri);
            let touched = |address: &Address| changes.iter().any(|change| change.touches(address));
            if address.as_ref().is_some_and(touched) {
                pace.mark(Topic::Resource(uri));
            }
        }
    }

    /// Every resource that somebody watches, now and whenever that changes.
    pub fn wanted(&self) -> watch::Receiver<BTreeSet<String>> {
        self.wanted.subscribe()
    }

    fn tell_wanted(&self) {
        let watched = self.watched();
        self.wanted.send_if_modified(|wanted| {
            let changed = *wanted != watched;
            *wanted = watched;
            changed
        });
    }

    /// Every resource that somebody watches, as they wrote it.
    fn watched(&self) -> BTreeSet<String> {
        self.with(|lists| {
            let modern = lists.modern.iter().flat_map(|sink| uris(sink.accepted()));
            lists.uris.iter().chain(modern).cloned().collect()
        })
    }

    fn all(&self) -> (Option<Peer<RoleServer>>, Vec<SubscriptionSink>) {
        self.with(|lists| (lists.legacy.clone(), lists.modern.clone()))
    }

    fn with<T>(&self, run: impl FnOnce(&mut Lists) -> T) -> T {
        run(&mut self.lists.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn uris(filter: &SubscriptionFilter) -> &[String] {
    filter.resource_subscriptions.as_deref().unwrap_or_default()
}

/// Whether a subscription needs to know what happens in the daemon.
fn of_resources(filter: &SubscriptionFilter) -> bool {
    filter.resources_list_changed == Some(true) || !uris(filter).is_empty()
}
