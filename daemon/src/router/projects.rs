//! The table of projects: which there are, which are in memory, what waits for them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use goxe_protocol::{Code, Error, error::kind};

use super::{
    PendingRead, Router, State,
    behind::{Behind, Refused},
    imports::Imports,
};
use crate::{
    edit::{EditCall, Written},
    journal::{ProjectId, keys::Keys},
    lanes::{Garbage, ImageJob, Job, Kept},
    store::{Loaded, Recovered, catalogue},
    view::View,
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
    pub(super) queue: VecDeque<EditCall>,
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
    imaging: bool,
    used: Instant,
    /// Memory it takes, about.
    bytes: u64,
}

impl Entry {
    fn new(id: ProjectId, name: Arc<str>, journal_bytes: u64) -> Self {
        Entry {
            id,
            name,
            residence: Residence::Unloaded,
            keys: Keys::default(),
            queue: VecDeque::new(),
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
            used: Instant::now(),
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
    pub(super) fn insert(&mut self, id: ProjectId, name: Arc<str>, fresh: bool) {
        let entry = self.entries.entry(id).or_insert_with(|| Entry::new(id, name.clone(), 0));
        entry.name = name;
        if fresh {
            let view = View::empty(id);
            entry.head = Some(Arc::clone(&view));
            entry.residence = Residence::Loaded { view, read_only: None };
        }
    }

    /// Takes a project out that is gone for good.
    pub(super) fn remove(&mut self, id: ProjectId) -> Option<Entry> {
        self.entries.remove(&id)
    }
}

impl Router {
    /// Brings a project into memory, unless that is being done.
    pub(super) fn load(&mut self, id: ProjectId) {
        let Some(entry) = self.projects.entry_mut(id) else { return };
        if matches!(entry.residence, Residence::Unloaded) {
            entry.residence = Residence::Loading;
            self.submit(Job::Load(id));
        }
    }

    /// A project is in memory, or will not come.
    pub(super) fn loaded(&mut self, id: ProjectId, loaded: Loaded, now: Instant) {
        let Some(entry) = self.projects.entry_mut(id) else { return };
        match loaded {
            Loaded::Sound { project, revision, keys, read_only } => {
                let view = Arc::new(View { id, revision, project: *project });
                if let Some(reason) = &read_only {
                    tracing::warn!(project = %entry.name, reason, "read-only");
                }
                entry.keys = keys;
                entry.head = Some(Arc::clone(&view));
                entry.bytes = view.project.bytes();
                entry.residence = Residence::Loaded { view, read_only: read_only.map(Arc::from) };
            }
            Loaded::Broken(reason) => {
                tracing::error!(project = %entry.name, reason, "quarantined");
                entry.residence = Residence::Broken(reason.into());
            }
        }
        entry.used = now;
        for waiting in std::mem::take(&mut entry.waiting) {
            match waiting {
                Waiting::Read(read) => self.read(*read),
                Waiting::Edit(edit) => self.queue_edit(*edit),
            }
        }
        self.unload_excess(id);
    }

    /// The keys of a project's committed calls. A project that is not in memory is brought, and
    /// the caller asked to come again.
    pub fn keys_of(&mut self, id: ProjectId) -> Result<&Keys, Error> {
        match &self.projects.entry(id)?.residence {
            Residence::Loaded { .. } => {}
            Residence::Broken(reason) => {
                return Err(broken(&self.projects.entry(id)?.name, reason));
            }
            Residence::Unloaded | Residence::Loading => {
                self.load(id);
                return Err(Error::new(Code::Busy, "the project is being brought into memory")
                    .kind(kind::LOADING)
                    .with("retry_ms", 50));
            }
        }
        Ok(&self.projects.entry(id)?.keys)
    }

    /// A newer state of a project is in the journal.
    pub(super) fn install(&mut self, id: ProjectId, newer: Arc<View>, now: Instant) {
        let Some(entry) = self.projects.entry_mut(id) else { return };
        let Residence::Loaded { view, .. } = &mut entry.residence else { return };
        if newer.revision.number > view.revision.number {
            entry.bytes = newer.project.bytes();
            let older = std::mem::replace(view, newer);
            self.effects.garbage.push(Garbage::View(older));
        }
        entry.used = now;
    }

    /// Saves a project whole where its journal has grown long enough.
    pub(super) fn image_if_due(&mut self, id: ProjectId) {
        let after = self.limits.image_after_bytes;
        let Some(entry) = self.projects.entry_mut(id) else { return };
        if entry.journal_bytes < after || entry.imaging {
            return;
        }
        let Residence::Loaded { view, read_only: None } = &entry.residence else { return };
        let job = ImageJob::Project { view: Arc::clone(view), keys: entry.keys.clone() };
        entry.imaging = true;
        entry.journal_bytes = 0;
        self.submit_long(Job::Image(Box::new(job)));
    }

    /// A project was saved whole, or not.
    pub(super) fn imaged(&mut self, id: ProjectId, result: Result<(), String>) {
        if let Some(entry) = self.projects.entry_mut(id) {
            entry.imaging = false;
        }
        if id == ProjectId::CATALOGUE {
            self.projects.imaging = false;
        }
        if let Err(error) = result {
            // The journal goes on; the next image is tried after as many bytes again.
            tracing::warn!(project = %id, error, "no image was written");
        }
        self.unload_excess(id);
    }

    /// Unloads the projects that were not used for longest while all together take too much.
    fn unload_excess(&mut self, keep: ProjectId) {
        let total = |projects: &Projects| -> u64 {
            projects.entries.values().filter(|entry| entry.view().is_some()).map(|e| e.bytes).sum()
        };
        while total(&self.projects) > self.limits.projects_bytes_max {
            let idle = self
                .projects
                .entries
                .values()
                .filter(|entry| entry.id != keep && entry.is_idle() && entry.view().is_some());
            let Some(oldest) = idle.min_by_key(|entry| entry.used).map(|entry| entry.id) else {
                return;
            };
            let Some(entry) = self.projects.entry_mut(oldest) else { return };
            tracing::info!(project = %entry.name, "unloaded to make room");
            entry.keys = Keys::default();
            entry.head = None;
            if let Residence::Loaded { view, .. } =
                std::mem::replace(&mut entry.residence, Residence::Unloaded)
            {
                self.effects.garbage.push(Garbage::View(view));
            }
        }
    }

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
            self.projects.entries.insert(id, Entry::new(id, name, journal_bytes));
        }
        for (id, name) in catalogue.names() {
            self.projects.insert(id, name, false);
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
