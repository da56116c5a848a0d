//! Standard output of `goxe mcp` carries MCP and not one byte else, whatever goes wrong around it. Every line that
//! a `Bridge` of these tests reads is checked, up to the end of the stream.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use goxe_config::Endpoint;
use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use crate::support::client::mark;
use crate::support::disk::{Tmpfs, fill};
use crate::support::place::{pid, program};
use crate::support::raw::frame;
use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Place, Rng, skip, until};

/// Both eras, one after the other.
fn in_both_eras(place: &Place, mut check: impl FnMut(Bridge)) {
    check(Bridge::legacy(place));
    check(Bridge::modern(place));
}

/// A call that cannot be done is answered with a text that says what to do next.
#[track_caller]
fn assert_told(answer: &Value) {
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
    assert_eq!(answer["result"]["isError"], true, "{text}");
    assert!(text.lines().any(|line| line.starts_with("Next: ")), "no next step: {text}");
}

fn list_projects(bridge: &mut Bridge) -> Value {
    let params = json!({ "name": "project", "arguments": { "action": "list" } });
    let id = bridge.ask("tools/call", params);
    bridge.answer(id, Duration::from_secs(60))
}

#[test]
fn while_its_daemon_dies_again_and_again() {
    let place =
        Place::new().set("manager", "backoff_ms_max", 100).set("manager", "restart_max", 100);
    in_both_eras(&place, |mut bridge| {
        let _ = bridge.tool("project", json!({ "action": "create", "project": "castle" }));
        for number in 0..8 {
            let edit = json!({ "name": "voxels_edit", "arguments": mark("castle", number) });
            let first = bridge.ask("tools/call", edit);
            let second = bridge.ask(
                "tools/call",
                json!({ "name": "project_info", "arguments": { "project": "castle" } }),
            );
            if let Some(endpoint) = place.endpoint() {
                let _ = kill(pid(endpoint.pid), Signal::SIGKILL);
            }
            let mut open = vec![first, second];
            while !open.is_empty() {
                let answer = bridge.next(Duration::from_secs(60));
                open.retain(|id| answer["id"] != *id);
            }
        }
        assert!(bridge.leave().success());
    });
    place.json(&["daemon", "stop"]);
}

#[test]
fn where_no_daemon_can_be_started() {
    let place = Place::new();
    let file = place.beside("file");
    fs::write(&file, "not a folder").expect("it is written");
    // Below a file, and where not even root may write.
    for data in [file.join("data"), "/proc/goxe-tests/data".into()] {
        let place = Place::new().with_data(data);
        in_both_eras(&place, |mut bridge| {
            assert_told(&list_projects(&mut bridge));
            let health = bridge.tool("engine_health", json!({}));
            assert!(!health.text().is_empty());
            assert!(bridge.leave().success());
        });
    }
}

#[test]
fn with_a_configuration_that_cannot_be_read() {
    let place = Place::new();
    let file = place.beside("broken.toml");
    fs::write(&file, "[manager\nstartup_ms = \"soon\"\n\u{7}").expect("it is written");
    let broken = Place::new().variable("GOXE_CONFIG", file.to_str().expect("a text"));
    let absent = Place::new().variable("GOXE_CONFIG", "/nowhere/goxe.toml");
    let unknown = Place::new().variable("GOXE_MANAGER_STARTUP", "1");
    for place in [broken, absent, unknown] {
        in_both_eras(&place, |mut bridge| {
            assert_told(&list_projects(&mut bridge));
            assert!(bridge.leave().success());
        });
    }
}

#[test]
fn on_a_full_disk() {
    let place = Place::new();
    let Some(disk) = Tmpfs::mount(place.beside("disk"), "8m") else {
        return skip("a small tmpfs cannot be mounted: run as root");
    };
    let place = place.with_data(disk.path().join("data")).set("journal", "segment_bytes", 65_536);
    // Full before there is a daemon, and full under one.
    fill(&disk.path().join("filler"));
    let mut bridge = Bridge::legacy(&place);
    let begun = Instant::now();
    assert_told(&list_projects(&mut bridge));
    // Not even the starts that fail can be written down, and still they are few.
    assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
    fs::remove_file(disk.path().join("filler")).expect("space comes back");
    place.json(&["daemon", "start"]);
    let created = bridge.tool("project", json!({ "action": "create", "project": "castle" }));
    assert!(created.data()["id"].is_u64());
    fill(&disk.path().join("filler"));
    // Somewhere in the segment there may be room for a few more.
    let mut number = 0;
    let refused = until("an edit is refused", PATIENCE, || {
        number += 1;
        let answer = bridge.tool("voxels_edit", mark("castle", number));
        answer.is_error().then_some(answer)
    });
    assert!(refused.text().contains("Next: "), "{}", refused.text());
    assert!(bridge.leave().success());
    fs::remove_file(disk.path().join("filler")).expect("space comes back");
    place.json(&["daemon", "stop", "--force"]);
}

/// A process that an endpoint file can name, and that may be killed for it.
struct Victim(Child);

impl Victim {
    fn new() -> Self {
        let mut command = Command::new("sleep");
        Victim(command.arg("600").stdin(Stdio::null()).spawn().expect("sleep runs"))
    }

