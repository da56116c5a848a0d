//! The table of projects: which there are, which are in memory, what waits for them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use goxe_protocol::{Code, Error};

use super::{
    Router, State,
    behind::{Behind, Refused},
    imports::Imports,
    turns::Turns,
};
use crate::{
    call::Ticket,
    edit::{EditCall, Written},
    journal::{ProjectId, keys::Keys},
    store::{Recovered, catalogue},
    view::View,
    work::{Kept, PendingRead},
};

/// Whether a project is in memory.
#[derive(Debug)]
pub enum Residence {
    /// On disk only.
    Unloaded,
    /// A lane is bringing it.
    Loading,
    /// In memory.
    Loaded {
        /// The newest state that the journal has.
        view: Arc<View>,
        /// Why it cannot be edited, if it cannot.
        read_only: Option<Arc<str>>,
    },
    /// It cannot be brought into memory.
    Broken(Arc<str>),
}

/// What waits until a project is in memory.
pub enum Waiting {
    /// A read.
    Read(Box<PendingRead>),
    /// An edit.
    Edit(Box<EditCall>),
}

impl Waiting {
    fn ticket(&self) -> Ticket {
        match self {
            Waiting::Read(read) => read.envelope.ticket,
            Waiting::Edit(edit) => edit.envelope.ticket,
        }
    }
}

/// One project.
pub struct Entry {
    /// Its number.
    pub id: ProjectId,
    /// Its name.
    pub name: Arc<str>,
    /// Whether it is in memory.
    pub residence: Residence,
    /// Idempotency keys of committed calls.
    pub keys: Keys,
    /// Edits that wait for their turn.
    pub(super) queue: Turns<EditCall>,
    /// The state after everything that was prepared; newer than the view while the journal writes.
    pub(super) head: Option<Arc<View>>,
    /// Whether a lane runs its edits.
    pub(super) running: bool,
    /// Counts how often the head was thrown back.
    pub(super) generation: u32,
    /// Records that the journal took and has not written. Below 0 while a lane has yet to say that
    /// it handed over what is written already.
    pub(super) unwritten: isize,
    /// The head is to be thrown back once nothing of it is on its way.
    pub(super) failed: bool,
    /// The journal is being told that it was.
    pub(super) resetting: bool,
    /// Answers that wait for what the journal has not written.
    pub(super) behind: VecDeque<Behind>,
    pub(super) waiting: Vec<Waiting>,
    /// What edits of the same peers wait for.
    pub(super) imports: Imports,
    /// Bytes of records since the newest image.
    pub(super) journal_bytes: u64,
    pub(super) imaging: bool,
    pub(super) used: Instant,
    /// Memory it takes, about.
    bytes: u64,
}

impl Entry {
    fn new(id: ProjectId, name: Arc<str>, journal_bytes: u64, now: Instant) -> Self {
        Entry {
            id,
            name,
            residence: Residence::Unloaded,
            keys: Keys::default(),
            queue: Turns::default(),
            head: None,
            running: false,
            generation: 0,
            unwritten: 0,
            failed: false,
            resetting: false,
            behind: VecDeque::new(),
            waiting: Vec::new(),
            imports: Imports::default(),
            journal_bytes,
            imaging: false,
            used: now,
            bytes: 0,
        }
    }

    /// The newest state that the journal has, if it is in memory.
    pub fn view(&self) -> Option<&Arc<View>> {
        match &self.residence {
            Residence::Loaded { view, .. } => Some(view),
            Residence::Unloaded | Residence::Loading | Residence::Broken(_) => None,
        }
    }

    /// Why it cannot be edited, if that is known.
    pub fn read_only(&self) -> Option<&str> {
        match &self.residence {
            Residence::Loaded { read_only, .. } => read_only.as_deref(),
            Residence::Broken(reason) => Some(reason),
            Residence::Unloaded | Residence::Loading => None,
        }
    }

    /// Takes out a call that waits for its turn, or for the project.
    pub(super) fn withdraw(&mut self, ticket: Ticket) -> Option<Waiting> {
        if let Some(edit) = self.queue.extract(|edit| edit.envelope.ticket == ticket).pop() {
            return Some(Waiting::Edit(Box::new(edit)));
        }
        if let Some(index) = self.waiting.iter().position(|waiting| waiting.ticket() == ticket) {
            return Some(self.waiting.remove(index));
        }
        self.imports.withdraw(ticket).map(|edit| Waiting::Edit(Box::new(edit)))
    }

    /// Whether no edit of it is on its way.
    pub(super) fn is_still(&self) -> bool {
        !self.running && self.queue.is_empty() && self.unwritten == 0
    }

    fn is_idle(&self) -> bool {
        self.is_still() && !self.imaging
    }
}

/// All projects.
#[derive(Default)]
pub struct Projects {
    entries: BTreeMap<ProjectId, Entry>,
    /// Memory that those in memory take, about.
    pub(super) bytes: u64,
    /// The catalogue as the journal has it.
    pub(super) written: Arc<catalogue::State>,
    /// The catalogue with what the journal has not written yet.
    pub(super) head: Arc<catalogue::State>,
    /// Idempotency keys of calls that changed the catalogue.
    pub(super) keys: Keys,
    pub(super) generation: u32,
    pub(super) unwritten: isize,
    pub(super) failed: bool,
    pub(super) journal_bytes: u64,
    pub(super) imaging: bool,
    /// Changes that were refused because of what the journal has not written.
    pub(super) refused: VecDeque<Refused>,
    /// Why the catalogue cannot be changed, if it cannot.
    pub(super) read_only: Option<String>,
}

