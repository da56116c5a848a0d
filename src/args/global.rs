//! The flags that every command takes.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use goxe_config::Choice;
use goxe_config::duration::parse_ms;

/// Which daemon, which configuration, which form of output.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Data folder, which is the daemon [env: GOXE_DATA]
    #[arg(long, global = true, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub data: Option<PathBuf>,
    /// Path of the daemon's socket, when it starts [env: GOXE_SOCKET]
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub socket: Option<PathBuf>,
    /// Configuration file [env: GOXE_CONFIG]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Set one key of the configuration [env: GOXE_SECTION_KEY]
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE")]
    pub set: Vec<String>,
    /// How long a start may take without progress: seconds, or with a unit as in 500ms or 2min
    /// [env: GOXE_STARTUP_TIMEOUT]
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_ms)]
    pub startup_timeout: Option<u64>,
    /// The daemon of the whole system instead of the user's own
    #[arg(long, global = true)]
    pub system: bool,
    /// Answer with one JSON document; errors are JSON too
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Global {
    /// Every key that the command line sets; what has a flag of its own comes last, and so counts.
    pub fn keys(&self) -> Vec<String> {
        let startup = self.startup_timeout.map(|ms| format!("manager.startup_ms={ms}"));
        self.set.iter().cloned().chain(startup).collect()
    }

    /// Which daemon is meant. A relative path means the folder that the command was given in.
    pub fn choice(&self) -> io::Result<Choice> {
        let absolute = |path: &Option<PathBuf>| path.as_deref().map(absolute).transpose();
        Ok(Choice {
            data: absolute(&self.data)?,
            socket: absolute(&self.socket)?,
            config: absolute(&self.config)?,
            system: self.system,
        })
    }
}

fn absolute(path: &Path) -> io::Result<PathBuf> {
    std::path::absolute(path)
}
