//! Trouble below and beside the daemon: a full disk, a slow one, busy lanes, a loop that stands. The watchdog tells
//! one that suffers from one that is stuck.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use goxe_protocol::Code;
use goxe_protocol::blocking::CallError;
use nix::sys::ptrace;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use serde_json::json;

use crate::support::client::mark;
use crate::support::disk::{Tmpfs, fill};
use crate::support::place::pid;
use crate::support::wait::PATIENCE;
use crate::support::{Daemon, Place, skip, until};

/// How often systemd would want to hear from the daemon.
const PERIOD: Duration = Duration::from_millis(600);

/// A service manager that only listens.
struct Watchdog {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Watchdog {
    fn new(place: &Place) -> Self {
        let path = place.beside("notify");
        Watchdog { socket: UnixDatagram::bind(&path).expect("a datagram socket"), path }
    }

    /// Runs a daemon that is to feed this watchdog.
    fn daemon<'a>(&self, place: &'a Place, variables: &[(&str, &str)]) -> Daemon<'a> {
        let mut command = place.goxe();
        command
            .env("NOTIFY_SOCKET", &self.path)
            .env("WATCHDOG_USEC", PERIOD.as_micros().to_string())
            .envs(variables.iter().copied());
        let daemon = place.spawn_with(&mut command);
        daemon.client();
        daemon
    }

    /// The next message, if one comes in time.
    fn next(&self, patience: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(patience.max(Duration::from_millis(1)))).expect("a time");
        let mut buffer = [0; 4096];
        match self.socket.recv(&mut buffer) {
            Ok(bytes) => Some(String::from_utf8_lossy(&buffer[..bytes]).into_owned()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                None
            }
            Err(error) => panic!("the notify socket failed: {error}"),
        }
    }

    /// Waits for a message that holds a text.
    #[track_caller]
    fn wait_for(&self, text: &str) {
        until(text, PATIENCE, || self.next(PATIENCE).filter(|message| message.contains(text)));
    }

    /// Whether the daemon is fed through so many periods without one that it missed.
    #[track_caller]
    fn assert_fed(&self, periods: u32, while_what: &str) {
        let begin = Instant::now();
        let mut last = begin;
        while begin.elapsed() < PERIOD * periods {
            let message = self.next(PERIOD);
            // One period and a little for a machine with other work.
            let silence = last.elapsed();
            assert!(silence < PERIOD * 2, "not fed for {silence:?} while {while_what}");
            if message.is_some_and(|message| message.contains("WATCHDOG=1")) {
                last = Instant::now();
            }
        }
    }

    /// Reads what came so far.
    fn forget(&self) {
        while self.next(Duration::from_millis(1)).is_some() {}
    }
}

#[test]
fn a_full_disk_refuses_edits_and_loses_nothing() {
    let place = Place::new();
    let Some(disk) = Tmpfs::mount(place.beside("disk"), "48m") else {
        return skip("a small tmpfs cannot be mounted: run as root");
    };
    let place = place.with_data(disk.path().join("data")).set("journal", "segment_bytes", 65_536);
    let watchdog = Watchdog::new(&place);
    let mut daemon = watchdog.daemon(&place, &[]);
    watchdog.wait_for("READY=1");
    let mut client = daemon.client();
    client.create("castle");
    for number in 1..=50 {
        client.mark("castle", number);
    }
    fill(&disk.path().join("filler"));

    // Somewhere in the segment there may be room for a few more.
    let mut acknowledged = 50;
    let error = until("an edit is refused", PATIENCE, || {
        match client.try_call("voxel.edit", mark("castle", acknowledged + 1)) {
            Ok(_) => {
                acknowledged += 1;
                None
            }
            Err(CallError::Remote(error)) => Some(error),
            Err(error) => panic!("the connection was lost: {error}"),
        }
    });
    assert_eq!(error.code, Code::Io, "{error}");
    let count = |client: &mut crate::support::Client| {
        client.call("voxel.count", json!({ "project": "castle" }))["voxels"].clone()
    };
    assert_eq!(count(&mut client), acknowledged, "reads go on, and see what was acknowledged");
    let status = client.call("system.status", json!({}));
    assert_eq!(status["healthy"], false, "{status}");
    assert!(!status["degraded"].as_array().expect("reasons").is_empty(), "{status}");
    watchdog.forget();
    watchdog.assert_fed(3, "the disk is full");
    assert!(daemon.runs());

    fs::remove_file(disk.path().join("filler")).expect("space comes back");
    until("edits go on", PATIENCE, || {
        client.try_call("voxel.edit", mark("castle", acknowledged + 1)).ok()
    });
    acknowledged += 1;
    until("the daemon is well again", PATIENCE, || {
        (client.call("system.status", json!({}))["healthy"] == true).then_some(())
    });
    assert_eq!(count(&mut client), acknowledged);
    daemon.kill();
    let daemon = watchdog.daemon(&place, &[]);
    assert_eq!(count(&mut daemon.client()), acknowledged, "after a crash");
    daemon.stop();
}

