//! The program and the system it runs on.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use nix::unistd::geteuid;

use super::Finding;

pub(super) fn check() -> Vec<Finding> {
    vec![program(), rights(), kernel(), pidfd(), user_manager()]
}

fn program() -> Finding {
    let version = env!("CARGO_PKG_VERSION");
    match std::env::current_exe() {
        Ok(path) => Finding::good("program", format!("goxe {version}, {}", path.display())),
        Err(error) => Finding::poor(
            "program",
            format!("goxe {version}; where it lies is not known: {error}"),
            "start goxe by its whole path, so that clients can start its daemon",
        ),
    }
}

/// Whose rights the daemon has.
fn rights() -> Finding {
    match geteuid().as_raw() {
        0 => Finding::poor(
            "rights",
            "goxe runs as root",
            "run it as the user who works with it: it needs no rights of its own",
        ),
        user => Finding::good("rights", format!("mode user: the rights of user {user}, no more")),
    }
}

fn kernel() -> Finding {
    match std::fs::read_to_string("/proc/sys/kernel/osrelease") {
        Ok(release) => Finding::good("kernel", release.trim()),
        Err(error) => Finding::poor(
            "kernel",
            format!("/proc cannot be read: {error}"),
            "mount /proc: processes are told apart by what it says",
        ),
    }
}

/// A handle on a process that a later one of the same number cannot take over.
#[cfg(target_os = "linux")]
fn pidfd() -> Finding {
    use rustix::process::{PidfdFlags, getpid, pidfd_open};

    match pidfd_open(getpid(), PidfdFlags::empty()) {
        Ok(_) => Finding::good("pidfd", "processes can be held on to"),
        Err(error) => Finding::bad(
            "pidfd",
            format!("processes cannot be held on to: {error}"),
            "use Linux 5.3 or later, and allow pidfd_open in the sandbox",
        ),
    }
}

#[cfg(not(target_os = "linux"))]
fn pidfd() -> Finding {
    Finding::poor(
        "pidfd",
        "this system cannot hold on to processes",
        "a daemon that hangs has to be ended by hand",
    )
}

/// Where the user's systemd answers, the daemon outlives the control group of its client.
fn user_manager() -> Finding {
    let set = std::env::var_os("XDG_RUNTIME_DIR").filter(|set| !set.is_empty());
    let runtime =
        set.map_or_else(|| PathBuf::from(format!("/run/user/{}", geteuid())), PathBuf::from);
    match UnixStream::connect(runtime.join("systemd/private")) {
        Ok(_) => Finding::good("user manager", "the user's systemd answers"),
        Err(_) => Finding::poor(
            "user manager",
            "no systemd of the user answers: daemons are started in a session of their own",
            "where a client's control group is killed whole, its daemon goes too: `goxe daemon run` \
             under a service manager avoids that",
        ),
    }
}
