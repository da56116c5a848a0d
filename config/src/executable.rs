//! The executable of this process: which file it is, where it lies, and what lies there now.
//!
//! A program that is upgraded while it runs is still its old file: another one lies at its path.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What the system appends to the path of an executable whose file is gone.
const DELETED: &str = " (deleted)";

/// What tells one executable file from every other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    inode: u64,
    bytes: u64,
    modified_ns: i128,
}

impl Identity {
    /// The file at a path, symbolic links followed.
    pub fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::from(&metadata))
    }

    /// The file that this process runs, even if it lies nowhere any more.
    pub fn running() -> io::Result<Self> {
        Self::of(&running_file()?)
    }

    /// Which build it is, as hex: size and time of the file. Two builds of one version differ, and
    /// a copy that keeps the time is the same build.
    pub fn build(&self) -> String {
        let facts = [i128::from(self.bytes), self.modified_ns];
        let bytes = facts.iter().flat_map(|fact| fact.to_le_bytes());
        // FNV-1a: it has to tell builds apart, not to withstand an attacker.
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        format!("{hash:016x}")
    }

    /// As one word, for whoever passes it on.
    pub fn to_word(&self) -> String {
        format!("{:x}-{:x}-{:x}-{:x}", self.device, self.inode, self.bytes, self.modified_ns)
    }
}

impl From<&Metadata> for Identity {
    fn from(metadata: &Metadata) -> Self {
        let seconds = i128::from(metadata.mtime());
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified_ns: seconds * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
        }
    }
}

/// Which build this process is; empty where the system does not tell.
pub fn build() -> String {
    Identity::running().map(|identity| identity.build()).unwrap_or_default()
}

/// The path by which this program is found again, also after an upgrade: as it was called, where
/// that leads to this very file, else as the system names it. Where the file was replaced, it is
/// the path of its successor.
///
/// # Errors
/// Nothing lies where this program was started from.
pub fn stable_path() -> io::Result<PathBuf> {
    let called = std::env::args_os().next();
    let search = std::env::var_os("PATH");
    let named = std::env::current_exe()?;
    find(called.as_deref(), search.as_deref(), &named, Identity::running().ok())
}

/// The same, of what the system says.
fn find(
    called: Option<&OsStr>,
    search: Option<&OsStr>,
    named: &Path,
    running: Option<Identity>,
) -> io::Result<PathBuf> {
    let named = without_mark(named);
    let mut candidates = called.map(|called| candidates(called, search)).unwrap_or_default();
    candidates.push(named.clone());
    let is_running = |path: &&PathBuf| running.is_some() && Identity::of(path).ok() == running;
    if let Some(path) = candidates.iter().find(is_running) {
        return Ok(path.clone());
    }
    match is_program(&named) {
        true => Ok(named),
        false => {
            let text = format!("{} is no longer there", named.display());
            Err(io::Error::new(io::ErrorKind::NotFound, text))
        }
    }
}

/// Where a shell would have found what was called.
fn candidates(called: &OsStr, search: Option<&OsStr>) -> Vec<PathBuf> {
    if called.as_encoded_bytes().contains(&b'/') {
        return std::path::absolute(called).into_iter().collect();
    }
    let folders = search.map(|search| std::env::split_paths(search).collect::<Vec<_>>());
    let absolute = folders.unwrap_or_default().into_iter().filter(|folder| folder.is_absolute());
    absolute.map(|folder| folder.join(called)).collect()
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn without_mark(path: &Path) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_suffix(DELETED)) {
        // A file may really be named so.
        Some(text) if !path.exists() => PathBuf::from(text),
        _ => path.to_owned(),
    }
}

/// A path that leads to the running file, whatever lies at its own one.
fn running_file() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(path: &Path, text: &str) -> Identity {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        Identity::of(path).unwrap()
    }

    #[test]
    fn this_process_has_a_build() {
        assert_eq!(build(), build());
        assert_eq!(build().len(), 16);
        assert!(stable_path().unwrap().is_absolute());
    }

    #[test]
    fn the_path_it_was_called_by_wins_over_what_a_link_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("goxe-1.2"), folder.path().join("goxe"));
        let running = Some(program(&real, "one"));
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let found = |called: &str, search: &Path| {
            find(Some(OsStr::new(called)), Some(search.as_os_str()), &real, running).unwrap()
        };
        assert_eq!(found("goxe", folder.path()), link);
        assert_eq!(found(link.to_str().unwrap(), Path::new("/nowhere")), link);
        assert_eq!(found("goxe", Path::new("/nowhere")), real);
        // Another program of that name is not us.
        let other = tempfile::tempdir().unwrap();
        program(&other.path().join("goxe"), "another");
        assert_eq!(found("goxe", other.path()), real);
    }

    #[test]
    fn a_path_never_leads_to_a_file_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("goxe");
        let old = program(&place, "old");
        fs::remove_file(&place).unwrap();
        let marked = PathBuf::from(format!("{}{DELETED}", place.display()));
        let error = find(None, None, &marked, Some(old)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let new = program(&place, "a newer one");
        assert_eq!(find(None, None, &marked, Some(old)).unwrap(), place);
        assert_ne!(old.build(), new.build());
        assert_ne!(old.to_word(), new.to_word());
    }
}
