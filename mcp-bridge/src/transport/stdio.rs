//! Standard input and output as streams that only the transport can reach.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::FileTypeExt,
    },
    pin::Pin,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, Interest},
    net::{UnixStream, unix::pipe},
};

/// The client's two streams, taken away from file descriptors 0 and 1.
///
/// From then on descriptor 0 reads nothing and descriptor 1 is standard error: a stray `println!`
/// of a library cannot put a byte between two messages, and a child that inherits them can
/// neither read the client's messages nor switch its pipe to non-blocking.
#[derive(Debug)]
pub struct Stdio {
    input: OwnedFd,
    output: OwnedFd,
}

/// What is at the other end of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamKind {
    /// A pipe, as Rust and Python clients make them.
    Pipe,
    /// A socket, as Node and Bun make them.
    Socket,
    /// A file, a terminal, `/dev/null`: read and written on the blocking pool.
    File,
}

impl StreamKind {
    fn of(fd: &OwnedFd) -> io::Result<Self> {
        let kind = File::from(fd.try_clone()?).metadata()?.file_type();
        Ok(match () {
            () if kind.is_fifo() => StreamKind::Pipe,
            () if kind.is_socket() => StreamKind::Socket,
            () => StreamKind::File,
        })
    }
}

impl Stdio {
    /// Takes both streams. Call it once, before anything else runs in the process.
    pub fn claim() -> io::Result<Self> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        nix::unistd::dup2_stdin(File::open("/dev/null")?)?;
        nix::unistd::dup2_stdout(io::stderr())?;
        Ok(Stdio { input, output })
    }

    /// Makes streams of them; needs a tokio runtime.
    pub fn into_streams(self) -> io::Result<Streams> {
        let kind = StreamKind::of(&self.output)?;
        let pipe = match kind {
            StreamKind::Pipe => Some(pipe_writer(self.output.try_clone()?)?),
            StreamKind::Socket | StreamKind::File => None,
        };
        let closed = Closed { pipe };
        // A file is read ahead, and what was read ahead cannot be handed on.
        let is_live = kind != StreamKind::File && StreamKind::of(&self.input)? != StreamKind::File;
        let original = match is_live {
            true => Some((self.input.try_clone()?, self.output.try_clone()?)),
            false => None,
        };
        let (input, output) = (reader(self.input)?, writer(self.output, kind)?);
        Ok(Streams { input, output, closed, original })
    }
}

/// The client's two streams, ready for a line codec.
pub struct Streams {
    /// What the client sends.
    pub input: Pin<Box<dyn AsyncRead + Send>>,
    /// What the client gets.
    pub output: Pin<Box<dyn AsyncWrite + Send>>,
    /// Tells that nobody reads the output any more.
    pub closed: Closed,
    /// The same two as they were inherited, for a program that goes on in our place. None where they
    /// cannot be handed on.
    pub original: Option<(OwnedFd, OwnedFd)>,
}

fn reader(fd: OwnedFd) -> io::Result<Pin<Box<dyn AsyncRead + Send>>> {
    Ok(match StreamKind::of(&fd)? {
        StreamKind::Pipe => Box::pin(pipe::Receiver::from_owned_fd(own_description(fd, false))?),
        StreamKind::Socket => Box::pin(stream(fd)?),
        StreamKind::File => Box::pin(tokio::fs::File::from_std(File::from(fd))),
    })
}

fn writer(fd: OwnedFd, kind: StreamKind) -> io::Result<Pin<Box<dyn AsyncWrite + Send>>> {
    Ok(match kind {
        StreamKind::Pipe => Box::pin(pipe_writer(fd)?),
        StreamKind::Socket => Box::pin(stream(fd)?),
        StreamKind::File => Box::pin(tokio::fs::File::from_std(File::from(fd))),
    })
}

fn pipe_writer(fd: OwnedFd) -> io::Result<pipe::Sender> {
    pipe::Sender::from_owned_fd(own_description(fd, true))
}

fn stream(fd: OwnedFd) -> io::Result<UnixStream> {
    let stream = std::os::unix::net::UnixStream::from(fd);
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

/// Opens a pipe once more where the system lets us, so that switching it to non-blocking stays
/// private to this process; else the descriptor as it is.
fn own_description(fd: OwnedFd, write: bool) -> OwnedFd {
    use std::os::{fd::AsRawFd, unix::fs::OpenOptionsExt};

    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    std::fs::OpenOptions::new()
        .read(!write)
        .write(write)
        .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
        .open(path)
        .map_or(fd, OwnedFd::from)
}

/// Tells when the reading end of the output pipe is closed, without having to write to it.
#[derive(Debug)]
pub struct Closed {
    pipe: Option<pipe::Sender>,
}

impl Closed {
    /// Ends when nobody reads the output any more. For sockets and files it never ends: there
    /// the next write tells.
    pub async fn wait(&self) {
        let Some(pipe) = &self.pipe else { return std::future::pending().await };
        if pipe.ready(Interest::ERROR).await.is_err() {
            // The runtime shuts down: nobody waits for an answer.
            std::future::pending::<()>().await;
        }
    }
}
