//! The MCP server and its tools, in this process, with a daemon of its own.

#![expect(clippy::panic, reason = "helpers of tests fail by panicking, as tests do")]

mod calls;
mod errors;
mod fake;
mod files;
mod flow;
mod list;
mod managed;
mod mapping;
mod mistakes;
mod pictures;
mod session;
mod traps;
