//! Clients that leave right after they sent an edit: whatever they are still told of it is true.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::support::bridge::LEGACY;
use crate::support::client::mark;
use crate::support::place::pid;
use crate::support::seed::count;
use crate::support::wait::PATIENCE;
use crate::support::{Bridge, Client, Place, until};

/// What the answers said.
#[derive(Debug, Default)]
struct Told {
    done: u64,
    not_done: u64,
    unknown: u64,
    nothing: u64,
}

/// A daemon that takes calls and does not answer them, for a moment.
struct Frozen(Pid);

impl Frozen {
    fn new(daemon: Pid) -> Self {
        kill(daemon, Signal::SIGSTOP).expect("the daemon can be stopped");
        Frozen(daemon)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGCONT);
    }
}

/// Begins a session, sends an edit, leaves, and returns what still came as an answer to it.
fn leave_behind(place: &Place, number: u64, pause: Duration, freeze: Option<Pid>) -> Option<Value> {
    let mut command = place.goxe();
    command.arg("mcp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("goxe runs");
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut write = |message: Value| {
        input.write_all(format!("{message}\n").as_bytes()).expect("the bridge reads");
    };
    let mut read = || {
        let line = output.next()?.expect("a line");
        Some(serde_json::from_str::<Value>(&line).expect("a message"))
    };
    let client = json!({ "name": "tests", "version": "1" });
    let hello = json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client });
    write(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }));
    assert_eq!(read().expect("an answer")["id"], 1);
    write(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    // The way to the daemon is open.
    let look = json!({ "name": "project_info", "arguments": { "project": "castle" } });
    write(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": look }));
    while read().expect("an answer")["id"] != 2 {}
    let _frozen = freeze.map(Frozen::new);
    let edit = json!({ "name": "voxels_edit", "arguments": mark("castle", number) });
    write(json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": edit }));
    // sleep: how far the bridge is with it when its client leaves is what this is about.
    thread::sleep(pause);
    drop(input);
    let mut answer = None;
    while let Some(message) = read() {
        if message["id"] == 3 {
            answer = Some(message);
        }
    }
    assert!(child.wait().expect("our child").success());
    answer
}

fn is_there(client: &mut Client, number: u64) -> bool {
    let at = mark("castle", number)["edits"][0]["voxels"][0]["at"].clone();
    let got = client.call("voxel.get", json!({ "project": "castle", "at": [at] }));
    got["voxels"].as_array().is_some_and(|voxels| voxels.iter().any(|voxel| !voxel.is_null()))
}

#[test]
fn what_is_told_of_an_edit_left_behind_is_true() {
    let place = Place::new();
    let daemon = place.daemon();
    let mut client = daemon.client();
    client.create("castle");
    let mut history = Bridge::legacy(&place);
    assert!(!history.tool("project_info", json!({ "project": "castle" })).is_error());
    let peers = client.call("system.status", json!({}))["peers"].clone();
    let serving = pid(place.endpoint().expect("an endpoint file").pid);
    let mut told = Told::default();
    for number in 0..count(100) {
        let pause = Duration::from_micros(number % 9 * 500);
        let freeze = (number % 10 == 9).then_some(serving);
        let answer = leave_behind(&place, number, pause, freeze);
        // What was on its way to the daemon has come to its end.
        until("its connections are closed", PATIENCE, || {
            let status = client.call("system.status", json!({}));
            (status["peers"] == peers && status["calls_in_flight"] == 0).then_some(())
        });
        let Some(answer) = answer else {
            told.nothing += 1;
            continue;
        };
        let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
        if answer["result"]["isError"] != true {
            assert!(answer["error"].is_null(), "{answer}");
            assert!(is_there(&mut client, number), "told as done: {answer}");
            told.done += 1;
        } else if text.contains("Unknown whether") {
            // What it says to do next tells the truth.
            let next = text.split("Next: history ").nth(1).expect("how to find out");
            let next: Value = serde_json::from_str(next).expect("arguments as JSON");
            let outcome = until("the edit has come to its end", PATIENCE, || {
                let outcome = history.tool("history", next.clone()).data()["outcome"].clone();
                (outcome != "running").then_some(outcome)
            });
            assert_eq!(outcome == "committed", is_there(&mut client, number), "{outcome}");
            told.unknown += 1;
        } else {
            assert!(text.contains("Not done") && freeze.is_none(), "{answer}");
            assert!(!is_there(&mut client, number), "told as not done: {answer}");
            told.not_done += 1;
        }
    }
    println!("{told:?}");
    assert!(told.done + told.not_done + told.unknown > 0, "nobody was told anything: {told:?}");
    assert!(history.leave().success());
    daemon.stop();
}
