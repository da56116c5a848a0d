//! How each MCP client is told about the server: the text of its entry, and where it goes.
//!
//! Pure: nothing is read or written. Clients start a server with a scrubbed environment and not
//! from the user's shell, so the executable is named by its whole path, and what the server needs
//! of the environment is named too.

use serde_json::{Map, Value, json};

/// The server's name in every client.
const NAME: &str = "goxe";
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

/// What to write, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The text, with a new line at its end. It is a whole file; in a file that exists, the inner
    /// part goes beside what is there.
    pub text: String,
    /// The file, or the files to choose from.
    pub place: &'static str,
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

    /// The client's entry for a server.
    pub fn entry(self, launch: Launch<'_>) -> Entry {
        Entry { text: self.text(launch), place: self.place() }
    }

    const fn place(self) -> &'static str {
        match self {
            Client::ClaudeCode => ".mcp.json in the project, or \"mcpServers\" of ~/.claude.json",
            Client::ClaudeDesktop => {
                "~/.config/Claude/claude_desktop_config.json; on macOS \
                 ~/Library/Application Support/Claude/claude_desktop_config.json"
            }
            Client::Codex => "~/.codex/config.toml, or .codex/config.toml in a trusted project",
            Client::Cursor => "~/.cursor/mcp.json, or .cursor/mcp.json in the project",
            Client::GeminiCli => "~/.gemini/settings.json, or .gemini/settings.json in the project",
            Client::OpenCode => {
                "~/.config/opencode/opencode.json, or opencode.json in the project \
                 (version 2: below \"mcp\": { \"servers\": ... })"
            }
            Client::VsCode => ".vscode/mcp.json in the project",
            Client::Zed => "~/.config/zed/settings.json",
        }
    }

    fn text(self, launch: Launch<'_>) -> String {
        let seconds = CALL_SECONDS;
        let server = match self {
            Client::Codex => return toml(launch),
            Client::ClaudeDesktop | Client::Cursor => plain(launch, &[]),
            Client::ClaudeCode => {
                let timeout = json!(seconds * 1000);
                plain(launch, &[("type", json!("stdio")), ("timeout", timeout)])
            }
            Client::VsCode => plain(launch, &[("type", json!("stdio"))]),
            Client::GeminiCli => plain(launch, &[("timeout", json!(seconds * 1000))]),
            Client::Zed => plain(launch, &[("source", json!("custom"))]),
            Client::OpenCode => {
                let command: Vec<&str> = [launch.exe]
                    .into_iter()
                    .chain(launch.arguments.iter().map(String::as_str))
                    .collect();
                json!({
                    "type": "local",
                    "command": command,
                    "environment": environment(launch),
                    "enabled": true,
                    "timeout": seconds * 1000,
                })
            }
        };
        let key = match self {
            Client::OpenCode => "mcp",
            Client::VsCode => "servers",
            Client::Zed => "context_servers",
            Client::ClaudeCode
            | Client::ClaudeDesktop
            | Client::Codex
            | Client::Cursor
            | Client::GeminiCli => "mcpServers",
        };
        format!("{:#}\n", json!({ key: { NAME: server } }))
    }
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

fn toml(launch: Launch<'_>) -> String {
    let arguments: Vec<String> = launch.arguments.iter().map(|word| toml_text(word)).collect();
    let mut text = format!(
        "[mcp_servers.{NAME}]\ncommand = {}\nargs = [{}]\ntool_timeout_sec = {CALL_SECONDS}\n",
        toml_text(launch.exe),
        arguments.join(", "),
    );
    if !launch.environment.is_empty() {
        text.push_str(&format!("\n[mcp_servers.{NAME}.env]\n"));
        for (name, value) in launch.environment {
            text.push_str(&format!("{} = {}\n", toml_text(name), toml_text(value)));
        }
    }
    text
}

/// A TOML string is written as a JSON string, but for DEL, which JSON lets stand.
fn toml_text(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests;
