//! Birth and death of the daemon: signals, locks, files, and the second one.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use goxe_protocol::Code;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::disk::StoppedThread;
use crate::support::raw::frame;
use crate::support::wait::PATIENCE;
use crate::support::{Client, Daemon, Place, Raw, skip, until};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn files_say_who_serves_and_are_for_the_owner_alone() {
    let place = Place::new();
    let daemon = place.daemon();
    let hello = daemon.client().call("system.hello", json!({ "client": "tests/1" }));
    let endpoint = place.endpoint().expect("an endpoint file");
    assert_eq!(hello["pid"], daemon.pid());
    assert_eq!(endpoint.pid, daemon.pid());
    assert_eq!(hello["epoch"], endpoint.epoch);
    assert_eq!(hello["store"], endpoint.store);
    assert_eq!(hello["protocol"], 1);
    assert_eq!(hello["limits"]["frame_bytes_max"], 64 << 20);

    let paths = place.json(&["paths"]);
    let path = |name: &str| Path::new(paths[name].as_str().expect("a path")).to_owned();
    assert_eq!(path("socket"), endpoint.socket);
    let pid = fs::read_to_string(path("pid_file")).expect("a PID file");
    assert_eq!(pid.trim(), daemon.pid().to_string());
    assert!(fs::metadata(&endpoint.socket).expect("a socket").file_type().is_socket());
    for folder in ["data", "journal", "images", "runtime", "log_dir"] {
        assert_eq!(mode(&path(folder)), 0o700, "{folder}");
    }
    for file in ["socket", "endpoint", "lock"] {
        assert_eq!(mode(&path(file)), 0o600, "{file}");
    }
    daemon.stop();
}

/// What is left when a daemon has ended well: its data and its lock file, and nothing that says it serves.
fn assert_clean(place: &Place, socket: &Path) {
    assert!(!socket.exists(), "the socket is still there");
    assert!(!socket.with_file_name("goxe.pid").exists(), "the PID file is still there");
    assert!(place.endpoint().is_none(), "the endpoint file is still there");
    let lock = fs::File::open(place.data().join("lock")).expect("the lock file stays");
    assert!(Flock::lock(lock, FlockArg::LockExclusiveNonblock).is_ok(), "the lock is held");
}

#[test]
fn term_and_int_end_an_idle_daemon_at_once() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let place = Place::new();
        let mut daemon = place.daemon();
        let socket = place.socket();
        // An idle peer does not hold it.
        let idle = daemon.client();
        daemon.signal(signal);
        let status = daemon.wait_for(Duration::from_secs(5));
        assert_eq!(status.code(), Some(0), "{signal}");
        assert_clean(&place, &socket);
        drop(idle);
    }
}

/// A project that takes long to render, and the params of that render.
fn long_render(client: &mut Client) -> Value {
    client.create("castle");
    let edits = json!([
        { "edit": "sphere", "center": [0, 0, 0], "radius": 100, "color": "#c81e1e" },
        { "edit": "sphere", "center": [0, 0, 0], "radius": 97, "mode": "subtract" },
        { "edit": "box", "min": [-150, -150, -110], "max": [150, 150, -101], "color": "#808080" },
    ]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": edits }));
    json!({ "project": "castle", "width": 4096, "height": 4096 })
}

/// Sends a render that takes long, and returns once a lane works on it.
fn begin_render(daemon: &Daemon<'_>) -> Raw {
    let mut client = daemon.client();
    let params = long_render(&mut client);
    let mut peer = Raw::connect(&daemon.place.socket()).expect("the daemon listens");
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "render.image", "params": params });
    peer.send(&frame(&call.to_string(), None)).expect("the daemon takes bytes");
    until("a lane renders", PATIENCE, || {
        let busy = client.call("system.status", json!({}))["lanes_busy"].as_u64();
        (busy >= Some(1)).then_some(())
    });
    peer
}

