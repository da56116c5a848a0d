//! `goxe mcp ...`

use clap::{Args, Subcommand};

/// The MCP server, or the words that connect a client to it.
#[derive(Debug, Args)]
pub struct Mcp {
    /// Tools to offer: core, engine or all
    #[arg(long, value_name = "NAME", value_parser = ["core", "engine", "all"])]
    pub toolset: Option<String>,
    /// Refuse every call that would change something
    #[arg(long)]
    pub read_only: bool,
    #[command(subcommand)]
    pub verb: Option<McpVerb>,
}

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub enum McpVerb {
    /// Print what connects an MCP client to goxe
    Config {
        /// The client; all of them when absent
        #[arg(long, value_name = "NAME")]
        client: Option<String>,
    },
}
