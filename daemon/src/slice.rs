//! Bytes that several keep at once, as a whole or a part of them. Nothing is copied.

use std::{fmt, ops::Deref, ops::Range, sync::Arc};

use goxe_protocol::frame::OwnedFrame;

/// A part of bytes that lie where they were read or made.
#[derive(Clone)]
pub struct Slice {
    whole: Whole,
    range: Range<usize>,
}

#[derive(Clone)]
enum Whole {
    Bytes(Arc<Vec<u8>>),
    /// The attachment of a request, in the memory it arrived in.
    Attachment(Arc<OwnedFrame>),
}

impl Whole {
    fn bytes(&self) -> &[u8] {
        match self {
            Whole::Bytes(bytes) => bytes,
            Whole::Attachment(frame) => frame.attachment().unwrap_or_default(),
        }
    }
}

impl Slice {
    /// The attachment of a request.
    pub fn attachment(frame: OwnedFrame) -> Self {
        let whole = Whole::Attachment(Arc::new(frame));
        Slice { range: 0..whole.bytes().len(), whole }
    }

    /// A part of this one; what lies outside is left out.
    pub fn part(&self, range: Range<usize>) -> Self {
        let end = self.range.start.saturating_add(range.end).min(self.range.end);
        let start = self.range.start.saturating_add(range.start).min(end);
        Slice { whole: self.whole.clone(), range: start..end }
    }
}

impl From<Vec<u8>> for Slice {
    fn from(bytes: Vec<u8>) -> Self {
        Slice { range: 0..bytes.len(), whole: Whole::Bytes(Arc::new(bytes)) }
    }
}

impl Deref for Slice {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.whole.bytes().get(self.range.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Slice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Slice({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_parts_stay_inside() {
        let whole = Slice::from(b"0123456789".to_vec());
        let part = whole.part(2..8);
        assert_eq!(&*part, b"234567");
        assert_eq!(&*part.part(1..3), b"34");
        assert_eq!(&*part.part(4..99), b"67");
        assert_eq!(&*part.part(9..99), b"");
    }
}
