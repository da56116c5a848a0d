//! The socket: any portions, many requests, many connections, large frames, slow readers, nonsense.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::support::raw::{RawFrame, frame};
use crate::support::wait::PATIENCE;
use crate::support::{Client, Daemon, Place, Raw, Rng, count, until};

/// A small conversation: calls that are answered at once and by lanes, an attachment, a batch, a notification,
/// mistakes.
fn conversation() -> Vec<(String, Option<Vec<u8>>)> {
    let plain = [
        r#"{"jsonrpc":"2.0","id":1,"method":"system.echo","params":{"text":"hi"}}"#,
        r#"{"jsonrpc":"2.0","id":"two","method":"no.such"}"#,
        r#"{"jsonrpc":"2.0","method":"system.echo","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":3,"method":"project.info","params":{"project":"none"}}"#,
        r#"[{"jsonrpc":"2.0","id":4,"method":"system.echo","params":[1]},{"id":5},7]"#,
        r#"{"jsonrpc":"2.0","id":6,"method":"system.echo","#,
    ];
    let mut all: Vec<_> = plain.into_iter().map(|json| (json.to_owned(), None)).collect();
    let attached = r#"{"jsonrpc":"2.0","id":8,"method":"system.echo","params":{}}"#;
    all.push((attached.to_owned(), Some(b"GOXE\0\x01{]\n".to_vec())));
    all
}

/// Answers in an order of their own: by what they are.
fn sorted(mut frames: Vec<RawFrame>) -> Vec<RawFrame> {
    for frame in &mut frames {
        if let Value::Array(members) = &mut frame.json {
            members.sort_by_key(ToString::to_string);
        }
    }
    frames.sort_by_key(|frame| frame.json.to_string());
    frames
}

/// Sends `bytes` in these portions. The daemon has read one before the next goes out, because it turned meanwhile to
/// answer somebody else.
fn send_in_portions(peer: &mut Raw, clock: &mut Client, portions: &[&[u8]]) {
    for portion in portions {
        peer.send(portion).expect("the daemon takes bytes");
        clock.call("system.echo", json!({}));
    }
}

