//! A small MCP client: JSON-RPC, one message a line, over the standard streams of a child process.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::failure::{Exit, Failure};

/// How long any answer may take: a start of the daemon and a long render included.
const PATIENCE: Duration = Duration::from_secs(120);
/// Messages of the server that may wait to be looked at.
const MESSAGES_MAX: usize = 1024;
/// What this client speaks; servers of later versions still serve it.
const PROTOCOL_VERSION: &str = "2025-06-18";

/// One session with an MCP server that runs as a child process.
#[derive(Debug)]
pub struct Mcp {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    last_id: u64,
    /// Answers that came before they were asked for.
    early: HashMap<u64, Value>,
}

/// What a tool returned.
#[derive(Debug)]
pub struct ToolAnswer {
    /// Its data, for programs.
    pub data: Value,
    /// Its words.
    pub text: String,
    /// Its picture, in base64.
    pub picture: Option<String>,
    /// Whether it says that it failed.
    pub is_error: bool,
}

impl Mcp {
    /// Starts a server.
    pub fn start(command: &mut Command) -> Result<Self, Failure> {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child =
            spawned.map_err(|error| broken(format!("it cannot be started: {error}")))?;
        let (sender, messages) = sync_channel(MESSAGES_MAX);
        if let Some(output) = child.stdout.take() {
            // It ends with the output, which ends with the child.
            thread::spawn(move || read(output, &sender));
        }
        let input = child.stdin.take();
        Ok(Mcp { child, input, messages, last_id: 0, early: HashMap::new() })
    }

    /// Opens the session and tells what the server says of itself.
    pub fn initialize(&mut self) -> Result<Value, Failure> {
        let params = json!({
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {},
            "clientInfo": { "name": "goxe-demo", "version": env!("CARGO_PKG_VERSION") },
        });
        let about = self.ask("initialize", &params)?;
        self.write(&line(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })))?;
        Ok(about)
    }

    /// Sends a request and waits for its result.
    pub fn ask(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        let id = self.send(method, params)?;
        self.wait(id)
    }

    /// Sends calls of a tool all at once, and does not wait.
    pub fn send_calls(&mut self, tool: &str, calls: &[Value]) -> Result<Vec<u64>, Failure> {
        let first = self.last_id + 1;
        let mut lines = String::new();
        for arguments in calls {
            self.last_id += 1;
            let params = json!({ "name": tool, "arguments": arguments });
            lines.push_str(&request(self.last_id, "tools/call", &params));
        }
        self.write(&lines)?;
        Ok((first..=self.last_id).collect())
    }

    /// Waits for the answer to a call that was sent.
    pub fn wait_call(&mut self, id: u64) -> Result<ToolAnswer, Failure> {
        Ok(ToolAnswer::new(&self.wait(id)?))
    }

    /// Calls a tool and waits; its failure is ours.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Result<ToolAnswer, Failure> {
        let id = self.send("tools/call", &json!({ "name": tool, "arguments": arguments }))?;
        let answer = self.wait_call(id)?;
        match answer.is_error {
            false => Ok(answer),
            true => Err(Failure::new(Exit::Failed, "tool", answer.text)),
        }
    }

    /// How many answers are here already that were not asked for yet.
    pub fn waiting(&mut self) -> Result<usize, Failure> {
        while let Ok(message) = self.messages.try_recv() {
            self.take(message)?;
        }
        Ok(self.early.len())
    }

    /// Ends the session as a client does, by closing the input, and waits for the server's end.
    pub fn close(mut self) -> Result<(), Failure> {
        self.input = None;
        let ended = self.child.wait().map_err(|error| broken(error.to_string()))?;
        match ended.success() {
            true => Ok(()),
            false => Err(broken(format!("it ended with {ended}"))),
        }
    }

    fn send(&mut self, method: &str, params: &Value) -> Result<u64, Failure> {
        self.last_id += 1;
        self.write(&request(self.last_id, method, params))?;
        Ok(self.last_id)
    }

    fn write(&mut self, lines: &str) -> Result<(), Failure> {
        let input = self.input.as_mut().ok_or_else(|| broken("the session is closed"))?;
        let written = input.write_all(lines.as_bytes()).and_then(|()| input.flush());
        written.map_err(|error| broken(format!("it reads no more: {error}")))
    }

    fn wait(&mut self, id: u64) -> Result<Value, Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = self.early.remove(&id) {
                return result(answer);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).map_err(|error| match error {
                RecvTimeoutError::Timeout => {
                    broken(format!("no answer came within {} s", PATIENCE.as_secs()))
                }
                RecvTimeoutError::Disconnected => broken("it has ended"),
            })?;
            self.take(message)?;
        }
    }

    fn take(&mut self, message: Value) -> Result<(), Failure> {
        match (message.get("method"), message.get("id")) {
            // A question of the server: this client can do nothing for it but live.
            (Some(method), Some(id)) if method == "ping" => {
                self.write(&line(&json!({ "jsonrpc": "2.0", "id": id, "result": {} })))
            }
            (Some(_), Some(id)) => {
                let error = json!({ "code": -32601, "message": "Method not found" });
                self.write(&line(&json!({ "jsonrpc": "2.0", "id": id, "error": error })))
            }
            (Some(_), None) => Ok(()),
            (None, id) => {
                let id = id.and_then(Value::as_u64);
                let id = id.ok_or_else(|| broken(format!("it answered to nothing: {message}")))?;
                self.early.insert(id, message);
                Ok(())
            }
        }
    }
}

