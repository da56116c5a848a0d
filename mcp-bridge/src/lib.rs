//! The MCP server of goxe, and the manager that starts, probes and heals the daemon.
//!
//! - [`transport`]: standard streams, and the gate in front of rmcp
//! - [`daemon`]: the one seam between MCP and the manager
//! - [`source`]: what a part of the server offers, and how lists are paged
//! - [`subscribers`]: who is told when something changes
//! - [`server`]: the MCP side: both protocol eras, the process around it
//! - [`tools`]: what a model can call, made of the protocol's own types
//! - [`guide`]: what a model is told about building
//! - [`resources`], [`prompts`], [`completions`]: what a client can read, ask with, and fill in
//! - [`guests`]: what the daemon offers beside all that
//! - [`handover`]: a session that goes on in a newer program
//! - [`clients`]: how each MCP client is told about the server
//! - [`manager`]: one daemon for everybody, and every call seen through to one outcome

pub mod clients;
pub mod completions;
pub mod daemon;
pub mod guests;
pub mod guide;
pub mod handover;
pub mod manager;
mod names;
pub mod prompts;
pub mod resources;
pub mod server;
pub mod source;
pub mod subscribers;
pub mod tools;
pub mod transport;
