//! How somebody else starts `goxe mcp` so that it reaches the daemon that is meant here.

use std::path::PathBuf;

use goxe_config::load::SHORT;
use goxe_config::{Environment, Paths, executable, sections};
use goxe_mcp_bridge::clients::{self, CLIENTS, Client};
use serde_json::Value;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{BOLD, DIM, paint};

/// Variables that MCP clients leave a server.
const KEPT: [&str; 3] = ["HOME", "PATH", "USER"];

/// A program and its arguments.
#[derive(Debug)]
pub struct Launch {
    exe: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Launch {
    /// This program, with the choices that this command was given.
    pub fn of(context: &Context) -> Result<Self, Failure> {
        let exe = executable::stable_path().map_err(|error| {
            Failure::new(Exit::Failed, "io", format!("cannot tell where goxe lies: {error}"))
                .hint("install goxe where it shall stay, and call it by that path")
        })?;
        let exe = exe.to_str().map(str::to_owned).ok_or_else(|| {
            let message = format!("{} is no text that a client could be told", exe.display());
            Failure::new(Exit::Failed, "path", message).hint("install goxe at another path")
        })?;
        let paths = context.paths()?;
        let scrubbed = scrubbed(context);
        let differs = |path: fn(&Paths) -> &PathBuf| {
            scrubbed.as_ref().is_none_or(|found| path(found) != path(&paths))
        };
        let mut arguments = vec!["mcp".to_owned()];
        let mut pass = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
        if differs(|paths| &paths.data) {
            pass("--data", paths.data.display().to_string());
        }
        let variable = |name: &str| context.environment.variable(name).is_some();
        if context.choice.socket.is_some() || variable("GOXE_SOCKET") {
            pass("--socket", paths.socket.display().to_string());
        }
        let moved = differs(|paths| &paths.config_file) && paths.config_file.exists();
        if context.choice.config.is_some() || variable("GOXE_CONFIG") || moved {
            pass("--config", paths.config_file.display().to_string());
        }
        for pair in context.set() {
            pass("--set", pair.clone());
        }
        if context.choice.system {
            arguments.push("--system".to_owned());
        }
        Ok(Launch { exe, arguments, environment: kept(&context.environment) })
    }

    /// What tells a client of it.
    pub fn entry(&self, client: Client) -> Value {
        client.entry(self.borrowed())
    }

    /// The same as a whole file.
    pub fn text(&self, client: Client) -> String {
        client.text(self.borrowed())
    }

    /// The program and its arguments.
    pub fn command(&self) -> Vec<String> {
        [vec![self.exe.clone()], self.arguments.clone()].concat()
    }

    /// What is added to its environment.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    fn borrowed(&self) -> clients::Launch<'_> {
        let (arguments, environment) = (&self.arguments, &self.environment);
        clients::Launch { exe: &self.exe, arguments, environment }
    }
}

/// The entries of all clients, each below its name.
pub fn all(launch: &Launch) -> String {
    let section = |client: Client| {
        let head = format!("{}  {}", paint(BOLD, client.name()), paint(DIM, client.title()));
        format!("{head}\n{}", launch.text(client))
    };
    CLIENTS.map(section).join("\n")
}

/// The files that a client with its scrubbed environment would find; none if it would find none.
fn scrubbed(context: &Context) -> Option<Paths> {
    let environment = Environment::clone(&context.environment);
    let mut scrubbed = Environment { folders: Default::default(), ..environment };
    scrubbed.variables.retain(|name, _| KEPT.contains(&name.as_str()));
    let mut choice = context.choice.clone();
    (choice.data, choice.config) = (None, None);
    Paths::resolve(&scrubbed, &choice).ok()
}

/// Keys of the configuration that this environment sets, and that a client would not pass on. The
/// socket has a flag.
fn kept(environment: &Environment) -> Vec<(String, String)> {
    let keys = sections::keys().map(|key| key.variable());
    let short = SHORT.iter().map(|(name, _)| (*name).to_owned());
    let is_flag = |name: &String| ["GOXE_SOCKET", "GOXE_SOCKET_PATH"].contains(&name.as_str());
    let names = keys.chain(short).filter(|name| !is_flag(name));
    names
        .filter_map(|name| {
            let value = environment.variable(&name)?.to_str()?.to_owned();
            Some((name, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::args::Color;
    use crate::context;
    use crate::output::Output;

    #[test]
    fn a_chosen_folder_is_passed_on() {
        let output = Output::new(false, Color::Never);
        let context = Context::for_folder(Path::new("/data"), Path::new("/data/goxe.toml"), output);
        let launch = Launch::of(&context).unwrap();
        let wanted = ["mcp", "--data", "/data", "--config", "/data/goxe.toml"];
        assert_eq!(launch.arguments, wanted);
        assert!(launch.text(Client::Codex).contains("\"--data\""));
        assert!(launch.environment.is_empty(), "nothing of this process's own");
    }

    #[test]
    fn settings_of_the_shell_are_passed_on() {
        let output = Output::new(false, Color::Never);
        let mut context =
            Context::for_folder(Path::new("/data"), Path::new("/data/goxe.toml"), output);
        let mut environment = Environment::clone(&context.environment);
        for (name, value) in [("GOXE_LOG_LEVEL", "debug"), ("GOXE_TOKEN", "secret")] {
            environment.variables.insert(name.to_owned(), value.into());
        }
        context.environment = context::late(|| environment);
        let launch = Launch::of(&context).unwrap();
        assert_eq!(launch.environment, [("GOXE_LOG_LEVEL".to_owned(), "debug".to_owned())]);
        assert_eq!(launch.entry(Client::Zed)["env"]["GOXE_LOG_LEVEL"], "debug");
    }
}
