//! What carries MCP messages: the process's standard streams, and a gate in front of rmcp that
//! mends what a bare stdio transport gets wrong.
//!
//! ```text
//! fd 0, fd 1 -> stdio::Stdio (pipe, socket or file, non-blocking where it can be)
//!            -> lines::Lines -> gate::Gate -> rmcp's service loop
//! ```

pub mod gate;
pub mod lines;
pub mod stdio;

pub use gate::Gate;
pub use lines::Lines;
pub use stdio::{Stdio, Streams};
