//! What paths depend on, as plain data: variables, user, and the folders found for sockets.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User, geteuid, getuid};

/// The environment that paths are told from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Environment variables.
    pub variables: BTreeMap<String, OsString>,
    /// Real user.
    pub uid: u32,
    /// Effective user.
    pub euid: u32,
    /// The user's home in the system's list of users.
    pub account_home: Option<PathBuf>,
    /// Folders that may hold sockets and do exist: `$XDG_RUNTIME_DIR` and `/run/user/<uid>`.
    pub folders: BTreeMap<PathBuf, FolderFacts>,
}

/// Owner and permission bits of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderFacts {
    /// Its owner.
    pub owner: u32,
    /// Its permission bits.
    pub mode: u32,
}

impl Environment {
    /// The environment of this process. Variables whose names are no UTF-8 are none of ours.
    pub fn of_process() -> Self {
        let mut environment = Self {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .collect(),
            uid: getuid().as_raw(),
            euid: geteuid().as_raw(),
            account_home: User::from_uid(Uid::effective()).ok().flatten().map(|user| user.dir),
            folders: BTreeMap::new(),
        };
        let candidates = [environment.folder("XDG_RUNTIME_DIR"), Some(environment.run_user())];
        environment.folders = candidates
            .into_iter()
            .flatten()
            .filter_map(|path| Some((path.clone(), FolderFacts::of(&path)?)))
            .collect();
        environment
    }

    /// A variable; one that is empty counts as not set.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// A variable that names a folder; a relative path is ignored, as the XDG specification asks.
    pub(super) fn folder(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// `$HOME`, else the account's.
    pub(super) fn home(&self) -> Option<PathBuf> {
        self.folder("HOME").or_else(|| self.account_home.clone())
    }

    /// The folders below which sockets of `data` may lie, the best first. In `/run/user/<uid>`,
    /// which all processes of the user share, only the account's own data folder has the plain
    /// name: any other data folder is another daemon, and two daemons never share a socket.
    pub(super) fn runtimes(&self, data: &Path, name: &str) -> Vec<PathBuf> {
        let shared = self.run_user();
        let own = self.account_home.clone().or_else(|| self.home());
        let is_own = own.is_some_and(|home| home.join(".local/share/goxe") == data);
        let shared_name =
            if is_own { "goxe".to_owned() } else { format!("goxe-{}", super::hash(data)) };
        let private = self.folder("XDG_RUNTIME_DIR").filter(|path| *path != shared);
        [private.map(|path| (path, name.to_owned())), Some((shared, shared_name))]
            .into_iter()
            .flatten()
            .filter(|(path, _)| self.is_private(path))
            .map(|(path, name)| path.join(name))
            .collect()
    }

    fn run_user(&self) -> PathBuf {
        PathBuf::from(format!("/run/user/{}", self.euid))
    }

    /// Whether a folder is there, is ours and is closed to everybody else.
    fn is_private(&self, path: &Path) -> bool {
        self.folders
            .get(path)
            .is_some_and(|facts| facts.owner == self.euid && facts.mode & 0o777 == 0o700)
    }
}

impl FolderFacts {
    /// Owner and mode of a folder; nothing where there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_dir)?;
        Some(Self { owner: metadata.uid(), mode: metadata.mode() & 0o7777 })
    }
}