#[test]
fn every_split_of_framed_bytes_gives_the_same_answers() {
    let place = Place::new();
    let daemon = place.daemon();
    let (socket, mut clock) = (place.socket(), daemon.client());
    let conversation = conversation();
    let bytes: Vec<u8> =
        conversation.iter().flat_map(|(json, bytes)| frame(json, bytes.as_deref())).collect();
    let mut answers = |portions: &[&[u8]]| {
        let mut peer = Raw::connect(&socket).expect("the daemon listens");
        send_in_portions(&mut peer, &mut clock, portions);
        peer.finish();
        sorted(peer.read_frames().expect("the daemon answers, then closes"))
    };
    let whole = answers(&[&bytes]);
    // One for each request with an id, one for the batch, one for what is no JSON.
    assert_eq!(whole.len(), 6, "{whole:#?}");
    for split in 1..bytes.len() {
        let (before, after) = bytes.split_at(split);
        assert_eq!(answers(&[before, after]), whole, "split at {split}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(answers(&single), whole, "byte by byte");
}

#[test]
fn every_split_of_lines_gives_the_same_answers() {
    let place = Place::new();
    let daemon = place.daemon();
    let (socket, mut clock) = (place.socket(), daemon.client());
    let text: String = conversation()
        .into_iter()
        .filter(|(_, attachment)| attachment.is_none())
        .map(|(json, _)| format!("{json}\r\n\n"))
        .collect();
    let bytes = format!(" \n{text}").into_bytes();
    let mut answers = |portions: &[&[u8]]| {
        let mut peer = Raw::connect(&socket).expect("the daemon listens");
        send_in_portions(&mut peer, &mut clock, portions);
        peer.finish();
        let mut frames = Vec::new();
        while let Some(json) = peer.read_line().expect("the daemon answers, then closes") {
            frames.push(RawFrame { json, attachment: None });
        }
        sorted(frames)
    };
    let whole = answers(&[&bytes]);
    assert_eq!(whole.len(), 5, "{whole:#?}");
    for split in 1..bytes.len() {
        let (before, after) = bytes.split_at(split);
        assert_eq!(answers(&[before, after]), whole, "split at {split}");
    }
}

#[test]
fn pipelined_requests_are_all_answered_once() {
    const REQUESTS: u64 = 5000;
    let place = Place::new();
    let daemon = place.daemon();
    daemon.client().create("castle");
    let mut peer = Raw::connect(&place.socket()).expect("the daemon listens");
    let mut sender = peer.stream().try_clone().expect("a second handle");
    let writer = thread::spawn(move || {
        for id in 0..REQUESTS {
            // Every tenth goes to a lane, so that answers overtake each other.
            let (method, params) = match id % 10 {
                0 => ("voxel.count", json!({ "project": "castle" })),
                _ => ("system.echo", json!({ "id": id })),
            };
            let call = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
            sender.write_all(&frame(&call.to_string(), None)).expect("the daemon takes bytes");
        }
    });
    let mut answered = BTreeSet::new();
    while answered.len() < 5000 {
        let answer = peer.read_frame().expect("an answer").expect("not the end").json;
        let id = answer["id"].as_u64().expect("an id of ours");
        assert!(answer["result"].is_object(), "{answer}");
        if !id.is_multiple_of(10) {
            assert_eq!(answer["result"]["id"], id);
        }
        assert!(answered.insert(id), "{id} was answered twice");
    }
    writer.join().expect("the writer wrote all");
    assert_eq!(answered.last(), Some(&(REQUESTS - 1)));
}

#[test]
fn fresh_connections_are_all_answered() {
    const THREADS: u64 = 8;
    let place = Place::new();
    let daemon = place.daemon();
    let files = daemon.files();
    let each = count(10_000).div_ceil(THREADS);
    let socket = place.socket();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let socket = &socket;
            scope.spawn(move || {
                for number in 0..each {
                    let mut client = Client::connect(socket).expect("the daemon listens");
                    let text = format!("{thread}-{number}");
                    let echo = client.call("system.echo", json!({ "text": text }));
                    assert_eq!(echo["text"], text);
                }
            });
        }
    });
    until("the daemon closed them all", PATIENCE, || (daemon.files() <= files + 1).then_some(()));
}

#[test]
fn a_large_attachment_comes_back() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut rng = Rng::new(50);
    let bytes: Vec<u8> = (0..50_000_000 / 8).flat_map(|_| rng.next().to_le_bytes()).collect();
    let mut client = daemon.client();
    for _ in 0..3 {
        let answered = client.send("system.echo", json!({ "a": 1 }), None, Some(&bytes));
        let answered = answered.expect("50 MB are within the limit");
        assert_eq!(answered.reply, json!({ "a": 1 }));
        assert!(answered.attachment.as_deref() == Some(&bytes[..]), "other bytes came back");
    }
}

#[test]
fn a_large_box_of_voxels_is_written_and_read() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    // 250 x 250 x 200 voxels of 4 bytes: 50 MB.
    let bounds = json!({ "min": [-125, -125, 0], "max": [124, 124, 199] });
    let voxel = |index: u32| {
        let [a, b, ..] = (index / 977).to_le_bytes();
        if index.is_multiple_of(5) { [0; 4] } else { [a, b, 77, 1] }
    };
    let voxels: Vec<u8> = (0..12_500_000).flat_map(voxel).collect();
    let params = json!({ "project": "castle", "bounds": bounds });
    let written = client.send("voxel.write", params, None, Some(&voxels)).expect("it is written");
    assert_eq!(written.reply["added"], 10_000_000);
    let params = json!({ "project": "castle", "within": bounds, "form": "dense" });
    let read = client.send("voxel.read", params, None, None).expect("it is read");
    assert!(read.attachment.as_deref() == Some(&voxels[..]), "other voxels came back");
}

