//! The process's memory is bounded, whatever peers send, ask for and leave unread, and a newcomer's small calls go on.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::processes::rss_kib;
use crate::support::raw::frame;
use crate::support::wait::PATIENCE;
use crate::support::{Client, Daemon, Place, Raw, until};

const MIB: u64 = 1 << 20;
/// What the process may take beside the memory of peers and the loaded projects.
const FIXED_MIB: u64 = 64;
/// A cube whose dense reading is an answer of 61 MB.
const SIDE: i32 = 249;
/// How long peers press.
const PRESSED: Duration = Duration::from_secs(2);
/// Of a newcomer's calls one in a hundred may take longer. It is told apart from being held up, which takes as long as
/// the others press; what it takes on a machine of its own is for the benchmark.
const PROMPT: Duration = Duration::from_millis(500);

/// What a shape of load is made of.
struct Shape {
    peers: usize,
    /// Sends to a connected peer for as long as that is taken.
    send: fn(&mut Raw) -> std::io::Result<()>,
}

/// Calls of one kind, over and over, whose answers nobody reads.
fn pour(
    peer: &mut Raw,
    params: &Value,
    method: &str,
    attachment: Option<&[u8]>,
) -> std::io::Result<()> {
    // Enough for many times the bound, whatever one of them takes.
    let count = if attachment.is_some() || params.to_string().len() > 4096 { 12 } else { 64 };
    for id in 0..count {
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        peer.send(&frame(&call.to_string(), attachment))?;
    }
    Ok(())
}

fn unread_answers(peer: &mut Raw) -> std::io::Result<()> {
    let within = json!({ "min": [0, 0, 0], "max": [SIDE - 1, SIDE - 1, SIDE - 2] });
    pour(peer, &json!({ "project": "big", "form": "dense", "within": within }), "voxel.read", None)
}

fn begun_frames(peer: &mut Raw) -> std::io::Result<()> {
    peer.send(b"GOXE\0\0\0\x01\x03\xC0\0\0\0\0\0\0")?;
    (0..59).try_for_each(|_| peer.send(&vec![b'x'; 1 << 20]))
}

fn endless_lines(peer: &mut Raw) -> std::io::Result<()> {
    peer.send(b"{\"jsonrpc\":\"")?;
    (0..59).try_for_each(|_| peer.send(&vec![b'x'; 1 << 20]))
}

fn batches(peer: &mut Raw) -> std::io::Result<()> {
    let params = json!({ "project": "big", "limit": 10_000 });
    let read =
        |id: u32| json!({ "jsonrpc": "2.0", "id": id, "method": "voxel.read", "params": params });
    let batch = Value::Array((0..256).map(read).collect()).to_string();
    (0..6).try_for_each(|_| peer.send(&frame(&batch, None)))
}

fn echoes(peer: &mut Raw) -> std::io::Result<()> {
    pour(peer, &json!({}), "system.echo", Some(&vec![7; 20 << 20]))
}

fn pictures(peer: &mut Raw) -> std::io::Result<()> {
    pour(peer, &json!({ "project": "big", "width": 1000, "height": 1000 }), "render.image", None)
}

fn kept_results(peer: &mut Raw) -> std::io::Result<()> {
    let params = json!({ "project": "big", "width": 700, "height": 700, "job": true });
    pour(peer, &params, "render.image", None)
}

fn long_ids(peer: &mut Raw) -> std::io::Result<()> {
    let id = "i".repeat(8 << 20);
    for number in 0..12 {
        let id = format!("{number}{id}");
        let params = json!({ "project": "big", "limit": 10 });
        let call = json!({ "jsonrpc": "2.0", "id": id, "method": "voxel.read", "params": params });
        peer.send(&frame(&call.to_string(), None))?;
    }
    Ok(())
}

fn subscriptions(peer: &mut Raw) -> std::io::Result<()> {
    let name = "p".repeat(8 << 20);
    pour(peer, &json!({ "topics": ["project"], "project": name }), "event.subscribe", None)
}

fn blobs(peer: &mut Raw) -> std::io::Result<()> {
    peer.send(&frame(
        r#"{"jsonrpc":"2.0","id":1,"method":"blob.create","params":{"bytes":67108864}}"#,
        None,
    ))?;
    let answer = peer.read_frame()?.ok_or(ErrorKind::UnexpectedEof)?;
    let blob = answer.json["result"]["blob"].clone();
    let content = vec![7; 16 << 20];
    for offset in [0, 16 * MIB, 32 * MIB, 48 * MIB] {
        let params = json!({ "blob": blob, "offset": offset });
        let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "blob.write", "params": params });
        peer.send(&frame(&call.to_string(), Some(&content)))?;
        peer.read_frame()?;
    }
    pour(peer, &json!({ "blob": blob }), "blob.read", None)
}

