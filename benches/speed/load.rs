//! The load: one thread, C connections with P requests in flight on each; every answer is followed by
//! the next request.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::OwnedFd;

use crate::machine;
use crate::request::{HEADER_BYTES, Request, frame_bytes, read_answer};

/// What is sent, and how much of it at a time.
#[derive(Clone, Debug)]
pub struct Load {
    pub connections: usize,
    pub depth: usize,
    /// Connections take them in turn.
    pub requests: Vec<Request>,
    /// How long is measured, after a third of it to warm up.
    pub duration: Duration,
}

impl Load {
    /// The same request on every connection.
    pub fn new(connections: usize, depth: usize, request: &Request, duration: Duration) -> Self {
        Self { connections, depth, requests: vec![request.clone()], duration }
    }
}

/// What a load cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Processor time of the server for one request, in microseconds.
    pub cpu_us: f64,
    /// The same for the server's first thread alone, which is the daemon's event loop.
    pub loop_cpu_us: f64,
    /// Time from request to answer: the tenth of them that is quickest stays below this.
    pub p10_us: f64,
    /// The median.
    pub p50_us: f64,
    /// Answers in a second.
    pub rate: f64,
}

impl Cost {
    /// The mean of several runs.
    pub fn mean(costs: &[Cost]) -> Self {
        let mean = |pick: fn(&Cost) -> f64| {
            costs.iter().map(pick).sum::<f64>() / costs.len().max(1) as f64
        };
        Cost {
            cpu_us: mean(|cost| cost.cpu_us),
            loop_cpu_us: mean(|cost| cost.loop_cpu_us),
            p10_us: mean(|cost| cost.p10_us),
            p50_us: mean(|cost| cost.p50_us),
            rate: mean(|cost| cost.rate),
        }
    }
}

struct Connection {
    stream: UnixStream,
    input: Vec<u8>,
    start: usize,
    end: usize,
    out: Vec<u8>,
    sent_bytes: usize,
    waits_to_write: bool,
    /// What is sent; from where it lies and one at a time, if it is large.
    template: Request,
    is_large: bool,
    /// When each request in flight was sent.
    sent_at: Vec<Instant>,
    sent: u64,
}

struct Running<'a> {
    load: &'a Load,
    epoll: OwnedFd,
    connections: Vec<Connection>,
    counting: bool,
    nanoseconds: Vec<u64>,
}

/// Runs a load on a server and measures the server.
pub fn run(socket: &Path, pid: u32, load: &Load) -> io::Result<Cost> {
    let is_large = load.requests.iter().any(Request::is_large);
    assert!(!is_large || load.depth == 1, "large requests go one at a time");
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let mut connections = Vec::new();
    for index in 0..load.connections {
        let stream = connect(socket)?;
        epoll::add(&epoll, &stream, EventData::new_u64(index as u64), EventFlags::IN)?;
        let request = &load.requests[index % load.requests.len()];
        connections.push(Connection::new(stream, request, load.depth));
    }
    let mut running =
        Running { load, epoll, connections, counting: false, nanoseconds: Vec::new() };
    for index in 0..load.connections {
        for slot in 0..load.depth {
            running.connections[index].request(slot);
        }
        running.flush(index)?;
    }
    running.turn_until(Instant::now() + load.duration / 3)?;
    running.counting = true;
    let (began, cpu) = (Instant::now(), machine::cpu(pid)?);
    let loop_cpu = machine::cpu_of_thread(pid, pid)?;
    running.turn_until(began + load.duration)?;
    let cpu = machine::cpu(pid)? - cpu;
    let loop_cpu = machine::cpu_of_thread(pid, pid)? - loop_cpu;
    let elapsed = began.elapsed();
    let mut times = running.nanoseconds;
    if times.is_empty() {
        return Err(io::Error::new(ErrorKind::TimedOut, "no answer in the time measured"));
    }
    times.sort_unstable();
    let count = times.len() as f64;
    Ok(Cost {
        cpu_us: cpu.as_secs_f64() * 1e6 / count,
        loop_cpu_us: loop_cpu.as_secs_f64() * 1e6 / count,
        p10_us: times[times.len() / 10] as f64 / 1e3,
        p50_us: times[times.len() / 2] as f64 / 1e3,
        rate: count / elapsed.as_secs_f64(),
    })
}

