//! The parent process, and its end.
//!
//! A client that is killed cannot say goodbye, and its end of our input may live on in a child of
//! its own. A death signal would be told of the thread that started us, which may end long before
//! its process; a pidfd is told of the process.

use rustix::process::getppid;

#[cfg(target_os = "linux")]
pub(super) use linux::Parent;
#[cfg(not(target_os = "linux"))]
pub(super) use portable::Parent;

#[cfg(target_os = "linux")]
mod linux {
    use rustix::process::{PidfdFlags, pidfd_open};
    use tokio::net::unix::pipe;

    use super::getppid;

    /// The parent process.
    pub(in crate::server) struct Parent {
        // A pidfd is no pipe, but is readable like one once its process is dead.
        pidfd: Option<pipe::Receiver>,
    }

    impl Parent {
        /// Starts to watch; without a parent that can be watched, the end of the input tells.
        pub(in crate::server) fn watch() -> Self {
            Parent { pidfd: open() }
        }

        /// Ends when the parent is dead.
        pub(in crate::server) async fn died(&self) {
            match &self.pidfd {
                Some(pidfd) if pidfd.readable().await.is_ok() => {}
                _ => std::future::pending().await,
            }
        }
    }

    fn open() -> Option<pipe::Receiver> {
        let parent = getppid()?;
        let pidfd = pidfd_open(parent, PidfdFlags::NONBLOCK).ok()?;
        // It may have died before it was opened, and its number may be somebody else's by now.
        if getppid() != Some(parent) {
            return None;
        }
        pipe::Receiver::from_owned_fd_unchecked(pidfd).ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use std::time::Duration;

    use rustix::process::Pid;

    use super::getppid;

    /// How often is looked; there is no event for it that all systems have.
    const LOOK: Duration = Duration::from_secs(1);

    /// The parent process.
    pub(in crate::server) struct Parent {
        pid: Option<Pid>,
    }

    impl Parent {
        /// Starts to watch.
        pub(in crate::server) fn watch() -> Self {
            Parent { pid: getppid() }
        }

        /// Ends when the parent is dead.
        pub(in crate::server) async fn died(&self) {
            let mut look = tokio::time::interval(LOOK);
            while getppid() == self.pid {
                look.tick().await;
            }
        }
    }
}
