//! A tool call through the bridge and the daemon, against an MCP server on the same SDK that does nothing.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::Server;
use crate::table::{Bound, Measure, Row, median, print};
use crate::{Choice, Outcome, ROUNDS, machine};

/// Calls of one round, after a tenth of them to warm up.
const CALLS: usize = 1000;

/// Handshakes of one round with each of the two, in turn.
const HANDSHAKES: usize = 25;

/// Runs the group.
pub fn run(choice: &Choice) -> Outcome<()> {
    if !choice.wants("N14") {
        return Ok(());
    }
    machine::pin(0)?;
    let daemon = Server::daemon(&[])?;
    let mut client = daemon.client()?;
    client.call("project.create", &json!({"project": "bench"}))?;
    let echo = json!({"name": "echo", "arguments": {"d": "x".repeat(40)}});
    let info = json!({"name": "project_info", "arguments": {"project": "bench"}});
    let (mut cpu, mut latency) = (Row::new(CPU), Row::new(P50));
    let (mut share, mut memory) = (Row::new(SHARE), Row::new(MEMORY));
    let mut handshake = Row::new(HANDSHAKE);
    for _ in 0..ROUNDS {
        let mut command = Command::new(std::env::current_exe()?);
        let base = visit(command.args(["role", "echo"]), None, &echo)?;
        let ours = visit(daemon.goxe().arg("mcp"), Some(daemon.pid()), &info)?;
        cpu.compare(base.cpu_us, ours.cpu_us);
        latency.compare(base.p50_us, ours.p50_us);
        share.tell(ours.behind_us);
        memory.tell(ours.resident_mib);
        let (base, ours) = handshakes(&mut command, daemon.goxe().arg("mcp"))?;
        handshake.compare(base, ours);
    }
    machine::unpin()?;
    print(
        "bridge: a tool call, against an echo on the same SDK",
        &[cpu, latency, share, memory, handshake],
    );
    Ok(())
}

/// Milliseconds from the start of each to its answer to `initialize`, the median of many.
fn handshakes(base: &mut Command, ours: &mut Command) -> Outcome<(f64, f64)> {
    let once = |command: &mut Command| -> Outcome<f64> {
        let began = Instant::now();
        let mut host = Host::start(command)?;
        host.shake_hands()?;
        Ok(began.elapsed().as_secs_f64() * 1e3)
    };
    let (mut of_base, mut of_ours) = (Vec::new(), Vec::new());
    for _ in 0..HANDSHAKES {
        of_base.push(once(base)?);
        of_ours.push(once(ours)?);
    }
    Ok((median(of_base.into_iter()), median(of_ours.into_iter())))
}

/// What a visit to an MCP server cost.
struct Visit {
    p50_us: f64,
    /// Processor time of a call, of the server and the process behind it.
    cpu_us: f64,
    /// What the process behind it has of that.
    behind_us: f64,
    /// Memory of the server after the calls, shared pages too.
    resident_mib: f64,
}

/// Starts a server, shakes hands and calls the same tool many times.
fn visit(command: &mut Command, behind: Option<u32>, call: &Value) -> Outcome<Visit> {
    let mut host = Host::start(command)?;
    host.shake_hands()?;
    host.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
    for _ in 0..CALLS / 10 {
        host.ask("tools/call", call)?;
    }
    let pid = host.child.id();
    let spent = || -> Outcome<(Duration, Duration)> {
        Ok((machine::cpu(pid)?, behind.map(machine::cpu).transpose()?.unwrap_or_default()))
    };
    let before = spent()?;
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let began = Instant::now();
        host.ask("tools/call", call)?;
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    let after = spent()?;
    let a_call = |time: Duration| time.as_secs_f64() * 1e6 / CALLS as f64;
    let behind_us = a_call(after.1 - before.1);
    let cpu_us = a_call(after.0 - before.0) + behind_us;
    let resident_mib = machine::memory(pid)?.resident_kib / 1024.0;
    Ok(Visit { p50_us: median(times.into_iter()), cpu_us, behind_us, resident_mib })
}

/// The host of an MCP server.
struct Host {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    line: String,
    asked: u64,
}

impl Host {
    fn start(command: &mut Command) -> Outcome<Self> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self { child, input, output, line: String::new(), asked: 0 })
    }

    fn shake_hands(&mut self) -> Outcome<()> {
        let client = json!({"name": "bench", "version": "1"});
        let hello =
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        self.ask("initialize", &hello)
    }

    fn write(&mut self, message: &Value) -> Outcome<()> {
        let line = format!("{message}\n");
        Ok(self.input.as_mut().ok_or("no input")?.write_all(line.as_bytes())?)
    }

    fn ask(&mut self, method: &str, params: &Value) -> Outcome<()> {
        let id = self.asked;
        self.asked += 1;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        loop {
            self.line.clear();
            if self.output.read_line(&mut self.line)? == 0 {
                return Err(format!("the server of {method} ended").into());
            }
            let message: Value = serde_json::from_str(&self.line)?;
            if message["id"] != id {
                continue;
            }
            if !message["result"].is_object() || message["result"]["isError"] == true {
                return Err(format!("{method} failed: {}", self.line).into());
            }
            return Ok(());
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // A server leaves when its client does.
        self.input = None;
        let _ = self.child.wait();
    }
}

const CPU: Measure = Measure {
    number: "N14",
    name: "project_info: CPU, bridge and daemon",
    unit: "us",
    bound: Bound::AtMost { must: 1.8, goal: 1.3 },
    peer: "rmcp 1.0",
};
const P50: Measure = Measure {
    number: "N14",
    name: "project_info: p50",
    unit: "us",
    bound: Bound::AtMost { must: 1.5, goal: 1.2 },
    peer: "rmcp 1.0",
};
const SHARE: Measure = Measure {
    number: "N14",
    name: "project_info: the daemon's share of it",
    unit: "us",
    bound: Bound::Told,
    peer: "-",
};
const MEMORY: Measure = Measure {
    number: "N14",
    name: "memory of the bridge, resident",
    unit: "MiB",
    bound: Bound::AtMost { must: 8.0, goal: 5.0 },
    peer: "TypeScript 93 MiB",
};
const HANDSHAKE: Measure = Measure {
    number: "N14",
    name: "start to the answer to initialize",
    unit: "ms",
    bound: Bound::AtMost { must: 1.2, goal: 1.0 },
    peer: "rmcp 1.0",
};
