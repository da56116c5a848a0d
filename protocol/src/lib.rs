//! The wire of goxe, sans-IO: bytes in, values out, and back.
//!
//! Nothing here knows a socket, a clock or a thread. The way of a message through the modules:
//!
//! ```text
//! bytes -> inbound (detect, frame, lines) -> rpc::parse -> api::find(method) -> typed params
//! reply -> rpc::encode_reply -> inbound::Form or frame::append_* -> bytes
//! ```
//!
//! - [`detect`], [`frame`], [`lines`], [`inbound`]: what the bytes of a connection are
//! - [`rpc`]: JSON-RPC 2.0, borrowed from the payload
//! - [`error`]: the one table of error codes
//! - [`api`]: every method's name, params, reply, role and cost
//! - [`openrpc`], [`mod@reference`]: documents made from it
//! - [`client`], [`blocking`]: the other end, as a core and as a shell over any stream

pub mod api;
pub mod blocking;
pub mod client;
pub mod detect;
pub mod error;
pub mod frame;
pub mod inbound;
pub mod lines;
pub mod openrpc;
pub mod reference;
pub mod rpc;

pub use error::{Code, Error};
