//! From nothing to a serving daemon, and back: every step in the order in which it can be undone.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::Path,
    process,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use crossbeam_channel::bounded;
use goxe_config::{
    Config, Endpoint, Paths,
    dirs::{self, FolderError},
    endpoint::EndpointError,
    sections::{Durability, LogFormat, LogLevel},
};
use mio::net::UnixListener;
use sha2::{Digest, Sha256};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook_mio::v1_0::Signals;
use tracing::level_filters::LevelFilter;

use super::{
    files, identity,
    lock::{DataLock, LockError},
    log::{Log, LogOptions},
    notify::{Notice, Notifier, NotifyEnvironment},
};
use crate::{
    blobs::Shelf,
    clock::Now,
    edit::Written,
    handlers::{self, system::status_of},
    journal::{
        disk::Folder,
        keys::KeyLimits,
        writer::{self, Settings},
    },
    lanes::{LaneContext, Lanes, Wake},
    limits::Limits,
    memory::Memory,
    net::{
        Channels, Host, Net, Signal,
        listeners::{self, BoundSocket, ListenError, Listeners},
    },
    router::{Identity, Router, State, room},
    store::Store,
    vitals::Vitals,
};

/// Results that wait for the loop. Lanes wait when it is full; the loop never does.
const DONE_MAX: usize = 4096;
/// Batches of the journal that wait for the loop.
const BATCHES_MAX: usize = 1024;
/// Bytes of records that may wait for the journal.
const JOURNAL_QUEUE_BYTES_MAX: usize = 64 << 20;
/// How much longer than its own bound a stop may take before the service manager steps in.
const STOP_MARGIN: Duration = Duration::from_secs(10);

/// Everything a daemon needs to know.
pub struct Options {
    /// The configuration.
    pub config: Config,
    /// Its files.
    pub paths: Paths,
    /// What the service manager wants to hear.
    pub notify: NotifyEnvironment,
    /// `goxe` and its version.
    pub server: String,
    /// Whether the log goes to standard error as well.
    pub log_to_stderr: bool,
}

/// Why there is no daemon.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum RunError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error("the token file {path}: {error}")]
    Token { path: String, error: io::Error },
    #[error("{what}: {error}")]
    Io { what: &'static str, error: io::Error },
    #[error("the data folder cannot be served: {0}")]
    Recovery(String),
}

fn io_error(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
    move |error| RunError::Io { what, error }
}

/// Serves until a signal says stop. Called while the process has one thread.
pub fn run(options: Options) -> Result<(), RunError> {
    let Options { config, paths, notify, server, log_to_stderr } = options;
    dirs::create_all(&paths.folders())?;
    let mut lock = DataLock::take(&paths.lock, &paths.data)?;
    let token = read_token(&config)?;
    let (unix, bound) = listeners::bind_unix(&config.socket.path, config.socket.mode)?;
    let tcp = match config.tcp.enabled {
        true => Some(listeners::bind_tcp(config.tcp.address)?),
        false => None,
    };
    let served = Served::announce(&config, &paths, bound)?;
    lock.describe(&served.endpoint).map_err(io_error("the lock"))?;
    let numbers = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2];
    let signals = Signals::new(numbers).map_err(io_error("signals"))?;
    let log = Log::start(&log_options(&config, log_to_stderr)).map_err(io_error("the log"))?;
    tracing::info!(pid = process::id(), socket = %config.socket.path.display(), "starting");
    let listeners = Listeners { unix: Some(unix), tcp };
    let identity = Identity {
        server,
        build: served.endpoint.build.clone(),
        epoch: served.endpoint.epoch.clone(),
        store: String::new(),
        pid: process::id(),
        started: Instant::now(),
        token,
    };
    let served = serve(&config, &paths, &notify, identity, listeners, signals, log, served);
    drop(lock);
    served
}

