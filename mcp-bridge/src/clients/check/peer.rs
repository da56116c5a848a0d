//! A server as a child process, from its client's side: lines of JSON-RPC over its standard streams.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read, Write as _},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Plan, short};

/// Lines of the server that may wait to be looked at.
const LINES_MAX: usize = 1_024;
/// How much of a line is read.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// How much of what it writes to standard error is kept.
const ERRORS_BYTES_MAX: usize = 4 << 10;
/// How long is listened to a server that is gone.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How often is looked whether the server has ended.
const LOOK: Duration = Duration::from_millis(2);

/// Why a server cannot be talked to.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It was not started.
    #[error("it cannot be started: {0}")]
    Spawn(String),
    /// It is gone.
    #[error("it ended{}{}", .status.map(|status| format!(" ({status})")).unwrap_or_default(), said(.errors))]
    Ended {
        /// How it ended, where that is known.
        status: Option<ExitStatus>,
        /// The end of what it wrote to standard error.
        errors: String,
    },
    /// It does not answer.
    #[error("no answer to {what} within {} s{}", .after.as_secs(), said(.errors))]
    Silent {
        /// What was asked.
        what: String,
        /// How long was waited.
        after: Duration,
        /// The end of what it wrote to standard error.
        errors: String,
    },
    /// It answered with an error.
    #[error("{0}")]
    Refused(String),
}

fn said(errors: &str) -> String {
    if errors.is_empty() { String::new() } else { format!("; it says: {}", short(errors)) }
}

/// A running server.
pub(super) struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    errors: Arc<Mutex<Vec<u8>>>,
    /// Closed once all of them are there.
    errors_end: Receiver<()>,
    last_id: u64,
    early: HashMap<u64, (Value, usize)>,
    meta: Option<Value>,
    /// The first thing on standard output that is no message.
    pub(super) noise: Option<String>,
    /// When it was started.
    pub(super) begun: Instant,
}