#[test]
fn term_waits_for_the_answer_of_a_long_render() {
    let place = Place::new().set("shutdown", "drain_ms", 120_000);
    let mut daemon = place.daemon();
    let socket = place.socket();
    let mut peer = begin_render(&daemon);
    peer.set_patience(Duration::from_secs(120));
    let mut other = daemon.client();
    daemon.signal(Signal::SIGTERM);
    // New work is refused while it drains; how it is stays answerable.
    until("the daemon drains", PATIENCE, || {
        let status = other.try_call("system.status", json!({})).ok()?;
        (status["state"] == "draining").then_some(())
    });
    let refused = other.refused("voxel.edit", json!({ "project": "castle", "edits": [] }));
    assert_eq!(refused.code, Code::ShuttingDown, "{refused}");
    assert!(daemon.runs(), "it left without the answer");
    let answer = peer.read_frame().expect("an answer").expect("an answer before the end");
    assert_eq!(answer.json["result"]["width"], 4096, "{}", answer.json);
    assert!(answer.attachment.expect("a picture").starts_with(b"\x89PNG"));
    assert_eq!(peer.read_frame().expect("the end"), None);
    assert_eq!(daemon.wait().code(), Some(0));
    assert_clean(&place, &socket);
}

#[test]
fn a_drain_that_takes_too_long_cancels_and_still_answers() {
    let place = Place::new().set("shutdown", "drain_ms", 1);
    let mut daemon = place.daemon();
    let mut peer = begin_render(&daemon);
    daemon.signal(Signal::SIGTERM);
    let answer = peer.read_frame().expect("an answer").expect("an answer before the end");
    assert!(answer.json["error"]["code"].is_i64(), "{}", answer.json);
    assert_eq!(daemon.wait().code(), Some(0));
}

#[test]
fn a_second_daemon_is_refused_and_told_who_serves() {
    let place = Place::new();
    let mut daemon = place.daemon();
    let elsewhere = place.beside("other.sock");
    for arguments in [vec![], vec!["--socket", elsewhere.to_str().expect("a text")]] {
        let output = place.goxe().args(["daemon", "run"]).args(&arguments).output();
        let output = output.expect("goxe runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(&daemon.pid().to_string()), "{arguments:?}: no pid in: {said}");
        assert!(said.contains(&place.socket().display().to_string()), "no socket in: {said}");
    }
    assert!(!elsewhere.exists(), "the refused daemon made a socket");
    assert!(daemon.runs());
    assert_eq!(daemon.client().call("system.status", json!({}))["pid"], daemon.pid());
}

#[test]
fn a_socket_that_a_dead_daemon_left_is_taken_over() {
    let place = Place::new();
    let mut first = place.daemon();
    let epoch = first.client().call("system.status", json!({}))["epoch"].clone();
    let (socket, pid) = (place.socket(), first.pid());
    first.kill();
    assert!(socket.exists(), "a killed daemon cannot clean up");
    assert_eq!(place.endpoint().map(|endpoint| endpoint.pid), Some(pid));
    let second = place.daemon();
    assert_ne!(second.client().call("system.status", json!({}))["epoch"], epoch);
    assert_eq!(place.socket(), socket);
    second.stop();
    assert_clean(&place, &socket);
}

#[test]
fn a_file_in_the_place_of_the_socket_is_not_removed() {
    let place = Place::new();
    let socket = place.data().join("run/goxe.sock");
    fs::create_dir_all(socket.parent().expect("a folder")).expect("it is made");
    fs::set_permissions(place.data(), fs::Permissions::from_mode(0o700)).expect("it is ours");
    let runtime = socket.parent().expect("a folder");
    fs::set_permissions(runtime, fs::Permissions::from_mode(0o700)).expect("it is ours");
    fs::write(&socket, "somebody's notes").expect("it is written");
    let mut daemon = place.spawn();
    assert!(!daemon.wait().success());
    assert_eq!(fs::read_to_string(&socket).expect("it is still there"), "somebody's notes");
}

/// The lines of the daemon's log that hold a text.
fn logged(place: &Place, text: &str) -> Vec<Value> {
    let log = fs::read_to_string(place.data().join("state/logs/goxe.log")).unwrap_or_default();
    let lines = log.lines().filter(|line| line.contains(text));
    lines.map(|line| serde_json::from_str(line).expect("a log line is JSON")).collect()
}

#[test]
fn usr1_dumps_the_state_as_json() {
    let place = Place::new();
    let daemon = place.daemon();
    daemon.client().create("castle");
    daemon.signal(Signal::SIGUSR1);
    let dump = until("the dump is in the log", PATIENCE, || {
        logged(&place, "\"peers\\\"").pop().or_else(|| logged(&place, "\"peers\":").pop())
    });
    assert!(dump.to_string().contains(&place.endpoint().expect("an endpoint").epoch), "{dump}");
    assert_eq!(daemon.client().call("system.status", json!({}))["healthy"], true);
    daemon.stop();
}

#[test]
fn usr2_toggles_debug() {
    let place = Place::new();
    let daemon = place.daemon();
    let debug_lines = || logged(&place, "\"DEBUG\"").len();
    let chatter = || {
        for _ in 0..3 {
            daemon.client().call("system.hello", json!({ "client": "tests/1" }));
        }
    };
    chatter();
    assert_eq!(debug_lines(), 0, "debug lines without being asked for");
    daemon.signal(Signal::SIGUSR2);
    until("debug lines come", PATIENCE, || {
        chatter();
        (debug_lines() > 0).then_some(())
    });
    daemon.signal(Signal::SIGUSR2);
    until("debug lines stop", PATIENCE, || {
        let before = debug_lines();
        chatter();
        thread::sleep(Duration::from_millis(50));
        (debug_lines() == before).then_some(())
    });
    daemon.stop();
}

#[test]
fn pipe_and_hangup_do_no_harm() {
    let place = Place::new();
    let mut daemon = place.daemon();
    daemon.signal(Signal::SIGPIPE);
    // A peer that goes while its answer is on the way makes a real broken pipe.
    for _ in 0..50 {
        let mut peer = Raw::connect(&place.socket()).expect("the daemon listens");
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "system.describe" });
        peer.send(&frame(&call.to_string(), None)).expect("the daemon takes bytes");
    }
    assert_eq!(daemon.client().call("system.status", json!({}))["state"], "ready");
    assert!(daemon.runs());
    daemon.stop();
}

