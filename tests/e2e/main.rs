//! The real binary from outside: a module a subject. Names of modules are what `tests/soak` filters by.

#![expect(clippy::panic, reason = "helpers of tests fail by panicking")]

mod bridges;
mod catalogue;
mod disk;
mod edges;
mod edits;
mod jsonrpc;
mod kill;
mod lifecycle;
mod socket;
mod support;
mod vox;
