//! The MCP server and its tools, in this process, with a daemon of its own.

mod calls;
mod errors;
mod fake;
mod files;
mod list;
mod mapping;
mod session;
mod traps;
