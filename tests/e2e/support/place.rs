//! A data folder of its own, the program run on it, and the daemon that serves it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use goxe_config::Endpoint;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use super::client::Client;
use super::processes::{files, own_kib};
use super::wait::{PATIENCE, until};

/// The program under test: the one that was built with the tests, or the one that `GOXE_TEST_BIN` names,
/// such as a copy for a long test that later builds must not replace.
pub fn program() -> &'static str {
    static PROGRAM: LazyLock<String> = LazyLock::new(|| match std::env::var("GOXE_TEST_BIN") {
        Ok(path) if !path.is_empty() => path,
        _ => env!("CARGO_BIN_EXE_goxe").to_owned(),
    });
    &PROGRAM
}

/// A data folder, a home and an environment that nobody else has.
pub struct Place {
    folder: TempDir,
    data: PathBuf,
    variables: Vec<(String, String)>,
}

impl Place {
    /// A new place with every setting at its default.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("goxe-").tempdir().expect("a folder is made");
        fs::create_dir(folder.path().join("home")).expect("a home is made");
        let data = folder.path().join("data");
        Place { folder, data, variables: Vec::new() }
    }

    /// The same with its data elsewhere.
    pub fn with_data(mut self, data: PathBuf) -> Self {
        self.data = data;
        self
    }

    /// Sets one key of the configuration, by its environment variable.
    pub fn set(self, section: &str, key: &str, value: impl ToString) -> Self {
        let name = format!("GOXE_{}_{}", section.to_uppercase(), key.to_uppercase());
        self.variable(&name, &value.to_string())
    }

    /// Sets a variable of every process run here.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets bridges read and write files beside the data folder.
    pub fn with_files(self) -> Self {
        let folder = self.folder.path().display().to_string();
        self.set("mcp", "folders", folder)
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A path beside the data folder, for files of the test.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with only what an MCP client passes on: HOME, PATH and USER.
    pub fn goxe(&self) -> Command {
        self.run(Path::new(program()))
    }

    /// The same of a program elsewhere, such as a copy of it.
    pub fn run(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.beside("home"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("USER", "tester")
            .env("GOXE_DATA", &self.data)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn output(&self, arguments: &[&str]) -> Output {
        self.goxe().args(arguments).output().expect("goxe runs")
    }

    /// Runs the program with `--json` and returns what it printed; fails if it did.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.goxe().arg("--json").args(arguments).output().expect("goxe runs");
        let (out, error) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "goxe {arguments:?}: {}\n{out}\n{error}", output.status);
        serde_json::from_str(&out).unwrap_or_else(|why| {
            panic!("goxe {arguments:?} printed no JSON: {why}\n{out}\n{error}")
        })
    }

    /// Starts `goxe daemon run` and waits until it serves.
    pub fn daemon(&self) -> Daemon<'_> {
        let daemon = self.spawn();
        daemon.client();
        daemon
    }

    /// Starts `goxe daemon run` and does not wait.
    pub fn spawn(&self) -> Daemon<'_> {
        self.spawn_with(&mut self.goxe())
    }

    /// The same by a command that was changed.
    pub fn spawn_with(&self, command: &mut Command) -> Daemon<'_> {
        let errors = File::options().create(true).append(true).open(self.beside("stderr"));
        let errors = errors.expect("a file for what the daemon says");
        let child = command
            .args(["daemon", "run"])
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("goxe runs");
        Daemon { place: self, child, ended: None }
    }

    /// What the endpoint file says, if there is one.
    pub fn endpoint(&self) -> Option<Endpoint> {
        Endpoint::read(&self.data.join("endpoint.json")).ok()
    }

    /// The socket of the daemon that serves here.
    #[track_caller]
    pub fn socket(&self) -> PathBuf {
        self.endpoint().expect("an endpoint file").socket
    }

    /// A client of the daemon that serves here, or the reason why there is none.
    pub fn connect(&self) -> io::Result<Client> {
        match self.endpoint() {
            Some(endpoint) => Client::connect(&endpoint.socket),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "no endpoint file")),
        }
    }

    /// A client of whatever daemon serves here as soon as it is ready.
    #[track_caller]
    pub fn client(&self) -> Client {
        until("the daemon answers", PATIENCE, || {
            let mut client = self.connect().ok()?;
            client.is_ready().then_some(client)
        })
    }

    /// What the daemon wrote to its log and to standard error, for a test that failed.
    fn dump(&self) {
        let log = self.data.join("state/logs/goxe.log");
        for path in [log, self.beside("stderr")] {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(60)..).unwrap_or_default();
            println!("--- the end of {}\n{}", path.display(), tail.join("\n"));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.dump();
        }
        // A bridge's daemon is nobody's child. It is ended only if it is ours beyond doubt.
        if let Some(endpoint) = self.endpoint()
            && (is_goxe(endpoint.pid) || runs_in(endpoint.pid, self.folder.path()))
            && holds(endpoint.pid, &self.data.join("lock"))
        {
            let _ = kill(pid(endpoint.pid), Signal::SIGKILL);
        }
    }
}

/// A `goxe daemon run` that this test started.
pub struct Daemon<'a> {
    pub place: &'a Place,
    child: Child,
    ended: Option<ExitStatus>,
}

impl Daemon<'_> {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client of this very process as soon as it is ready.
    #[track_caller]
    pub fn client(&self) -> Client {
        until("the daemon answers", PATIENCE, || {
            let ours = self.place.endpoint().filter(|endpoint| endpoint.pid == self.pid())?;
            let mut client = Client::connect(&ours.socket).ok()?;
            client.is_ready().then_some(client)
        })
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill(pid(self.pid()), signal).expect("the daemon can be signalled");
    }

    /// Waits until it ends.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        self.wait_for(PATIENCE)
    }

    /// Waits until it ends, at most so long.
    #[track_caller]
    pub fn wait_for(&mut self, patience: Duration) -> ExitStatus {
        if let Some(status) = self.ended {
            return status;
        }
        let status = until("the daemon ends", patience, || {
            self.child.try_wait().expect("the daemon is our child")
        });
        self.ended = Some(status);
        status
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.ended.is_none() && self.child.try_wait().expect("the daemon is our child").is_none()
    }

    /// kill -9, and gone.
    pub fn kill(&mut self) {
        if self.ended.is_none() {
            self.child.kill().expect("the daemon can be killed");
            self.ended = Some(self.child.wait().expect("the daemon is our child"));
        }
    }

    /// SIGTERM, and gone with 0.
    #[track_caller]
    pub fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.wait();
        assert!(status.success(), "the daemon ended with {status}");
    }

    /// Kilobytes of memory that are its own.
    pub fn memory_kib(&self) -> u64 {
        own_kib(self.pid())
    }

    /// How many files it has open.
    pub fn files(&self) -> usize {
        files(self.pid())
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        if self.runs() {
            // A stopped process takes no other signal.
            self.kill();
        }
    }
}

/// A process id as the system calls want it.
pub fn pid(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).expect("a process id"))
}

/// Whether a process is the program under test.
pub fn is_goxe(pid: u32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe"))
        .is_ok_and(|path| path.to_string_lossy().starts_with(program()))
}

/// Whether a process runs a program of this folder.
fn runs_in(pid: u32, folder: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|path| path.starts_with(folder))
}

/// Whether a process has this file open.
fn holds(pid: u32, file: &Path) -> bool {
    let Ok(file) = file.canonicalize() else { return false };
    fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|open| open == file))
}