impl Projects {
    /// The live project of this name.
    pub fn find(&self, name: &str) -> Result<ProjectId, Error> {
        self.written.find(name).ok_or_else(|| {
            let near = self.written.nearest(name);
            let error = Error::not_found("project", name);
            match near {
                Some(near) => error
                    .hint(format!("use \"{near}\", or make the project with project.create"))
                    .with("nearest", near),
                None => error.hint("make it with project.create"),
            }
        })
    }

    /// The live project of this name, with what the journal has not written yet.
    pub fn find_newest(&self, name: &str) -> Result<ProjectId, Error> {
        self.head.find(name).map_or_else(|| self.find(name), Ok)
    }

    /// The name of a project in the trash.
    pub fn trashed_name(&self, id: ProjectId) -> Result<Arc<str>, Error> {
        let mut trash = self.head.trash();
        trash.find(|item| item.id == id).map(|item| Arc::clone(&item.name)).ok_or_else(|| {
            Error::not_found("project", &id.0.to_string())
                .hint("list the trash with project.list and trash: true")
        })
    }

    /// The entry of a project that exists.
    pub fn entry(&self, id: ProjectId) -> Result<&Entry, Error> {
        self.entries.get(&id).ok_or_else(|| Error::not_found("project", &id.to_string()))
    }

    /// The same, to be changed.
    pub(super) fn entry_mut(&mut self, id: ProjectId) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    /// Keys of calls that changed the catalogue.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The catalogue as the journal has it.
    pub fn catalogue(&self) -> Arc<catalogue::State> {
        Arc::clone(&self.written)
    }

    /// Every project, with its state and keys if it is in memory.
    pub fn views(&self) -> Vec<(ProjectId, Option<Kept>)> {
        let state = |entry: &Entry| entry.view().map(|view| (Arc::clone(view), entry.keys.clone()));
        self.entries.values().map(|entry| (entry.id, state(entry))).collect()
    }

    /// How many are live, and how many are in memory.
    pub fn counts(&self) -> (usize, usize) {
        let loaded = self.entries.values().filter(|entry| entry.view().is_some()).count();
        (self.written.live().count(), loaded)
    }

    /// Memory that those in memory take, about.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Records that the journal took and has not written.
    pub(super) fn unwritten(&self) -> usize {
        let sum =
            self.unwritten + self.entries.values().map(|entry| entry.unwritten).sum::<isize>();
        usize::try_from(sum).unwrap_or_default()
    }

    /// Whether the journal still has records of any.
    pub(super) fn any_unwritten(&self) -> bool {
        let busy = |entry: &Entry| entry.unwritten != 0 || entry.running || !entry.queue.is_empty();
        self.unwritten > 0 || self.entries.values().any(busy)
    }

    /// Lets something wait until a project is in memory.
    pub(super) fn wait(&mut self, id: ProjectId, waiting: Waiting) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.waiting.push(waiting);
        }
    }

    /// Enters a project that the catalogue has.
    pub(super) fn insert(&mut self, id: ProjectId, name: Arc<str>, fresh: bool, now: Instant) {
        let entry = self.entries.entry(id).or_insert_with(|| Entry::new(id, name.clone(), 0, now));
        entry.name = name;
        if fresh {
            let view = View::empty(id);
            entry.head = Some(Arc::clone(&view));
            entry.residence = Residence::Loaded { view, read_only: None };
        }
    }

    /// Takes a project out that is gone for good.
    pub(super) fn remove(&mut self, id: ProjectId) -> Option<Entry> {
        self.weigh(id, 0);
        self.entries.remove(&id)
    }

    /// Notes the memory that a project takes; tells whether it takes more than before.
    pub(super) fn weigh(&mut self, id: ProjectId, bytes: u64) -> bool {
        let Some(entry) = self.entries.get_mut(&id) else { return false };
        let before = std::mem::replace(&mut entry.bytes, bytes);
        self.bytes = self.bytes.saturating_sub(before).saturating_add(bytes);
        bytes > before
    }

    /// The project in memory that was not used for longest and that nothing is done with.
    pub(super) fn least_used(&self, but: ProjectId) -> Option<ProjectId> {
        let idle = self
            .entries
            .values()
            .filter(|entry| entry.id != but && entry.is_idle() && entry.view().is_some());
        idle.min_by_key(|entry| entry.used).map(|entry| entry.id)
    }
}

impl Router {
    /// The journal was read back.
    pub(super) fn recovered(&mut self, recovered: Result<Recovered<Written>, String>) {
        let recovered = match recovered {
            Ok(recovered) => recovered,
            Err(reason) => {
                tracing::error!(reason, "the journal cannot be read back");
                self.fatal = Some(reason);
                return;
            }
        };
        let Recovered { catalogue, read_only, keys, projects, appender, store } = recovered;
        if let Some(reason) = &read_only {
            self.faults.push(format!("the catalogue is read-only: {reason}"));
        }
        self.projects.read_only = read_only;
        for (id, journal_bytes) in projects {
            let Some(name) = catalogue.name(id) else { continue };
            self.projects.entries.insert(id, Entry::new(id, name, journal_bytes, self.now.instant));
        }
        for (id, name) in catalogue.names() {
            self.projects.insert(id, name, false, self.now.instant);
        }
        self.projects.head = Arc::clone(&catalogue);
        self.projects.written = catalogue;
        self.projects.keys = keys;
        self.identity.store = store.to_string();
        self.appender = Some(appender);
        if self.state != State::Draining {
            self.state = State::Ready;
            self.effects.state = Some(State::Ready);
        }
    }
}

/// The error for a project that cannot be brought into memory.
pub fn broken(name: &str, reason: &str) -> Error {
    Error::new(Code::Corrupt, format!("the project \"{name}\" cannot be read: {reason}"))
}
