//! What the kernel knows about processes: processor time, memory, where they may run.

use std::fs;
use std::io;
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::time::ClockId;
use nix::unistd::Pid;

/// Keeps this thread, and every process it starts from now on, on one processor. A lone request then
/// never pays for waking another one, which is what makes ratios steady.
pub fn pin(processor: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(processor)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// Lets this thread run anywhere again.
pub fn unpin() -> io::Result<()> {
    let mut set = CpuSet::new();
    for processor in 0..CpuSet::count() {
        set.set(processor)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// Raises the limit of open files, also of what is started from now on.
pub fn open_many_files() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// Processor time of a process, user and system, ended threads included. The kernel's own clock of
/// the process: exact, where the figures of `/proc/PID/stat` step by 10 ms.
pub fn cpu(pid: u32) -> io::Result<Duration> {
    let time = ClockId::pid_cpu_clock_id(to_pid(pid))?.now()?;
    Ok(Duration::from(time))
}

/// Processor time of one thread of a process, as the scheduler counts it.
pub fn cpu_of_thread(pid: u32, thread: u32) -> io::Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{thread}/schedstat"))?;
    let field = text.split_whitespace().next().and_then(|number| number.parse().ok());
    field.map(Duration::from_nanos).ok_or_else(|| io::Error::other("schedstat is empty"))
}

/// Memory of a process.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Pages in memory, shared ones too.
    pub resident_kib: f64,
    /// The same with each shared page divided by those that share it.
    pub proportional_kib: f64,
}

/// Memory of a process now.
pub fn memory(pid: u32) -> io::Result<Memory> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| io::Error::other(format!("no {name} in smaps_rollup")))
    };
    Ok(Memory { resident_kib: field("Rss:")?, proportional_kib: field("Pss:")? })
}

/// A process id as system calls want it.
pub fn to_pid(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).expect("the kernel's process ids are positive"))
}
