//! What the service manager is told (`sd_notify`), and the watchdog.
//!
//! Everything here runs on a thread of its own, because a send to `NOTIFY_SOCKET` blocks when
//! nobody reads it. The thread is fed by a bounded queue and is never joined.

use std::{
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use mio::Waker;
use sd_notify::NotifyState;

use crate::vitals::Vitals;

/// Messages that wait for the notify thread; more are dropped, since only the newest matter.
const QUEUE_MAX: usize = 64;

/// What the service manager is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The daemon serves.
    Ready,
    /// The daemon is on its way out.
    Stopping,
    /// One line for people.
    Status(String),
    /// The start or the stop needs this much longer.
    ExtendTimeout(Duration),
}

/// The sending end of the notify thread.
#[derive(Clone, Debug)]
pub struct Notifier {
    queue: Option<Sender<Notice>>,
}

/// What the environment says about the service manager; read once, while single-threaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotifyEnvironment {
    /// The socket to send to, `@` first for an abstract one.
    pub socket: Option<String>,
    /// How often the watchdog must be fed.
    pub watchdog: Option<Duration>,
}

impl NotifyEnvironment {
    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` from an environment.
    pub fn read(var: impl Fn(&str) -> Option<String>, pid: u32) -> Self {
        let addressed = var("WATCHDOG_PID").is_none_or(|text| text.parse() == Ok(pid));
        let micros = var("WATCHDOG_USEC").and_then(|text| text.parse().ok()).filter(|_| addressed);
        NotifyEnvironment {
            socket: var("NOTIFY_SOCKET").filter(|path| !path.is_empty()),
            // A period of 0 means that there is no watchdog.
            watchdog: micros.filter(|&micros: &u64| micros > 0).map(Duration::from_micros),
        }
    }
}

impl Notifier {
    /// Starts the thread; without a socket every notice goes nowhere, at no cost.
    pub fn start(environment: &NotifyEnvironment, vitals: Arc<Vitals>, waker: Arc<Waker>) -> Self {
        let Some(socket) = environment.socket.clone() else { return Notifier { queue: None } };
        let (queue, notices) = bounded(QUEUE_MAX);
        let watchdog = environment.watchdog;
        let spawned = thread::Builder::new().name("notify".into()).spawn(move || {
            serve(&socket, watchdog, &notices, &vitals, &waker);
        });
        match spawned {
            Ok(_) => Notifier { queue: Some(queue) },
            Err(error) => {
                tracing::error!(%error, "no notify thread: the service manager is told nothing");
                Notifier { queue: None }
            }
        }
    }

    /// Queues a notice; never waits.
    pub fn tell(&self, notice: Notice) {
        if let Some(queue) = &self.queue
            && queue.try_send(notice).is_err()
        {
            tracing::debug!("the service manager does not listen: a notice was dropped");
        }
    }
}

fn serve(
    socket: &str,
    watchdog: Option<Duration>,
    notices: &Receiver<Notice>,
    vitals: &Vitals,
    waker: &Waker,
) {
    // Feeding at a third of the period leaves room for one late turn.
    let period = watchdog.map(|watchdog| watchdog / 3);
    let mut due = period.map(|period| Instant::now() + period);
    let mut stuck_before = None;
    loop {
        let received = match due {
            Some(due) => notices.recv_deadline(due),
            None => notices.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(notice) => send(socket, &states(&notice)),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let stuck = vitals.stuck();
                if stuck != stuck_before {
                    match &stuck {
                        Some(part) => tracing::error!(%part, "stuck: the watchdog is not fed"),
                        None => tracing::info!("no longer stuck: the watchdog is fed again"),
                    }
                }
                if stuck.is_none() {
                    send(socket, "WATCHDOG=1");
                }
                stuck_before = stuck;
                // The loop proves that it turns by taking this wake-up.
                vitals.ask_loop();
                if let Err(error) = waker.wake() {
                    tracing::error!(%error, "cannot wake the event loop");
                }
                due = period.map(|period| Instant::now() + period);
            }
        }
    }
}

/// What a message to the service manager says.
fn states(notice: &Notice) -> String {
    match notice {
        Notice::Ready => "READY=1".into(),
        Notice::Stopping => "STOPPING=1".into(),
        // A line feed would begin another assignment.
        Notice::Status(line) => format!("STATUS={}", line.replace(['\n', '\r'], " ")),
        Notice::ExtendTimeout(more) => format!("EXTEND_TIMEOUT_USEC={}", more.as_micros()),
    }
}

/// Sends by `sd-notify`, which finds the socket in the environment but cannot address an abstract
/// one; that case is this one datagram.
fn send(socket: &str, state: &str) {
    let sent = match socket.strip_prefix('@') {
        None => sd_notify::notify(&[NotifyState::Custom(state)]),
        Some(name) => UnixDatagram::unbound().and_then(|datagram| {
            let address = SocketAddr::from_abstract_name(name.as_bytes())?;
            datagram.send_to_addr(state.as_bytes(), &address).map(|_| ())
        }),
    };
    if let Err(error) = sent {
        tracing::debug!(%error, socket, state, "the service manager was not reached");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> NotifyEnvironment {
        let var = |name: &str| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        NotifyEnvironment::read(var, 42)
    }

    #[test]
    fn the_watchdog_is_only_ours_when_it_names_us() {
        let usec = ("WATCHDOG_USEC", "3000000");
        assert_eq!(read(&[usec]).watchdog, Some(Duration::from_secs(3)));
        assert_eq!(read(&[usec, ("WATCHDOG_PID", "42")]).watchdog, Some(Duration::from_secs(3)));
        assert_eq!(read(&[usec, ("WATCHDOG_PID", "43")]).watchdog, None);
        assert_eq!(read(&[("WATCHDOG_USEC", "0")]).watchdog, None);
        assert_eq!(read(&[("WATCHDOG_USEC", "soon")]).watchdog, None);
        assert_eq!(read(&[("NOTIFY_SOCKET", "")]).socket, None);
    }

    #[test]
    fn a_status_cannot_smuggle_in_another_assignment() {
        assert_eq!(states(&Notice::Status("a\nWATCHDOG=1".into())), "STATUS=a WATCHDOG=1");
    }
}
