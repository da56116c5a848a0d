//! A client that asks and does not read: its bridge holds a bounded part of the answers, stops reading, and goes on
//! when its client does. No answer is lost.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Stdio};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::{Value, json};

use crate::support::Place;

/// What a bridge may grow by: 4 MiB that wait, 32 answers at work, and what a debug build adds.
const GROWN_KIB_MAX: u64 = 64 << 10;
/// An input that takes nothing for so long has stopped.
const STOPPED_MS: u16 = 1_500;

/// Kilobytes of a process that are resident.
fn resident_kib(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Asks the same until nothing is taken any more or `bytes_max` were, and reads nothing meanwhile. Then reads
/// everything. Tells how many whole requests were taken and by how many kilobytes the bridge grew.
fn flood(place: &Place, bytes_max: usize, request: impl Fn(usize) -> Value) -> (usize, u64) {
    let mut child = place
        .goxe()
        .arg("mcp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("goxe runs");
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let info = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "tests", "version": "1" } });
    let begin = json!({ "jsonrpc": "2.0", "id": "begin", "method": "initialize", "params": info });
    writeln!(input, "{begin}").expect("it reads");
    let mut line = String::new();
    output.read_line(&mut line).expect("an answer");
    writeln!(input, "{}", json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))
        .expect("it reads");
    let before = resident_kib(&child);
    let mut most = before;

    let flags = OFlag::from_bits_retain(fcntl(&input, FcntlArg::F_GETFL).expect("flags"));
    fcntl(&input, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK)).expect("set");
    let (mut taken, mut sent, mut rest) = (0, 0, Vec::new());
    while sent < bytes_max {
        if rest.is_empty() {
            rest = format!("{}\n", request(taken)).into_bytes();
            taken += 1;
        }
        match input.write(&rest) {
            Ok(bytes) => {
                sent += bytes;
                rest.drain(..bytes);
            }
            Err(_) => {
                most = most.max(resident_kib(&child));
                let mut room = [PollFd::new(input.as_fd(), PollFlags::POLLOUT)];
                if poll(&mut room, PollTimeout::from(STOPPED_MS)).expect("polled") == 0 {
                    break;
                }
            }
        }
    }
    most = most.max(resident_kib(&child));

    // What was begun is ended, and all of it is read.
    let writer = std::thread::spawn(move || {
        fcntl(&input, FcntlArg::F_SETFL(flags)).expect("set");
        input.write_all(&rest).expect("it reads again");
        OwnedFd::from(input)
    });
    let mut answered = vec![false; taken];
    for _ in 0..taken {
        let answer = loop {
            line.clear();
            assert!(output.read_line(&mut line).expect("a line") > 0, "the bridge left");
            let message: Value = serde_json::from_str(&line).expect("JSON");
            if message.get("method").is_none() {
                break message;
            }
        };
        assert!(answer["result"].is_object(), "{answer}");
        let id = usize::try_from(answer["id"].as_u64().expect("a number")).expect("an index");
        assert!(!std::mem::replace(&mut answered[id], true), "{id} is answered twice");
    }
    drop(writer.join().expect("written"));
    let mut end = Vec::new();
    output.read_to_end(&mut end).expect("it ends");
    assert!(child.wait().expect("it ends").success());
    (taken, most - before)
}

#[test]
fn lists_that_nobody_reads_do_not_fill_the_memory() {
    let list = |id| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" });
    let (taken, grown) = flood(&Place::new(), 12 << 20, list);
    assert!(grown < GROWN_KIB_MAX, "{taken} requests, {grown} KiB more");
    assert!(taken > 300, "so many fit: {taken}");
}

#[test]
fn short_answers_that_nobody_reads_do_not_fill_the_memory() {
    let ping = |id| json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
    let (taken, grown) = flood(&Place::new(), 24 << 20, ping);
    assert!(grown < GROWN_KIB_MAX, "{taken} requests, {grown} KiB more");
}

#[test]
fn pictures_and_progress_that_nobody_reads_do_not_fill_the_memory() {
    let place = Place::new();
    place.json(&["project", "create", "castle"]);
    let picture = |id| {
        let arguments = json!({ "project": "castle", "width": 512, "height": 512 });
        let params = json!({
            "name": "render_view", "arguments": arguments, "_meta": { "progressToken": id },
        });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    };
    let (taken, grown) = flood(&place, 1 << 20, picture);
    assert!(grown < GROWN_KIB_MAX, "{taken} requests, {grown} KiB more");
    place.json(&["daemon", "stop"]);
}
