//! The cases.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    time::Instant,
};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

use crate::child::{QUICK, Server, begin, call};

/// Name and body of every case.
pub const CASES: &[(&str, fn())] = &[
    ("t3_sockets_and_pipes_are_served_without_the_blocking_pool", t3_no_thread_is_started),
    ("files_are_served_and_every_request_is_answered", files),
    ("t2_end_of_input_ends_it_with_a_call_running", end_of_input),
    ("t9_a_closed_output_pipe_ends_it", closed_output_pipe),
    ("t9_a_closed_output_socket_ends_it_at_the_next_answer", closed_output_socket),
    ("t10_nothing_else_reads_its_input_or_writes_its_output", noise),
    ("sigint_ends_it", sigint),
    ("sigterm_ends_it", sigterm),
    ("sighup_ends_it", sighup),
    ("a_signal_ends_it_before_a_session", signal_before_session),
    ("a_signal_ends_it_while_its_output_is_full", full_output),
    ("the_death_of_its_parent_ends_it", death_of_parent),
    ("input_that_never_was_a_session_ends_it", garbage),
];

/// Threads of a process.
fn threads(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/task")).expect("a process").count()
}

fn t3_no_thread_is_started() {
    for mut server in [Server::on_sockets(), Server::on_pipes()] {
        server.begin();
        for id in 1..200 {
            server.send(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" }));
            assert_eq!(server.next()["id"], id);
        }
        // Standard input read on the blocking pool would be a second thread.
        assert_eq!(threads(server.child.id()), 1);
        server.close_input();
        server.ends();
    }
}

fn files() {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    let mut lines = File::create(&input).expect("a file");
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    writeln!(lines, "{}\n{list}", begin()).expect("written");
    let open = |path| File::open(path).expect("a file");
    Server::on_files(open(&input), File::create(&output).expect("a file")).ends();
    let mut text = String::new();
    open(&output).read_to_string(&mut text).expect("text");
    let answers: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(0), &json!(1)]);
}

fn end_of_input() {
    for mut server in [Server::on_pipes(), Server::on_sockets()] {
        server.begin_and_hang();
        server.close_input();
        server.ends();
    }
}

fn closed_output_pipe() {
    // Nothing is written: the closed pipe alone has to tell.
    let mut server = Server::on_pipes();
    server.begin_and_hang();
    server.close_output();
    server.ends();
}

fn closed_output_socket() {
    let mut server = Server::on_sockets();
    server.begin_and_hang();
    server.close_output();
    server.send(&json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/list" }));
    server.ends();
}

fn noise() {
    let mut server = Server::with_noise();
    // The thief is at work while these lie in the pipe; each line that comes back is a message.
    server.begin();
    server.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    assert_eq!(server.next()["id"], 1);
    server.close_input();
    server.ends();
}

fn signalled(signal: Signal) {
    let mut server = Server::on_pipes();
    server.begin_and_hang();
    send(&server, signal);
    server.ends();
}

fn send(server: &Server, signal: Signal) {
    let pid = i32::try_from(server.child.id()).expect("a process number");
    kill(Pid::from_raw(pid), signal).expect("sent");
}

fn sigint() {
    signalled(Signal::SIGINT);
}

fn sigterm() {
    signalled(Signal::SIGTERM);
}

fn sighup() {
    signalled(Signal::SIGHUP);
}

fn signal_before_session() {
    let mut server = Server::on_pipes();
    // A discovery begins no session, and its answer shows that the signals are watched.
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let discover = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": { "_meta": meta } });
    server.send(&discover);
    assert_eq!(server.next()["id"], 1);
    send(&server, Signal::SIGTERM);
    server.ends();
}

fn full_output() {
    let mut server = Server::on_pipes();
    server.begin();
    server.send(&call(1, "render_view"));
    // The first byte of the picture shows that the rest is stuck in the pipe.
    let mut byte = [0];
    server.output.as_mut().expect("open").get_mut().read_exact(&mut byte).expect("a byte");
    send(&server, Signal::SIGTERM);
    server.ends();
}

fn death_of_parent() {
    let (mut server, pid) = Server::below_a_parent();
    server.begin_and_hang();
    server.child.kill().expect("killed");
    server.child.wait().expect("dead");
    // Input and output stay open: only the death tells.
    let begin = Instant::now();
    while kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH) && !is_zombie(pid) {
        assert!(begin.elapsed() < QUICK, "the server outlives its parent");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

/// Whether a process is dead and only waits for somebody to reap it.
fn is_zombie(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

fn garbage() {
    let mut server = Server::on_pipes();
    server.input.as_mut().expect("open").write_all(b"GET / HTTP/1.1\r\n\r\n{}\n").expect("sent");
    server.close_input();
    server.ends();
}
