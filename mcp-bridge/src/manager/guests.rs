//! What the guests of a running daemon offer, on a connection of its own: nothing is started or
//! healed for it. Once guests were found they are followed, across restarts of their daemon.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use goxe_config::Endpoint;
use goxe_protocol::api::Method;
use goxe_protocol::api::guest::{List, ListReply, Note, Watch, WatchParams};
use goxe_protocol::api::system::State;
use goxe_protocol::api::types::NoParams;
use goxe_protocol::client::Notification;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::follow::endpoint_changes;
use super::handle::Manager;
use super::shell::Scene;
use super::shell::connection::{Connection, Said};

/// News that may wait for their reader; then the daemon is not read.
const NEWS_MAX: usize = 64;
/// How often is looked for the daemon where no event may tell that it is back.
const LOOK: Duration = Duration::from_secs(5);

/// The least time between two questions for the list.
const GAP: Duration = Duration::from_millis(100);

/// Resources that somebody wants to be told of.
pub type Wanted = watch::Receiver<BTreeSet<String>>;

/// Whether a daemon has guests.
#[derive(Debug)]
pub enum Hosting {
    /// There is no daemon to ask.
    Unknown,
    /// It has none.
    Nobody,
    /// It has; the first news is their list.
    Guests(mpsc::Receiver<News>),
}

/// What is new about the guests.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// This is all they offer now.
    List(ListReply),
    /// This resource holds something else now.
    Updated(String),
}

impl Manager {
    /// Looks whether the running daemon has guests, and follows them from then on for as long as
    /// the receiver lives.
    pub async fn guests(&self, wanted: Wanted) -> Hosting {
        let scene = &self.scene;
        let Ok(endpoint) = Endpoint::read(&scene.looker.paths.endpoint) else {
            return Hosting::Unknown;
        };
        // A daemon gets no guests while it runs: one that had none is not asked again.
        if scene.is_guestless(&endpoint.epoch) {
            return Hosting::Nobody;
        }
        let Ok(glance) = scene.looker.glance().await else { return Hosting::Unknown };
        if !glance.info.hello.guests {
            scene.set_guestless(&glance.info.hello.epoch);
            return Hosting::Nobody;
        }
        if glance.status.state != State::Ready {
            return Hosting::Unknown;
        }
        let (out, news) = mpsc::channel(NEWS_MAX);
        let reporter =
            Reporter { scene: Arc::clone(scene), out, wanted, listed: Instant::now() - GAP };
        tokio::spawn(reporter.run(glance.connection));
        Hosting::Guests(news)
    }
}

impl Scene {
    /// Whether the daemon of this epoch is known to have no guests.
    fn is_guestless(&self, epoch: &str) -> bool {
        let guestless = self.guestless.lock().unwrap_or_else(PoisonError::into_inner);
        guestless.as_deref() == Some(epoch)
    }

    fn set_guestless(&self, epoch: &str) {
        let mut guestless = self.guestless.lock().unwrap_or_else(PoisonError::into_inner);
        *guestless = Some(epoch.to_owned());
    }
}

/// Tells the news of guests until nobody reads them any more.
struct Reporter {
    scene: Arc<Scene>,
    out: mpsc::Sender<News>,
    wanted: Wanted,
    /// When the list was asked for.
    listed: Instant,
}

/// Why a connection is not read any further.
enum End {
    /// The daemon is gone, or does not do what it promised.
    Lost,
    /// Nobody reads the news.
    Unheard,
}

