//! The daemon of goxe: one event loop, worker lanes, a strand for every project, and a journal
//! that has an edit before its answer goes out.
//!
//! ```text
//! net        sockets and the clock -> bytes for the router, answers back to peers
//! router     sessions, projects, strands, jobs, subscriptions: who gets what, and when
//! handlers   one file for each noun of the protocol: params in, reply out
//! work       what is done on lanes: the words that router and lanes share
//! lanes      threads that run what the router hands them
//! store      projects and catalogue brought back from journal and images
//! journal    records, segments, images: bytes on disk
//! life       the process: start, stop, lock, log, signs of life
//! ```

pub mod blobs;
pub mod call;
pub mod clock;
pub mod edit;
pub mod errors;
pub mod garbage;
pub mod guard;
pub mod handlers;
pub mod journal;
pub mod lanes;
pub mod life;
pub mod limits;
pub mod memory;
pub mod net;
pub mod offline;
pub mod out;
pub mod parse;
pub mod router;
pub mod session;
pub mod slice;
pub mod store;
pub mod stream;
pub mod view;
pub mod vitals;
pub mod work;

pub use life::{Options, RunError, notify::NotifyEnvironment, run};
