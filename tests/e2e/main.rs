//! The real binary from outside: a module a subject. Names of modules are what `tests/soak` filters by.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::needless_pass_by_value,
    reason = "helpers of tests fail and tell like tests, and take json!({ .. }) where it is written"
)]

mod bridges;
mod callers;
mod cancel;
mod catalogue;
mod causes;
mod command;
mod cycles;
mod damage;
mod demo;
mod disk;
mod doubt;
mod edges;
mod edits;
mod events;
mod exits;
mod fairness;
mod js_manager;
mod jsonrpc;
mod kill;
mod leaving;
mod lifecycle;
mod memory;
mod pictures;
mod progress;
mod resources;
mod setup;
mod socket;
mod stdout;
mod support;
mod surfaces;
mod tasks;
mod unread;
mod upgrade;
mod vox;