#[test]
fn the_command_line_starts_watches_and_stops_a_daemon() {
    let place = Place::new();
    let status = place.output(&["daemon", "status"]);
    assert_eq!(status.status.code(), Some(3), "no daemon is 3");
    place.json(&["daemon", "start"]);
    let pid = place.endpoint().expect("an endpoint file").pid;
    assert_eq!(place.json(&["call", "system.status"])["pid"], pid);
    place.json(&["daemon", "start"]);
    assert_eq!(place.endpoint().expect("an endpoint file").pid, pid, "a second start is none");
    place.json(&["daemon", "restart"]);
    let again = place.endpoint().expect("an endpoint file").pid;
    assert_ne!(again, pid);
    assert!(place.output(&["daemon", "logs"]).status.success());
    place.json(&["daemon", "stop"]);
    assert!(place.endpoint().is_none());
    assert_eq!(place.output(&["daemon", "status"]).status.code(), Some(3));
    assert!(place.output(&["daemon", "stop"]).status.success(), "stopping none is done");
}

#[test]
fn stop_escalates_from_term_to_kill() {
    let place = Place::new().set("shutdown", "drain_ms", 0);
    let mut daemon = place.daemon();
    // A loop that stands never hears of TERM: it has to be killed.
    let Some(_stopped) = StoppedThread::event_loop(&daemon) else {
        return skip("a thread of our own child may not be traced here");
    };
    assert_eq!(stopped(&place, &mut daemon)["killed"], true);
}

#[test]
fn a_daemon_that_was_stopped_goes_on_to_end_by_itself() {
    let place = Place::new();
    let mut daemon = place.daemon();
    daemon.signal(Signal::SIGSTOP);
    assert_eq!(stopped(&place, &mut daemon)["killed"], false);
}