impl Reporter {
    async fn run(mut self, connection: Connection) {
        let out = self.out.clone();
        let mut end = self.attend(connection).await;
        let mut changes = None;
        loop {
            if matches!(end, End::Unheard) {
                return;
            }
            // Listened to before it is looked, so that no change falls in between.
            let changes = changes.get_or_insert_with(|| endpoint_changes(&self.scene));
            end = match self.scene.looker.glance().await {
                Ok(glance) if glance.info.hello.guests => self.attend(glance.connection).await,
                // Another daemon came, without guests.
                Ok(_) if out.send(News::List(ListReply::default())).await.is_err() => return,
                Ok(_) | Err(_) => End::Lost,
            };
            tokio::select! {
                () = out.closed() => return,
                Some(()) = changes.recv() => {}
                // sleep: not every system tells when a file changes.
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Tells the news of one connection.
    async fn attend(&mut self, mut connection: Connection) -> End {
        if let Err(end) = self.watch(&mut connection).await {
            return end;
        }
        if let Err(end) = self.list(&mut connection).await {
            return end;
        }
        let out = self.out.clone();
        loop {
            let done = tokio::select! {
                () = out.closed() => Err(End::Unheard),
                said = connection.listen() => match said {
                    Some(Said::This(notification)) => self.take(&mut connection, &notification).await,
                    Some(Said::TooMuch) => self.list(&mut connection).await,
                    None => Err(End::Lost),
                },
                changed = self.wanted.changed() => match changed {
                    Ok(()) => self.watch(&mut connection).await,
                    Err(_) => Err(End::Unheard),
                },
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn take(&mut self, connection: &mut Connection, said: &Notification) -> Result<(), End> {
        match note(said) {
            Some(Note::Changed {}) => self.list(connection).await,
            Some(Note::Updated(uri)) => self.tell(News::Updated(uri)).await,
            None => Ok(()),
        }
    }

    /// Says which resources are wanted.
    async fn watch(&mut self, connection: &mut Connection) -> Result<(), End> {
        let resources = self.wanted.borrow_and_update().iter().cloned().collect();
        let (_, early) = self.ask::<Watch>(connection, &WatchParams { resources }).await?;
        match self.tell_early(early).await? {
            true => self.list(connection).await,
            false => Ok(()),
        }
    }

    /// Asks for the list, again if it changed meanwhile, and tells it.
    async fn list(&mut self, connection: &mut Connection) -> Result<(), End> {
        loop {
            // sleep: a list that changes all the time is not worth asking for all the time.
            tokio::time::sleep_until(self.listed + GAP).await;
            self.listed = Instant::now();
            let (list, early) = self.ask::<List>(connection, &NoParams {}).await?;
            let changed = self.tell_early(early).await?;
            self.tell(News::List(list)).await?;
            if !changed {
                return Ok(());
            }
        }
    }

    /// Tells what was said before an answer. Whether the list changed with it.
    async fn tell_early(&self, early: Vec<Note>) -> Result<bool, End> {
        let mut changed = false;
        for note in early {
            match note {
                Note::Changed {} => changed = true,
                Note::Updated(uri) => self.tell(News::Updated(uri)).await?,
            }
        }
        Ok(changed)
    }

    async fn ask<M: Method>(
        &self,
        connection: &mut Connection,
        params: &M::Params,
    ) -> Result<(M::Reply, Vec<Note>), End>
    where
        M::Params: Sync,
    {
        let mut early = Vec::new();
        let mut keep = |said: Notification| {
            // More than that before one answer is a flood, of which the list tells the end.
            if early.len() < NEWS_MAX {
                early.extend(note(&said));
            }
        };
        let asked = connection.ask_beside(M::NAME, params, &mut keep);
        let answer = tokio::time::timeout(self.scene.looker.patience, asked).await;
        let answer = answer.ok().and_then(Result::ok).ok_or(End::Lost)?;
        let reply = answer.parse().map_err(|_| End::Lost)?;
        Ok((reply, early))
    }

    async fn tell(&self, news: News) -> Result<(), End> {
        self.out.send(news).await.map_err(|_| End::Unheard)
    }
}

fn note(said: &Notification) -> Option<Note> {
    let params = said.params.as_ref().filter(|_| said.method == "guest")?;
    serde_json::from_str(params.get()).ok()
}
