//! How soon a new daemon answers, and what it takes when nobody asks anything of it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::limit::Reply;
use crate::request::{HEADER_BYTES, Request};
use crate::server::{self, Server};
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS, machine};

/// How long nobody asks anything.
const QUIET: Duration = Duration::from_secs(2);

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("N12") {
        return Ok(Vec::new());
    }
    let (mut first, mut against) = (Row::new(FIRST), Row::new(AGAINST));
    let (mut memory, mut cpu) = (Row::new(MEMORY), Row::new(CPU));
    for round in 0..2 * ROUNDS {
        let base = answers_after(|| Server::spawn_limit(Reply::Echo))?.1;
        let (daemon, goxe) = answers_after(Server::spawn_daemon)?;
        first.tell(goxe);
        against.compare(base, goxe);
        if round % 2 == 1 {
            // sleep: the time measured is the one in which nothing happens.
            thread::sleep(QUIET / 2);
            let before = machine::cpu(daemon.pid())?;
            thread::sleep(QUIET); // sleep: the same.
            let spent = machine::cpu(daemon.pid())? - before;
            cpu.tell(spent.as_secs_f64() * 1e6 / QUIET.as_secs_f64());
            memory.tell(machine::memory(daemon.pid())?.proportional_kib / 1024.0);
        }
    }
    Ok(vec![first, against, memory, cpu])
}

/// Milliseconds from the start of a process to its first answer.
fn answers_after(start: impl FnOnce() -> Outcome<Server>) -> Outcome<(Server, f64)> {
    let request = Request::echo(100);
    let began = Instant::now();
    let server = start()?;
    server::wait(|| {
        let mut stream = UnixStream::connect(server.socket()).ok()?;
        stream.write_all(request.bytes()).ok()?;
        let mut head = [0; HEADER_BYTES];
        stream.read_exact(&mut head).ok()
    })?;
    Ok((server, began.elapsed().as_secs_f64() * 1e3))
}

const FIRST: Measure = Measure {
    number: "N12",
    name: "start to first answer",
    unit: "ms",
    bound: Bound::AtMost { must: 30.0, goal: 30.0 },
    peer: "Goxel daemon 22..136 ms",
};
const AGAINST: Measure = Measure {
    number: "N12",
    name: "start to first answer, against the limit",
    unit: "ms",
    bound: Bound::Less { goal: 3.0 },
    peer: "tokio 1.3",
};
const MEMORY: Measure = Measure {
    number: "N12",
    name: "memory of its own when idle (PSS)",
    unit: "MiB",
    bound: Bound::AtMost { must: 8.0, goal: 4.0 },
    peer: "tokio 2.6; Goxel daemon 68",
};
const CPU: Measure = Measure {
    number: "N12",
    name: "CPU when idle, a second",
    unit: "us",
    bound: Bound::AtMost { must: 0.0, goal: 0.0 },
    peer: "tokio 0",
};
