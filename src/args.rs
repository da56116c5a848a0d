//! The command line as types: what clap reads, and what help, completions and man pages are made of.

mod call;
mod config;
mod daemon;
mod global;
mod journal;
mod mcp;
mod project;

use std::path::PathBuf;

use clap::{Command, CommandFactory, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

pub use call::{Call, Params};
pub use config::Config;
pub use daemon::{Daemon, Logs};
pub use global::{Color, Global};
pub use journal::Journal;
pub use mcp::{Mcp, McpCheck, McpConfig, McpScope, McpVerb};
pub use project::{
    Create, Delete, Export, History, Import, List, Project, Rename, Render, Restore, Show,
};

/// A voxel engine behind one socket: a daemon that journals every edit before it answers, an MCP
/// bridge that keeps it alive, and this command line.
#[derive(Debug, Parser)]
#[command(name = "goxe", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = EXIT_CODES, subcommand_required = true, arg_required_else_help = true)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 no daemon, 4 not permitted;
a daemon whose data cannot be served ends with 70.
With --json every answer is one JSON document on standard output, and every error is
{\"error\": {\"code\", \"kind\", \"message\", \"hint\"}} on standard error.";

/// What to do. Only the verb that is given is looked into: `goxe mcp` is waited for by an assistant.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Verb {
    /// Run, start, stop and watch the daemon
    #[command(subcommand)]
    Daemon(Daemon),
    /// Serve MCP on standard input and output, for an AI assistant
    Mcp(Mcp),
    /// Build a scene through MCP, kill the daemon in the middle of it, and lose nothing
    Demo {
        /// Folder for its data, pictures and files; a new temporary one when absent
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        folder: Option<PathBuf>,
    },
    /// Call one method of the daemon
    Call(Call),
    /// Work with projects
    #[command(subcommand)]
    Project(Project),
    /// Look into the journal of a data folder
    #[command(subcommand)]
    Journal(Journal),
    /// Save every project into one file, while the daemon goes on
    Backup {
        /// The file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Replace the file that is there
        #[arg(long)]
        overwrite: bool,
    },
    /// Fill an empty data folder from a backup
    Restore {
        /// The file that goxe backup wrote
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Show, check and begin the configuration
    #[command(subcommand)]
    Config(Config),
    /// Tell where the files of the daemon lie
    Paths,
    /// Check everything that the daemon depends on
    Doctor,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Write the man pages into a folder
    Man {
        /// The folder
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

/// The whole command line, for completions and man pages.
pub fn command() -> Command {
    Arguments::command()
}

#[cfg(test)]
mod tests;
