//! Creation of the daemon's folders, closed to others, and the refusal of folders that are not safe.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;

/// A folder that must exist, and the permission bits it is created with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its path.
    pub path: PathBuf,
    /// Permission bits of a new folder.
    pub mode: u32,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum FolderError {
    #[error("{} is a symbolic link: give the folder it points to", path.display())]
    Link { path: PathBuf },
    #[error("{} is not a folder", path.display())]
    NotAFolder { path: PathBuf },
    #[error("{} belongs to user {owner}, not to user {user} who runs goxe", path.display())]
    Foreign { path: PathBuf, owner: u32, user: u32 },
    #[error("{path} can be written by others (mode {mode:04o}): chmod go-w {path}", path = path.display())]
    Writable { path: PathBuf, mode: u32 },
    #[error("cannot use the folder {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// Creates every folder that is missing, and checks those that are there.
pub fn create_all(folders: &[Folder]) -> Result<(), FolderError> {
    folders.iter().try_for_each(create)
}

/// Creates a folder with its parents, or checks the one that is there. A folder that its owner opened
/// for reading is accepted, since every file inside has its own mode; its mode is never changed,
/// because it may be one that other programs use too.
pub fn create(folder: &Folder) -> Result<(), FolderError> {
    let failed = |error| FolderError::Io { path: folder.path.clone(), error };
    let parents = folder.path.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(parents).map_err(failed)?;
    match DirBuilder::new().mode(folder.mode).create(&folder.path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(error)),
        _ => check(&folder.path),
    }
}

/// Refuses a folder that is a link, is not ours, or lets others write. It looks at an open handle, so
/// that nobody can exchange the folder while it is checked.
fn check(path: &Path) -> Result<(), FolderError> {
    let failed = |error| FolderError::Io { path: path.to_owned(), error };
    let flags = OFlag::O_NOFOLLOW | OFlag::O_DIRECTORY;
    let folder = match OpenOptions::new().read(true).custom_flags(flags.bits()).open(path) {
        Ok(folder) => folder,
        Err(error) => return Err(explain(path, error)),
    };
    let metadata = folder.metadata().map_err(failed)?;
    let (owner, user) = (metadata.uid(), geteuid().as_raw());
    let mode = metadata.mode() & 0o7777;
    if owner != user {
        return Err(FolderError::Foreign { path: path.to_owned(), owner, user });
    }
    if mode & 0o022 != 0 {
        return Err(FolderError::Writable { path: path.to_owned(), mode });
    }
    Ok(())
}

/// Which refusal a failed open means: systems differ in the error for a link.
fn explain(path: &Path, error: io::Error) -> FolderError {
    let path = path.to_owned();
    let metadata = std::fs::symlink_metadata(&path);
    match (&metadata, error.raw_os_error().map(Errno::from_raw)) {
        (Ok(metadata), _) if metadata.is_symlink() => FolderError::Link { path },
        (Ok(metadata), _) if !metadata.is_dir() => FolderError::NotAFolder { path },
        (Ok(metadata), Some(Errno::EACCES)) if metadata.uid() != geteuid().as_raw() => {
            FolderError::Foreign { path, owner: metadata.uid(), user: geteuid().as_raw() }
        }
        _ => FolderError::Io { path, error },
    }
}

#[cfg(test)]
mod tests;
