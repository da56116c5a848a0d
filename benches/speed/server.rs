//! The servers that are measured, each a process of its own: the daemon, and the limit beside it.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use goxe_protocol::blocking::{Blocking, Options};
use goxe_protocol::client::ClientLimits;
use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Outcome;
use crate::limit::Reply;
use crate::machine::to_pid;

/// The program that is measured, unless `GOXE_BIN` names another build of it.
const GOXE: &str = env!("CARGO_BIN_EXE_goxe");
/// How long anything may take that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that serves a socket, in a folder that vanishes with it.
pub struct Server {
    child: Child,
    folder: TempDir,
    socket: PathBuf,
    data: PathBuf,
}

impl Server {
    /// The limit, which answers frames with `reply`.
    pub fn limit(reply: Reply) -> Outcome<Self> {
        let server = Self::spawn_limit(reply)?;
        wait(|| UnixStream::connect(&server.socket).ok())?;
        Ok(server)
    }

    /// The same, not waited for.
    pub fn spawn_limit(reply: Reply) -> Outcome<Self> {
        let folder = folder()?;
        let socket = folder.path().join("limit.sock");
        let child = Command::new(std::env::current_exe()?)
            .args(["role", "limit"])
            .arg(&socket)
            .arg(reply.argument())
            .stdin(Stdio::null())
            .spawn()?;
        let data = folder.path().to_owned();
        Ok(Self { child, folder, socket, data })
    }

    /// The daemon on a data folder of its own, with these keys of the configuration.
    pub fn daemon(settings: &[(&str, &str)]) -> Outcome<Self> {
        let folder = folder()?;
        let data = folder.path().join("data");
        Self::ready(Self::spawn(folder, &data, settings)?)
    }

    /// The same with its data elsewhere.
    pub fn daemon_on(data: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::ready(Self::spawn(folder()?, data, settings)?)
    }

    /// The daemon, not waited for.
    pub fn spawn_daemon() -> Outcome<Self> {
        let folder = folder()?;
        let data = folder.path().join("data");
        Self::spawn(folder, &data, &[])
    }

    fn spawn(folder: TempDir, data: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        let socket = folder.path().join("goxe.sock");
        let mut command = goxe(folder.path(), data);
        for (key, value) in settings {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        let child = command.args(["daemon", "run"]).stdin(Stdio::null()).spawn()?;
        Ok(Self { child, folder, socket, data: data.to_owned() })
    }

    fn ready(self) -> Outcome<Self> {
        wait(|| {
            let status = self.client().ok()?.call("system.status", &json!({})).ok()?;
            (status["state"] == "ready").then_some(())
        })?;
        Ok(self)
    }

    /// The program, as a client of this daemon.
    pub fn goxe(&self) -> Command {
        goxe(self.folder.path(), &self.data)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// A client of it, if it is a daemon.
    pub fn client(&self) -> Outcome<Client> {
        Client::connect(&self.socket)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill(to_pid(self.pid()), Signal::SIGTERM);
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            // sleep: an end that is waited for with a limit.
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("goxe-bench-").tempdir()
}

/// The program in an environment that nobody else has.
fn goxe(home: &Path, data: &Path) -> Command {
    let program = std::env::var_os("GOXE_BIN").unwrap_or_else(|| GOXE.into());
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .arg("--data")
        .arg(data)
        .arg("--socket")
        .arg(home.join("goxe.sock"));
    command
}

/// Asks again until there is something, which is how a process is waited for that says nothing.
pub fn wait<T>(mut look: impl FnMut() -> Option<T>) -> Outcome<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if Instant::now() >= end {
            return Err("a server did not come up".into());
        }
        // sleep: nothing announces that a process listens.
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// A client for preparing what is measured.
pub struct Client {
    blocking: Blocking<UnixStream>,
}

impl Client {
    /// Connects to a daemon.
    pub fn connect(socket: &Path) -> Outcome<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { blocking: Blocking::new(stream, ClientLimits::default()) })
    }

    /// One call.
    pub fn call(&mut self, method: &str, params: &Value) -> Outcome<Value> {
        Ok(self.blocking.call_raw(method, params, Options::default())?.parse()?)
    }

    /// One call with raw bytes.
    pub fn send(&mut self, method: &str, params: &Value, attachment: &[u8]) -> Outcome<Value> {
        let options = Options { attachment: Some(attachment), ..Options::default() };
        Ok(self.blocking.call_raw(method, params, options)?.parse()?)
    }
}
