//! Where clients connect: the Unix socket, and TCP on the loopback interface.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use goxe_protocol::api::Role;
use mio::net::{TcpListener, UnixListener};
use nix::{
    sys::{
        socket::{getsockopt, sockopt::PeerCredentials},
        stat::{Mode, umask},
    },
    unistd::geteuid,
};

use crate::{call::Principal, session::Gate, stream::Stream};

/// Why a socket cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program answers there.
    #[error("{}: somebody already answers on this socket, with another data folder", .0.display())]
    InUse(PathBuf),
    /// The path is taken by something else.
    #[error("{}: there is something that is no socket; move it away", .0.display())]
    NoSocket(PathBuf),
    /// The system refuses.
    #[error("{what}: {error}")]
    Io {
        /// The path or address.
        what: String,
        /// Why not.
        error: io::Error,
    },
}

/// The bound Unix socket, which is removed at the end if it is still this one.
#[derive(Debug)]
pub struct BoundSocket {
    path: PathBuf,
    mode: u32,
    device: u64,
    inode: u64,
}

impl BoundSocket {
    /// Binds the socket again where its file is gone. What somebody else put in its place stays.
    pub fn bind_again(&mut self) -> Result<Option<UnixListener>, ListenError> {
        let io = |error| ListenError::Io { what: self.path.display().to_string(), error };
        match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(error)),
            Ok(_) => return Ok(None),
        }
        // Other threads run, so that the mask of new files is left alone: the name comes last.
        let nameless = self.path.with_extension("again");
        let _ = fs::remove_file(&nameless);
        let listener = UnixListener::bind(&nameless).map_err(io)?;
        let mode = fs::Permissions::from_mode(self.mode);
        fs::set_permissions(&nameless, mode).map_err(io)?;
        let metadata = fs::symlink_metadata(&nameless).map_err(io)?;
        fs::rename(&nameless, &self.path).map_err(io)?;
        (self.device, self.inode) = (metadata.dev(), metadata.ino());
        Ok(Some(listener))
    }

    /// Removes the socket, unless another one has taken its place.
    pub fn remove(&self) {
        let own = fs::symlink_metadata(&self.path)
            .is_ok_and(|now| now.dev() == self.device && now.ino() == self.inode);
        if own && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the socket was not removed");
        }
    }
}

/// Everything that accepts.
#[derive(Debug, Default)]
pub struct Listeners {
    /// The Unix socket.
    pub unix: Option<UnixListener>,
    /// The TCP socket.
    pub tcp: Option<TcpListener>,
}

/// Binds the Unix socket with its final mode. Only for the holder of the data folder's lock, and
/// while the process has one thread, because the mask of new files belongs to the whole process.
pub fn bind_unix(path: &Path, mode: u32) -> Result<(UnixListener, BoundSocket), ListenError> {
    let io = |error| ListenError::Io { what: path.display().to_string(), error };
    clear_stale(path)?;
    let before = umask(Mode::from_bits_truncate(0o177));
    let bound = UnixListener::bind(path);
    umask(before);
    let listener = bound.map_err(io)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(io)?;
    let metadata = fs::symlink_metadata(path).map_err(io)?;
    let (device, inode) = (metadata.dev(), metadata.ino());
    Ok((listener, BoundSocket { path: path.to_owned(), mode, device, inode }))
}

/// Removes what a daemon left behind that was killed.
fn clear_stale(path: &Path) -> Result<(), ListenError> {
    let io = |error| ListenError::Io { what: path.display().to_string(), error };
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(ListenError::NoSocket(path.to_owned()));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(ListenError::InUse(path.to_owned())),
        Err(_) => fs::remove_file(path).map_err(io),
    }
}

/// Binds the TCP socket.
pub fn bind_tcp(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).map_err(|error| ListenError::Io { what: address.to_string(), error })
}

impl Listeners {
    /// The next client that waits, if any, and who it is.
    pub(super) fn accept(&self) -> io::Result<Option<(Stream, Principal, Gate)>> {
        if let Some(listener) = &self.unix {
            match listener.accept() {
                Ok((stream, _)) => {
                    let principal = local_principal(&stream)?;
                    return Ok(Some((Stream::Unix(stream), principal, Gate::Open)));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(listener) = &self.tcp {
            match listener.accept() {
                Ok((stream, _)) => {
                    // Small answers are not to wait for more.
                    stream.set_nodelay(true)?;
                    let principal = Principal::new("token", Role::Edit);
                    return Ok(Some((Stream::Tcp(stream), principal, Gate::Token)));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// Who is at the other end of a Unix socket, as the kernel says.
fn local_principal(stream: &mio::net::UnixStream) -> io::Result<Principal> {
    let credentials = getsockopt(stream, PeerCredentials)?;
    let uid = credentials.uid();
    let role = if uid == 0 || uid == geteuid().as_raw() { Role::Admin } else { Role::Edit };
    Ok(Principal::new(format!("uid:{uid}"), role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let (listener, bound) = bind_unix(&path, 0o600).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(bind_unix(&path, 0o600), Err(ListenError::InUse(_))));
        drop(listener);
        bound.remove();
        assert!(!path.exists());
    }

    #[test]
    fn only_the_own_socket_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.sock");
        let (first, bound) = bind_unix(&path, 0o600).unwrap();
        // The first inode lives on under another name, so that it is not used again.
        fs::rename(&path, folder.path().join("old.sock")).unwrap();
        let _second = std::os::unix::net::UnixListener::bind(&path).unwrap();
        bound.remove();
        assert!(path.exists());
        drop(first);
    }

    #[test]
    fn a_socket_that_is_gone_is_bound_again_and_anothers_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.sock");
        let (_first, mut bound) = bind_unix(&path, 0o600).unwrap();
        assert!(bound.bind_again().unwrap().is_none(), "it is there");
        fs::remove_file(&path).unwrap();
        let _second = bound.bind_again().unwrap().expect("it is bound");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(std::os::unix::net::UnixStream::connect(&path).is_ok());
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another's").unwrap();
        assert!(bound.bind_again().unwrap().is_none());
        bound.remove();
        assert_eq!(fs::read(&path).unwrap(), b"another's");
    }

    #[test]
    fn a_file_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.sock");
        fs::write(&path, "precious").unwrap();
        assert!(matches!(bind_unix(&path, 0o600), Err(ListenError::NoSocket(_))));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }
}
