//! A peer's socket in the hands of a lane, for one answer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{call::Ticket, stream::Stream};

/// A peer's socket that is lent to a lane for one answer. Whoever takes it first has it: the lane,
/// to send the answer, or the loop, which has something else for the peer meanwhile.
#[derive(Debug)]
pub struct Loan {
    /// The call whose answer it is lent for.
    pub ticket: Ticket,
    stream: Arc<Stream>,
    taken: AtomicBool,
}

impl Loan {
    /// A socket that nobody has taken.
    pub fn new(ticket: Ticket, stream: Arc<Stream>) -> Self {
        Loan { ticket, stream, taken: AtomicBool::new(false) }
    }

    /// The socket, for the first who asks.
    pub fn take(&self) -> Option<&Stream> {
        (!self.taken.swap(true, Ordering::AcqRel)).then_some(&*self.stream)
    }
}
