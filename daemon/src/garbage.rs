//! What takes too long to free on the loop: it is handed to a lane.

use std::sync::Arc;

use goxe_protocol::inbound::Inbound;

use crate::{blobs::Blob, call::Encoded, memory::Charge, out::Segment, view::View};

/// Something to be freed elsewhere. Its memory counts until it is.
pub enum Garbage {
    /// A snapshot that may be the last of its kind.
    View(Arc<View>),
    /// Output that was sent, or that nobody takes.
    Output(Vec<Segment>, Charge),
    /// An answer that nobody takes.
    Encoded(Encoded, Option<Arc<Charge>>),
    /// What came of a message that never became whole.
    Inbound(Box<Inbound>, Charge),
    /// A blob, whose file goes with it.
    Blob(Arc<Blob>),
}

impl Garbage {
    /// Memory that goes with it, as far as that is known without looking into it.
    pub fn bytes(&self) -> usize {
        match self {
            Garbage::Output(segments, _) => segments.iter().map(Segment::held).sum(),
            Garbage::Encoded(encoded, _) => encoded.bytes(),
            Garbage::Inbound(inbound, _) => inbound.buffered(),
            // Most of a view is shared with newer ones.
            Garbage::View(_) | Garbage::Blob(_) => 0,
        }
    }
}
