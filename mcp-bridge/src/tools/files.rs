//! Files that appear whole or not at all, and files that are read by ranges, in the folders that are allowed.

mod folders;
mod kind;
mod several;

use std::{fs::canonicalize, io, os::fd::OwnedFd, path::Path};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, linkat, openat, renameat, unlinkat},
    io::Errno,
};
use tokio::{
    fs,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};
use uuid::Uuid;

pub use folders::{Folders, Place};
pub use kind::FileKind;
pub use several::NewFiles;

/// The largest file that is read or written, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 30;

/// The longest name that is taken over into another one, in bytes: what is added to it fits too.
const NAME_BYTES_MAX: usize = 128;

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is in no allowed folder.
    #[error("it is outside of the folders that are allowed")]
    Outside,
    /// It exists, and may not be replaced.
    #[error("the file exists")]
    Exists,
    /// What is there is something else than what is to be written.
    #[error("what is there is no {0:?} file, and is never replaced by one")]
    OtherKind(FileKind),
    /// It is a folder, a device, a pipe, a link.
    #[error("it is no ordinary file")]
    NotAFile,
    /// It is larger than [`FILE_BYTES_MAX`].
    #[error("{bytes} bytes are more than the {FILE_BYTES_MAX} a file may have")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// More came than was announced.
    #[error("more content arrived than was announced")]
    Longer,
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The name of a path without its ending, where it has one that a file can have.
pub fn stem(path: &str) -> Option<&str> {
    let stem = Path::new(path).file_stem()?.to_str()?;
    (!stem.starts_with('.') && stem.len() <= NAME_BYTES_MAX).then_some(stem)
}

/// A file that is read.
#[derive(Debug)]
pub struct Source {
    file: fs::File,
    bytes: u64,
}

/// Opens an ordinary file of a bearable size.
pub async fn open(folders: &Folders, path: &str) -> Result<Source, FileError> {
    let place = folders.place(path)?;
    let opened = match place.open() {
        // A link; what it leads to has to be allowed as well.
        Err(Errno::LOOP) => match canonicalize(&place.path) {
            Ok(real) => folders.place(real.to_str().ok_or(FileError::NotAFile)?)?.open(),
            Err(error) => return Err(error.into()),
        },
        opened => opened,
    };
    let file = fs::File::from_std(opened.map_err(io::Error::from)?.into());
    let found = file.metadata().await?;
    if !found.is_file() {
        return Err(FileError::NotAFile);
    }
    let bytes = found.len();
    if bytes > FILE_BYTES_MAX {
        return Err(FileError::TooLarge { bytes });
    }
    Ok(Source { file, bytes })
}

impl Place {
    /// Opens what has this name, and waits for no other end of a pipe.
    fn open(&self) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        openat(&*self.folder, &self.name, flags | OFlags::CLOEXEC, Mode::empty())
    }

    /// Checks that what has this name, if anything, may be replaced by a file of this kind.
    async fn check(&self, kind: FileKind, overwrite: bool) -> Result<(), FileError> {
        match self.found()? {
            None => return Ok(()),
            Some(_) if !overwrite => return Err(FileError::Exists),
            Some(FileType::RegularFile) => {}
            Some(_) => return Err(FileError::NotAFile),
        }
        let file = fs::File::from_std(self.open().map_err(io::Error::from)?.into());
        let mut head = Vec::new();
        let most = u64::try_from(kind::HEAD_BYTES_MAX).unwrap_or(u64::MAX);
        file.take(most).read_to_end(&mut head).await?;
        if kind.begins(&head) { Ok(()) } else { Err(FileError::OtherKind(kind)) }
    }
}

impl Source {
    /// The file's size when it was opened.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next bytes of the file, at most so many. A file that shrinks meanwhile is an error.
    pub async fn next(&mut self, bytes_max: u64) -> Result<Vec<u8>, FileError> {
        let mut range = Vec::new();
        (&mut self.file).take(bytes_max).read_to_end(&mut range).await?;
        if range.is_empty() && self.bytes > 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(range)
    }
}

/// A file that is written under a temporary name beside its place and then moved there.
#[derive(Debug)]
pub struct NewFile {
    file: fs::File,
    temporary: String,
    place: Place,
    kind: FileKind,
    overwrite: bool,
    bytes: u64,
}

impl NewFile {
    /// Begins a file.
    pub async fn create(place: Place, overwrite: bool) -> Result<Self, FileError> {
        let kind = FileKind::of_name(&place.path).ok_or(FileError::NotAFile)?;
        place.check(kind, overwrite).await?;
        let name = place.name.to_str().ok_or(FileError::NotAFile)?;
        let temporary = format!(".{name}.{}.tmp", Uuid::now_v7().simple());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = openat(&*place.folder, &temporary, flags, Mode::from_raw_mode(0o666));
        let file = fs::File::from_std(file.map_err(io::Error::from)?.into());
        Ok(NewFile { file, temporary, place, kind, overwrite, bytes: 0 })
    }

    /// What was written so far, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds to its end.
    pub async fn write(&mut self, range: &[u8]) -> Result<(), FileError> {
        let bytes = self.bytes.saturating_add(u64::try_from(range.len()).unwrap_or(u64::MAX));
        if bytes > FILE_BYTES_MAX {
            return Err(FileError::TooLarge { bytes });
        }
        self.file.write_all(range).await?;
        self.bytes = bytes;
        Ok(())
    }

    /// Puts the file in its place.
    pub async fn keep(mut self) -> Result<(), FileError> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        let (folder, temporary, name) = (&*self.place.folder, &self.temporary, &self.place.name);
        if !self.overwrite {
            // A link does not replace what appeared there in the meantime; a rename would.
            match linkat(folder, temporary, folder, name, AtFlags::empty()) {
                Ok(()) => return Ok(()),
                Err(Errno::EXIST) => return Err(FileError::Exists),
                // Some file systems know no links: look once more, then move.
                Err(_) => {}
            }
        }
        self.place.check(self.kind, self.overwrite).await?;
        Ok(renameat(folder, temporary, folder, name).map_err(io::Error::from)?)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After a rename it is no longer there.
        let _ = unlinkat(&*self.place.folder, &self.temporary, AtFlags::empty());
    }
}

#[cfg(test)]
mod tests;
