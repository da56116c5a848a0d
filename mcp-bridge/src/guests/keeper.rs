//! Keeps the list of what the guests offer: looked up when somebody wants it, followed from then on.

use std::{
    io::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use goxe_protocol::api::guest::ListReply;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::book::{Book, Changes, Taken, is_theirs};
use crate::{
    daemon::Daemon,
    manager::{Hosting, News},
    source::Source,
    subscribers::Subscribers,
    tools::TOOLS,
};

/// How long a client's list waits for the daemon's: it has to come at once, and can be corrected.
const PATIENCE: Duration = Duration::from_millis(500);
/// Lines about what was left out that are written at once.
const LINES_MAX: usize = 20;

/// The list, and where it comes from.
pub(super) struct Keeper {
    pub(super) daemon: Arc<dyn Daemon>,
    builtin: Arc<dyn Source>,
    subscribers: Arc<Subscribers>,
    gone: CancellationToken,
    /// Never locked across an await.
    held: Mutex<Held>,
    /// Held by the one who looks.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    book: Arc<Book>,
    /// Whether the daemon's guests are followed: then the book is what there is.
    followed: bool,
    /// Whether the daemon said that it has none.
    nobody: bool,
    /// Whether it was asked at all, and whether the client has seen a list: until then nothing is
    /// news.
    known: bool,
    shown: bool,
}

impl Keeper {
    pub(super) fn new(
        daemon: Arc<dyn Daemon>,
        builtin: Arc<dyn Source>,
        subscribers: Arc<Subscribers>,
        gone: CancellationToken,
    ) -> Self {
        Keeper {
            daemon,
            builtin,
            subscribers,
            gone,
            held: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
        }
    }

    /// What is known now.
    pub(super) fn held(&self) -> Arc<Book> {
        Arc::clone(&self.lock().book)
    }

    /// What there is, as far as a moment tells. Nothing is started for it, and while the daemon is
    /// away its guests stay on the list: a call brings them back.
    pub(super) async fn book(self: &Arc<Self>) -> Arc<Book> {
        if !self.lock().followed {
            // A look that takes longer goes on by itself, and tells who listens.
            let looking = tokio::spawn(Arc::clone(self).look());
            let _ = tokio::time::timeout(PATIENCE, looking).await;
        }
        self.held()
    }

    /// The same for a list that the client gets to see.
    pub(super) async fn shown(self: &Arc<Self>) -> Arc<Book> {
        let book = self.book().await;
        self.lock().shown = true;
        book
    }

    /// Whether there may be guests, as far as is known now.
    pub(super) fn may_have_guests(&self) -> bool {
        !self.lock().nobody
    }

    async fn look(self: Arc<Self>) {
        let _alone = self.looking.lock().await;
        if self.lock().followed {
            return;
        }
        match self.daemon.guests(self.subscribers.wanted()).await {
            Hosting::Unknown => {}
            Hosting::Nobody => {
                self.lock().nobody = true;
                self.replace(ListReply::default()).await;
            }
            Hosting::Guests(mut news) => {
                let Some(first) = news.recv().await else { return };
                self.take(first).await;
                let mut held = self.lock();
                (held.followed, held.nobody) = (true, false);
                drop(held);
                tokio::spawn(Arc::clone(&self).follow(news));
            }
        }
    }

    async fn follow(self: Arc<Self>, mut news: mpsc::Receiver<News>) {
        loop {
            tokio::select! {
                () = self.gone.cancelled() => return,
                next = news.recv() => match next {
                    Some(next) => self.take(next).await,
                    None => break,
                },
            }
        }
        self.lock().followed = false;
    }

    async fn take(&self, news: News) {
        match news {
            News::List(list) => self.replace(list).await,
            // Only whoever watches it is told, whatever the daemon says.
            News::Updated(uri) if is_theirs(&uri) => self.subscribers.updated(&uri).await,
            News::Updated(_) => {}
        }
    }

    /// Takes a list in the place of the one before, and tells who listens what changed.
    async fn replace(&self, list: ListReply) {
        let (book, left_out) = Book::new(list, &self.taken().await);
        let changes = self.swap(book, &left_out);
        if changes.tools {
            self.subscribers.tools_changed().await;
        }
        if changes.resources {
            self.subscribers.resources_changed().await;
        }
        if changes.prompts {
            self.subscribers.prompts_changed().await;
        }
    }

    /// Holds another book from now on. What changed, as far as it is news.
    fn swap(&self, book: Book, left_out: &[String]) -> Changes {
        let book = Arc::new(book);
        let mut held = self.lock();
        let before = std::mem::replace(&mut held.book, Arc::clone(&book));
        // Who listens without having asked for a list in this process may have one from another.
        let is_listened_to = self.subscribers.has_listeners();
        let is_known = std::mem::replace(&mut held.known, true);
        let is_news = is_known || held.shown || is_listened_to;
        drop(held);
        if book != before {
            complain(left_out);
        }
        if is_news { book.since(&before) } else { Changes::default() }
    }

    /// What is built in, whether it is shown or not.
    async fn taken(&self) -> Taken {
        let prompts = self.builtin.prompts().await;
        Taken {
            tools: TOOLS.into_iter().map(|tool| tool.name().to_owned()).collect(),
            prompts: prompts.into_iter().map(|prompt| prompt.name).collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says on standard error, which clients show, what was left out of a list.
fn complain(left_out: &[String]) {
    let mut text = String::new();
    for line in left_out.iter().take(LINES_MAX) {
        text.push_str(&format!("goxe mcp: left out of what the daemon offers: {line}\n"));
    }
    // Whoever closed it does not want to know.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
