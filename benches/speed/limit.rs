//! The physical limit: a server that does as little as can be done with whole frames. One thread, one
//! epoll, one read and one write for each socket that is ready.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::OwnedFd;

use crate::request::{HEADER_BYTES, frame_bytes, header};

/// What a frame is answered with.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// Itself.
    Echo,
    /// Its first bytes: the price of taking a frame in.
    Head,
    /// A frame of this many bytes that begins as it does: the price of sending one.
    Fill(usize),
}

/// How much of a frame a short answer repeats: enough to hold its id.
const HEAD_BYTES: usize = 64;
/// Room that a read finds.
const CHUNK: usize = 256 << 10;
const LISTENER: u64 = u64::MAX;

impl Reply {
    /// The argument that stands for it on the command line of the child.
    pub fn argument(self) -> String {
        match self {
            Reply::Echo => "echo".to_owned(),
            Reply::Head => "head".to_owned(),
            Reply::Fill(bytes) => bytes.to_string(),
        }
    }

    fn parse(argument: &str) -> io::Result<Self> {
        match argument {
            "echo" => Ok(Reply::Echo),
            "head" => Ok(Reply::Head),
            bytes => bytes.parse().map(Reply::Fill).map_err(io::Error::other),
        }
    }
}

#[derive(Debug)]
struct Connection {
    stream: UnixStream,
    input: Vec<u8>,
    start: usize,
    end: usize,
    out: Vec<u8>,
    sent_bytes: usize,
    waits_to_write: bool,
}

/// Serves until it is killed.
pub fn serve(socket: &Path, reply: &str) -> io::Result<()> {
    let reply = Reply::parse(reply)?;
    let filler = if let Reply::Fill(bytes) = reply { vec![b'x'; bytes] } else { Vec::new() };
    let listener = UnixListener::bind(socket)?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut events = Vec::with_capacity(256);
    loop {
        match epoll::wait(&epoll, spare_capacity(&mut events), None) {
            Err(rustix::io::Errno::INTR) => continue,
            waited => waited?,
        };
        for event in events.drain(..) {
            if event.data.u64() == LISTENER {
                accept(&listener, &epoll, &mut connections)?;
                continue;
            }
            let index = usize::try_from(event.data.u64()).map_err(io::Error::other)?;
            let Some(place) = connections.get_mut(index) else { continue };
            let Some(connection) = place else { continue };
            if connection.serve(event.flags, reply, &filler, &epoll, index).is_err() {
                *place = None;
            }
        }
    }
}

fn accept(
    listener: &UnixListener,
    epoll: &OwnedFd,
    connections: &mut Vec<Option<Connection>>,
) -> io::Result<()> {
    while let Ok((stream, _)) = listener.accept() {
        stream.set_nonblocking(true)?;
        let free = connections.iter().position(Option::is_none).unwrap_or(connections.len());
        epoll::add(epoll, &stream, EventData::new_u64(free as u64), EventFlags::IN)?;
        let connection = Connection::new(stream);
        match connections.get_mut(free) {
            Some(place) => *place = Some(connection),
            None => connections.push(Some(connection)),
        }
    }
    Ok(())
}

impl Connection {
    fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            input: Vec::new(),
            start: 0,
            end: 0,
            out: Vec::new(),
            sent_bytes: 0,
            waits_to_write: false,
        }
    }

    fn serve(
        &mut self,
        flags: EventFlags,
        reply: Reply,
        filler: &[u8],
        epoll: &OwnedFd,
        index: usize,
    ) -> io::Result<()> {
        if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            while self.read()? {
                self.answer(reply, filler)?;
            }
            self.answer(reply, filler)?;
        }
        self.flush()?;
        let waits = !self.out.is_empty();
        if waits != self.waits_to_write {
            self.waits_to_write = waits;
            let flags = if waits { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
            epoll::modify(epoll, &self.stream, EventData::new_u64(index as u64), flags)?;
        }
        Ok(())
    }

    /// Reads once. `true`: the socket may hold more.
    fn read(&mut self) -> io::Result<bool> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.input.len() - self.end < CHUNK / 4 {
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            // Room for the whole of the frame whose header is there.
            let frame = frame_bytes(&self.input[..self.end]).unwrap_or(self.end);
            let wanted = frame.max(self.end) + CHUNK;
            if self.input.len() < wanted {
                self.input.resize(wanted, 0);
            }
        }
        let room = self.input.len() - self.end;
        match (&self.stream).read(&mut self.input[self.end..]) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.end += count;
                Ok(count == room)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Answers every whole frame that is there.
    fn answer(&mut self, reply: Reply, filler: &[u8]) -> io::Result<()> {
        loop {
            let input = &self.input[self.start..self.end];
            let Some(frame) = frame_bytes(input).and_then(|bytes| input.get(..bytes)) else {
                return Ok(());
            };
            self.start += frame.len();
            let payload = &frame[HEADER_BYTES..];
            match reply {
                // A large frame goes out from where it lies, as far as the socket takes it.
                Reply::Echo if frame.len() > CHUNK && self.out.is_empty() => {
                    let sent = match (&self.stream).write(frame) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                        written => written?,
                    };
                    self.out.extend_from_slice(&frame[sent..]);
                }
                Reply::Echo => self.out.extend_from_slice(frame),
                Reply::Head => {
                    let head = &payload[..payload.len().min(HEAD_BYTES)];
                    self.out.extend_from_slice(&header(head.len(), 0));
                    self.out.extend_from_slice(head);
                }
                Reply::Fill(bytes) => {
                    let head = &payload[..payload.len().min(HEAD_BYTES)];
                    self.out.extend_from_slice(&header(bytes, 0));
                    self.out.extend_from_slice(head);
                    self.out.extend_from_slice(&filler[head.len()..]);
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.sent_bytes < self.out.len() {
            match (&self.stream).write(&self.out[self.sent_bytes..]) {
                Ok(count) => self.sent_bytes += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.sent_bytes = 0;
        Ok(())
    }
}
