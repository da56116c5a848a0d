//! The wire of goxe, without sockets, clocks or threads: frames, JSON-RPC 2.0, errors, every
//! method's typed params and reply, and the client core.

pub mod api;
