//! The MCP server of goxe: the front door for assistants.
//!
//! - [`transport`]: standard streams, and the gate in front of rmcp
//! - [`server`]: the MCP side: both protocol eras, the process around it
//! - [`tools`]: what a model can call, made of the protocol's own types
//! - [`clients`]: how each MCP client is told about the server

pub mod clients;
pub mod server;
pub mod tools;
pub mod transport;
