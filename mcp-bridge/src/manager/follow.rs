//! Following what happens in the daemon, across its restarts: one subscription on a connection of
//! its own, so that a listener that is slow holds up no call.
//!
//! Nothing is started or healed for it. Where no daemon runs it is waited for.

use std::sync::Arc;
use std::time::Duration;

use goxe_protocol::api::event::{EventNote, SubscribeParams, SubscribeReply, Topic};
use goxe_protocol::client::Notification;
use tokio::sync::{broadcast, mpsc};

use super::core::Notice;
use super::handle::Manager;
use super::shell::connection::{Connection, Said};
use super::shell::{Scene, lock, watch};

/// What may wait for the listener; then the daemon is not read, and tells of a gap.
const HAPPENINGS_MAX: usize = 256;
/// How soon a daemon is looked for again that was lost, or does not take subscriptions yet because
/// it recovers.
const SOON: Duration = Duration::from_millis(200);
/// How often is looked for a daemon where no event may tell of it.
const LOOK: Duration = Duration::from_secs(5);

/// What happens in the daemon, and to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// Something happened before the daemon was followed.
    Before(EventNote),
    /// A daemon is followed from here on of which nothing was known: everything may have changed.
    Anew,
    /// Something happened.
    Event(EventNote),
    /// Events were lost: everything may have changed.
    Gap,
    /// The daemon is gone, or its connection.
    Lost,
    /// The manager did something about the daemon.
    Notice(Notice),
}

impl Manager {
    /// What happens from now on, for as long as the receiver lives.
    pub fn follow(&self) -> mpsc::Receiver<Happening> {
        let (out, happenings) = mpsc::channel(HAPPENINGS_MAX);
        let follower = Follower { scene: Arc::clone(&self.scene), out, seen: None, past: None };
        tokio::spawn(follower.run(self.events()));
        happenings
    }
}

/// The newest event that was seen: the daemon's epoch, and the event's number.
type Newest = (String, u64);

struct Follower {
    scene: Arc<Scene>,
    out: mpsc::Sender<Happening>,
    seen: Option<Newest>,
    /// Until this event a new daemon only tells of its past.
    past: Option<u64>,
}

/// Why nothing is followed now.
enum Pause {
    /// There is no daemon.
    Absent,
    /// It is not ready, or its connection was lost.
    Soon,
    /// Nobody listens any more.
    Unheard,
}

impl Follower {
    async fn run(mut self, mut notices: broadcast::Receiver<Notice>) {
        let mut changes = endpoint_changes(&self.scene);
        let out = self.out.clone();
        loop {
            let pause = tokio::select! {
                pause = self.attend() => pause,
                () = relay(&out, &mut notices) => Pause::Unheard,
            };
            let patience = match pause {
                Pause::Unheard => return,
                Pause::Absent => LOOK,
                Pause::Soon => SOON,
            };
            tokio::select! {
                () = out.closed() => return,
                Some(()) = changes.recv() => {}
                relayed = relay_one(&out, &mut notices) => if !relayed { return },
                // sleep: a daemon that recovers tells nobody when it is done, and not every system
                // tells when a file changes.
                () = tokio::time::sleep(patience) => {}
            }
        }
    }

    /// Follows one daemon until it is gone.
    async fn attend(&mut self) -> Pause {
        let Ok(glance) = self.scene.looker.glance().await else { return Pause::Absent };
        let epoch = glance.id.epoch.as_str().to_owned();
        let mut connection = glance.connection;
        let Some((newest, early)) = self.subscribe(&mut connection, &epoch).await else {
            return Pause::Soon;
        };
        let anew = self.seen.as_ref().is_none_or(|(seen, _)| *seen != epoch);
        let last = self.seen.take().filter(|_| !anew).map_or(0, |(_, seq)| seq);
        self.seen = Some((epoch, last));
        // What is told again of a daemon that was not known is its past.
        self.past = anew.then_some(newest);
        if newest == 0 && !self.catch_up().await {
            return Pause::Unheard;
        }
        for notification in early {
            if !self.pass(&notification).await {
                return Pause::Unheard;
            }
        }
        loop {
            let said = tokio::select! {
                said = connection.listen() => said,
                () = self.out.closed() => return Pause::Unheard,
            };
            let heard = match said {
                Some(Said::This(notification)) => self.pass(&notification).await,
                Some(Said::TooMuch) => self.tell(Happening::Gap).await,
                None => break,
            };
            if !heard {
                return Pause::Unheard;
            }
        }
        if self.tell(Happening::Lost).await { Pause::Soon } else { Pause::Unheard }
    }