impl Drop for Mcp {
    fn drop(&mut self) {
        // A server leaves when its input ends; after `close` it has left already.
        self.input = None;
        let _ = self.child.wait();
    }
}

impl ToolAnswer {
    fn new(result: &Value) -> Self {
        let blocks = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let member = |kind: &str, name: &str| {
            let block = blocks.iter().find(|block| block["type"] == kind)?;
            block[name].as_str().map(str::to_owned)
        };
        ToolAnswer {
            text: member("text", "text").unwrap_or_default(),
            picture: member("image", "data"),
            is_error: result["isError"] == true,
            data: result["structuredContent"].clone(),
        }
    }
}

fn read(output: ChildStdout, messages: &SyncSender<Value>) {
    for line in BufReader::new(output).lines() {
        let Ok(line) = line else { return };
        // A line that is no JSON is told as an answer to nothing.
        let message = serde_json::from_str(&line).unwrap_or_else(|_| json!({ "line": line }));
        if messages.send(message).is_err() {
            return;
        }
    }
}

fn request(id: u64, method: &str, params: &Value) -> String {
    line(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
}

fn line(message: &Value) -> String {
    format!("{message}\n")
}

fn result(mut answer: Value) -> Result<Value, Failure> {
    match answer.get("error") {
        None => Ok(answer["result"].take()),
        Some(error) => Err(broken(format!("it answered with an error: {error}"))),
    }
}

fn broken(what: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, "mcp", format!("the MCP server failed: {what}"))
        .hint("look at bridge.log in the demo's folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_answer_with_data_words_or_a_picture() {
        let data = ToolAnswer::new(&json!({
            "content": [{ "type": "text", "text": "{}" }],
            "structuredContent": { "done": true }, "isError": false,
        }));
        assert_eq!((data.data["done"].as_bool(), data.is_error), (Some(true), false));
        let picture = ToolAnswer::new(&json!({ "content": [
            { "type": "text", "text": "island" },
            { "type": "image", "data": "AAAA", "mimeType": "image/png" },
        ] }));
        assert_eq!((picture.text.as_str(), picture.picture.as_deref()), ("island", Some("AAAA")));
        let error = ToolAnswer::new(&json!({ "isError": true, "content": [] }));
        assert!(error.is_error && error.text.is_empty());
    }

    #[test]
    fn a_server_that_is_none_is_told_as_broken() {
        let mut mcp = Mcp::start(&mut Command::new("cat")).unwrap();
        // What comes back is our own request: a question that this client refuses, and no answer.
        mcp.send("initialize", &json!({})).unwrap();
        let echoed = mcp.messages.recv_timeout(PATIENCE).unwrap();
        mcp.take(echoed).unwrap();
        let refusal = mcp.messages.recv_timeout(PATIENCE).unwrap();
        assert_eq!(refusal["error"]["code"], -32601);
        mcp.take(refusal).unwrap();
        let failure = mcp.wait(1).unwrap_err();
        assert!(failure.message.contains("Method not found"), "{}", failure.message);
        mcp.close().unwrap();
        let ended = Mcp::start(&mut Command::new("true")).unwrap().initialize();
        assert_eq!(ended.unwrap_err().kind, "mcp");
    }
}
