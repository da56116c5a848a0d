//! Starting a daemon that outlives us, and learning how a start ended.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::service_manager::{user_manager_answers, with_runtime_dir};
use super::{lock, process};
use crate::manager::core::Exit;

/// How much of what a failed start wrote is repeated.
const TAIL_BYTES_MAX: u64 = 2_048;
const TAIL_LINES_MAX: usize = 5;

/// How long the user's systemd may take for a scope.
const SCOPE_TRIAL_MAX: Duration = Duration::from_secs(3);

/// Variables of the service that started us, which must not reach a daemon that it did not start.
const FOREIGN_VARIABLES: [&str; 8] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
];

/// How a daemon is taken out of its client's hands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detachment {
    /// In a scope of the user's systemd where that answers, so that the end of the client's control
    /// group is not the daemon's; else as `Session`.
    Scope,
    /// In a session of its own.
    Session,
}

/// The program that is the daemon.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    /// Keeps the executable that is running now, whatever lies at its path later.
    held: Option<File>,
}

impl Program {
    /// The executable of this process.
    pub fn current() -> io::Result<Self> {
        let path = std::env::current_exe()?;
        let held = File::open("/proc/self/exe").ok();
        Ok(Self { path, held })
    }

    /// Another executable.
    pub fn at(path: PathBuf) -> Self {
        Self { path, held: None }
    }

    /// A path that leads to it: its own while that is still the same file.
    fn executable(&self) -> PathBuf {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::MetadataExt;

        let Some(held) = &self.held else { return self.path.clone() };
        let same = match (held.metadata(), fs::metadata(&self.path)) {
            (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
            _ => false,
        };
        match same {
            true => self.path.clone(),
            false => {
                let pid = std::process::id();
                PathBuf::from(format!("/proc/{pid}/fd/{}", held.as_raw_fd()))
            }
        }
    }
}

/// One way to start the daemon of a data folder.
#[derive(Debug)]
pub struct Starter {
    pub program: Program,
    pub arguments: Vec<OsString>,
    pub detachment: Detachment,
    /// What the start writes before its own log is open goes here.
    pub log: PathBuf,
}

impl Starter {
    /// Starts it and waits for its end, which may be long after ours. Blocks. `spawned` learns number
    /// and start time.
    pub fn run(&self, spawned: impl FnOnce(u32, u64)) -> Exit {
        let begun = Instant::now();
        let mut child = match self.spawn() {
            Ok(child) => child,
            Err(text) => return Exit { code: None, text },
        };
        let pid = child.id();
        // It is our child: until we wait for it, its number means no other process.
        spawned(pid, process::start_time(pid).unwrap_or(0));
        match child.wait() {
            Ok(status) => {
                let text = told(status, begun.elapsed(), &self.tail());
                Exit { code: status.code(), text }
            }
            Err(error) => Exit { code: None, text: format!("it cannot be waited for: {error}") },
        }
    }

    fn spawn(&self) -> Result<Child, String> {
        let log = self.open_log()?;
        if self.detachment == Detachment::Scope && scopes_work() {
            let mut command = scope();
            command.arg(self.program.executable()).args(&self.arguments);
            let log = log.try_clone().map_err(|error| error.to_string())?;
            if let Ok(child) = detached(&mut command, log) {
                return Ok(child);
            }
        }
        let executable = self.program.executable();
        let mut command = Command::new(&executable);
        command.arg0(&self.program.path).args(&self.arguments);
        detached(&mut command, log)
            .map_err(|error| format!("{} cannot be executed: {error}", executable.display()))
    }

    fn open_log(&self) -> Result<File, String> {
        let failed = |error: io::Error| format!("{}: {error}", self.log.display());
        lock::folder_of(&self.log)?;
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
            .open(&self.log)
            .map_err(failed)
    }

    fn tail(&self) -> String {
        read_tail(&self.log).unwrap_or_default()
    }
}

/// Null streams but for errors, its own session, no folder kept busy.
fn detached(command: &mut Command, log: File) -> io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).current_dir("/");
    for variable in FOREIGN_VARIABLES {
        command.env_remove(variable);
    }
    new_session(command);
    command.spawn()
}

#[expect(unsafe_code, reason = "only pre_exec can call setsid, and setsid is safe after fork")]
fn new_session(command: &mut Command) {
    let setsid = || match nix::unistd::setsid() {
        // A leader already is where it is meant to be.
        Ok(_) | Err(nix::errno::Errno::EPERM) => Ok(()),
        Err(error) => Err(error.into()),
    };
    // SAFETY: setsid is async-signal-safe, and the closure neither allocates nor locks.
    unsafe {
        command.pre_exec(setsid);
    }
}

fn scope() -> Command {
    let mut command = Command::new("systemd-run");
    command.args(["--user", "--scope", "--quiet", "--collect", "--description=goxe daemon", "--"]);
    with_runtime_dir(&mut command);
    command
}

/// Whether the user's systemd gives us a scope: asked with a program that does nothing, because the
/// failure of the daemon itself must be told apart.
fn scopes_work() -> bool {
    let mut trial = scope();
    trial.arg("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    user_manager_answers()
        && trial.spawn().is_ok_and(|child| process::ends_well(child, SCOPE_TRIAL_MAX))
}

fn told(status: ExitStatus, after: Duration, tail: &str) -> String {
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with exit code {code}"),
        (None, Some(signal)) => format!("it was ended by signal {signal}"),
        (None, None) => "it ended".to_owned(),
    };
    let seconds = after.as_secs_f64();
    match tail {
        "" => format!("{how} after {seconds:.1} s and said nothing"),
        tail => format!("{how} after {seconds:.1} s and said: {tail}"),
    }
}

/// The last lines of a file, as one line.
fn read_tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES_MAX).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.drain(..lines.len().saturating_sub(TAIL_LINES_MAX));
    Ok(lines.join("; "))
}
