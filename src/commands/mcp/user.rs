//! Whose MCP clients are meant: this user's, seen from the present folder.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use goxe_mcp_bridge::clients::Client;
use goxe_mcp_bridge::clients::place::{EntryPlace, Scope, Surroundings};

use crate::context::Context;
use crate::failure::{Exit, Failure};

/// The user's home and environment, and the present folder.
pub(super) struct User<'a> {
    context: &'a Context,
    home: PathBuf,
    project: PathBuf,
}

impl<'a> User<'a> {
    pub(super) fn of(context: &'a Context) -> Result<Self, Failure> {
        let environment = &context.environment;
        let home = environment.variable("HOME").map(PathBuf::from);
        let home = home.filter(|home| home.is_absolute()).or(environment.account_home.clone());
        let home = home.ok_or_else(|| {
            Failure::new(Exit::Usage, "home", "there is no home to find clients in")
                .hint("set HOME")
        })?;
        let project = std::env::current_dir().map_err(|error| {
            let message = format!("cannot tell the current folder: {error}");
            Failure::new(Exit::Failed, "io", message).hint("go into a folder that exists")
        })?;
        Ok(User { context, home, project })
    }

    pub(super) fn place(&self, client: Client, scope: Scope) -> Option<EntryPlace> {
        self.around(|around| client.place(scope, around))
    }

    /// Whether the client is installed, as far as one can tell: its program is found, or it has
    /// kept settings here.
    pub(super) fn has(&self, client: Client) -> bool {
        let search = self.context.environment.variable("PATH").map(OsString::from);
        let folders = search.iter().flat_map(std::env::split_paths);
        let is_program = |folder: PathBuf| {
            let found = fs::metadata(folder.join(client.program()));
            found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        folders.into_iter().any(is_program)
            || self.around(|around| client.folder(around)).is_dir()
            || self.place(client, Scope::User).is_some_and(|place| place.file.is_file())
    }

    /// A path as people write it.
    pub(super) fn short(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) => format!("~/{}", rest.display()),
            Err(_) => path.display().to_string(),
        }
    }

    fn around<T>(&self, run: impl FnOnce(&Surroundings<'_>) -> T) -> T {
        let variable =
            |name: &str| self.context.environment.variable(name).map(std::ffi::OsStr::to_owned);
        run(&Surroundings {
            home: &self.home,
            project: &self.project,
            is_mac: cfg!(target_os = "macos"),
            variable: &variable,
        })
    }
}