/// What `goxe daemon stop` says of a daemon that is our child.
fn stopped(place: &Place, daemon: &mut Daemon<'_>) -> Value {
    let output = thread::scope(|scope| {
        let stop = scope.spawn(|| place.output(&["daemon", "stop", "--json"]));
        // As its parent we reap it; else it would stay a zombie that looks alive.
        daemon.wait_for(Duration::from_secs(60));
        stop.join().expect("goxe runs")
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Edits that take seconds: lines through a large box, which touch a chunk each.
fn slow_edit(project: &str) -> Value {
    let line = |i: u32| {
        let to = [1600, (i * 7) % 200 + 1600, 1600];
        json!({ "edit": "line", "from": [0, i % 200, 0], "to": to, "color": "#ff0000" })
    };
    let edits: Vec<Value> = (0..9000).map(line).collect();
    json!({ "project": project, "edits": edits })
}

/// A connection that has begun a slow edit.
fn slow_editor(daemon: &Daemon<'_>) -> Raw {
    let mut peer = Raw::connect(&daemon.place.socket()).expect("the daemon listens");
    let call =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "voxel.edit", "params": slow_edit("castle") });
    peer.send(&frame(&call.to_string(), None)).expect("the daemon takes it");
    until("it runs", PATIENCE, || {
        let status = daemon.client().call("system.status", json!({}));
        (status["calls_in_flight"].as_u64() >= Some(1)).then_some(())
    });
    peer
}

#[test]
fn a_stop_cancels_what_outlasts_it_and_answers() {
    let place = Place::new().set("shutdown", "drain_ms", 300);
    let mut daemon = place.daemon();
    daemon.client().create("castle");
    let mut editor = slow_editor(&daemon);
    let begin = Instant::now();
    daemon.signal(Signal::SIGTERM);
    let answer = editor.read_frame().expect("an answer").expect("an answer").json;
    assert_eq!(answer["error"]["data"]["kind"], "cancelled", "{answer}");
    assert!(daemon.wait().success());
    assert!(begin.elapsed() < Duration::from_millis(300) + Duration::from_secs(3));
    let daemon = place.daemon();
    let count = daemon.client().call_patiently("voxel.count", json!({ "project": "castle" }));
    assert_eq!(count["voxels"], 0, "what was cancelled was not done");
    daemon.stop();
}

#[test]
fn an_edit_whose_caller_left_holds_up_nobody() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    drop(slow_editor(&daemon));
    client.mark("castle", 1);
    let count = client.call("voxel.count", json!({ "project": "castle" }));
    assert_eq!(count["voxels"], 1, "the edit of whoever left was not done");
    daemon.stop();
}

#[test]
fn an_answer_that_nobody_reads_holds_up_no_stop() {
    let place = Place::new().set("shutdown", "drain_ms", 60_000);
    let mut daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let cube =
        json!([{ "edit": "box", "min": [0, 0, 0], "max": [99, 99, 99], "color": "#ff0000" }]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": cube }));
    let mut unread = Raw::connect(&daemon.place.socket()).expect("the daemon listens");
    let params = json!({ "project": "castle", "form": "dense" });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "voxel.read", "params": params });
    unread.send(&frame(&call.to_string(), None)).expect("the daemon takes it");
    until("its answer waits", PATIENCE, || {
        let held = client.call("system.status", json!({}))["memory_bytes"].as_u64();
        (held >= Some(1 << 20)).then_some(())
    });
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait_for(Duration::from_secs(20)).success());
}

#[test]
fn a_daemon_whose_socket_was_deleted_is_found_again() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut before = daemon.client();
    before.create("castle");
    fs::remove_file(place.socket()).expect("the socket was there");
    let status = place.json(&["call", "system.status"]);
    assert_eq!(status["pid"], daemon.pid(), "no other daemon was started");
    assert_eq!(mode(&place.socket()), 0o600);
    before.mark("castle", 1);
    daemon.client().mark("castle", 2);
    let socket = place.socket();
    daemon.stop();
    assert!(!socket.exists(), "the new socket goes with the daemon");
}
