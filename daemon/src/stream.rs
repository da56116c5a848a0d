//! A peer's socket, Unix or TCP. Shared with a lane while that one sends an answer itself.

use std::{
    io::{self, Read, Write},
    os::fd::{AsFd, AsRawFd, BorrowedFd},
};

use mio::{
    Interest, Registry, Token,
    event::Source,
    net::{TcpStream, UnixStream},
    unix::SourceFd,
};

/// A connected socket.
#[derive(Debug)]
pub enum Stream {
    /// A local one.
    Unix(UnixStream),
    /// One of the loopback interface.
    Tcp(TcpStream),
}

impl Stream {
    /// Reads behind what `buffer` holds, at most `wanted` bytes, without filling the room first.
    pub(crate) fn read_behind(&self, buffer: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        buffer.reserve(wanted);
        let room = buffer.spare_capacity_mut().get_mut(..wanted).unwrap_or_default();
        let count = rustix::net::recv(self, room, rustix::net::RecvFlags::empty())?.0.0.len();
        let length = buffer.len() + count;
        #[expect(unsafe_code, reason = "the kernel wrote these bytes, rustix counted them")]
        unsafe {
            buffer.set_len(length);
        }
        Ok(count)
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Stream::Unix(stream) => stream.as_fd(),
            Stream::Tcp(stream) => stream.as_fd(),
        }
    }
}

// System calls are made directly: through the C library each would also pass its bookkeeping for
// cancelled threads, which shows in the cost of a small request.

impl Read for &Stream {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::net::recv(*self, buffer, rustix::net::RecvFlags::empty())?.0)
    }
}

impl Write for &Stream {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::net::send(*self, bytes, rustix::net::SendFlags::NOSIGNAL)?)
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        Ok(rustix::io::writev(*self, slices)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Source for &Stream {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.as_fd().as_raw_fd()).register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.as_fd().as_raw_fd()).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.as_fd().as_raw_fd()).deregister(registry)
    }
}
