//! Where each client keeps its servers, on Linux and macOS, and wherever the user's environment
//! says instead. Looks which files exist; reads and writes none.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{Client, NAME, merge};

/// For whom a server is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For the user, in every project.
    User,
    /// For everybody who works in this project: the file lies in it.
    Project,
    /// For the user, in this project alone; Claude Code knows that.
    Local,
}

/// Whose files, seen from where.
pub struct Surroundings<'a> {
    /// The user's home.
    pub home: &'a Path,
    /// The project's folder.
    pub project: &'a Path,
    /// Whether files lie as on macOS.
    pub is_mac: bool,
    /// A variable of the environment; none where it is empty.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
}

/// Where an entry goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPlace {
    /// The file; it need not exist.
    pub file: PathBuf,
    /// The tables in it that lead to the entry, and the entry's name.
    pub keys: Vec<String>,
}

impl Scope {
    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::User => "user",
            Scope::Project => "project",
            Scope::Local => "local",
        }
    }
}

impl Client {
    /// The scopes that the client knows, the usual one first.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Client::ClaudeCode => &[Scope::User, Scope::Project, Scope::Local],
            Client::ClaudeDesktop => &[Scope::User],
            Client::Codex
            | Client::Cursor
            | Client::GeminiCli
            | Client::OpenCode
            | Client::VsCode
            | Client::Zed => &[Scope::User, Scope::Project],
        }
    }

    /// Where its entry goes; none where the client does not know the scope.
    pub fn place(self, scope: Scope, around: &Surroundings<'_>) -> Option<EntryPlace> {
        if !self.scopes().contains(&scope) {
            return None;
        }
        let file = match scope {
            Scope::User | Scope::Local => self.user_file(around),
            Scope::Project => self.project_file(around),
        };
        let mut keys = vec![self.table().to_owned(), NAME.to_owned()];
        if scope == Scope::Local {
            let project = around.project.to_string_lossy().into_owned();
            keys.splice(0..0, ["projects".to_owned(), project]);
        }
        Some(EntryPlace { file, keys })
    }

    /// The folder that is there where the client was ever started.
    pub fn folder(self, around: &Surroundings<'_>) -> PathBuf {
        match self {
            // Its file lies in the home itself, which is always there.
            Client::ClaudeCode => {
                around.folder("CLAUDE_CONFIG_DIR").unwrap_or_else(|| around.home.join(".claude"))
            }
            Client::VsCode => around.support().join("Code"),
            _ => {
                let file = self.user_file(around);
                file.parent().map_or_else(|| around.home.to_owned(), Path::to_owned)
            }
        }
    }

    fn user_file(self, around: &Surroundings<'_>) -> PathBuf {
        match self {
            Client::ClaudeCode => match around.folder("CLAUDE_CONFIG_DIR") {
                Some(folder) => folder.join(".claude.json"),
                None => around.home.join(".claude.json"),
            },
            Client::ClaudeDesktop => {
                around.support().join("Claude").join("claude_desktop_config.json")
            }
            Client::Codex => {
                let folder = around.folder("CODEX_HOME");
                folder.unwrap_or_else(|| around.home.join(".codex")).join("config.toml")
            }
            Client::Cursor => around.home.join(".cursor/mcp.json"),
            Client::GeminiCli => {
                let home = around.folder("GEMINI_CLI_HOME");
                home.unwrap_or_else(|| around.home.to_owned()).join(".gemini/settings.json")
            }
            Client::OpenCode => match around.folder("OPENCODE_CONFIG") {
                Some(file) => file,
                None => {
                    let folder = around.folder("OPENCODE_CONFIG_DIR");
                    let folder = folder.unwrap_or_else(|| around.config().join("opencode"));
                    either(&folder, ["opencode.jsonc", "opencode.json"])
                }
            },
            Client::VsCode => around.support().join("Code/User/mcp.json"),
            Client::Zed => around.zed().join("settings.json"),
        }
    }

    fn project_file(self, around: &Surroundings<'_>) -> PathBuf {
        let project = around.project;
        match self {
            Client::ClaudeCode | Client::ClaudeDesktop => project.join(".mcp.json"),
            Client::Codex => project.join(".codex/config.toml"),
            Client::Cursor => project.join(".cursor/mcp.json"),
            Client::GeminiCli => project.join(".gemini/settings.json"),
            Client::OpenCode => either(project, ["opencode.jsonc", "opencode.json"]),
            Client::VsCode => project.join(".vscode/mcp.json"),
            Client::Zed => project.join(".zed/settings.json"),
        }
    }
}

impl EntryPlace {
    /// The keys as this very file has them: OpenCode's second form has its servers one table deeper.
    pub fn keys_in(&self, client: Client, text: &str) -> Vec<String> {
        let mut keys = self.keys.clone();
        let deeper = ["mcp".to_owned(), "servers".to_owned()];
        if client == Client::OpenCode
            && let Ok(Some(found)) = merge::read(client.form(), text, &deeper)
            && found.is_object()
            && found.get("type").is_none()
        {
            keys.insert(1, "servers".to_owned());
        }
        keys
    }
}

impl Surroundings<'_> {
    /// A folder or file that the environment names; one that is relative means nothing to others.
    fn folder(&self, name: &str) -> Option<PathBuf> {
        (self.variable)(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// Where programs that follow the desktop's rules keep their settings.
    fn config(&self) -> PathBuf {
        self.folder("XDG_CONFIG_HOME").unwrap_or_else(|| self.home.join(".config"))
    }

    /// Where desktop applications keep theirs.
    fn support(&self) -> PathBuf {
        match self.is_mac {
            true => self.home.join("Library/Application Support"),
            false => self.config(),
        }
    }

    fn zed(&self) -> PathBuf {
        match self.is_mac {
            true => self.home.join(".config/zed"),
            false => {
                let inside = self.folder("FLATPAK_XDG_CONFIG_HOME");
                inside.unwrap_or_else(|| self.config()).join("zed")
            }
        }
    }
}

/// The first of these files that exists, else the last one.
fn either(folder: &Path, names: [&str; 2]) -> PathBuf {
    let [first, last] = names.map(|name| folder.join(name));
    if first.is_file() { first } else { last }
}

#[cfg(test)]
mod tests;
