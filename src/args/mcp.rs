//! `goxe mcp ...`

use clap::{Args, Subcommand, ValueEnum};

/// The MCP server, or the words that connect a client to it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Mcp {
    /// Tools to offer: core, engine or all
    #[arg(long, value_name = "NAME", value_parser = ["core", "engine", "all"])]
    pub toolset: Option<String>,
    /// Refuse every call that would change something
    #[arg(long)]
    pub read_only: bool,
    #[command(subcommand)]
    pub verb: Option<McpVerb>,
    /// The inherited descriptor of a session that another program began
    #[arg(long, hide = true, value_name = "NUMBER")]
    pub handover: Option<i32>,
    /// Say whether this program could go on with the session on standard input
    #[arg(long, hide = true)]
    pub handover_check: bool,
}

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum McpVerb {
    /// Tell an MCP client of goxe: print its entry, or write it into its file
    ///
    /// Without a client it lists all of them: where their file is, and whether they know of goxe.
    /// A file is changed in place: comments, order and all other entries stay. No copy of it is
    /// left, as such files hold secrets; --remove takes the entry out again.
    Config(McpConfig),
    /// Play an MCP client and tell what works
    ///
    /// It starts the server with the little environment that clients pass on, speaks both eras of
    /// the protocol, calls tools, looks at a render in a project of its own that is removed again,
    /// cancels one, and leaves. Exit code 1 when something does not work.
    Check(McpCheck),
}

/// Which client, and what to do with its file.
#[derive(Debug, Args)]
pub struct McpConfig {
    /// The client; a list of all of them when absent
    #[arg(long, value_name = "NAME")]
    pub client: Option<String>,
    /// Write the entry into the client's file
    #[arg(long, requires = "client", conflicts_with = "remove")]
    pub write: bool,
    /// Take the entry out of the client's file
    #[arg(long, requires = "client")]
    pub remove: bool,
    /// Show what would be changed, and change nothing
    #[arg(long, requires = "client")]
    pub dry_run: bool,
    /// For whom; the user, where the client knows that
    #[arg(long, value_name = "SCOPE", value_enum)]
    pub scope: Option<McpScope>,
}

/// Which server is played with.
#[derive(Debug, Args)]
pub struct McpCheck {
    /// The command in this client's file, instead of this program
    #[arg(long, value_name = "NAME", conflicts_with = "command")]
    pub client: Option<String>,
    /// Make nothing, not even a project that is removed again
    #[arg(long)]
    pub read_only: bool,
    /// Exactly this command, instead of this program
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// For whom a client shall know the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum McpScope {
    /// For you, in every project
    User,
    /// For everybody who works in this folder: the file lies in it
    Project,
    /// For you, in this folder alone
    Local,
}
