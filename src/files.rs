//! Files that appear whole or not at all, with the rights and in the folder of who gives the command.

mod several;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::failure::Failure;

pub use several::NewFiles;

/// What content is written to.
pub trait Sink {
    /// Adds to its end.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure>;

    /// What was written so far, in bytes.
    fn bytes(&self) -> u64;
}

/// A file that is written under a temporary name beside its place and then moved there.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    temporary: PathBuf,
    place: PathBuf,
    overwrite: bool,
    bytes: u64,
}

impl NewFile {
    /// Begins a file. One that is there already is refused now, before any work is done for it.
    pub fn create(place: &Path, overwrite: bool) -> Result<Self, Failure> {
        begin(place, overwrite).map_err(|error| Failure::file("write", place, &error))
    }

    /// Puts the file in its place and tells its absolute path.
    pub fn keep(self) -> Result<PathBuf, Failure> {
        let kept = self.file.sync_all().and_then(|()| self.place_it());
        kept.map_err(|error| Failure::file("write", &self.place, &error))?;
        // Only the name that is told needs this; the file is in its place.
        Ok(std::path::absolute(&self.place).unwrap_or_else(|_| self.place.clone()))
    }

    fn place_it(&self) -> io::Result<()> {
        if self.overwrite {
            return fs::rename(&self.temporary, &self.place);
        }
        // A link does not replace what appeared there in the meantime; a rename would.
        match fs::hard_link(&self.temporary, &self.place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // Some file systems know no links: look once more, then move.
            Err(_) => {
                refuse_present(&self.place, false)?;
                fs::rename(&self.temporary, &self.place)
            }
            Ok(()) => Ok(()),
        }
    }
}

impl Sink for NewFile {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| Failure::file("write", &self.place, &error))?;
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After a rename it is no longer there.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Writes a whole file.
pub fn write(place: &Path, bytes: &[u8], overwrite: bool) -> Result<PathBuf, Failure> {
    let mut file = NewFile::create(place, overwrite)?;
    file.write(bytes)?;
    file.keep()
}

/// Opens an ordinary file and tells its size.
pub fn open(path: &Path) -> Result<(File, u64), Failure> {
    // Opening a pipe would wait for its other end: look before opening.
    let opened = fs::metadata(path).and_then(|found| match found.is_file() {
        true => Ok((File::open(path)?, found.len())),
        false => Err(io::Error::other("it is not an ordinary file")),
    });
    opened.map_err(|error| Failure::file("read", path, &error))
}

fn begin(place: &Path, overwrite: bool) -> io::Result<NewFile> {
    refuse_present(place, overwrite)?;
    let name = place.file_name().ok_or_else(|| io::Error::other("it is not the name of a file"))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", Uuid::now_v7().simple()));
    let temporary = place.with_file_name(temporary);
    let file = File::create_new(&temporary)?;
    Ok(NewFile { file, temporary, place: place.to_owned(), overwrite, bytes: 0 })
}

fn refuse_present(place: &Path, overwrite: bool) -> io::Result<()> {
    match fs::symlink_metadata(place) {
        Ok(found) if found.is_dir() => Err(io::Error::other("it is a folder")),
        Ok(_) if !overwrite => Err(io::Error::new(io::ErrorKind::AlreadyExists, "it exists")),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.vox");
        write(&place, b"one", false).unwrap();
        let failure = write(&place, b"two", false).unwrap_err();
        assert!(failure.hint.contains("--overwrite"), "{failure:?}");
        assert_eq!(fs::read(&place).unwrap(), b"one");
        write(&place, b"two", true).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn what_is_not_kept_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = NewFile::create(&folder.path().join("a.vox"), false).unwrap();
        file.write(b"half").unwrap();
        assert_eq!(file.bytes(), 4);
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_appears_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.vox");
        let file = NewFile::create(&place, false).unwrap();
        fs::write(&place, b"theirs").unwrap();
        assert!(file.keep().is_err());
        assert_eq!(fs::read(&place).unwrap(), b"theirs");
    }

    #[test]
    fn folders_are_no_files() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open(folder.path()).is_err());
        assert!(write(folder.path(), b"", true).is_err());
    }
}
