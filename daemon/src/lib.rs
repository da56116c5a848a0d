//! The daemon of goxe: one event loop, worker lanes, a strand for every project, and a journal
//! that has an edit before its answer goes out.

pub mod call;
pub mod journal;
pub mod life;
pub mod limits;
pub mod out;
pub mod session;
pub mod store;