#[test]
fn a_reader_that_stops_costs_bounded_memory_and_nobody_time() {
    const ATTACHMENT_BYTES: usize = 256 << 10;
    let place = Place::new().set("limits", "send_buffer_bytes_max", 1 << 20);
    let daemon = place.daemon();
    let mut other = daemon.client();
    let before = daemon.memory_kib();
    let mut peer = Raw::connect(&place.socket()).expect("the daemon listens");
    peer.stream().set_write_timeout(Some(Duration::from_millis(500))).expect("a time");
    let attachment = vec![7; ATTACHMENT_BYTES];
    let request = |id: u64| {
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "system.echo", "params": {} });
        frame(&call.to_string(), Some(&attachment))
    };

    // 100 MB of requests, and not one answer read: the daemon stops reading long before.
    let (mut sent, mut rest) = (0, Vec::new());
    while sent < 400 && rest.is_empty() {
        let bytes = request(sent);
        let taken = write_until_refused(&mut peer, &bytes);
        rest = bytes[taken..].to_vec();
        sent += 1;
    }
    assert!(sent < 400, "the daemon read everything of a peer that reads nothing");
    let grown = daemon.memory_kib().saturating_sub(before);
    assert!(grown < 32 << 10, "{grown} KiB for one reader that stopped");
    for number in 0..500 {
        assert_eq!(other.call("system.echo", json!({ "n": number }))["n"], number);
    }

    // It was slow, not wrong: everything it asked is answered once it reads.
    let mut sender = peer.stream().try_clone().expect("a second handle");
    sender.set_write_timeout(Some(PATIENCE)).expect("a time");
    let writer = thread::spawn(move || sender.write_all(&rest).expect("the rest is taken"));
    let mut answered = BTreeSet::new();
    for _ in 0..sent {
        let answer = peer.read_frame().expect("an answer").expect("not the end");
        assert_eq!(answer.attachment.map(|bytes| bytes.len()), Some(ATTACHMENT_BYTES));
        answered.insert(answer.json["id"].as_u64());
    }
    writer.join().expect("the writer wrote the rest");
    assert_eq!(answered.len() as u64, sent);
}

/// Writes until the stream takes no more, and tells how much it took.
fn write_until_refused(peer: &mut Raw, bytes: &[u8]) -> usize {
    let mut taken = 0;
    while taken < bytes.len() {
        match peer.stream().write(&bytes[taken..]) {
            Ok(more) => taken += more,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                break;
            }
            Err(error) => panic!("the daemon closed a peer that is only slow: {error}"),
        }
    }
    taken
}

#[test]
fn mutated_frames_get_a_coded_answer_or_a_close() {
    const THREADS: u64 = 4;
    let place = Place::new();
    let mut daemon = place.daemon();
    let rng = Rng::of_test();
    let socket = place.socket();
    let each = count(200_000).div_ceil(THREADS);
    let round = |frames: u64, salt: u64| {
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (mut rng, socket) = (rng.clone(), &socket);
                for _ in 0..=thread + salt {
                    rng = Rng::new(rng.next());
                }
                scope.spawn(move || mutate(socket, &mut rng, frames));
            }
        });
    };
    round(each / 10 + 1, 0);
    let warm = settled_memory_kib(&daemon);
    round(each, 100);
    assert!(daemon.runs(), "the daemon died of a mutated frame");
    assert_eq!(daemon.client().call("system.status", json!({}))["healthy"], true);
    until("memory is flat after", PATIENCE, || {
        (daemon.memory_kib() < warm + (16 << 10)).then_some(())
    });
}

/// The least memory that the daemon comes down to while nothing happens.
fn settled_memory_kib(daemon: &Daemon<'_>) -> u64 {
    (0..20)
        .map(|_| {
            thread::sleep(Duration::from_millis(25));
            daemon.memory_kib()
        })
        .min()
        .expect("twenty looks")
}

