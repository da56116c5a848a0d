//! The way to the daemon: through the manager, which starts it when it is absent.

use std::ffi::OsString;
use std::time::Duration;

use goxe_config::sections::Manager as Bounds;
use goxe_mcp_bridge::manager::{Call, CallError, Kind, Options, Progress, Settled, blocking};
use goxe_protocol::api::{Attachment, Cost, Method};
use serde::de::DeserializeOwned;

use crate::context::{Context, Settings};
use crate::failure::{Exit, Failure};
use crate::progress::Meter;

/// Who we are, for the daemon's log.
const CLIENT: &str = concat!("goxe-cli ", env!("CARGO_PKG_VERSION"));
/// How often a read is sent where nothing says otherwise.
const READ_SENDS: u32 = 3;
/// Starts that are left for others when a read has lost one daemon after the other.
const STARTS_LEFT: u32 = 2;
/// Most recoveries take milliseconds, and to be asked for its state costs a daemon microseconds.
const RECOVER_CHECK_MS: u64 = 10;

/// The daemon of one data folder. It is started by the first call that needs it.
#[derive(Debug)]
pub struct Daemon<'a> {
    manager: blocking::Manager,
    context: &'a Context,
}

/// The manager of the daemon that is meant, as its configuration says.
pub fn options(context: &Context, settings: &Settings) -> Options {
    let Bounds {
        startup_ms,
        health_ms,
        probe_timeout_ms,
        restart_max,
        stable_ms,
        backoff_ms_min,
        backoff_ms_max,
    } = settings.loaded.config.manager;
    let mut options = Options::new(settings.paths.clone(), CLIENT);
    options.probe_timeout = Duration::from_millis(probe_timeout_ms);
    options.settings.progress_ms_max = startup_ms;
    options.settings.health_ms_max = health_ms;
    options.settings.starts_max = restart_max;
    options.settings.read_sends_max = restart_max.saturating_sub(STARTS_LEFT).max(READ_SENDS);
    options.settings.recover_check_ms = RECOVER_CHECK_MS;
    options.settings.stable_ms = stable_ms;
    options.settings.backoff_ms = backoff_ms_min;
    options.settings.backoff_ms_max = backoff_ms_max;
    options.arguments = Some(arguments(context, settings));
    options.configuration = settings.loaded.shown.clone();
    options
}

/// The manager itself, for commands that look after the daemon's process.
pub fn manager(options: Options) -> Result<blocking::Manager, Failure> {
    blocking::Manager::open(options).map_err(|error| {
        let message = format!("the system has no resources to reach the daemon: {error}");
        Failure::new(Exit::Failed, "io", message)
    })
}

/// What the daemon is started with: the same choices that this command was given.
fn arguments(context: &Context, settings: &Settings) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["daemon".into(), "run".into()];
    let choice = &context.choice;
    let data = Some(&settings.paths.data).filter(|_| !choice.system || choice.data.is_some());
    for (flag, path) in [
        ("--data", data),
        ("--socket", choice.socket.as_ref()),
        ("--config", choice.config.as_ref()),
    ] {
        if let Some(path) = path {
            arguments.extend([flag.into(), path.into()]);
        }
    }
    if choice.system {
        arguments.push("--system".into());
    }
    for pair in context.set() {
        arguments.extend(["--set".into(), pair.into()]);
    }
    arguments
}

impl<'a> Daemon<'a> {
    /// Makes ready to call; nothing is looked for or started yet.
    pub fn open(context: &'a Context) -> Result<Self, Failure> {
        let settings = context.settings()?;
        Ok(Daemon { manager: manager(options(context, &settings))?, context })
    }

    /// Calls a method and waits for its reply.
    pub fn ask<M: Method>(&self, params: &M::Params) -> Result<M::Reply, Failure> {
        Ok(self.exchange::<M>(params, None)?.0)
    }

    /// The same with the raw bytes that go with the call, and those that come with its reply.
    pub fn exchange<M: Method>(
        &self,
        params: &M::Params,
        attachment: Option<Vec<u8>>,
    ) -> Result<(M::Reply, Option<Vec<u8>>), Failure> {
        debug_assert!(attachment.is_none() || M::ATTACHMENT != Attachment::None);
        let mut call = Call::read(M::NAME, params, timeout(M::COST))?;
        if M::WRITES {
            call.kind = Kind::edit();
        }
        call.attachment = attachment;
        let mut meter = match M::COST {
            Cost::Long => Meter::new(self.context.output, M::NAME),
            Cost::Inline | Cost::Read | Cost::Edit => Meter::silent(),
        };
        let reply = self.run(call, &mut meter)?;
        let content = reply.attachment().map(<[u8]>::to_vec);
        Ok((parse(&reply)?, content))
    }

    /// Sees one call through, and shows how far it is.
    pub fn run(&self, call: Call, meter: &mut Meter) -> Result<Settled, Failure> {
        if !meter.is_shown() {
            return Ok(self.manager.call(call)?);
        }
        let show = &mut |note: &Progress| meter.show(note.done, note.total, &note.message);
        let ended = self.manager.call_watched(call, show);
        meter.end();
        Ok(ended?)
    }
}

/// A reply as its type.
fn parse<T: DeserializeOwned>(reply: &Settled) -> Result<T, Failure> {
    reply.parse().map_err(|error| match reply.record() {
        Some(record) => {
            let revision = record.revision.map(|revision| format!(" as revision {revision}"));
            let message =
                format!("it was done{}, but its answer was lost", revision.unwrap_or_default());
            Failure::new(Exit::Failed, "answer_lost", message)
                .hint("do not repeat it; look at the project")
        }
        None => {
            let message = format!("the daemon answered in another form: {error}");
            Failure::new(Exit::Failed, "shape", message)
                .hint("daemon and command line are of different versions: `goxe daemon restart`")
        }
    })
}

/// How long a method may take, a start of the daemon included.
pub fn timeout(cost: Cost) -> Duration {
    Duration::from_secs(match cost {
        // `job.status` may be told to wait a minute.
        Cost::Inline | Cost::Read | Cost::Edit => 120,
        Cost::Long => 1_800,
    })
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let exit = if error.is_no_daemon() { Exit::NoDaemon } else { Exit::Failed };
        let kind = match (&error, exit) {
            (_, Exit::NoDaemon) => "no_daemon",
            (CallError::Unknown { .. } | CallError::Lost(_), _) => "unknown_outcome",
            _ => "not_done",
        };
        let message = error.to_string();
        match error {
            CallError::Answer(error) => Failure::from(error),
            CallError::Unknown { key, .. } => Failure::new(exit, kind, message).with("key", key),
            CallError::Params(_) => Failure::new(Exit::Usage, "params", message),
            CallError::NotDone(_) | CallError::Lost(_) | CallError::Busy(_) | CallError::Closed => {
                Failure::new(exit, kind, message)
            }
        }
    }
}
