//! How each MCP client is told about the server: its entry, the file that it goes into, and the
//! change of that file which touches nothing else.
//!
//! Clients start a server with a scrubbed environment and not from the user's shell, so the
//! executable is named by its whole path, and what the server needs of the environment is named
//! too. Files are read and written by who calls; [`place`] only looks which of them exist.

pub mod check;
pub mod merge;
pub mod place;

use std::time::Duration;

use serde_json::{Map, Value, json};

/// The server's name in every client.
pub const NAME: &str = "goxe";
/// How long a client shall wait for a call, in seconds: long renders and exports, and the start
/// of a daemon that reads its journal back. Some clients wait for 30 or 60 seconds otherwise.
const CALL_SECONDS: u64 = 300;

/// An MCP client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Claude Code.
    ClaudeCode,
    /// Claude Desktop.
    ClaudeDesktop,
    /// Codex: command line, editor extension, application.
    Codex,
    /// Cursor.
    Cursor,
    /// Gemini CLI.
    GeminiCli,
    /// OpenCode.
    OpenCode,
    /// Visual Studio Code.
    VsCode,
    /// Zed.
    Zed,
}

/// Every client, in the order of a list.
pub const CLIENTS: [Client; 8] = [
    Client::ClaudeCode,
    Client::ClaudeDesktop,
    Client::Codex,
    Client::Cursor,
    Client::GeminiCli,
    Client::OpenCode,
    Client::VsCode,
    Client::Zed,
];

/// How the server is started.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The whole path of the executable.
    pub exe: &'a str,
    /// Its arguments.
    pub arguments: &'a [String],
    /// What it needs of the environment.
    pub environment: &'a [(String, String)],
}

