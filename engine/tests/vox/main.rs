//! The `.vox` format against dot_vox, another project's reader and writer, and against bad files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic is how a test fails, and the ones that skip say so"
)]

mod chunks;
mod corpus;
mod limits;
mod mutation;
mod oracle;
mod random;
mod refusals;
mod round_trip;
mod samples;
mod scenes;
