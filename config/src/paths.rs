//! Where the files of a daemon lie, from its environment and what the command line chose.
//!
//! A daemon is its data folder. MCP clients start goxe with a scrubbed environment (`HOME`, `PATH`,
//! `USER`), so everything here comes out the same with and without the `XDG_*` variables of a login,
//! as long as these have their usual values. A user who moves `XDG_DATA_HOME` in the shell alone has
//! two daemons, one for each data folder: set it for the whole session, or pass `--data`. Clients
//! find the socket through the endpoint file in the data folder, so it may lie anywhere.

mod environment;

use std::path::{Path, PathBuf};

pub use environment::{Environment, FolderFacts};

use crate::dirs::Folder;
use crate::schema::SOCKET_PATH_BYTES_MAX;

/// What the command line chose; `GOXE_DATA`, `GOXE_SOCKET` and `GOXE_CONFIG` fill what it left open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// `--data`: the data folder, which is the daemon.
    pub data: Option<PathBuf>,
    /// `--socket`: where that daemon's socket is.
    pub socket: Option<PathBuf>,
    /// `--config`: the configuration file.
    pub config: Option<PathBuf>,
    /// `--system`: the daemon of the whole system.
    pub system: bool,
}

/// The files of one daemon. Every path is absolute and UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Configuration file.
    pub config_file: PathBuf,
    /// Data folder: the daemon's identity.
    pub data: PathBuf,
    /// State folder: what may be lost, such as logs.
    pub state: PathBuf,
    /// Runtime folder: what ends with the daemon.
    pub runtime: PathBuf,
    /// The socket, where the configuration does not move it.
    pub socket: PathBuf,
    /// PID file, in the runtime folder.
    pub pid_file: PathBuf,
    /// The instance lock, held as long as the daemon lives.
    pub lock: PathBuf,
    /// The lock that clients take to start the daemon once.
    pub start_lock: PathBuf,
    /// How clients find the daemon.
    pub endpoint: PathBuf,
    /// The record of starts that the restart budget is counted from.
    pub starts: PathBuf,
    /// Folder of the journal.
    pub journal: PathBuf,
    /// Folder of the images.
    pub images: PathBuf,
    /// Folder of the blobs.
    pub blobs: PathBuf,
    /// Folder of the logs.
    pub log_dir: PathBuf,
    system: bool,
}

/// Why the paths cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum PathError {
    #[error("{what} is {}: it must be an absolute path", path.display())]
    Relative { what: &'static str, path: PathBuf },
    #[error("{what} is {}: it must be UTF-8 text without control characters", path.display())]
    NotText { what: &'static str, path: PathBuf },
    #[error("the socket path {} has {} bytes: the system allows {SOCKET_PATH_BYTES_MAX}; choose a shorter one with --socket", path.display(), path.as_os_str().len())]
    SocketTooLong { path: PathBuf },
    #[error("no home folder: HOME is not set and user {uid} has none; choose a folder with --data")]
    NoHome { uid: u32 },
    #[error("goxe must not run set-user-ID: real user {uid}, effective user {euid}")]
    SetUserId { uid: u32, euid: u32 },
}

/// The folders that files are put into.
struct Bases {
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
    log_dir: PathBuf,
    /// Where sockets may be put, the best first.
    runtimes: Vec<PathBuf>,
}

impl Paths {
    /// The paths of the daemon that `choice` and the environment name.
    pub fn resolve(environment: &Environment, choice: &Choice) -> Result<Self, PathError> {
        let (uid, euid) = (environment.uid, environment.euid);
        if uid != euid {
            return Err(PathError::SetUserId { uid, euid });
        }
        let chosen = |flag: &Option<PathBuf>, name: &'static str| match flag {
            Some(path) => Some((name, path.clone())),
            None => environment.variable(name).map(|path| (name, PathBuf::from(path))),
        };
        let data = chosen(&choice.data, "GOXE_DATA").map(checked).transpose()?;
        let socket = chosen(&choice.socket, "GOXE_SOCKET").map(checked).transpose()?;
        let config = chosen(&choice.config, "GOXE_CONFIG").map(checked).transpose()?;
        let bases = match choice.system {
            true => Bases::of_system(data),
            false => Bases::of_user(environment, data)?,
        };
        let (runtime, default_socket) = first_that_fits(&bases, euid);
        let socket = socket.unwrap_or(default_socket);
        if socket.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            return Err(PathError::SocketTooLong { path: socket });
        }
        let paths = Self {
            config_file: config.unwrap_or_else(|| bases.config.join("goxe.toml")),
            pid_file: runtime.join("goxe.pid"),
            lock: bases.data.join("lock"),
            start_lock: bases.data.join("start.lock"),
            endpoint: bases.data.join("endpoint.json"),
            starts: bases.data.join("starts"),
            journal: bases.data.join("journal"),
            images: bases.data.join("images"),
            blobs: bases.data.join("blobs"),
            data: bases.data,
            state: bases.state,
            log_dir: bases.log_dir,
            system: choice.system,
            runtime,
            socket,
        };
        for (what, path) in paths.named() {
            checked((what, path.to_owned()))?;
        }
        Ok(paths)
    }

    /// Every path with its name, as `goxe paths` prints them.
    pub fn named(&self) -> [(&'static str, &Path); 14] {
        [
            ("config_file", &self.config_file),
            ("data", &self.data),
            ("state", &self.state),
            ("runtime", &self.runtime),
            ("socket", &self.socket),
            ("pid_file", &self.pid_file),
            ("lock", &self.lock),
            ("start_lock", &self.start_lock),
            ("endpoint", &self.endpoint),
            ("starts", &self.starts),
            ("journal", &self.journal),
            ("images", &self.images),
            ("blobs", &self.blobs),
            ("log_dir", &self.log_dir),
        ]
    }

    /// The folders that the daemon needs, parents first. The system's runtime folder lets others
    /// through to the socket, whose own mode decides; all else is for the owner alone.
    pub fn folders(&self) -> Vec<Folder> {
        let runtime_mode = if self.system { 0o755 } else { 0o700 };
        let private = [&self.data, &self.journal, &self.images, &self.blobs, &self.log_dir];
        let folder = |path: &PathBuf, mode| Folder { path: path.clone(), mode };
        private
            .into_iter()
            .map(|path| folder(path, 0o700))
            .chain([folder(&self.runtime, runtime_mode)])
            .collect()
    }
}

