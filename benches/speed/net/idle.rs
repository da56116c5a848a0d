//! What a connection costs while nothing goes over it: before its first request, and after it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use crate::load::connect;
use crate::machine::{self, Memory};
use crate::request::{HEADER_BYTES, Request, frame_bytes};
use crate::server::Server;
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS};

const CONNECTIONS: usize = 2000;
/// Time in which a server comes to rest.
const SETTLES: Duration = Duration::from_millis(700);

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("N13") {
        return Ok(Vec::new());
    }
    let (mut fresh, mut used) = (Row::new(FRESH), Row::new(USED));
    let request = Request::echo(4096);
    for _ in 0..ROUNDS {
        let daemon = Server::daemon(&[("limits.peers_max", "4096")])?;
        let resident = || -> Outcome<f64> {
            // sleep: memory is looked at when nothing moves any more.
            thread::sleep(SETTLES);
            let Memory { resident_kib, .. } = machine::memory(daemon.pid())?;
            Ok(resident_kib)
        };
        let before = resident()?;
        let mut streams = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            streams.push(connect(daemon.socket())?);
        }
        fresh.tell((resident()? - before) / CONNECTIONS as f64);
        for stream in &streams {
            ask(stream, &request)?;
        }
        used.tell((resident()? - before) / CONNECTIONS as f64);
    }
    Ok(vec![fresh, used])
}

fn ask(mut stream: &UnixStream, request: &Request) -> Outcome<()> {
    stream.write_all(request.bytes())?;
    let mut head = [0; HEADER_BYTES];
    stream.read_exact(&mut head)?;
    let bytes = frame_bytes(&head).unwrap_or_default() - HEADER_BYTES;
    stream.read_exact(&mut vec![0; bytes])?;
    Ok(())
}

const FRESH: Measure = Measure {
    number: "N13",
    name: "an idle connection, before its first use",
    unit: "KiB",
    bound: Bound::AtMost { must: 2.0, goal: 0.45 },
    peer: "nginx 0.50",
};
const USED: Measure = Measure {
    number: "N13",
    name: "an idle connection, after an echo of 4 KiB",
    unit: "KiB",
    bound: Bound::AtMost { must: 2.0, goal: 0.45 },
    peer: "nginx 0.51",
};
