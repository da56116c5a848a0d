//! The ends of `goxe mcp`: the client closes its input or its output, signals, or is killed, while a tool hangs and a
//! subscription is open. It leaves at once each time, and the daemon is none the wiser.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, pidfd_open};
use serde_json::{Value, json};

use crate::support::bridge::{LEGACY, MODERN, is_rpc};
use crate::support::place::{pid, program};
use crate::support::wait::PATIENCE;
use crate::support::{Place, until};

/// Its own bound is 60 ms; the machine may be busy. A handler that is waited for would take 5 s.
const QUICK: Duration = Duration::from_millis(1500);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Era {
    Legacy,
    Modern,
}

/// How the client goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    EndOfInput,
    Signal(Signal),
    ClosedOutput,
    DeathOfParent,
}

/// The way of a client that keeps all its streams: what is left of its own process is a shell.
const BELOW_A_SHELL: &str = "exec 3<&0; \"$0\" mcp <&3 & echo $! >&2; exec 3<&-; wait";

/// A client without threads, which can let go of each stream by itself.
struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    _errors: Option<BufReader<ChildStderr>>,
    bridge: u32,
    ended: OwnedFd,
    era: Era,
    asked: u64,
}

impl Client {
    fn start(place: &Place, era: Era, way: Way) -> Self {
        let mut command = match way {
            Way::DeathOfParent => {
                let plain = place.goxe();
                let mut shell = Command::new("sh");
                shell.args(["-c", BELOW_A_SHELL, program()]).env_clear();
                for (name, value) in plain.get_envs() {
                    shell.env(name, value.expect("no variable is removed"));
                }
                shell
            }
            Way::EndOfInput | Way::Signal(_) | Way::ClosedOutput => {
                let mut plain = place.goxe();
                plain.arg("mcp");
                plain
            }
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let mut errors = child.stderr.take().map(BufReader::new);
        let mut bridge = child.id();
        if way == Way::DeathOfParent {
            let mut line = String::new();
            errors.as_mut().expect("a pipe").read_line(&mut line).expect("the bridge's number");
            bridge = line.trim().parse().expect("a number");
        }
        let number = rustix::process::Pid::from_raw(pid(bridge).as_raw()).expect("a process id");
        let ended = pidfd_open(number, PidfdFlags::empty()).expect("it runs");
        let (input, output) = (child.stdin.take(), child.stdout.take().map(BufReader::new));
        let mut client =
            Client { child, input, output, _errors: errors, bridge, ended, era, asked: 0 };
        client.begin();
        client
    }

    fn begin(&mut self) {
        let hello = match self.era {
            Era::Legacy => {
                let client = json!({ "name": "tests", "version": "1" });
                json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client })
            }
            Era::Modern => json!({}),
        };
        let method = if self.era == Era::Legacy { "initialize" } else { "server/discover" };
        let id = self.ask(method, hello);
        self.answer(id);
        if self.era == Era::Legacy {
            self.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        }
    }

    fn write(&mut self, message: &Value) {
        let input = self.input.as_mut().expect("its input is open");
        input.write_all(format!("{message}\n").as_bytes()).expect("the bridge reads");
    }

    fn ask(&mut self, method: &str, mut params: Value) -> u64 {
        self.asked += 1;
        if self.era == Era::Modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let id = self.asked;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    fn message(&mut self) -> Value {
        let mut line = String::new();
        self.output.as_mut().expect("its output is open").read_line(&mut line).expect("a line");
        let message = serde_json::from_str(&line).unwrap_or_default();
        assert!(is_rpc(&message), "its output is not MCP: {line:?}");
        message
    }

    fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.message();
            if message["id"] == id && message["method"].is_null() {
                return message;
            }
        }
    }

    fn tool(&mut self, name: &str, arguments: Value) -> u64 {
        self.ask("tools/call", json!({ "name": name, "arguments": arguments }))
    }

    /// Goes, and returns how long the bridge took to follow.
    fn go(&mut self, way: Way) -> Duration {
        let begun = Instant::now();
        match way {
            Way::EndOfInput => self.input = None,
            Way::Signal(signal) => kill(pid(self.bridge), signal).expect("it can be signalled"),
            Way::ClosedOutput => self.output = None,
            Way::DeathOfParent => self.child.kill().expect("it can be killed"),
        }
        let limit = Timespec { tv_sec: 30, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&self.ended, PollFlags::IN)], Some(&limit));
        assert_eq!(ready, Ok(1), "the bridge never left");
        begun.elapsed()
    }

    /// Nothing but whole messages may have come until the end.
    fn check_rest(mut self) {
        let mut rest = String::new();
        if let Some(output) = &mut self.output {
            output.read_to_string(&mut rest).expect("its output ends");
        }
        assert!(rest.is_empty() || rest.ends_with('\n'), "half a line: {rest:?}");
        for line in rest.lines() {
            assert!(
                serde_json::from_str(line).is_ok_and(|line| is_rpc(&line)),
                "not MCP: {line:?}"
            );
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const WAYS: [Way; 6] = [
    Way::EndOfInput,
    Way::Signal(Signal::SIGINT),
    Way::Signal(Signal::SIGTERM),
    Way::Signal(Signal::SIGHUP),
    Way::ClosedOutput,
    Way::DeathOfParent,
];

/// What takes calls and does not answer them, for a moment.
struct Frozen(u32);

impl Frozen {
    fn new(daemon: u32) -> Self {
        kill(pid(daemon), Signal::SIGSTOP).expect("the daemon can be stopped");
        Frozen(daemon)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = kill(pid(self.0), Signal::SIGCONT);
    }
}

#[test]
fn six_ways_out_with_a_hanging_tool_and_an_open_subscription() {
    let place = Place::new();
    place.json(&["daemon", "start"]);
    let mut owner = place.client();
    owner.create("castle");
    let serving = place.endpoint().expect("an endpoint file").pid;
    for era in [Era::Legacy, Era::Modern] {
        for way in WAYS {
            let mut client = Client::start(&place, era, way);
            // The way to the daemon is open before it freezes.
            let id = client.tool("project_info", json!({ "project": "castle" }));
            assert!(client.answer(id)["result"]["isError"] != true);
            if era == Era::Modern {
                let filter = json!({ "toolsListChanged": true });
                client.ask("subscriptions/listen", json!({ "notifications": filter }));
                let acknowledged = client.message();
                assert_eq!(
                    acknowledged["method"], "notifications/subscriptions/acknowledged",
                    "{acknowledged}"
                );
            }
            let frozen = Frozen::new(serving);
            client.tool("project_info", json!({ "project": "castle" }));
            client.tool("voxels_edit", crate::support::client::mark("castle", 7));
            // An answer to something else shows that both calls were read.
            let id = client.ask("tools/list", json!({}));
            client.answer(id);
            let took = client.go(way);
            drop(frozen);
            println!("{era:?}, {way:?}: left after {took:?}");
            assert!(took < QUICK, "{era:?}, {way:?}: it took {took:?}");
            client.check_rest();
            until("the daemon goes on as before", PATIENCE, || {
                let status = owner.call("system.status", json!({}));
                (status["pid"] == serving && status["state"] == "ready").then_some(())
            });
        }
    }
    assert_eq!(place.endpoint().expect("an endpoint file").pid, serving);
    place.json(&["daemon", "stop"]);
}

#[test]
fn six_ways_out_before_a_session_has_begun() {
    let place = Place::new();
    for way in WAYS {
        let mut client = Client::start(&place, Era::Modern, way);
        let took = client.go(way);
        assert!(took < QUICK, "{way:?}: it took {took:?}");
        client.check_rest();
    }
    assert!(place.endpoint().is_none(), "nobody asked for a daemon");
}
