//! A data folder without its daemon: checked, listed, filled from a backup.
//!
//! The instance lock is held meanwhile, so that no daemon serves the folder. Checking and listing
//! go through `ReadOnly`, which writes nothing, not even what a recovery would mend.

mod check;
mod dump;
mod read_only;
#[cfg(test)]
mod tests;

use std::io::{self, Read};

use goxe_config::Paths;
use goxe_config::dirs::{self, Folder, FolderError};
use thiserror::Error;

use crate::journal::StoreId;
use crate::journal::disk;
use crate::journal::recovery::RecoveryError;
use crate::journal::segment::ScanError;
use crate::life::lock::{DataLock, LockError};
use crate::store::backup::{self, RestoreError, Restored};

pub use check::{Checked, ProjectCheck};
pub use dump::Entry;
use read_only::ReadOnly;

/// A data folder that nobody serves.
pub struct Offline {
    disk: disk::Folder,
    /// What may lie in a folder that is otherwise empty.
    own_names: Vec<String>,
    _lock: DataLock,
}

/// Why nothing can be done with a data folder.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum OfflineError {
    #[error("there is no data folder {0}")]
    Absent(String),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    #[error("{path}: {error}")]
    Scan { path: String, error: ScanError },
    #[error(transparent)]
    Restore(#[from] RestoreError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Offline {
    /// Takes a data folder that is there.
    pub fn open(paths: &Paths) -> Result<Self, OfflineError> {
        if !paths.data.is_dir() {
            return Err(OfflineError::Absent(paths.data.display().to_string()));
        }
        let lock = DataLock::take(&paths.lock, &paths.data)?;
        let names =
            paths.named().into_iter().filter_map(|(_, path)| path.strip_prefix(&paths.data).ok());
        let names = names.filter_map(|path| path.iter().next()?.to_str().map(str::to_owned));
        let stored = [&paths.journal, &paths.images, &paths.blobs];
        let is_stored = |name: &String| stored.iter().any(|path| path.ends_with(name));
        let own_names = names.filter(|name| !is_stored(name)).collect();
        Ok(Self { disk: disk::Folder::new(&paths.data), own_names, _lock: lock })
    }

    /// Takes a data folder, which is made if there is none.
    pub fn open_or_make(paths: &Paths) -> Result<Self, OfflineError> {
        dirs::create(&Folder { path: paths.data.clone(), mode: 0o700 })?;
        Self::open(paths)
    }

    /// Reads everything as a start would, and brings every project back.
    pub fn check(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Checked, OfflineError> {
        check::check(&ReadOnly::new(&self.disk), progress)
    }

    /// Tells every record of the journal, the oldest first.
    pub fn dump(&self, each: &mut dyn FnMut(Entry) -> bool) -> Result<(), OfflineError> {
        dump::dump(&ReadOnly::new(&self.disk), each)
    }

    /// Fills the folder, which has to be empty, from a backup.
    pub fn restore(&self, source: impl Read) -> Result<Restored, OfflineError> {
        let store = StoreId(getrandom::u64().map_err(io::Error::other)?);
        let ignored: Vec<&str> = self.own_names.iter().map(String::as_str).collect();
        Ok(backup::restore(source, &self.disk, store, &ignored)?)
    }
}
