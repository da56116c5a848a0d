//! Why a call was not done, said so that the reader knows what to do next.

use std::fmt;

/// Why a call was not done, or why nobody knows whether it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Its time was over. `doing` is what the manager was busy with.
    Deadline {
        /// A clause such as "the daemon is recovering (3 of 9)".
        doing: String,
    },
    /// The caller took it back in time.
    Cancelled,
    /// The configuration that tells which daemon is meant cannot be used.
    Misconfigured(String),
    /// There is no daemon, and none may be started.
    NoDaemon,
    /// A start failed in a way that the next one would too.
    StartFailed {
        /// What happened, with the last lines of the process.
        text: String,
    },
    /// Too many starts failed.
    Exhausted {
        /// How many.
        failures: u32,
        /// Over how long.
        window_ms: u64,
        /// When a start will be tried again.
        retry_ms: u64,
        /// How the last one ended, if this manager saw it.
        last: Option<String>,
    },
    /// A start made no progress for too long.
    NoProgress {
        /// How long.
        waited_ms: u64,
        /// Whether systemd or launchd was asked for it.
        supervised: bool,
    },
    /// The start lock cannot be used.
    LockUnusable(String),
    /// Somebody holds the data folder, and does not answer.
    LockHeld {
        /// Its process, as far as the system says.
        by: Option<String>,
        /// How long we waited.
        waited_ms: u64,
    },
    /// A daemon that was judged bad may not be ended by us.
    KillRefused(String),
    /// systemd or launchd did not do what it was asked for.
    ServiceManagerRefused(String),
    /// A daemon is there and does not want us.
    Refused(String),
    /// The daemon does not answer, and may not be replaced.
    Bad,
    /// A read was sent as often as it may be, and every time the daemon was lost.
    KeepsFalling {
        /// How often.
        sends: u32,
    },
    /// The daemon was lost twice while the edit was in flight, and has no trace of it.
    NeverApplied,
    /// The edit still runs although it was cancelled.
    StillRunning,
    /// The daemon would not say what became of the edit.
    OutcomeRefused,
    /// The answer to a call is lost that nobody keeps a record of.
    AnswerLost,
    /// Who made the call is gone, and waits for no answer.
    Left,
}

impl Reason {
    /// Whether there is no daemon to talk to: the command line's exit code 3.
    pub fn is_no_daemon(&self) -> bool {
        match self {
            Self::Misconfigured(_)
            | Self::NoDaemon
            | Self::StartFailed { .. }
            | Self::Exhausted { .. }
            | Self::NoProgress { .. }
            | Self::LockUnusable(_)
            | Self::LockHeld { .. }
            | Self::ServiceManagerRefused(_)
            | Self::KillRefused(_)
            | Self::Bad => true,
            Self::Deadline { .. }
            | Self::Cancelled
            | Self::Refused(_)
            | Self::KeepsFalling { .. }
            | Self::NeverApplied
            | Self::StillRunning
            | Self::OutcomeRefused
            | Self::AnswerLost
            | Self::Left => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadline { doing } => write!(
                out,
                "The time for this call is over while {doing}. Call again later, or with more time."
            ),
            Self::Cancelled => out.write_str("Cancelled; nothing was changed."),
            Self::Misconfigured(text) => {
                let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
                write!(
                    out,
                    "goxe cannot use its configuration: {text}{end} Correct it, then call again."
                )
            }
            Self::NoDaemon => out.write_str(NO_DAEMON),
            Self::StartFailed { text } => write!(
                out,
                "The goxe daemon could not be started: {text}. Correct that, then call again; \
                 `goxe daemon run` shows the same failure in a terminal."
            ),
            Self::Exhausted { failures, window_ms, retry_ms, last } => {
                write_exhausted(out, *failures, *window_ms, *retry_ms, last.as_deref())
            }
            Self::NoProgress { waited_ms, supervised } => {
                let who =
                    if *supervised { "its service manager was asked for it" } else { "its start" };
                write!(
                    out,
                    "The goxe daemon did not become ready: {} without progress since {who}. Look at \
                     `goxe daemon logs`, then call again.",
                    Seconds(*waited_ms)
                )
            }
            Self::LockUnusable(text) => write!(
                out,
                "The data folder's start lock cannot be used: {text}. Check the folder's owner, mode \
                 and free space (`goxe paths`, `goxe doctor`)."
            ),
            Self::LockHeld { by, waited_ms } => write_held(out, by.as_deref(), *waited_ms),
            Self::KillRefused(text) => write!(
                out,
                "The goxe daemon does not answer, and could not be ended: {text}. Ask its owner to \
                 restart it."
            ),
            Self::ServiceManagerRefused(text) => write!(
                out,
                "The goxe daemon is run by a service manager, which refused: {text}. Run `goxe \
                 daemon start` with enough rights, or look at `goxe daemon status`."
            ),
            Self::Refused(text) => write!(out, "The goxe daemon refused the connection: {text}"),
            Self::Bad => out.write_str(BAD),
            Self::KeepsFalling { sends } => write!(
                out,
                "The goxe daemon was lost {sends} times while it answered this call. Do not repeat \
                 it unchanged; look at `goxe daemon logs`."
            ),
            Self::NeverApplied => out.write_str(NEVER_APPLIED),
            Self::StillRunning => out.write_str(STILL_RUNNING),
            Self::OutcomeRefused => out.write_str(OUTCOME_REFUSED),
            Self::AnswerLost => out.write_str(ANSWER_LOST),
            Self::Left => out.write_str(LEFT),
        }
    }
}

