//! A daemon of nothing but guests, in front of which the bridge passes the conformance suite of MCP.
//!
//! `guest_host DATA` takes the data folder, prints `ready`, and serves until its input ends.

#![expect(clippy::print_stdout, reason = "it says on standard output that it is ready")]

#[expect(dead_code, reason = "the tests, which share it, ask it for more")]
mod host;
mod suite;

use std::io::Read as _;
use std::path::PathBuf;

fn main() {
    let data = std::env::args_os().nth(1).expect("the data folder");
    let host = host::Host::serve(&host::paths(&PathBuf::from(data)), suite::Suite::default());
    println!("ready");
    // Whoever started it holds the other end.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    host.end();
}