/// Starts the threads and turns the loop; afterwards everything is written and gone.
#[expect(clippy::too_many_arguments, reason = "what the start gathered, passed on once")]
fn serve(
    config: &Config,
    paths: &Paths,
    notify: &NotifyEnvironment,
    identity: Identity,
    listeners: Listeners,
    signals: Signals,
    log: Log,
    served: Served,
) -> Result<(), RunError> {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let count = config.lanes.threads(processors);
    let (poll, waker) = Net::poll().map_err(io_error("the event loop"))?;
    let stuck_after = Duration::from_millis(config.watchdog.stuck_ms);
    let vitals = Arc::new(Vitals::new(count, stuck_after));
    let notifier = Notifier::start(notify, Arc::clone(&vitals), Arc::clone(&waker));
    let (done, done_received) = bounded(DONE_MAX);
    let (batches, journal) = bounded(BATCHES_MAX);
    let wake: Arc<dyn Wake> = waker;
    let key_limits = key_limits_of(config);
    let tell = Arc::clone(&wake);
    let store = Arc::new(Store::<Written>::new(
        Arc::new(Folder::new(&paths.data)),
        journal_settings(config),
        key_limits,
        Box::new(move |completions| {
            if batches.send(completions).is_ok() {
                tell.wake();
            }
        }),
    ));
    let limits = limits_of(config);
    let memory = Memory::new(limits.memory_bytes_max, limits.peer_bytes_max);
    let blob_bytes_max = config.limits.blob_bytes_max;
    let shelf = Shelf::new(paths.data.join("tmp"), &identity.epoch, blob_bytes_max, &memory);
    let dozing = Arc::new(AtomicBool::new(false));
    let context = LaneContext {
        vitals: Arc::clone(&vitals),
        memory: Arc::clone(&memory),
        store: Arc::clone(&store),
        shelf: Arc::new(shelf),
        done,
        wake,
        dozing: Arc::clone(&dozing),
        reply_bytes_max: limits.reply_bytes_max,
        render_pixels_max: limits.render_pixels_max,
        export_bytes_max: limits.export_bytes_max(),
        engine: Arc::new(engine_limits(config)),
    };
    let lanes =
        Lanes::start(count, room::places(count), &context).map_err(io_error("the lanes"))?;
    drop(context);
    let garbage = memory.part(usize::MAX);
    let mut router =
        Router::new(limits, key_limits, identity, memory, count, handlers::route, Now::read());
    router.recover();
    let channels = Channels { done: done_received, journal, garbage };
    let net = Net::new(poll, listeners, signals, channels, lanes, vitals, dozing)
        .map_err(io_error("the event loop"))?;
    let stop_max = Duration::from_millis(config.shutdown.drain_ms) + STOP_MARGIN;
    let mut life = Life { log, notifier, served, paths, stop_max };
    let turned = net.run(&mut router, &mut life);
    let failed = router.fatal.take();
    drop(router);
    if let Ok(lanes) = turned {
        lanes.join();
    }
    if let Err(error) = store.close() {
        tracing::error!(%error, "the journal was not closed cleanly");
    }
    life.leave();
    match failed {
        Some(reason) => Err(RunError::Recovery(reason)),
        None => Ok(()),
    }
}

/// The bounds that are configured, as far as the open files allow them.
fn limits_of(config: &Config) -> Limits {
    let mut limits = Limits::new(config);
    let peers = files::make_room(limits.peers_max, limits.blobs_max);
    if peers < limits.peers_max {
        tracing::warn!(
            peers,
            configured = limits.peers_max,
            "the limit on open files leaves fewer peers"
        );
        limits.peers_max = peers;
    }
    limits
}

fn key_limits_of(config: &Config) -> KeyLimits {
    KeyLimits {
        keep_ms: i64::try_from(config.idempotency.keep_ms).unwrap_or(i64::MAX),
        keys_max: config.idempotency.keys_max,
    }
}

fn journal_settings(config: &Config) -> Settings {
    let journal = &config.journal;
    Settings {
        durability: match journal.durability {
            Durability::Sync => writer::Durability::Sync,
            Durability::Interval => {
                writer::Durability::Interval(Duration::from_millis(journal.sync_interval_ms))
            }
        },
        segment_bytes: journal.segment_bytes,
        change_inline_bytes_max: journal.change_inline_bytes_max,
        queue_max: journal.queue_max,
        queue_bytes_max: JOURNAL_QUEUE_BYTES_MAX,
    }
}

fn engine_limits(config: &Config) -> goxe_engine::limits::Limits {
    let engine = &config.engine;
    goxe_engine::limits::Limits {
        edit_voxels_max: engine.edit_voxels_max,
        edits_max: engine.edits_max,
        layers_max: engine.layers_max,
        history_bytes_max: engine.history_bytes_max,
        history_groups_max: engine.history_groups_max,
        project_bytes_max: engine.project_bytes_max,
        ..goxe_engine::limits::Limits::default()
    }
}

fn log_options(config: &Config, to_stderr: bool) -> LogOptions {
    let log = &config.log;
    LogOptions {
        file: log.file.clone(),
        json: log.format == LogFormat::Json,
        to_stderr,
        level: match log.level {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Trace => LevelFilter::TRACE,
        },
        size_bytes_max: log.size_bytes_max,
        files_max: log.files_max,
        total_bytes_max: log.total_bytes_max,
    }
}