    fn start_time(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).expect("it runs");
        let time =
            stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19)?.parse().ok());
        time.expect("a start time")
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Does something while whatever connects to where the daemon should be is answered with `bytes`.
fn before_an_impostor(place: &Place, bytes: &[u8], work: impl FnOnce()) {
    fs::create_dir_all(place.data()).expect("a data folder");
    fs::set_permissions(place.data(), fs::Permissions::from_mode(0o700)).expect("it is ours");
    let (victim, socket) = (Victim::new(), place.beside("impostor.sock"));
    let listener = UnixListener::bind(&socket).expect("it listens");
    let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("a boot");
    let endpoint = Endpoint {
        pid: victim.0.id(),
        start_time: victim.start_time(),
        boot_id: boot_id.trim().to_owned(),
        epoch: "0123456789abcdef".to_owned(),
        store: "0123456789abcdef".to_owned(),
        socket: socket.clone(),
        build: "0.0.0".to_owned(),
    };
    endpoint.write(&place.data().join("endpoint.json")).expect("it is written");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for peer in listener.incoming().take_while(|_| !is_over.load(Ordering::Relaxed)) {
                let Ok(mut peer) = peer else { return };
                let _ = peer.set_read_timeout(Some(Duration::from_millis(200)));
                let _ = peer.read(&mut [0; 4096]);
                let _ = peer.write_all(bytes);
            }
        });
        work();
        is_over.store(true, Ordering::Relaxed);
        // One more guest, so that it sees that it is over.
        let _ = UnixStream::connect(&socket);
    });
}

#[test]
fn behind_a_daemon_that_talks_garbage() {
    let wrong = frame(r#"{"jsonrpc":"2.0","id":1,"result":"what?"}"#, None);
    let garbage: [&[u8]; 5] = [
        b"\x00\xff\xfe not a frame at all \n\n\n",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n",
        b"GOXE\x00\x00\x00\x01\xff\xff\xff\xff\x00\x00\x00\x00",
        b"GOXE",
        &wrong,
    ];
    for bytes in garbage {
        let place = Place::new()
            .set("manager", "startup_ms", 1000)
            .set("manager", "probe_timeout_ms", 300)
            .set("manager", "restart_max", 0);
        before_an_impostor(&place, bytes, || {
            in_both_eras(&place, |mut bridge| {
                // It may be that a daemon of our own is started in its place; an answer comes anyway.
                let answer = list_projects(&mut bridge);
                assert!(answer["result"]["content"][0]["text"].is_string(), "{answer}");
                assert!(bridge.leave().success());
            });
        });
    }
}

#[test]
fn with_every_variable_that_makes_programs_talk() {
    let place = Place::new()
        .variable("RUST_LOG", "trace")
        .variable("RUST_BACKTRACE", "full")
        .variable("RUST_LIB_BACKTRACE", "1")
        .variable("TOKIO_CONSOLE_BIND", "127.0.0.1:0")
        .variable("CLICOLOR_FORCE", "1")
        .variable("MALLOC_STATS", "1");
    in_both_eras(&place, |mut bridge| {
        assert!(list_projects(&mut bridge)["result"]["isError"] != true);
        assert!(bridge.leave().success());
    });
    place.json(&["daemon", "stop"]);
}

/// A shell that runs the bridge with some of its streams closed.
fn by_shell(place: &Place, how: &str) -> Bridge {
    let mut plain = place.goxe();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$0\" \"$@\" {how}"), program()]).env_clear();
    shell.envs(
        plain.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))),
    );
    let _ = plain.arg("mcp");
    Bridge::start_with(&mut shell)
}

#[test]
fn with_standard_error_closed_or_full() {
    let place = Place::new();
    for how in ["2>&-", "2>/dev/full"] {
        let mut bridge = by_shell(&place, how);
        bridge.initialize();
        assert!(list_projects(&mut bridge)["result"]["isError"] != true, "{how}");
        let killed = place.endpoint().expect("an endpoint file").pid;
        kill(pid(killed), Signal::SIGKILL).expect("it runs");
        assert!(list_projects(&mut bridge)["result"]["isError"] != true, "{how}");
        assert!(bridge.leave().success(), "{how}");
    }
    place.json(&["daemon", "stop"]);
}

/// Lines that no client should send. None of them holds an id that an answer could be expected for.
fn nonsense(rng: &mut Rng) -> Vec<u8> {
    let mut line: Vec<u8> = match rng.below(6) {
        0 => (0..rng.below(3000)).map(|_| rng.byte()).collect(),
        1 => b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":7}}".to_vec(),
        2 => b"{\"jsonrpc\":\"2.0\",\"method\":".to_vec(),
        3 => vec![b'['; 5000],
        4 => b"Content-Length: 20\r\n\r".to_vec(),
        _ => b"{\"jsonrpc\":\"1.0\",\"method\":\"tools/list\"}".to_vec(),
    };
    line.retain(|byte| *byte != b'\n');
    line.push(b'\n');
    line
}

#[test]
fn fed_with_garbage() {
    let place = Place::new();
    let mut rng = Rng::of_test();
    in_both_eras(&place, |mut bridge| {
        for _ in 0..200 {
            let line = nonsense(&mut rng);
            bridge.write_raw(&line);
        }
        // What could not be read may be answered, without an id; our own request always is.
        let tools = bridge.request("tools/list", json!({}));
        assert!(tools["tools"].is_array(), "{tools}");
        bridge.write_raw(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"meth");
        assert!(bridge.leave().success());
    });
}

#[test]
fn before_a_word_was_said() {
    let place = Place::new();
    let mut rng = Rng::of_test();
    for _ in 0..20 {
        let mut bridge = Bridge::start(&place);
        for _ in 0..rng.below(5) {
            let line = nonsense(&mut rng);
            bridge.write_raw(&line);
        }
        bridge.leave();
    }
}
