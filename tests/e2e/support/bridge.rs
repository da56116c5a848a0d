//! `goxe mcp` as an assistant's host runs it: lines of JSON-RPC on its standard streams.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::place::Place;
use super::wait::{PATIENCE, until};

/// The newest version of the era without a handshake.
pub const MODERN: &str = "2026-07-28";
/// The newest version of the era with one.
pub const LEGACY: &str = "2025-11-25";

/// A running bridge.
pub struct Bridge {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Line>,
    next_id: u64,
    /// What came meanwhile that is no answer.
    pub notifications: Vec<Value>,
    is_modern: bool,
}

/// What came on its standard output.
enum Line {
    /// A message of JSON-RPC.
    Message(Value),
    /// Anything else, which must never come.
    Stray(Vec<u8>),
}

impl Line {
    fn read(bytes: &[u8]) -> Self {
        let stray = || Line::Stray(bytes.to_vec());
        let Some(line) = bytes.strip_suffix(b"\n") else { return stray() };
        match serde_json::from_slice::<Value>(line) {
            Ok(message) if is_rpc(&message) => Line::Message(message),
            _ => stray(),
        }
    }

    #[track_caller]
    fn message(self) -> Value {
        match self {
            Line::Message(message) => message,
            Line::Stray(bytes) => {
                panic!("its output is not MCP: {:?}", String::from_utf8_lossy(&bytes))
            }
        }
    }
}

/// Whether this is a request, a notification, a result or an error of JSON-RPC.
pub fn is_rpc(message: &Value) -> bool {
    let asks = message["method"].is_string();
    let answers = message["result"].is_object() != message["error"]["code"].is_i64();
    message["jsonrpc"] == "2.0" && asks != answers
}

/// What a tool answered.
#[derive(Clone, Debug)]
pub struct ToolAnswer {
    pub result: Value,
}

impl ToolAnswer {
    /// Whether the tool failed.
    pub fn is_error(&self) -> bool {
        self.result["isError"] == true
    }

    /// The text of the answer.
    pub fn text(&self) -> String {
        let content = self.result["content"].as_array().cloned().unwrap_or_default();
        let texts = content.iter().filter_map(|block| block["text"].as_str());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The structured answer of a success.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(!self.is_error(), "the tool failed: {}", self.text());
        &self.result["structuredContent"]
    }
}

impl Bridge {
    /// Starts a bridge at a place, without a word to it.
    pub fn start(place: &Place) -> Self {
        Self::start_with(&mut place.goxe())
    }

    /// The same by a command that was changed.
    pub fn start_with(command: &mut Command) -> Self {
        Self::start_with_arguments(command, &[])
    }

    /// The same with more arguments.
    pub fn start_with_arguments(command: &mut Command, arguments: &[&str]) -> Self {
        let mut child = command
            .arg("mcp")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("goxe runs");
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut line = Vec::new();
            while output.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                if sender.send(Line::read(&line)).is_err() {
                    return;
                }
                line.clear();
            }
        });
        Bridge { child, input, lines, next_id: 1, notifications: Vec::new(), is_modern: false }
    }

    /// Starts a bridge and shakes hands, as clients of the legacy era do.
    pub fn legacy(place: &Place) -> Self {
        let mut bridge = Self::start(place);
        bridge.initialize();
        bridge
    }

    /// Starts a bridge and speaks to it as clients of the modern era do, without a handshake.
    pub fn modern(place: &Place) -> Self {
        let mut bridge = Self::start(place);
        bridge.is_modern = true;
        bridge.request("server/discover", json!({}));
        bridge
    }

    /// The handshake of the legacy era.
    pub fn initialize(&mut self) -> Value {
        self.initialize_as("tests")
    }

    /// The same by a client of this name.
    pub fn initialize_as(&mut self, name: &str) -> Value {
        let client = json!({ "name": name, "version": "1" });
        let params = json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client });
        let result = self.request("initialize", params);
        self.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        result
    }

    /// Speaks as clients of the modern era from now on.
    pub fn set_modern(&mut self) {
        self.is_modern = true;
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a message that is no request.
    pub fn write(&mut self, message: &Value) {
        self.write_raw(format!("{message}\n").as_bytes());
    }

    /// Sends any bytes.
    pub fn write_raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("its input is open");
        // A bridge that is gone is seen when its answer does not come.
        let _ = input.write_all(bytes);
    }

    /// Waits until this notification has come, and takes it.
    #[track_caller]
    pub fn notification(&mut self, method: &str, patience: Duration) -> Value {
        let end = Instant::now() + patience;
        loop {
            if let Some(at) = self.notifications.iter().position(|note| note["method"] == method) {
                return self.notifications.remove(at);
            }
            let left = end.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).expect("the notification does not come");
            self.notifications.push(line.message());
        }
    }

    /// Sends a request and returns its id.
    pub fn ask(&mut self, method: &str, mut params: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        if self.is_modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Waits for the answer to a request.
    #[track_caller]
    pub fn answer(&mut self, id: u64, patience: Duration) -> Value {
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left).map(Line::message) {
                Ok(message) if message["id"] == id => return message,
                Ok(message) => self.notifications.push(message),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("the bridge did not answer within {patience:?}")
                }
                Err(RecvTimeoutError::Disconnected) => panic!("the bridge ended"),
            }
        }
    }

    /// The next message, whatever it is.
    #[track_caller]
    pub fn next(&mut self, patience: Duration) -> Value {
        self.lines.recv_timeout(patience).expect("a message").message()
    }

    /// Sends a request and waits for its result.
    #[track_caller]
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        let answer = self.answer(id, PATIENCE);
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].clone()
    }

    /// Calls a tool that has its full time: the bridge itself gives up before this.
    #[track_caller]
    pub fn tool_in_trouble(&mut self, name: &str, arguments: Value) -> ToolAnswer {
        let id = self.ask("tools/call", json!({ "name": name, "arguments": arguments }));
        let answer = self.answer(id, 4 * PATIENCE);
        assert!(answer["error"].is_null(), "{name}: {}", answer["error"]);
        ToolAnswer { result: answer["result"].clone() }
    }

    /// Calls a tool, which may fail.
    #[track_caller]
    pub fn tool(&mut self, name: &str, arguments: Value) -> ToolAnswer {
        let params = json!({ "name": name, "arguments": arguments });
        ToolAnswer { result: self.request("tools/call", params) }
    }

    /// Ends its input, as a client that leaves does, and waits until it is gone.
    #[track_caller]
    pub fn leave(mut self) -> ExitStatus {
        self.input = None;
        self.wait()
    }

    /// Waits until it is gone, and reads the rest of its output, which nobody else may hold open.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let status = until("the bridge ends", PATIENCE, || {
            self.child.try_wait().expect("the bridge is our child")
        });
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.notifications.push(line.message()),
                Err(RecvTimeoutError::Disconnected) => return status,
                Err(RecvTimeoutError::Timeout) => panic!("somebody else holds its output"),
            }
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // Nothing more can be done for it here.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