impl Peer {
    /// Starts the server as a client would. With `meta`, every request carries it.
    pub(super) fn start(plan: &Plan, meta: Option<Value>) -> Result<Self, Trouble> {
        let (program, arguments) = plan
            .started
            .command
            .split_first()
            .ok_or_else(|| Trouble::Spawn("no command".into()))?;
        let begun = Instant::now();
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(plan.environment.iter().map(|(name, value)| (name, value)))
            .envs(plan.started.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&plan.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Trouble::Spawn(error.to_string()))?;
        let (sender, lines) = sync_channel(LINES_MAX);
        let errors = Arc::<Mutex<Vec<u8>>>::default();
        // Both end with the stream, which ends with the server.
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || read_lines(output, &sender));
        }
        let (end, errors_end) = sync_channel(0);
        if let Some(stderr) = child.stderr.take() {
            let errors = Arc::clone(&errors);
            thread::spawn(move || {
                read_errors(stderr, &errors);
                drop(end);
            });
        }
        let input = child.stdin.take();
        let (last_id, early, noise) = (0, HashMap::new(), None);
        Ok(Peer { child, input, lines, errors, errors_end, last_id, early, meta, noise, begun })
    }

    /// Sends a request and waits for its result, and for its size.
    pub(super) fn ask(
        &mut self,
        method: &str,
        params: Value,
        most: Duration,
    ) -> Result<(Value, usize), Trouble> {
        let id = self.send(method, params)?;
        self.wait(id, method, most)
    }

    /// Calls a tool and waits for its result.
    pub(super) fn call(
        &mut self,
        tool: &str,
        arguments: &Value,
        most: Duration,
    ) -> Result<(Value, usize), Trouble> {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments }), most)
    }

    /// Sends a request and does not wait.
    pub(super) fn send(&mut self, method: &str, mut params: Value) -> Result<u64, Trouble> {
        self.last_id += 1;
        let id = self.last_id;
        if let Some(meta) = &self.meta {
            params["_meta"] = meta.clone();
        }
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        Ok(id)
    }

    /// Sends a notification.
    pub(super) fn tell(&mut self, method: &str, params: &Value) -> Result<(), Trouble> {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    /// Waits for the answer to a request.
    pub(super) fn wait(
        &mut self,
        id: u64,
        what: &str,
        most: Duration,
    ) -> Result<(Value, usize), Trouble> {
        let deadline = Instant::now() + most;
        loop {
            if let Some((answer, bytes)) = self.early.remove(&id) {
                return match answer.get("error") {
                    None => Ok((answer["result"].clone(), bytes)),
                    Some(error) => {
                        let told = error["message"].as_str().unwrap_or("an error without words");
                        Err(Trouble::Refused(format!("{what} is refused: {}", short(told))))
                    }
                };
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.take(&line),
                Err(RecvTimeoutError::Timeout) => {
                    let errors = self.errors();
                    return Err(Trouble::Silent { what: what.to_owned(), after: most, errors });
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
            }
        }
    }

    /// Whether an answer to this request has come.
    pub(super) fn has_answer(&mut self, id: u64) -> bool {
        while let Ok(line) = self.lines.try_recv() {
            self.take(&line);
        }
        self.early.contains_key(&id)
    }

    /// Ends its input, as a client that leaves does, and waits for its end, at most so long.
    pub(super) fn leave(
        mut self,
        most: Duration,
    ) -> (Option<ExitStatus>, Duration, Option<String>) {
        let begun = Instant::now();
        self.input = None;
        let status = self.wait_end(most);
        let took = begun.elapsed();
        while let Ok(line) = self.lines.try_recv() {
            self.take(&line);
        }
        (status, took, self.noise.take())
    }

    fn wait_end(&mut self, most: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + most;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => {
                    // sleep: a child's end is an event to nobody but a blocking wait without an end.
                    thread::sleep(LOOK);
                }
                Ok(None) | Err(_) => return None,
            }
        }
    }

    fn write(&mut self, message: &Value) -> Result<(), Trouble> {
        let line = format!("{message}\n");
        let written = match &mut self.input {
            Some(input) => input.write_all(line.as_bytes()).and_then(|()| input.flush()),
            None => Ok(()),
        };
        written.map_err(|_| self.ended())
    }

    fn take(&mut self, line: &[u8]) {
        let message: Option<Value> = serde_json::from_slice(line).ok();
        match message {
            Some(message) if message["jsonrpc"] == "2.0" => {
                let is_answer = message.get("method").is_none();
                if let Some(id) = message["id"].as_u64().filter(|_| is_answer) {
                    self.early.insert(id, (message, line.len()));
                }
            }
            _ if self.noise.is_none() => {
                self.noise = Some(short(&String::from_utf8_lossy(line)));
            }
            _ => {}
        }
    }

    fn ended(&mut self) -> Trouble {
        let status = self.wait_end(Duration::from_secs(2));
        // What it wrote before may explain why; a child of its own may hold the stream open.
        while let Ok(line) = self.lines.recv_timeout(LAST_WORDS) {
            self.take(&line);
        }
        // Its end is what is waited for, and nothing is ever sent.
        let _ = self.errors_end.recv_timeout(LAST_WORDS);
        Trouble::Ended { status, errors: self.errors() }
    }

    /// The end of what it wrote to standard error.
    fn errors(&self) -> String {
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&errors).trim().to_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // It had its time; nothing more can be done for it here.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn read_lines(output: impl Read, sender: &SyncSender<Vec<u8>>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        match output.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.trim_ascii().is_empty() => {}
            Ok(_) if sender.send(line).is_err() => return,
            Ok(_) => {}
        }
    }
}

fn read_errors(mut stderr: impl Read, errors: &Mutex<Vec<u8>>) {
    let mut part = [0; 1_024];
    while let Ok(bytes) = stderr.read(&mut part) {
        if bytes == 0 {
            return;
        }
        let mut kept = errors.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(part.get(..bytes).unwrap_or_default());
        let over = kept.len().saturating_sub(ERRORS_BYTES_MAX);
        kept.drain(..over);
    }
}