impl Bases {
    fn of_system(chosen: Option<PathBuf>) -> Self {
        let usual = PathBuf::from("/var/lib/goxe");
        let config = PathBuf::from("/etc/goxe");
        match chosen.filter(|data| *data != usual) {
            Some(data) => Self::below(config, data, Vec::new()),
            None => Self {
                config,
                state: usual.clone(),
                data: usual,
                log_dir: PathBuf::from("/var/log/goxe"),
                runtimes: vec![PathBuf::from("/run/goxe")],
            },
        }
    }

    fn of_user(environment: &Environment, chosen: Option<PathBuf>) -> Result<Self, PathError> {
        let home = environment.home();
        let base = |variable: &str, below_home: &str| {
            environment
                .folder(variable)
                .or_else(|| Some(home.clone()?.join(below_home)))
                .map(|base| base.join("goxe"))
        };
        let usual = base("XDG_DATA_HOME", ".local/share");
        let no_home = PathError::NoHome { uid: environment.uid };
        let config = base("XDG_CONFIG_HOME", ".config");
        match chosen {
            Some(data) if usual.as_ref() != Some(&data) => {
                let runtimes = environment.runtimes(&data, &format!("goxe-{}", hash(&data)));
                let config = config.unwrap_or_else(|| data.clone());
                Ok(Self::below(config, data, runtimes))
            }
            _ => {
                let data = usual.ok_or(no_home.clone())?;
                let state = base("XDG_STATE_HOME", ".local/state").ok_or(no_home.clone())?;
                let mut runtimes = environment.runtimes(&data, "goxe");
                runtimes.push(data.join("run"));
                let config = config.ok_or(no_home)?;
                Ok(Self { config, log_dir: state.join("logs"), data, state, runtimes })
            }
        }
    }

    /// A data folder that was chosen holds everything, so that two daemons share no file. Only where
    /// its path is too long for a socket, the socket goes to one of `others`.
    fn below(config: PathBuf, data: PathBuf, others: Vec<PathBuf>) -> Self {
        let state = data.join("state");
        let runtimes = std::iter::once(data.join("run")).chain(others).collect();
        Self { config, log_dir: state.join("logs"), state, runtimes, data }
    }
}

/// The first runtime folder in which a socket's path is short enough; one in `/tmp` always is.
fn first_that_fits(bases: &Bases, uid: u32) -> (PathBuf, PathBuf) {
    let last = PathBuf::from(format!("/tmp/goxe-{uid}-{}", hash(&bases.data)));
    let fitting = bases
        .runtimes
        .iter()
        .find(|runtime| runtime.join("goxe.sock").as_os_str().len() <= SOCKET_PATH_BYTES_MAX);
    let runtime = fitting.cloned().unwrap_or(last);
    let socket = runtime.join("goxe.sock");
    (runtime, socket)
}

/// A path that can be written into JSON and TOML, and means the same in every folder.
fn checked((what, path): (&'static str, PathBuf)) -> Result<PathBuf, PathError> {
    if !path.is_absolute() {
        return Err(PathError::Relative { what, path });
    }
    match path.to_str() {
        Some(text) if !text.chars().any(char::is_control) => Ok(path),
        _ => Err(PathError::NotText { what, path }),
    }
}

/// FNV-1a of a path: stable between builds, which the standard library's hash is not. It only tells
/// one user's own folders apart, so it needs not withstand an attacker.
fn hash(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests;
