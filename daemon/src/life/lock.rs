//! `DATA/lock`: whoever holds it is the daemon of that data folder.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use goxe_config::endpoint::Endpoint;
use nix::fcntl::{Flock, FlockArg};

/// The held lock. It lasts as long as the value; the file itself is never removed, because a
/// removed lock file lets two holders exist.
#[derive(Debug)]
pub struct DataLock {
    file: Flock<File>,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon serves this data folder.
    #[error("a daemon already serves {}: {holder}", data.display())]
    Held {
        /// The data folder.
        data: PathBuf,
        /// What the holder wrote about itself: pid and socket.
        holder: String,
    },
    /// The file cannot be opened or locked.
    #[error("cannot lock {}: {error}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// How long a lock that is held is tried again.
const PATIENCE: Duration = Duration::from_secs(1);
/// Pause between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(20);

impl DataLock {
    /// Takes the lock or tells who holds it. Clients that wait for a daemon to leave hold it for
    /// moments, so that it is tried again for a little while.
    pub fn take(path: &Path, data: &Path) -> Result<Self, LockError> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            match Self::try_take(path, data) {
                Err(LockError::Held { .. }) if Instant::now() < give_up => {
                    // sleep: a lock of this kind cannot be waited for with an end to the waiting.
                    thread::sleep(TRY_AGAIN);
                }
                taken => return taken,
            }
        }
    }

    fn try_take(path: &Path, data: &Path) -> Result<Self, LockError> {
        let io = |error| LockError::Io { path: path.to_owned(), error };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(io)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => {
                // What the last holder said of itself is not true any more.
                file.set_len(0).map_err(io)?;
                Ok(DataLock { file })
            }
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => {
                // What the holder says of itself only helps a person; without it the lock still holds.
                let holder = match Endpoint::read(path) {
                    Ok(Endpoint { pid, socket, .. }) => {
                        format!("pid {pid}, socket {}", socket.display())
                    }
                    Err(_) => "it is just starting".to_owned(),
                };
                Err(LockError::Held { data: data.to_owned(), holder })
            }
            Err((_, errno)) => Err(io(errno.into())),
        }
    }

    /// Writes who holds the lock, for the one who is refused, and for clients of a folder that lost
    /// its endpoint file.
    pub fn describe(&mut self, holder: &Endpoint) -> io::Result<()> {
        let text = serde_json::to_vec(holder)?;
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_told_about_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let mut first = DataLock::take(&path, folder.path()).unwrap();
        let endpoint = Endpoint {
            pid: 7,
            start_time: 1,
            boot_id: String::new(),
            epoch: String::new(),
            store: String::new(),
            socket: PathBuf::from("/run/x.sock"),
            build: String::new(),
        };
        first.describe(&endpoint).unwrap();
        let error = DataLock::take(&path, folder.path()).unwrap_err();
        assert!(error.to_string().contains("pid 7, socket /run/x.sock"), "{error}");
        drop(first);
        assert!(path.exists());
        DataLock::take(&path, folder.path()).unwrap();
    }
}