/// Resident memory of a process at its highest, in MiB, since this was begun.
struct Peak<'a> {
    daemon: &'a Daemon<'a>,
    highest_kib: AtomicU64,
}

impl Peak<'_> {
    fn look(&self) {
        self.highest_kib.fetch_max(rss_kib(self.daemon.pid()), Ordering::Relaxed);
    }
}

/// A client of its own whose edits and reads are timed while others press. All of them must be served.
fn newcomer(daemon: &Daemon<'_>, stop: &AtomicBool) -> Vec<Duration> {
    let mut client = daemon.client();
    let mut times = Vec::new();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let begin = Instant::now();
        client.mark("other", number);
        client.call("voxel.get", json!({ "project": "other", "at": [[1, 0, 0]] }));
        times.push(begin.elapsed());
    }
    times
}

fn loaded_mib(client: &mut Client) -> u64 {
    let info = |project: &str, client: &mut Client| {
        client.call("project.info", json!({ "project": project }))["bytes"].as_u64().unwrap_or(0)
    };
    (info("big", client) + info("other", client)) / MIB
}

/// Presses on a daemon with this bound, and looks at what it takes.
#[track_caller]
fn press(name: &str, limit_mib: u64, shape: &Shape) {
    let place = Place::new().set("limits", "memory_bytes_max", limit_mib * MIB).set(
        "limits",
        "frame_bytes_max",
        64.min(limit_mib) * MIB,
    );
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("big");
    client.create("other");
    let cube = json!([{ "edit": "box", "min": [0, 0, 0], "max": [SIDE - 1, SIDE - 1, SIDE - 1], "color": "#ff0000" }]);
    client.call("voxel.edit", json!({ "project": "big", "edits": cube }));
    let stop = AtomicBool::new(false);
    let peak = Peak { daemon: &daemon, highest_kib: AtomicU64::new(0) };
    let times = thread::scope(|scope| {
        let times = scope.spawn(|| newcomer(&daemon, &stop));
        let mut peers = Vec::new();
        for _ in 0..shape.peers {
            let mut peer = Raw::connect(&daemon.place.socket()).expect("the daemon listens");
            peer.set_patience(PATIENCE);
            peer.stream().set_write_timeout(Some(PRESSED)).expect("a time above zero");
            // Who is closed, or not read any more, is what this is about.
            peers.push(scope.spawn(move || {
                let _ = (shape.send)(&mut peer);
                peer
            }));
        }
        let begin = Instant::now();
        while begin.elapsed() < PRESSED + Duration::from_secs(1) {
            peak.look();
            // sleep: the memory of another process is looked at, which tells nobody.
            thread::sleep(Duration::from_millis(5));
        }
        let held: Vec<Raw> = peers.into_iter().map(|peer| peer.join().expect("it ends")).collect();
        peak.look();
        stop.store(true, Ordering::Relaxed);
        let times = times.join().expect("every call of the newcomer was served");
        drop(held);
        times
    });
    let highest = peak.highest_kib.load(Ordering::Relaxed) >> 10;
    let bound = limit_mib + FIXED_MIB + loaded_mib(&mut client);
    assert!(highest <= bound, "{name} at {limit_mib} MiB: {highest} MiB, {bound} are the bound");
    let late = times.iter().filter(|time| **time > PROMPT).count();
    assert!(
        times.len() >= 20 && late * 100 <= times.len(),
        "{name}: {late} of {} late",
        times.len()
    );
    until("what was held is given back", PATIENCE, || {
        let held = client.call("system.status", json!({}))["memory_bytes"].as_u64();
        (name == "kept results" || name == "blobs" || held < Some(MIB)).then_some(())
    });
    daemon.stop();
}

#[test]
fn answers_that_nobody_reads() {
    for (limit_mib, peers) in [(64, 1), (64, 30), (256, 30), (512, 30)] {
        press("unread answers", limit_mib, &Shape { peers, send: unread_answers });
    }
}

#[test]
fn messages_that_never_become_whole() {
    press("begun frames", 64, &Shape { peers: 100, send: begun_frames });
    press("endless lines", 64, &Shape { peers: 100, send: endless_lines });
}

#[test]
fn messages_that_are_large() {
    press("batches", 64, &Shape { peers: 8, send: batches });
    press("echoes", 64, &Shape { peers: 8, send: echoes });
    press("long ids", 64, &Shape { peers: 8, send: long_ids });
    press("subscriptions", 64, &Shape { peers: 8, send: subscriptions });
}

#[test]
fn what_is_made_and_kept() {
    press("pictures", 128, &Shape { peers: 8, send: pictures });
    press("kept results", 64, &Shape { peers: 4, send: kept_results });
    press("blobs", 64, &Shape { peers: 8, send: blobs });
}