impl Client {
    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Client::ClaudeCode => "claude-code",
            Client::ClaudeDesktop => "claude-desktop",
            Client::Codex => "codex",
            Client::Cursor => "cursor",
            Client::GeminiCli => "gemini-cli",
            Client::OpenCode => "opencode",
            Client::VsCode => "vscode",
            Client::Zed => "zed",
        }
    }

    /// The client of this name.
    pub fn named(name: &str) -> Option<Self> {
        CLIENTS.into_iter().find(|client| client.name() == name)
    }

    /// The name that people know it by.
    pub const fn title(self) -> &'static str {
        match self {
            Client::ClaudeCode => "Claude Code",
            Client::ClaudeDesktop => "Claude Desktop",
            Client::Codex => "Codex",
            Client::Cursor => "Cursor",
            Client::GeminiCli => "Gemini CLI",
            Client::OpenCode => "OpenCode",
            Client::VsCode => "VS Code",
            Client::Zed => "Zed",
        }
    }

    /// The program that is on the search path where the client is installed.
    pub const fn program(self) -> &'static str {
        match self {
            Client::ClaudeCode => "claude",
            Client::ClaudeDesktop => "claude-desktop",
            Client::Codex => "codex",
            Client::Cursor => "cursor",
            Client::GeminiCli => "gemini",
            Client::OpenCode => "opencode",
            Client::VsCode => "code",
            Client::Zed => "zed",
        }
    }

    /// What has to happen until the client knows of a change of its file.
    pub const fn notice(self) -> &'static str {
        match self {
            Client::ClaudeCode => "start a new session of Claude Code; /mcp shows the server",
            Client::ClaudeDesktop => "quit Claude Desktop and start it again",
            Client::Codex => "start a new session of Codex; /mcp shows the server",
            Client::Cursor => "switch the server on in Cursor's settings, below MCP",
            Client::GeminiCli => "start Gemini CLI again; /mcp shows the server",
            Client::OpenCode => "start OpenCode again; `opencode mcp list` shows the server",
            Client::VsCode => "start the server in VS Code: `MCP: List Servers`",
            Client::Zed => "Zed starts the server at once; the agent panel's settings show it",
        }
    }

    /// How long the client waits for a server to begin, before it does without.
    pub const fn start_max(self) -> Duration {
        Duration::from_secs(match self {
            Client::Codex => 10,
            Client::OpenCode => 5,
            Client::ClaudeCode => 30,
            Client::ClaudeDesktop
            | Client::Cursor
            | Client::GeminiCli
            | Client::VsCode
            | Client::Zed => 60,
        })
    }

    /// The form of the client's file.
    pub const fn form(self) -> merge::Form {
        match self {
            Client::Codex => merge::Form::Toml,
            _ => merge::Form::Json,
        }
    }

    /// The table of servers in a file of its own.
    const fn table(self) -> &'static str {
        match self {
            Client::Codex => "mcp_servers",
            Client::OpenCode => "mcp",
            Client::VsCode => "servers",
            Client::Zed => "context_servers",
            Client::ClaudeCode | Client::ClaudeDesktop | Client::Cursor | Client::GeminiCli => {
                "mcpServers"
            }
        }
    }

    /// The entry for a server as a whole file that holds nothing else.
    pub fn text(self, launch: Launch<'_>) -> String {
        let keys = [self.table().to_owned(), NAME.to_owned()];
        merge::set(self.form(), "", &keys, &self.entry(launch))
            .map(|merged| merged.text)
            .expect("an empty file is in order")
    }

    /// The client's entry for a server.
    pub fn entry(self, launch: Launch<'_>) -> Value {
        let milliseconds = json!(CALL_SECONDS * 1000);
        match self {
            Client::ClaudeDesktop | Client::Cursor => plain(launch, &[]),
            Client::ClaudeCode => {
                plain(launch, &[("type", json!("stdio")), ("timeout", milliseconds)])
            }
            Client::Codex => plain(launch, &[("tool_timeout_sec", json!(CALL_SECONDS))]),
            Client::VsCode => plain(launch, &[("type", json!("stdio"))]),
            Client::GeminiCli => plain(launch, &[("timeout", milliseconds)]),
            Client::Zed => plain(launch, &[("source", json!("custom"))]),
            Client::OpenCode => {
                let words = [launch.exe].into_iter();
                let command: Vec<&str> =
                    words.chain(launch.arguments.iter().map(String::as_str)).collect();
                json!({
                    "type": "local",
                    "command": command,
                    "environment": environment(launch),
                    "enabled": true,
                    "timeout": milliseconds,
                })
            }
        }
    }

    /// What an entry makes the client start.
    pub fn started(self, entry: &Value) -> Option<Started> {
        let words = |value: &Value| serde_json::from_value::<Vec<String>>(value.clone()).ok();
        let command = match self {
            Client::OpenCode => words(&entry["command"])?,
            // Older versions of Zed have path and arguments one level deeper.
            Client::Zed if entry["command"].is_object() => {
                let inner = &entry["command"];
                let path = inner["path"].as_str()?.to_owned();
                [vec![path], words(&inner["args"]).unwrap_or_default()].concat()
            }
            _ => {
                let path = entry["command"].as_str()?.to_owned();
                [vec![path], words(&entry["args"]).unwrap_or_default()].concat()
            }
        };
        let environment = match self {
            Client::OpenCode => &entry["environment"],
            _ => &entry["env"],
        };
        let environment = environment.as_object().into_iter().flatten();
        let environment = environment
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        let enabled = entry["enabled"] != false && entry["disabled"] != true;
        let is_whole = command.first().is_some_and(|path| !path.is_empty());
        is_whole.then_some(Started { command, environment, enabled })
    }
}

/// What a client starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What is added to its environment.
    pub environment: Vec<(String, String)>,
    /// Whether the client starts it at all.
    pub enabled: bool,
}

/// The entry as most clients want it.
fn plain(launch: Launch<'_>, more: &[(&str, Value)]) -> Value {
    let mut server = json!({
        "command": launch.exe,
        "args": launch.arguments,
        "env": environment(launch),
    });
    for (name, value) in more {
        server[*name] = value.clone();
    }
    server
}

fn environment(launch: Launch<'_>) -> Map<String, Value> {
    launch.environment.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

#[cfg(test)]
mod tests;
