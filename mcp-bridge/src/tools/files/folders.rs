//! The folders in which files are read and written, and names in them.
//!
//! A path is only ever opened by handles, from an allowed folder downwards, and no link is followed on
//! the way: what is looked at is what is opened. A path that goes through links is taken at what they lead
//! to, where that is in an allowed folder.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::fd::OwnedFd,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, open, openat, statat},
    io::Errno,
};
use uuid::Uuid;

use super::FileError;

/// Entries of a folder that are looked at for names like one.
const ENTRIES_MAX: usize = 1_000;
/// How many such names are told.
const NAMES_MAX: usize = 8;

/// How a folder is opened on the way to a file.
const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The folders in which files are read and written, and the one that relative paths start at.
#[derive(Clone, Debug)]
pub struct Folders {
    start: PathBuf,
    allowed: Vec<PathBuf>,
}

/// A name in an allowed folder.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) folder: Arc<OwnedFd>,
    pub(super) name: OsString,
    /// Its absolute path, as it is told.
    pub path: PathBuf,
}

impl Folders {
    /// The client's working folder, and others. The root of the file system is nobody's working folder:
    /// clients that have none start their servers there.
    pub fn new(start: PathBuf, others: &[PathBuf]) -> Self {
        let working = Some(&start).filter(|start| start.parent().is_some()).cloned();
        let none = Folders { start, allowed: Vec::new() };
        none.with(working.as_slice()).with(others)
    }

    /// These folders too.
    pub fn with(mut self, others: &[PathBuf]) -> Self {
        let real = |folder: &PathBuf| fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
        self.allowed.extend(others.iter().map(real));
        self
    }

    /// Where files may be, as an error tells it.
    pub fn told(&self) -> String {
        let start = self.start.display();
        let allowed: Vec<String> =
            self.allowed.iter().map(|folder| folder.display().to_string()).collect();
        match allowed.join(", ").as_str() {
            "" => "no folder is allowed: name one in mcp.folders of goxe.toml".to_owned(),
            allowed => format!("allowed folders: {allowed}; relative paths start at {start}"),
        }
    }

    /// The folder that a name is proposed in, and how a path into it begins.
    pub fn usual(&self) -> Option<(Place, &Path)> {
        let first = self.allowed.first()?;
        let prefix = if *first == self.start { Path::new("") } else { first };
        Some((self.place(first.join("any").to_str()?).ok()?, prefix))
    }

    /// What a path names, if that is in an allowed folder.
    pub fn place(&self, path: &str) -> Result<Place, FileError> {
        let named = plain(&self.start.join(path));
        let (Some(folder), Some(name)) = (named.parent(), named.file_name()) else {
            return Err(FileError::Outside);
        };
        match self.open(folder, name) {
            Ok(place) => Ok(Place { path: named, ..place }),
            // A link, perhaps, and perhaps one into another of the folders.
            Err(FileError::Outside) => match fs::canonicalize(folder) {
                Ok(real) => self.open(&real, name),
                Err(error) if self.allowed.iter().any(|folder| named.starts_with(folder)) => {
                    Err(error.into())
                }
                // Whether there is such a folder is nobody's business.
                Err(_) => Err(FileError::Outside),
            },
            Err(error) => Err(error),
        }
    }

    fn open(&self, folder: &Path, name: &OsStr) -> Result<Place, FileError> {
        for allowed in &self.allowed {
            let Ok(rest) = folder.strip_prefix(allowed) else { continue };
            let mut handle = open(allowed, FOLDER, Mode::empty()).map_err(io::Error::from)?;
            for step in rest {
                handle = match openat(&handle, step, FOLDER, Mode::empty()) {
                    Err(Errno::LOOP | Errno::NOTDIR) => return Err(FileError::Outside),
                    opened => opened.map_err(io::Error::from)?,
                };
            }
            let path = folder.join(name);
            return Ok(Place { folder: Arc::new(handle), name: name.to_owned(), path });
        }
        Err(FileError::Outside)
    }
}

impl Place {
    /// Another name in the same folder: it must not lead out of it.
    pub(super) fn beside(&self, name: &str) -> Option<Self> {
        let mut components = Path::new(name).components();
        match (components.next(), components.next()) {
            (Some(Component::Normal(only)), None) if only == name => Some(Place {
                folder: Arc::clone(&self.folder),
                name: only.to_owned(),
                path: self.path.with_file_name(name),
            }),
            _ => None,
        }
    }

    /// What kind of thing has this name, a link itself included; none if nothing has.
    pub(super) fn found(&self) -> io::Result<Option<FileType>> {
        match statat(&*self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Names of files in this folder that end like this, in order: what may have been meant.
    pub fn named_like(&self, ending: &str) -> Vec<String> {
        let Ok(entries) = Dir::read_from(&*self.folder) else { return Vec::new() };
        let names = entries.flatten().take(ENTRIES_MAX);
        let names = names.filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
        let ends = |name: &String| Path::new(name).extension().is_some_and(|found| found == ending);
        let is_file = |name: &String| {
            let place = self.beside(name);
            place.is_some_and(|it| matches!(it.found(), Ok(Some(FileType::RegularFile))))
        };
        let mut names: Vec<String> = names.filter(ends).filter(is_file).collect();
        names.sort_unstable();
        names.truncate(NAMES_MAX);
        names
    }

    /// A name in this folder that nothing has yet: `castle.vox`, else `castle-2.vox` and so on.
    pub fn free_name(&self, stem: &str, ending: &str) -> String {
        let names = (1..=ENTRIES_MAX).map(|number| match number {
            1 => format!("{stem}.{ending}"),
            number => format!("{stem}-{number}.{ending}"),
        });
        let is_free = |name: &String| {
            self.beside(name).is_some_and(|place| matches!(place.found(), Ok(None)))
        };
        let mut names = names.filter(is_free);
        names.next().unwrap_or_else(|| format!("{stem}-{}.{ending}", Uuid::now_v7().simple()))
    }
}

/// The path without `.` and `..`, by its words alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                plain.push(component);
            }
        }
    }
    plain
}