/// Connects, waiting while the server's queue of new connections is full.
pub fn connect(socket: &Path) -> io::Result<UnixStream> {
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        match UnixStream::connect(socket) {
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < patience => {
                // sleep: a full queue of connections announces nothing.
                std::thread::sleep(Duration::from_millis(1));
            }
            stream => return stream,
        }
    }
}

impl Connection {
    fn new(stream: UnixStream, request: &Request, depth: usize) -> Self {
        stream.set_nonblocking(true).expect("a socket can be set to not block");
        Self {
            stream,
            input: Vec::new(),
            start: 0,
            end: 0,
            out: Vec::new(),
            sent_bytes: 0,
            waits_to_write: false,
            template: request.clone(),
            is_large: request.is_large(),
            sent_at: vec![Instant::now(); depth],
            sent: 0,
        }
    }

    /// Puts the next request of a slot into line.
    fn request(&mut self, slot: usize) {
        // The slot is what the number leaves over, divided by the depth.
        let depth = self.sent_at.len() as u64;
        let number = (self.sent % 8_000_000) * depth + slot as u64;
        self.sent += 1;
        self.sent_at[slot] = Instant::now();
        if self.is_large {
            self.template.set_number(number);
            self.sent_bytes = 0;
        } else {
            self.template.append(&mut self.out, number);
        }
    }

    /// Sends what the socket takes. `true`: all of it.
    fn send(&mut self) -> io::Result<bool> {
        loop {
            let bytes = if self.is_large { self.template.bytes() } else { &self.out };
            let rest = &bytes[self.sent_bytes..];
            if rest.is_empty() {
                if !self.is_large {
                    self.out.clear();
                    self.sent_bytes = 0;
                }
                return Ok(true);
            }
            match (&self.stream).write(rest) {
                Ok(count) => self.sent_bytes += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads once. `true`: the socket may hold more.
    fn read(&mut self) -> io::Result<bool> {
        let is_bulk = self.is_large || self.input.len() > 1 << 20;
        let chunk = if is_bulk { 1 << 20 } else { 64 << 10 };
        if self.start > 0 {
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.input.len() < self.end + chunk {
            let wanted = (self.end + chunk).max(self.input.len() * 2);
            self.input.resize(wanted, 0);
        }
        let room = self.input.len() - self.end;
        match (&self.stream).read(&mut self.input[self.end..]) {
            Ok(0) => Err(io::Error::new(ErrorKind::UnexpectedEof, "the server hung up")),
            Ok(count) => {
                self.end += count;
                Ok(count == room)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes the next whole answer out of the input; returns the number it answers.
    fn answer(&mut self) -> io::Result<Option<u64>> {
        let input = &self.input[self.start..self.end];
        let Some(frame) = frame_bytes(input).and_then(|bytes| input.get(..bytes)) else {
            return Ok(None);
        };
        self.start += frame.len();
        debug_assert!(frame.len() >= HEADER_BYTES);
        read_answer(frame).map(Some).map_err(io::Error::other)
    }
}

impl Running<'_> {
    fn turn_until(&mut self, end: Instant) -> io::Result<()> {
        let mut events = Vec::with_capacity(256);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            let timeout = rustix::time::Timespec::try_from(left).map_err(io::Error::other)?;
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&timeout))?;
            for event in events.drain(..) {
                let index = usize::try_from(event.data.u64()).expect("the index of a connection");
                let flags = event.flags;
                if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
                    self.receive(index)?;
                }
                self.flush(index)?;
            }
        }
    }

    /// Takes in the answers that are there and puts the next requests into line.
    fn receive(&mut self, index: usize) -> io::Result<()> {
        let connection = &mut self.connections[index];
        loop {
            let more = connection.read()?;
            let now = Instant::now();
            while let Some(number) = connection.answer()? {
                let slot = usize::try_from(number % self.load.depth as u64).expect("a slot");
                if self.counting {
                    let took = now.saturating_duration_since(connection.sent_at[slot]);
                    self.nanoseconds.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
                }
                connection.request(slot);
            }
            if !more {
                return Ok(());
            }
        }
    }

    fn flush(&mut self, index: usize) -> io::Result<()> {
        let connection = &mut self.connections[index];
        let waits = !connection.send()?;
        if waits != connection.waits_to_write {
            connection.waits_to_write = waits;
            let flags = if waits { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
            epoll::modify(
                &self.epoll,
                &connection.stream,
                EventData::new_u64(index as u64),
                flags,
            )?;
        }
        Ok(())
    }
}
