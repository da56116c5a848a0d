//! `goxe config ...`

use clap::Subcommand;

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
#[command(defer = true)]
pub enum Config {
    /// Print every key with its value in force
    Show {
        /// Tell for each value where it came from
        #[arg(long)]
        origin: bool,
    },
    /// List every mistake in the configuration
    Check,
    /// Write a new configuration file with every key explained
    Init {
        /// Replace the file that is there
        #[arg(long)]
        overwrite: bool,
    },
}
