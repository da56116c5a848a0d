//! Processes told apart by number, start time and boot; clocks; ending one process and no other.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long a process may take to vanish after KILL.
const KILLED_MS_MAX: u64 = 5_000;

/// Milliseconds of the clock that all processes of a boot share and nobody can set.
pub fn now_ms() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000).saturating_add(nanos / 1_000_000)
}

/// The boot that process numbers and start times belong to; empty where the system does not say.
pub fn boot_id() -> String {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}

/// When a process began, as the system counts it. None if there is none, or only its remains.
pub fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse_stat(&stat)
}

/// Field 22 of `/proc/PID/stat`. The name before may hold blanks and brackets.
fn parse_stat(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Whether a process was stopped, by a signal or by a debugger.
pub fn is_stopped(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.trim_start().starts_with(['T', 't'])
}

/// Whether exactly this process still lives.
pub fn is_alive(pid: u32, started: u64) -> bool {
    start_time(pid) == Some(started)
}

/// How hard a process is ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// TERM, and as long as this for its own shutdown; an error if it takes longer.
    Drain(Duration),
    /// TERM, and KILL if it has not ended by itself in time.
    Kill(Duration),
}

/// Ends exactly this process, and waits until it is gone. Blocks.
#[cfg(target_os = "linux")]
pub fn end(pid: u32, started: u64, ending: Ending) -> Result<(), String> {
    use rustix::io::Errno;
    use rustix::process::{Signal, pidfd_send_signal};

    let Some(pidfd) = open(pid, started)? else { return Ok(()) };
    let signal = |signal| match pidfd_send_signal(&pidfd, signal) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(format!("process {pid} cannot be signalled: {error}")),
    };
    let was_stopped = is_stopped(pid);
    signal(Signal::TERM)?;
    if was_stopped {
        // Only who goes on can end by itself.
        signal(Signal::CONT)?;
    }
    let (patience, kill) = match ending {
        Ending::Drain(patience) => (patience, false),
        Ending::Kill(patience) => (patience, true),
    };
    if await_end(&pidfd, patience)? {
        return Ok(());
    }
    if !kill {
        return Err(format!("process {pid} was told to end and still works"));
    }
    signal(Signal::KILL)?;
    match await_end(&pidfd, Duration::from_millis(KILLED_MS_MAX))? {
        true => Ok(()),
        false => Err(format!("process {pid} does not end, not even by KILL")),
    }
}

/// Holds on to exactly this process; none if it is gone.
#[cfg(target_os = "linux")]
fn open(pid: u32, started: u64) -> Result<Option<std::os::fd::OwnedFd>, String> {
    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let number = number.ok_or_else(|| format!("{pid} is no process number"))?;
    match pidfd_open(number, PidfdFlags::empty()) {
        // Asked after opening: from here on the descriptor can mean no other process.
        Ok(pidfd) => Ok(Some(pidfd).filter(|_| is_alive(pid, started))),
        Err(Errno::SRCH) => Ok(None),
        Err(error) => Err(format!("process {pid} cannot be opened: {error}")),
    }
}

/// Has exactly this daemon look at its own files and its socket. False if it cannot be told.
#[cfg(target_os = "linux")]
pub fn tell_to_look(pid: u32, started: u64) -> bool {
    use rustix::process::{Signal, pidfd_send_signal};

    let pidfd = open(pid, started).ok().flatten();
    pidfd.is_some_and(|pidfd| pidfd_send_signal(&pidfd, Signal::USR1).is_ok())
}

/// Where processes cannot be held on to, none is signalled by number.
#[cfg(not(target_os = "linux"))]
pub fn tell_to_look(_pid: u32, _started: u64) -> bool {
    false
}

/// Whether a child ends in time, and with success. It is gone afterwards. Blocks.
#[cfg(target_os = "linux")]
pub fn ends_well(mut child: std::process::Child, patience: Duration) -> bool {
    use rustix::process::{Pid, PidfdFlags, pidfd_open};

    let ended = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())
        .map_err(|error| error.to_string())
        .and_then(|pidfd| await_end(&pidfd, patience));
    if ended != Ok(true) {
        // If it cannot be killed it has ended, and the wait below sees how.
        let _ = child.kill();
    }
    child.wait().is_ok_and(|status| status.success()) && ended == Ok(true)
}

/// Where there is no systemd, no trial of it ends well.
#[cfg(not(target_os = "linux"))]
pub fn ends_well(_child: std::process::Child, _patience: Duration) -> bool {
    false
}

/// Waits for the end of a process; false if it takes longer.
#[cfg(target_os = "linux")]
fn await_end(pidfd: &std::os::fd::OwnedFd, patience: Duration) -> Result<bool, String> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    let deadline = std::time::Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        match poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(error) => return Err(format!("the end of a process cannot be awaited: {error}")),
        }
    }
}

/// The end of one process, as an event of the system.
#[derive(Debug)]
pub struct Ended {
    // A pidfd is no pipe, but is readable like one once its process is dead.
    #[cfg(target_os = "linux")]
    pidfd: tokio::net::unix::pipe::Receiver,
}

#[cfg(target_os = "linux")]
impl Ended {
    /// Starts to watch exactly this process; none if it is gone, or cannot be watched.
    pub fn of(pid: u32, started: u64) -> Option<Self> {
        use rustix::process::{Pid, PidfdFlags, pidfd_open};

        let number = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let pidfd = pidfd_open(number, PidfdFlags::NONBLOCK).ok()?;
        if !is_alive(pid, started) {
            return None;
        }
        let pidfd = tokio::net::unix::pipe::Receiver::from_owned_fd_unchecked(pidfd).ok()?;
        Some(Self { pidfd })
    }

    /// Ends when the process has.
    pub async fn wait(&self) {
        if self.pidfd.readable().await.is_err() {
            // The runtime shuts down: nobody wants to know any more.
            std::future::pending::<()>().await;
        }
    }
}

/// Where the system does not tell of the end of a process, looking at it does.
#[cfg(not(target_os = "linux"))]
impl Ended {
    /// Never: see the type.
    pub fn of(_pid: u32, _started: u64) -> Option<Self> {
        None
    }

    /// Waits for ever.
    pub async fn wait(&self) {
        std::future::pending::<()>().await;
    }
}

/// Where processes cannot be held on to, none is signalled by number.
#[cfg(not(target_os = "linux"))]
pub fn end(pid: u32, _started: u64, _ending: Ending) -> Result<(), String> {
    Err(format!(
        "this system cannot tell process {pid} from a later one of that number; end it yourself"
    ))
}

#[cfg(test)]
mod tests {
    use super::{boot_id, is_alive, now_ms, parse_stat, start_time};

    #[test]
    fn names_with_brackets_do_not_confuse_the_start_time() {
        let tail = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21";
        assert_eq!(parse_stat(&format!("42 (a) b) {tail}")), Some(4711));
        assert_eq!(parse_stat(&format!("42 (goxe) {}", tail.replacen('S', "Z", 1))), None);
        assert_eq!(parse_stat("42 (goxe"), None);
        assert_eq!(parse_stat("42 (goxe) S 1"), None);
    }

    #[test]
    fn this_process_is_alive() {
        let pid = std::process::id();
        let started = start_time(pid).expect("it runs");
        assert!(is_alive(pid, started));
        assert!(!is_alive(pid, started + 1));
        assert_eq!(boot_id(), boot_id());
        assert!(now_ms() > 0);
    }
}
