//! `goxe journal ...`

use clap::Subcommand;

/// What to do with a journal.
#[derive(Debug, Clone, Copy, Subcommand)]
#[command(defer = true)]
pub enum Journal {
    /// Read everything and tell what is damaged; changes nothing
    Check,
    /// Print every record
    Dump,
}
