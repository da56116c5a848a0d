//! The store: projects and their catalogue as values, brought back from journal and images.
//!
//! The one place that knows both the engine's projects and the journal's bytes. [`Store`] is a thin
//! shell over them: it opens the data folder, starts the journal and answers on any thread.

pub mod backup;
pub mod catalogue;
mod load;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use goxe_engine::project::Project;
use jiff::Timestamp;
use thiserror::Error;

use crate::journal::disk::Disk;
use crate::journal::image::{self, ImageHeader};
use crate::journal::keys::{KeyLimits, Keys};
use crate::journal::recovery::{self, Note, RecoveryError};
use crate::journal::replay::{ReplayError, Replayed, State as _, replay};
use crate::journal::writer::{Appender, Completions, Failure, Journal, Settings};
use crate::journal::{ProjectId, Revision, StoreId};

/// Takes what the journal has to say, on the journal's thread. It must not wait for a lane.
pub type Listener<T> = Box<dyn FnMut(Completions<T>) + Send>;

/// The data folder of a running daemon.
pub struct Store<T> {
    disk: Arc<dyn Disk>,
    settings: Settings,
    key_limits: KeyLimits,
    listener: Mutex<Option<Listener<T>>>,
    journal: Mutex<Option<Journal<T>>>,
    appender: OnceLock<Appender<T>>,
}

/// What a start found.
pub struct Recovered<T> {
    /// The catalogue.
    pub catalogue: Arc<catalogue::State>,
    /// Why the catalogue cannot be changed, if it cannot.
    pub read_only: Option<String>,
    /// Keys of calls that changed the catalogue.
    pub keys: Keys,
    /// Each project with the bytes of its records since its newest image.
    pub projects: Vec<(ProjectId, u64)>,
    /// The way into the journal.
    pub appender: Appender<T>,
    /// The lineage of the data folder.
    pub store: StoreId,
}

/// A project in memory, or why there is none.
#[derive(Debug)]
pub enum Loaded {
    /// It came back.
    Sound {
        /// The project.
        project: Box<Project>,
        /// Its newest sound revision.
        revision: Revision,
        /// Its live keys.
        keys: Keys,
        /// Why it cannot be edited, if it cannot: its journal is damaged above that revision.
        read_only: Option<String>,
    },
    /// It is quarantined: its records are sound, but make no project.
    Broken(String),
}

