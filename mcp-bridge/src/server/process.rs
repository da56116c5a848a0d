//! The process around the server: its streams, its parent, its signals, its quick exit.

use std::{io, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use rmcp::{ServiceExt as _, service::RunningService};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Server, late::Late, parent::Parent};
use crate::{
    daemon::Daemon,
    handover::{self, Desk, Inherited},
    manager,
    tools::{Selection, files::Folders},
    transport::{Gate, Lines, Stdio, Streams},
};

/// How long answers that are being written may take once the client is leaving, those of edits that
/// are on their way among them: `tools/context.rs` waits for less. Claude Code sends
/// a second signal 100 ms after the first one.
const LEAVE: Duration = Duration::from_millis(60);

/// How long the subscriptions of a session may take that another program began.
const BACK: Duration = Duration::from_secs(1);

/// Serves one client over standard input and output until it is gone, in front of the daemon that
/// `configure` tells of, which it starts when a call needs it and never ends by itself. As long as
/// `configure` fails, every call is told why, and the next one asks it again. `folders` are allowed for
/// files besides the working folder. With a `inherited` it goes on with the session of the process before it, and with none of the client's notice.
///
/// Call it first thing: it takes the standard streams for itself.
pub fn run<F>(
    configure: F,
    selection: Selection,
    folders: &[PathBuf],
    inherited: Option<Inherited>,
) -> ExitCode
where
    F: Fn() -> Result<manager::Options, String> + Send + Sync + 'static,
{
    let before = inherited.and_then(|inherited| {
        let adopted = handover::adopt(inherited);
        // A client of the newer era loses its subscriptions only.
        adopted.map_err(|error| tell(&format!("the session before this one is lost: {error}"))).ok()
    });
    in_runtime(async |stdio| {
        let is_restored = before.is_some();
        let desk = Desk::open(before);
        let late = Arc::new(Late::new(configure, Arc::clone(&desk)));
        let serving = Arc::clone(&late);
        let mut streams = stdio.into_streams()?;
        desk.set_streams(streams.original.take());
        let watch = handover::watch(Arc::clone(&desk), move || serving.serving());
        let folders = Folders::new(std::env::current_dir()?, folders);
        tokio::select! {
            served = serve_at(desk, late, folders, streams, selection, is_restored) => served,
            () = watch => Ok(()),
        }
    })
}

/// As [`run`], with a daemon that `connect` makes inside the runtime.
pub fn run_with<F>(connect: F, selection: Selection) -> ExitCode
where
    F: AsyncFnOnce() -> io::Result<Arc<dyn Daemon>>,
{
    in_runtime(async |stdio| {
        let daemon = connect().await?;
        let folders = Folders::new(std::env::current_dir()?, &[]);
        serve(daemon, folders, stdio.into_streams()?, selection).await
    })
}

fn in_runtime<F>(serve: F) -> ExitCode
where
    F: AsyncFnOnce(Stdio) -> io::Result<()>,
{
    let served = Stdio::claim().and_then(|stdio| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let served = runtime.block_on(serve(stdio));
        // A read of a terminal that is still blocked does not keep the process.
        runtime.shutdown_background();
        served
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Nobody reads the exit code of an MCP server; its client shows standard error.
fn tell(text: &str) {
    let _ = io::Write::write_all(&mut io::stderr(), format!("goxe mcp: {text}\n").as_bytes());
}

/// Serves one client over its streams, until it is gone: the end of its input, output that nobody
/// reads, a signal, or the death of the parent process.
pub async fn serve(
    daemon: Arc<dyn Daemon>,
    folders: Folders,
    streams: Streams,
    selection: Selection,
) -> io::Result<()> {
    serve_at(Desk::open(None), daemon, folders, streams, selection, false).await
}

/// The same for a session that may go on in another program, or began in one.
async fn serve_at(
    desk: Arc<Desk>,
    daemon: Arc<dyn Daemon>,
    folders: Folders,
    streams: Streams,
    selection: Selection,
    is_restored: bool,
) -> io::Result<()> {
    let gone = CancellationToken::new();
    let departures = Departures::watch()?;
    let Streams { input, output, closed, .. } = streams;
    let gate = Gate::new(Lines::at(Arc::clone(&desk), input, output), gone.clone());
    let server = Server::with_selection(daemon, folders, gone.clone(), selection);
    let subscribers = Arc::clone(server.subscribers());
    if is_restored {
        tokio::spawn(async move {
            desk.restored().await;
            // One that is refused now does not come.
            let back = subscribers.at_least(desk.subscribers());
            let _ = tokio::time::timeout(BACK, back).await;
            // What this program offers may not be what the one before it offered, and what happened
            // while it began was seen by nobody.
            subscribers.all_changed().await;
        });
    }

    let session = async {
        match server.serve(gate).await {
            Ok(running) => {
                RunningService::waiting(running).await.map(drop).map_err(io::Error::other)
            }
            // A client that leaves before it has begun a session is a client that left.
            Err(_) if gone.is_cancelled() => Ok(()),
            Err(error) => Err(io::Error::other(error)),
        }
    };
    let leaving = async {
        tokio::select! {
            () = gone.cancelled() => {}
            () = closed.wait() => {}
            () = departures.wait() => {}
        }
        gone.cancel();
        tokio::time::sleep(LEAVE).await;
    };
    tokio::select! {
        ended = session => ended,
        () = leaving => Ok(()),
    }
}

/// What tells from outside that the client is gone, or wants this process to go.
struct Departures {
    signals: Vec<tokio::signal::unix::Signal>,
    parent: Parent,
}

impl Departures {
    fn watch() -> io::Result<Self> {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let signals = kinds.into_iter().map(signal).collect::<io::Result<_>>()?;
        Ok(Departures { signals, parent: Parent::watch() })
    }

    async fn wait(mut self) {
        let signals = std::future::poll_fn(|cx| {
            let told = self.signals.iter_mut().any(|signal| signal.poll_recv(cx).is_ready());
            if told { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        });
        tokio::select! {
            () = signals => {}
            () = self.parent.died() => {}
        }
    }
}