const NO_DAEMON: &str = "No goxe daemon runs for this data folder, and starting one is switched \
                         off. Start it with `goxe daemon start`.";
const BAD: &str = "The goxe daemon does not answer, and restarting it is switched off. Restart it \
                   with `goxe daemon restart`.";
const NEVER_APPLIED: &str = "The goxe daemon was lost twice while this edit was in flight, and has \
                             no trace of it. Do not repeat it unchanged; look at `goxe daemon logs`.";
const STILL_RUNNING: &str = "The time for this edit is over, and it still runs in the daemon.";
const OUTCOME_REFUSED: &str =
    "The reply to this edit was lost, and the daemon would not say what became of it.";

const ANSWER_LOST: &str =
    "The goxe daemon was lost, or did not answer, while it worked on this call.";

const LEFT: &str = "The connection was closed before the goxe daemon had answered this call.";

fn write_held(out: &mut fmt::Formatter<'_>, by: Option<&str>, waited_ms: u64) -> fmt::Result {
    match by {
        Some(by) => write!(
            out,
            "This data folder is held by {by}, which is no goxe daemon. Wait for its end or end it, \
             then call again."
        ),
        None => write!(
            out,
            "Another process has held this data folder for {} and does not answer. Find it with \
             `goxe daemon status`, end it, then call again.",
            Seconds(waited_ms)
        ),
    }
}

fn write_exhausted(
    out: &mut fmt::Formatter<'_>,
    failures: u32,
    window_ms: u64,
    retry_ms: u64,
    last: Option<&str>,
) -> fmt::Result {
    let window = Seconds(window_ms);
    write!(out, "The goxe daemon failed {failures} starts within {window}")?;
    if let Some(last) = last {
        write!(out, "; the last one: {last}")?;
    }
    write!(
        out,
        ". It is tried again in {}. Look at `goxe daemon logs`, correct the cause, and start it at \
         once with `goxe daemon start`.",
        Seconds(retry_ms)
    )
}

/// A duration in milliseconds, for people.
pub(super) struct Seconds(pub(super) u64);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ms if ms < 1_000 => write!(out, "{ms} ms"),
            ms if ms < 10_000 => write!(out, "{}.{} s", ms / 1_000, ms % 1_000 / 100),
            ms if ms < 120_000 => write!(out, "{} s", ms / 1_000),
            ms => write!(out, "{} min", ms / 60_000),
        }
    }
}
