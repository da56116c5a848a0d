//! The endpoint file: how every client finds the daemon of a data folder, whatever its environment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use serde::{Deserialize, Serialize};

/// Largest endpoint file that is read.
pub const FILE_BYTES_MAX: u64 = 16 << 10;

/// Who serves a data folder, and where. Members that a newer goxe adds are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Process id. It alone names no process: ids are given out again.
    pub pid: u32,
    /// Start time of the process, in the clock ticks that the system counts it in.
    pub start_time: u64,
    /// The boot that pid and start time belong to.
    pub boot_id: String,
    /// Epoch of this start of the daemon.
    pub epoch: String,
    /// Lineage of the data folder.
    pub store: String,
    /// Path of the socket.
    pub socket: PathBuf,
    /// Version and build of the daemon.
    pub build: String,
}

/// Why an endpoint file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum EndpointError {
    #[error("there is no endpoint file {}: no daemon has served this data folder, or it left", path.display())]
    Absent { path: PathBuf },
    #[error("the endpoint file {} is larger than {FILE_BYTES_MAX} bytes", path.display())]
    TooLarge { path: PathBuf },
    #[error("the endpoint file {} cannot be understood: {error}", path.display())]
    Malformed { path: PathBuf, error: serde_json::Error },
    #[error("the endpoint file {} cannot be used: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

impl Endpoint {
    /// Reads the file of a data folder.
    pub fn read(path: &Path) -> Result<Self, EndpointError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => EndpointError::Absent { path: path.to_owned() },
            _ => EndpointError::Io { path: path.to_owned(), error },
        };
        // Without waiting: a FIFO in its place must not hold a client.
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path);
        let mut file = file.map_err(failed)?.take(FILE_BYTES_MAX + 1);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        if file.limit() == 0 {
            return Err(EndpointError::TooLarge { path: path.to_owned() });
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| EndpointError::Malformed { path: path.to_owned(), error })
    }

    /// Writes the file whole: a reader sees the old one or the new one. Only the holder of the
    /// instance lock may call this, so the temporary name needs no number.
    pub fn write(&self, path: &Path) -> Result<(), EndpointError> {
        let failed = |error| EndpointError::Io { path: path.to_owned(), error };
        let text = serde_json::to_vec(self)
            .map_err(|error| EndpointError::Malformed { path: path.to_owned(), error })?;
        let temporary = path.with_extension("json.new");
        remove(&temporary).map_err(failed)?;
        let written = create(&temporary)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_data()))
            .and_then(|()| fs::rename(&temporary, path));
        written.map_err(|error| {
            // The first error is the one to tell; a leftover is removed by the next write.
            let _ = remove(&temporary);
            failed(error)
        })
    }

    /// Removes the file; one that is already gone is no error.
    pub fn remove(path: &Path) -> Result<(), EndpointError> {
        remove(path).map_err(|error| EndpointError::Io { path: path.to_owned(), error })
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
