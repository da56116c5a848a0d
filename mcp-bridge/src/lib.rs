//! The MCP server of goxe, and the manager that starts, probes and heals the daemon.

pub mod manager;
