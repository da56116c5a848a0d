//! Files that appear whole or not at all, and files that are read by ranges.

mod several;

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio::{
    fs,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};
use uuid::Uuid;

pub use several::NewFiles;

/// The largest file that is read or written, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 30;

/// Entries of a folder that are looked at for names like one.
const ENTRIES_MAX: usize = 1_000;
/// The longest name that is taken over into another one, in bytes: what is added to it fits too.
const NAME_BYTES_MAX: usize = 128;
/// How many such names are told.
const NAMES_MAX: usize = 8;

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It exists, and may not be replaced.
    #[error("the file exists")]
    Exists,
    /// It is a folder, a device, a pipe.
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

/// Names of files in the folder of `path` that end like this, in order: what may have been meant.
pub fn named_like(path: &Path, ending: &str) -> Vec<String> {
    let Some(folder) = path.parent() else { return Vec::new() };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.take(ENTRIES_MAX).filter(|entry| entry.path().is_file());
    let names = files.map(|entry| entry.file_name());
    let mut names: Vec<String> = names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|found| found == ending))
        .collect();
    names.sort_unstable();
    names.truncate(NAMES_MAX);
    names
}

/// A name in this folder that no file has yet: `castle.vox`, else `castle-2.vox` and so on.
pub fn free_name(folder: &Path, stem: &str, ending: &str) -> String {
    let names = (1..=ENTRIES_MAX).map(|number| match number {
        1 => format!("{stem}.{ending}"),
        number => format!("{stem}-{number}.{ending}"),
    });
    let is_free = |name: &String| std::fs::symlink_metadata(folder.join(name)).is_err();
    let mut names = names.filter(is_free);
    names.next().unwrap_or_else(|| format!("{stem}-{}.{ending}", Uuid::now_v7().simple()))
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
pub async fn open(path: &Path) -> Result<Source, FileError> {
    // Opening a pipe would wait for its other end: look before opening, and at what was opened.
    if !fs::metadata(path).await?.is_file() {
        return Err(FileError::NotAFile);
    }
    let file = fs::File::open(path).await?;
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
    temporary: PathBuf,
    place: PathBuf,
    overwrite: bool,
    bytes: u64,
}

impl NewFile {
    /// Begins a file.
    pub async fn create(place: &Path, overwrite: bool) -> Result<Self, FileError> {
        match fs::symlink_metadata(place).await {
            Ok(_) if !overwrite => return Err(FileError::Exists),
            Ok(found) if found.is_dir() => return Err(FileError::NotAFile),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let name = place.file_name().ok_or(FileError::NotAFile)?;
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}.tmp", Uuid::now_v7().simple()));
        let temporary = place.with_file_name(temporary);
        let file = fs::File::create_new(&temporary).await?;
        Ok(NewFile { file, temporary, place: place.to_owned(), overwrite, bytes: 0 })
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
        if self.overwrite {
            fs::rename(&self.temporary, &self.place).await?;
            return Ok(());
        }
        // A link does not replace what appeared there in the meantime; a rename would.
        match fs::hard_link(&self.temporary, &self.place).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(FileError::Exists),
            // Some file systems know no links: look once more, then move.
            Err(_) if fs::symlink_metadata(&self.place).await.is_err() => {
                Ok(fs::rename(&self.temporary, &self.place).await?)
            }
            Err(_) => Err(FileError::Exists),
        }
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After a rename it is no longer there.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

#[cfg(test)]
mod tests;
