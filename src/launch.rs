//! How somebody else starts `goxe mcp` so that it reaches the daemon that is meant here.

use goxe_config::{Environment, Paths};
use goxe_mcp_bridge::clients::{self, CLIENTS, Client, Entry};

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
}

impl Launch {
    /// This program, with the choices that this command was given.
    pub fn of(context: &Context) -> Result<Self, Failure> {
        let exe = std::env::current_exe().map_err(|error| {
            Failure::new(Exit::Failed, "io", format!("cannot tell where goxe lies: {error}"))
        })?;
        let paths = context.paths()?;
        let mut arguments = vec!["mcp".to_owned()];
        let mut pass = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
        if is_chosen(context, &paths) {
            pass("--data", paths.data.display().to_string());
        }
        let variable = |name: &str| context.environment.variable(name).is_some();
        if context.choice.socket.is_some() || variable("GOXE_SOCKET") {
            pass("--socket", paths.socket.display().to_string());
        }
        if context.choice.config.is_some() || variable("GOXE_CONFIG") {
            pass("--config", paths.config_file.display().to_string());
        }
        for pair in context.set() {
            pass("--set", pair.clone());
        }
        if context.choice.system {
            arguments.push("--system".to_owned());
        }
        Ok(Launch { exe: exe.display().to_string(), arguments })
    }

    /// What tells a client of it.
    pub fn entry(&self, client: Client) -> Entry {
        let launch =
            clients::Launch { exe: &self.exe, arguments: &self.arguments, environment: &[] };
        client.entry(launch)
    }
}

/// The entries of all clients, each below its name and its place.
pub fn all(launch: &Launch) -> String {
    let section = |client: Client| {
        let entry = launch.entry(client);
        let head = format!("{}  {}", paint(BOLD, client.name()), paint(DIM, entry.place));
        format!("{head}\n{}", entry.text)
    };
    CLIENTS.map(section).join("\n")
}

/// Whether a client with its scrubbed environment would find another data folder than we do.
fn is_chosen(context: &Context, paths: &Paths) -> bool {
    let environment = Environment::clone(&context.environment);
    let mut scrubbed = Environment { folders: Default::default(), ..environment };
    scrubbed.variables.retain(|name, _| KEPT.contains(&name.as_str()));
    let mut choice = context.choice.clone();
    choice.data = None;
    match Paths::resolve(&scrubbed, &choice) {
        Ok(found) => found.data != paths.data,
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::args::Color;
    use crate::output::Output;

    #[test]
    fn a_chosen_folder_is_passed_on() {
        let output = Output::new(false, Color::Never);
        let context = Context::for_folder(Path::new("/data"), Path::new("/data/goxe.toml"), output);
        let launch = Launch::of(&context).unwrap();
        let wanted = ["mcp", "--data", "/data", "--config", "/data/goxe.toml"];
        assert_eq!(launch.arguments, wanted);
        assert!(launch.entry(Client::Codex).text.contains("\"--data\""));
    }
}
