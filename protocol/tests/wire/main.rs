//! The wire as its users meet it: the specification's examples, the documented bytes, the client against a server.

#[path = "../data/jsonrpc_examples.rs"]
mod jsonrpc_examples;

mod blocking;
mod document;
mod examples;
mod server;
