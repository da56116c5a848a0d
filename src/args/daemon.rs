//! `goxe daemon ...`

use clap::{Args, Subcommand};

/// What to do with the daemon.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Daemon {
    /// Serve the data folder in the foreground, until a signal ends it
    Run,
    /// Start the daemon in the background and wait until it answers
    Start {
        /// Print what happens on the way, one line each
        #[arg(long)]
        events: bool,
    },
    /// Stop the daemon: it finishes what runs, and is killed only if it does not
    Stop {
        /// Kill it at once; what it acknowledged is in its journal
        #[arg(long)]
        force: bool,
    },
    /// Stop the daemon if it runs, and start it
    Restart,
    /// Tell how the daemon is; exit code 3 when there is none
    Status {
        /// Then print what happens to it, one line each, until interrupted
        #[arg(long)]
        events: bool,
    },
    /// Print the daemon's log
    Logs(Logs),
}

/// Which part of the log.
#[derive(Debug, Args)]
pub struct Logs {
    /// Go on printing what is added, over the log's rotation
    #[arg(long, short)]
    pub follow: bool,
    /// How many lines of what is there already
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 100)]
    pub lines: usize,
}
