//! A server process, and the client's end of its streams.

use std::{
    env,
    io::{BufRead as _, BufReader, Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::server::{NOISE, PARENT, SERVE};

/// How long an exit may take. The server's own bound is 60 ms; the machine may be busy.
pub const QUICK: Duration = Duration::from_millis(1000);

/// What the client holds.
pub struct Server {
    pub child: Child,
    pub input: Option<Box<dyn Write>>,
    pub output: Option<BufReader<Box<dyn Read>>>,
}

fn command(what: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a path"));
    command.arg(what).stderr(Stdio::null());
    command
}

impl Server {
    /// Over pipes, as Rust and Python clients start it.
    pub fn on_pipes() -> Self {
        Self::start(command(SERVE))
    }

    /// Over pipes, with a library that writes and a child that reads.
    pub fn with_noise() -> Self {
        let mut command = command(SERVE);
        command.env(NOISE, "1");
        Self::start(command)
    }

    /// Over pipes, below a parent that is the process held here. The server's number comes back.
    pub fn below_a_parent() -> (Self, i32) {
        let mut command = command(PARENT);
        command.stderr(Stdio::piped());
        let mut server = Self::start(command);
        let mut line = String::new();
        let stderr = server.child.stderr.take().expect("a pipe");
        BufReader::new(stderr).read_line(&mut line).expect("a number");
        (server, line.trim().parse().expect("a number"))
    }

    fn start(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a server");
        let input: Box<dyn Write> = Box::new(child.stdin.take().expect("a pipe"));
        let output: Box<dyn Read> = Box::new(child.stdout.take().expect("a pipe"));
        Server { child, input: Some(input), output: Some(BufReader::new(output)) }
    }

    /// Over two socketpairs, as Node and Bun start it. Blocking, as they hand them over.
    pub fn on_sockets() -> Self {
        let (input, server_input) = UnixStream::pair().expect("a pair");
        let (output, server_output) = UnixStream::pair().expect("a pair");
        let child = command(SERVE)
            .stdin(OwnedFd::from(server_input))
            .stdout(OwnedFd::from(server_output))
            .spawn()
            .expect("a server");
        let input: Box<dyn Write> = Box::new(input);
        let output: Box<dyn Read> = Box::new(output);
        Server { child, input: Some(input), output: Some(BufReader::new(output)) }
    }

    /// From a file into a file.
    pub fn on_files(input: std::fs::File, output: std::fs::File) -> Self {
        let child = command(SERVE).stdin(input).stdout(output).spawn().expect("a server");
        Server { child, input: None, output: None }
    }

    pub fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().expect("open");
        writeln!(input, "{message}").and_then(|()| input.flush()).expect("the server reads");
    }

    /// The next line; every one has to be a message.
    pub fn next(&mut self) -> Value {
        let mut line = String::new();
        self.output.as_mut().expect("open").read_line(&mut line).expect("a line");
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        message
    }

    /// Begins a session of the older era.
    pub fn begin(&mut self) {
        self.send(&begin());
        assert_eq!(self.next()["result"]["serverInfo"]["name"], "goxe");
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    }

    /// Begins a session and has a call running that never ends.
    pub fn begin_and_hang(&mut self) {
        self.begin();
        self.send(&call(1, "project_info"));
        // The answer to this one shows that the one before is at work.
        self.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }));
        assert_eq!(self.next()["id"], 2);
    }

    pub fn close_input(&mut self) {
        self.input = None;
    }

    pub fn close_output(&mut self) {
        self.output = None;
    }

    /// Waits for the end, and checks that it was a quick and clean one.
    pub fn ends(mut self) {
        let status = wait(&mut self.child, QUICK).expect("the server did not end in time");
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first request of the older era.
pub fn begin() -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        },
    })
}

/// A call about a project.
pub fn call(id: i64, tool: &str) -> Value {
    let params = json!({ "name": tool, "arguments": { "project": "castle" } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

/// Waits for a process, at most so long.
fn wait(child: &mut Child, most: Duration) -> Option<ExitStatus> {
    let begin = Instant::now();
    while begin.elapsed() < most {
        if let Some(status) = child.try_wait().expect("a child") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    None
}