/// The digest of the token; the token itself is not kept.
fn read_token(config: &Config) -> Result<Option<[u8; 32]>, RunError> {
    let Some(path) = config.tcp.token_file.as_ref().filter(|_| config.tcp.enabled) else {
        return Ok(None);
    };
    let failed = |error| RunError::Token { path: path.display().to_string(), error };
    let text = fs::read_to_string(path).map_err(failed)?;
    let token = text.trim();
    if token.len() < 16 {
        let error = io::Error::other("a token has at least 16 characters");
        return Err(failed(error));
    }
    Ok(Some(Sha256::digest(token.as_bytes()).into()))
}

/// What others find this daemon by, and what goes when it leaves.
struct Served {
    endpoint: Endpoint,
    endpoint_file: std::path::PathBuf,
    pid_file: std::path::PathBuf,
    bound: BoundSocket,
}

impl Served {
    fn announce(config: &Config, paths: &Paths, bound: BoundSocket) -> Result<Self, RunError> {
        let pid = process::id();
        let endpoint = Endpoint {
            pid,
            start_time: identity::start_time(pid).map_err(io_error("the own start time"))?,
            boot_id: identity::boot_id().map_err(io_error("the boot id"))?,
            epoch: identity::epoch().map_err(io_error("random numbers"))?,
            store: String::new(),
            socket: config.socket.path.clone(),
            build: goxe_config::executable::build(),
        };
        write_whole(&paths.pid_file, &format!("{pid}\n")).map_err(io_error("the PID file"))?;
        endpoint.write(&paths.endpoint)?;
        let (endpoint_file, pid_file) = (paths.endpoint.clone(), paths.pid_file.clone());
        Ok(Served { endpoint, endpoint_file, pid_file, bound })
    }
}

/// A small file, replaced at once: nobody reads half of it.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension("new");
    fs::write(&temporary, text)?;
    // Whatever the mask of new files is: anybody may read it, nobody else may write it.
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o644))?;
    fs::rename(&temporary, path)
}

/// The process around the loop.
struct Life<'a> {
    log: Log,
    notifier: Notifier,
    served: Served,
    paths: &'a Paths,
    stop_max: Duration,
}

impl Host for Life<'_> {
    fn state(&mut self, state: State, router: &Router) {
        match state {
            State::Recovering { done, total } => {
                self.notifier.tell(Notice::ExtendTimeout(Duration::from_secs(30)));
                self.notifier.tell(Notice::Status(format!("recovering: {done} of {total} bytes")));
            }
            State::Ready => {
                let store = &router.identity.store;
                self.served.endpoint.store.clone_from(store);
                if let Err(error) = self.served.endpoint.write(&self.served.endpoint_file) {
                    tracing::warn!(%error, "clients find the daemon without its store");
                }
                let (projects, _) = router.projects.counts();
                tracing::info!(store, projects, "ready");
                self.notifier.tell(Notice::Ready);
                self.notifier.tell(Notice::Status(format!("serving {projects} projects")));
            }
            State::Draining => {
                tracing::info!("stopping: what runs is finished");
                self.notifier.tell(Notice::Stopping);
                self.notifier.tell(Notice::ExtendTimeout(self.stop_max));
                self.notifier.tell(Notice::Status("finishing what runs".into()));
            }
        }
    }

    fn signal(&mut self, signal: Signal, router: &Router) {
        match signal {
            Signal::Stop => {}
            Signal::Dump => self.dump(router),
            Signal::Debug => {
                let level = self.log.toggle_debug();
                tracing::info!(%level, "the log level was switched");
            }
        }
    }

    fn listen_again(&mut self) -> Option<UnixListener> {
        let bound = self.served.bound.bind_again();
        if let Ok(Some(_)) = &bound {
            tracing::warn!("the socket's file was gone: it is bound again");
        }
        bound.unwrap_or_else(|error| {
            tracing::error!(%error, "the socket's file is gone and cannot be bound again");
            None
        })
    }
}

impl Life<'_> {
    fn dump(&self, router: &Router) {
        let status = status_of(router, Instant::now());
        let text = serde_json::to_string(&status).unwrap_or_default();
        tracing::info!(state = text, "state");
        let path = self.paths.state.join("state.json");
        if let Err(error) = write_whole(&path, &(text + "\n")) {
            tracing::warn!(%error, path = %path.display(), "the state was only logged");
        }
    }

    /// Takes away what others find the daemon by.
    fn leave(self) {
        self.served.bound.remove();
        let files = [&self.served.pid_file, &self.served.endpoint_file];
        for file in files {
            if let Err(error) = fs::remove_file(file) {
                tracing::warn!(%error, file = %file.display(), "a file was left behind");
            }
        }
        tracing::info!("stopped");
    }
}