/// Why there is no data folder to work with.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It cannot be read.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The catalogue does not come back.
    #[error("the catalogue: {0}")]
    Catalogue(#[from] ReplayError),
    /// The journal's thread could not be started.
    #[error("the journal could not be started: {0}")]
    Start(#[from] io::Error),
    /// It was opened before.
    #[error("the data folder is open already")]
    Twice,
}

/// Why a project was not saved.
#[derive(Debug, Error)]
pub enum SaveError {
    /// The disk refused.
    #[error("the image could not be written: {0}")]
    Io(#[from] io::Error),
    /// What the image would hold could not be synced.
    #[error(transparent)]
    Journal(#[from] Failure),
    /// The journal is closed, or was never opened.
    #[error("the journal is closed")]
    Closed,
}

impl<T: Send + 'static> Store<T> {
    /// The data folder `disk`, which is not touched before [`Self::recover`].
    pub fn new(
        disk: Arc<dyn Disk>,
        settings: Settings,
        key_limits: KeyLimits,
        listener: Listener<T>,
    ) -> Self {
        Self {
            disk,
            settings,
            key_limits,
            listener: Mutex::new(Some(listener)),
            journal: Mutex::new(None),
            appender: OnceLock::new(),
        }
    }

    /// Reads the folder, cuts what a loss of power tore, starts the journal. `progress` is told
    /// bytes done and bytes in all.
    pub fn recover(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Recovered<T>, OpenError> {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        let listener = listener.ok_or(OpenError::Twice)?;
        let fresh = StoreId(getrandom::u64().map_err(io::Error::other)?);
        let found = recovery::recover(&*self.disk, fresh, progress)?;
        tell(&found.notes);
        let store = found.store;
        let index = found.projects.get(&ProjectId::CATALOGUE).cloned().unwrap_or_default();
        let id = ProjectId::CATALOGUE;
        let (disk, limits) = (&*self.disk, &self.key_limits);
        let Replayed { state, keys, corrupt, .. } =
            replay::<catalogue::State>(disk, id, &index, limits, now_ms(), &mut || {})?;
        let projects: Vec<(ProjectId, u64)> =
            state.names().map(|(id, _)| (id, found.bytes_since_image(id))).collect();
        let gone = |id: &ProjectId| corrupt.is_none() && state.is_purged(*id);
        let gone: Vec<ProjectId> = found.projects.keys().copied().filter(gone).collect();
        let journal = Journal::spawn(Arc::clone(&self.disk), found, self.settings, listener)?;
        let appender = journal.handle();
        *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = Some(journal);
        let _ = self.appender.set(appender.clone());
        for id in gone {
            // A purge whose files outlived it.
            let _ = appender.purge(id);
        }
        let read_only = corrupt.map(|corrupt| format!("its journal is damaged: {corrupt}"));
        let catalogue = Arc::new(state);
        Ok(Recovered { catalogue, read_only, keys, projects, appender, store })
    }

    /// Brings a project into memory, on any thread. `beat` is called often.
    pub fn load(&self, project: ProjectId, beat: &mut dyn FnMut()) -> Loaded {
        let Some(appender) = self.appender.get() else {
            return Loaded::Broken("the journal is not open yet".to_owned());
        };
        let located = match appender.locate(project) {
            Ok(located) => located,
            Err(closed) => return Loaded::Broken(closed.to_string()),
        };
        let work = || {
            let (disk, limits) = (&*self.disk, &self.key_limits);
            replay::<Project>(disk, project, &located.index, limits, now_ms(), beat)
        };
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(Replayed { state, keys, revision, corrupt })) => Loaded::Sound {
                project: Box::new(state),
                revision,
                keys,
                read_only: corrupt.map(|corrupt| format!("its journal is damaged: {corrupt}")),
            },
            Ok(Err(error)) => Loaded::Broken(error.to_string()),
            Err(_) => Loaded::Broken("the engine failed on its journal".to_owned()),
        }
    }

    /// Saves a project whole, at a revision that was acknowledged.
    pub fn save(
        &self,
        project: ProjectId,
        revision: Revision,
        state: &Project,
        keys: &Keys,
    ) -> Result<(), SaveError> {
        debug_assert_eq!(state.number(), revision.number);
        self.write_image(project, revision, &goxe_engine::image::encode(state), keys)
    }

    /// Saves the catalogue whole.
    pub fn save_catalogue(&self, state: &catalogue::State, keys: &Keys) -> Result<(), SaveError> {
        self.write_image(ProjectId::CATALOGUE, state.revision(), &state.encode(), keys)
    }

    fn write_image(
        &self,
        project: ProjectId,
        revision: Revision,
        body: &[u8],
        keys: &Keys,
    ) -> Result<(), SaveError> {
        let appender = self.appender.get().ok_or(SaveError::Closed)?;
        // An image must not outlive what led to it: without the record that made the project its
        // number would be given out again.
        appender.flush()?;
        let store = appender.store();
        let header = ImageHeader { store, project, revision, time_ms: now_ms() };
        image::write(&*self.disk, &header, body, keys)?;
        appender.image_done(header).map_err(|_| SaveError::Closed)
    }

    /// Writes what waits, syncs, ends the journal's thread.
    pub fn close(&self) -> Result<(), Failure> {
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner).take();
        journal.map_or(Ok(()), Journal::close)
    }

    /// The way into the journal, once it is open.
    pub fn appender(&self) -> Option<&Appender<T>> {
        self.appender.get()
    }

    /// The data folder.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

fn tell(notes: &[Note]) {
    for note in notes {
        match note {
            Note::TornTail { at, bytes } => {
                tracing::info!(%at, bytes, "the journal's torn end was cut");
            }
            Note::Damaged { project: Some(project), at } => {
                tracing::error!(%project, %at, "a record is damaged");
            }
            Note::Damaged { project: None, at } => {
                tracing::error!(%at, "a part of the journal is damaged");
            }
            Note::HeaderLost { segment } => {
                tracing::error!(%segment, "a segment's header is damaged");
            }
            Note::UnsoundImage { project, number, reason } => {
                tracing::error!(%project, number, reason, "an image is unsound");
            }
        }
    }
}

#[cfg(test)]
mod tests;