/// Sends mutated conversations, each on its own connection, and looks at what comes back.
fn mutate(socket: &Path, rng: &mut Rng, frames: u64) {
    static CLOSED: AtomicU64 = AtomicU64::new(0);
    let conversation = conversation();
    let mut sent = 0;
    while sent < frames {
        let mut bytes = Vec::new();
        for _ in 0..=rng.below(3) {
            let (json, attachment) = &conversation[rng.index(conversation.len())];
            match rng.below(5) {
                0 => bytes.extend_from_slice(format!("{json}\n").as_bytes()),
                _ => bytes.extend(frame(json, attachment.as_deref())),
            }
            sent += 1;
        }
        for _ in 0..=rng.below(4) {
            damage(&mut bytes, rng);
        }
        let mut peer = Raw::connect(socket).expect("the daemon listens");
        if peer.send(&bytes).is_err() {
            CLOSED.fetch_add(1, Ordering::Relaxed);
        }
        peer.finish();
        let answers = peer.drain().expect("the daemon answers or closes");
        check_answers(&answers, &bytes);
    }
}

/// Spoils one thing.
fn damage(bytes: &mut Vec<u8>, rng: &mut Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = rng.index(bytes.len());
    match rng.below(8) {
        0 => bytes[at] ^= 1 << rng.below(8),
        1 => bytes[at] = rng.byte(),
        2 => bytes.truncate(at),
        3 => bytes.insert(at, rng.byte()),
        4 => {
            bytes.remove(at);
        }
        5 => {
            let copy = bytes[at..].to_vec();
            bytes.extend(copy);
        }
        // The header's fields, where a wrong number hurts most.
        6 => {
            let at = rng.index(bytes.len().min(20));
            bytes[at] = rng.byte();
        }
        _ => {
            let words: [&[u8]; 6] = [b"{", b"]", b"\"", b"null", b"1e999", b"\\ud800"];
            let word = words[rng.index(words.len())];
            bytes.splice(at..at, word.iter().copied());
        }
    }
}

/// Every answer is a result or a coded error, whole, in the form that the peer's first byte chose.
fn check_answers(answers: &[u8], sent: &[u8]) {
    let mut rest = answers;
    while !rest.is_empty() {
        let json;
        if rest.starts_with(b"GOXE") && rest.len() >= 16 {
            let length = u32::from_be_bytes(rest[8..12].try_into().expect("four bytes"));
            let end = 16 + usize::try_from(length).expect("a length");
            let payload = rest.get(16..end).expect("a whole frame");
            json = match rest[15] {
                0 => payload,
                _ => {
                    let length = u32::from_be_bytes(payload[..4].try_into().expect("four bytes"));
                    &payload[4..4 + usize::try_from(length).expect("a length")]
                }
            };
            rest = &rest[end..];
        } else {
            let end = rest.iter().position(|byte| *byte == b'\n').expect("a whole line");
            json = &rest[..end];
            rest = &rest[end + 1..];
        }
        let shown = || String::from_utf8_lossy(sent).into_owned();
        let members: Vec<Box<RawValue>> = match json.first() {
            Some(b'[') => serde_json::from_slice(json).expect("an answer is JSON"),
            _ => vec![serde_json::from_slice(json).expect("an answer is JSON")],
        };
        for member in members {
            // An echo may hold numbers that no machine number can: members stay as they came.
            let answer: BTreeMap<&str, &RawValue> =
                serde_json::from_str(member.get()).expect("an answer is an object");
            let error = answer.get("error").map(|error| {
                serde_json::from_str::<Value>(error.get()).expect("an error is plain JSON")
            });
            let coded =
                error.is_some_and(|error| error["code"].is_i64() && error["message"].is_string());
            let whole = answer.contains_key("result") != coded && answer.contains_key("id");
            assert!(whole, "{} to {}", member.get(), shown());
        }
    }
}