    /// Subscribes behind the newest event seen of this daemon, or from the oldest that it knows.
    /// Returns the newest event so far, and what came before the answer.
    async fn subscribe(
        &self,
        connection: &mut Connection,
        epoch: &str,
    ) -> Option<(u64, Vec<Notification>)> {
        let seen = self.seen.as_ref().filter(|(seen, _)| seen == epoch);
        let params = SubscribeParams {
            topics: vec![Topic::Project, Topic::Job],
            project: None,
            after: Some(seen.map_or(0, |(_, seq)| *seq)),
        };
        let mut early = Vec::new();
        let mut keep = |notification| early.push(notification);
        let asked = connection.ask_beside("event.subscribe", &params, &mut keep);
        let answer = tokio::time::timeout(self.scene.looker.patience, asked).await.ok()?.ok()?;
        let reply: SubscribeReply = answer.parse().ok()?;
        Some((reply.seq, early))
    }

    /// Passes on what the daemon said. False if nobody listens any more.
    async fn pass(&mut self, notification: &Notification) -> bool {
        let Some(note) = notification.as_event() else { return true };
        let is_gap = note.topic == "gap";
        let is_past = self.past.is_some_and(|past| note.seq <= past);
        let is_last = self.past == Some(note.seq) && !is_gap;
        if let Some((_, seq)) = self.seen.as_mut().filter(|_| !is_gap) {
            *seq = note.seq.max(*seq);
        }
        let heard = match (is_past, is_gap) {
            // What was forgotten before anybody listened is missed by nobody.
            (true, true) => true,
            (true, false) => self.tell(Happening::Before(note)).await,
            (false, true) => self.tell(Happening::Gap).await,
            (false, false) => self.tell(Happening::Event(note)).await,
        };
        heard && (!is_last || self.catch_up().await)
    }

    /// The past of a daemon that was not known is told: from here on it is followed.
    async fn catch_up(&mut self) -> bool {
        match self.past.take() {
            Some(_) => self.tell(Happening::Anew).await,
            None => true,
        }
    }

    async fn tell(&self, happening: Happening) -> bool {
        self.out.send(happening).await.is_ok()
    }
}

/// Told when the endpoint file changes. Where the folder or the system has no way to tell, the
/// clock does.
pub(super) fn endpoint_changes(scene: &Scene) -> mpsc::Receiver<()> {
    let (changed, changes) = mpsc::channel(1);
    let data = scene.looker.paths.data.clone();
    let _ = lock::in_thread("goxe-follow", move || {
        watch::watch(&data, || match changed.try_send(()) {
            // One that waits to be heard stands for all.
            Ok(()) | Err(mpsc::error::TrySendError::Full(())) => true,
            Err(mpsc::error::TrySendError::Closed(())) => false,
        });
    });
    changes
}

/// Passes on what the manager does, until nobody listens any more.
async fn relay(out: &mpsc::Sender<Happening>, notices: &mut broadcast::Receiver<Notice>) {
    while relay_one(out, notices).await {}
}

/// Passes on one thing that the manager does. False if nobody listens any more.
async fn relay_one(
    out: &mpsc::Sender<Happening>,
    notices: &mut broadcast::Receiver<Notice>,
) -> bool {
    match notices.recv().await {
        Ok(notice) => out.send(Happening::Notice(notice)).await.is_ok(),
        Err(broadcast::error::RecvError::Lagged(_)) => true,
        Err(broadcast::error::RecvError::Closed) => false,
    }
}
