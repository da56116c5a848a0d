//! systemd and launchd: who owns the daemon of a data folder is only asked, never gone behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use goxe_config::{Choice, Environment, Paths};
use nix::unistd::geteuid;

use crate::manager::core::ServiceRequest;

/// Name of the unit that `goxe daemon install` writes.
const UNIT: &str = "goxe.service";

/// Name of the agent that `goxe daemon install` writes on macOS.
const AGENT: &str = "goxe.daemon";

/// Who runs the daemon of a data folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ServiceManager {
    /// A unit of the user's own systemd.
    SystemdUser {
        /// The unit's name.
        unit: String,
    },
    /// A unit of the system's systemd.
    Systemd {
        /// The unit's name.
        unit: String,
    },
    /// A job of launchd.
    Launchd {
        /// Domain and label, as `gui/501/goxe.daemon`.
        target: String,
    },
}

/// What is asked of a service manager.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Start it, unless it runs.
    Start,
    /// End what runs and start it.
    Restart,
    /// End what runs.
    Stop,
}

impl From<ServiceRequest> for Verb {
    fn from(request: ServiceRequest) -> Self {
        match request {
            ServiceRequest::Start => Self::Start,
            ServiceRequest::Restart => Self::Restart,
        }
    }
}

impl ServiceManager {
    /// The service manager that owns the daemon of these paths, if one does.
    pub fn find(paths: &Paths) -> Option<Self> {
        let environment = Environment::of_process();
        let home = environment.variable("HOME").map(PathBuf::from);
        if cfg!(target_os = "macos") {
            let uid = geteuid().as_raw();
            let file = format!("Library/LaunchAgents/{AGENT}.plist");
            if owns(&home?.join(file), paths, &environment) {
                return Some(Self::Launchd { target: format!("gui/{uid}/{AGENT}") });
            }
            return None;
        }
        let system = Path::new("/etc/systemd/system").join(UNIT);
        if Path::new("/run/systemd/system").exists() && owns(&system, paths, &environment) {
            return Some(Self::Systemd { unit: UNIT.to_owned() });
        }
        if !user_manager_answers() {
            return None;
        }
        let base = environment.variable("XDG_CONFIG_HOME").map(PathBuf::from);
        let base = base.or_else(|| Some(home?.join(".config")))?;
        owns(&base.join("systemd/user").join(UNIT), paths, &environment)
            .then(|| Self::SystemdUser { unit: UNIT.to_owned() })
    }

    /// Asks, and waits for the answer. Blocks.
    pub fn ask(&self, verb: Verb) -> Result<(), String> {
        let mut command = self.command(verb);
        let shown = format!("{command:?}").replace('"', "");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let output = command.output().map_err(|error| format!("`{shown}`: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        Err(format!("`{shown}` ended with {}: {said}", output.status))
    }

    fn command(&self, verb: Verb) -> Command {
        match self {
            Self::SystemdUser { unit } => {
                let mut command = Command::new("systemctl");
                command.args(["--user", "--no-ask-password", systemd_verb(verb), unit]);
                with_runtime_dir(&mut command);
                command
            }
            Self::Systemd { unit } => {
                let mut command = Command::new("systemctl");
                command.args(["--no-ask-password", systemd_verb(verb), unit]);
                command
            }
            Self::Launchd { target } => {
                let mut command = Command::new("launchctl");
                match verb {
                    Verb::Start => command.args(["kickstart", target]),
                    Verb::Restart => command.args(["kickstart", "-k", target]),
                    Verb::Stop => command.args(["kill", "TERM", target]),
                };
                command
            }
        }
    }
}

fn systemd_verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Start => "start",
        Verb::Restart => "restart",
        Verb::Stop => "stop",
    }
}

/// Whether a unit file exists and runs the daemon of this data folder: it names the folder, or names
/// none and the folder is the one that is meant then.
fn owns(file: &Path, paths: &Paths, environment: &Environment) -> bool {
    let Ok(text) = std::fs::read_to_string(file) else { return false };
    match named_data(&text) {
        Some(data) => Path::new(&data) == paths.data,
        None => {
            let mut plain = environment.clone();
            plain.variables.remove("GOXE_DATA");
            plain.variables.remove("GOXE_SOCKET");
            let choice =
                Choice { system: file.starts_with("/etc/systemd/system"), ..Choice::default() };
            Paths::resolve(&plain, &choice).is_ok_and(|usual| usual.data == paths.data)
        }
    }
}

/// The argument of `--data` in a unit or a property list.
fn named_data(text: &str) -> Option<String> {
    let (_, after) = text.split_once("--data")?;
    let after = after.trim_start_matches("</string>").trim_start();
    let after = after.strip_prefix('=').unwrap_or(after);
    let (ends, rest): (&[char], &str) =
        match (after.strip_prefix("<string>"), after.strip_prefix('"')) {
            (Some(rest), _) => (&['<'], rest),
            (None, Some(rest)) => (&['"', '\n'], rest),
            (None, None) => (&[' ', '\n'], after),
        };
    let data = rest.split(ends).next().unwrap_or(rest).trim_end();
    Some(data.to_owned()).filter(|data| !data.is_empty())
}

/// Whether the user's own systemd is there to be asked.
pub fn user_manager_answers() -> bool {
    let Some(runtime) = runtime_dir() else { return false };
    std::os::unix::net::UnixStream::connect(runtime.join("systemd/private")).is_ok()
}

/// MCP clients drop the variable that `systemctl --user` finds its manager by.
pub fn with_runtime_dir(command: &mut Command) {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none()
        && let Some(runtime) = runtime_dir()
    {
        command.env("XDG_RUNTIME_DIR", runtime);
    }
}

fn runtime_dir() -> Option<PathBuf> {
    if let Some(set) = std::env::var_os("XDG_RUNTIME_DIR").filter(|set| !set.is_empty()) {
        return Some(PathBuf::from(set));
    }
    let usual = PathBuf::from(format!("/run/user/{}", geteuid().as_raw()));
    usual.is_dir().then_some(usual)
}

#[cfg(test)]
mod tests {
    use super::named_data;

    #[test]
    fn the_data_folder_of_a_unit() {
        let unit = |line: &str| format!("[Service]\nExecStart={line}\nRestart=always\n");
        let check = |line: &str, expect: Option<&str>| {
            assert_eq!(named_data(&unit(line)).as_deref(), expect, "{line}");
        };
        check("/usr/bin/goxe daemon run", None);
        check("/usr/bin/goxe daemon run --data /srv/goxe", Some("/srv/goxe"));
        check("/usr/bin/goxe daemon run --data=/srv/goxe --json", Some("/srv/goxe"));
        check("/usr/bin/goxe daemon run --data \"/srv/my goxe\" -v", Some("/srv/my goxe"));
        let list = "<string>--data</string>\n  <string>/Users/a b/goxe</string>\n";
        assert_eq!(named_data(list).as_deref(), Some("/Users/a b/goxe"));
    }
}