#[test]
fn busy_lanes_leave_reads_health_and_the_watchdog_alone() {
    let place = Place::new().set("lanes", "count", 2);
    let watchdog = Watchdog::new(&place);
    let daemon = watchdog.daemon(&place, &[]);
    let mut client = daemon.client();
    client.create("castle");
    let ball = json!([{ "edit": "sphere", "center": [0, 0, 0], "radius": 80, "color": "#c81e1e" }]);
    client.call("voxel.edit", json!({ "project": "castle", "edits": ball }));
    let render = json!({ "project": "castle", "width": 4096, "height": 4096, "job": true });
    let jobs: Vec<String> = (0..8)
        .map(|_| {
            let reply = client.call("render.image", render.clone());
            reply["job"].as_str().expect("a job").to_owned()
        })
        .collect();
    until("a lane works", PATIENCE, || {
        let status = client.call("system.status", json!({}));
        (status["lanes_busy"].as_u64() >= Some(1)).then_some(())
    });
    watchdog.forget();
    let begin = Instant::now();
    let mut number = 0;
    while begin.elapsed() < PERIOD * 3 {
        number += 1;
        client.mark("castle", number);
        assert_eq!(client.call("system.status", json!({}))["state"], "ready");
    }
    watchdog.forget();
    watchdog.assert_fed(3, "long jobs run");
    for job in jobs {
        client.call("job.cancel", json!({ "job": job }));
    }
    let listed = client.call("job.list", json!({}));
    assert!(listed["jobs"].as_array().is_some_and(|jobs| jobs.len() == 8), "{listed}");
    daemon.stop();
}

/// A library that makes every sync take so long; none where there is no C compiler.
fn slow_sync(place: &Place, seconds: u32) -> Option<PathBuf> {
    let (source, library) = (place.beside("slow.c"), place.beside("slow.so"));
    let text = format!(
        "#include <unistd.h>\n#include <sys/syscall.h>\n\
         int fdatasync(int fd) {{ sleep({seconds}); return syscall(SYS_fdatasync, fd); }}\n\
         int fsync(int fd) {{ sleep({seconds}); return syscall(SYS_fsync, fd); }}\n"
    );
    fs::write(&source, text).expect("a source file");
    let compile =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).output();
    compile.is_ok_and(|output| output.status.success()).then_some(library)
}

#[test]
fn a_slow_sync_holds_edits_and_nothing_else() {
    let place = Place::new();
    let mut first = place.daemon();
    first.client().create("castle");
    first.client().mark("castle", 1);
    first.kill();
    let Some(library) = slow_sync(&place, 2) else {
        return skip("no C compiler to slow the disk down with");
    };
    let watchdog = Watchdog::new(&place);
    let library = library.to_str().expect("a text").to_owned();
    let variables = [("LD_PRELOAD", library.as_str()), ("GOXE_JOURNAL_DURABILITY", "sync")];
    let daemon = watchdog.daemon(&place, &variables);
    let mut client = daemon.client();
    let mut editor = daemon.client();
    watchdog.forget();
    std::thread::scope(|scope| {
        let edit = scope.spawn(move || {
            let begin = Instant::now();
            editor.mark("castle", 2);
            begin.elapsed()
        });
        let mut reads = 0;
        while !edit.is_finished() {
            let read = client.call("voxel.count", json!({ "project": "castle" }));
            assert!(read["voxels"].is_u64());
            reads += 1;
        }
        let took = edit.join().expect("the edit is acknowledged");
        assert!(took > Duration::from_millis(1900), "acknowledged after {took:?}, before its sync");
        assert!(reads > 10, "{reads} reads in {took:?}");
    });
    watchdog.assert_fed(3, "a sync takes long");
    assert_eq!(client.call("voxel.count", json!({ "project": "castle" }))["voxels"], 2);
}

/// Stops one thread of a daemon as a debugger does, while all others go on.
pub struct StoppedThread(Pid);

impl StoppedThread {
    /// Stops the thread that runs the event loop; nothing where that is not allowed.
    pub fn event_loop(daemon: &Daemon<'_>) -> Option<Self> {
        let tasks = fs::read_dir(format!("/proc/{}/task", daemon.pid())).expect("its threads");
        let named = |path: &Path| {
            let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
            matches!(name.trim(), "net" | "loop" | "net loop")
        };
        let paths: Vec<PathBuf> = tasks.flatten().map(|entry| entry.path()).collect();
        let path = paths.iter().find(|path| named(path));
        let thread = match path.and_then(|path| path.file_name()?.to_str()?.parse().ok()) {
            Some(thread) => Pid::from_raw(thread),
            // Otherwise it is the main thread.
            None => pid(daemon.pid()),
        };
        ptrace::seize(thread, ptrace::Options::empty()).ok()?;
        ptrace::interrupt(thread).expect("a thread that we trace");
        waitpid(thread, Some(nix::sys::wait::WaitPidFlag::__WALL)).expect("it stops");
        Some(StoppedThread(thread))
    }

    fn go_on(self) {
        ptrace::detach(self.0, None).expect("it goes on");
    }
}

#[test]
fn a_loop_that_stands_is_not_fed_for() {
    let place = Place::new().set("watchdog", "stuck_ms", 1000);
    let watchdog = Watchdog::new(&place);
    let daemon = watchdog.daemon(&place, &[]);
    watchdog.forget();
    watchdog.assert_fed(2, "nothing happens");
    let Some(stopped) = StoppedThread::event_loop(&daemon) else {
        return skip("a thread of our own child may not be traced here");
    };
    // It is stuck after `stuck_ms`; what was said until then is not held against it.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(1000) + PERIOD {
        watchdog.next(PERIOD);
    }
    watchdog.forget();
    let fed = watchdog.next(PERIOD * 3);
    assert!(fed.as_deref().is_none_or(|message| !message.contains("WATCHDOG")), "{fed:?}");
    stopped.go_on();
    watchdog.wait_for("WATCHDOG=1");
    daemon.client();
    daemon.stop();
    watchdog.wait_for("STOPPING=1");
}
