//! Bytes on their way to a peer.

use std::{
    collections::VecDeque,
    io::{self, IoSlice, Write},
    ops::Range,
    sync::Arc,
};

use goxe_protocol::frame::OwnedFrame;

use crate::slice::Slice;

/// A piece of output that is sent from where it lies.
#[derive(Debug)]
pub enum Segment {
    /// Bytes of its own.
    Bytes(Vec<u8>),
    /// A part of a request's JSON, for an echo.
    Json(Arc<OwnedFrame>, Range<usize>),
    /// The attachment of a request, for an echo.
    Attachment(Arc<OwnedFrame>),
    /// Bytes that somebody else keeps too.
    Shared(Slice),
}

impl From<Vec<u8>> for Segment {
    fn from(bytes: Vec<u8>) -> Self {
        Segment::Bytes(bytes)
    }
}

impl Segment {
    /// What is sent.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Segment::Bytes(bytes) => bytes,
            Segment::Json(frame, range) => frame.json().get(range.clone()).unwrap_or_default(),
            Segment::Attachment(frame) => frame.attachment().unwrap_or_default(),
            Segment::Shared(bytes) => bytes,
        }
    }

    /// Memory it holds.
    pub fn held(&self) -> usize {
        match self {
            Segment::Bytes(bytes) => bytes.capacity(),
            Segment::Shared(bytes) => bytes.len(),
            Segment::Json(frame, _) | Segment::Attachment(frame) => frame.bytes(),
        }
    }
}

/// Segments from here on are sent from where they lie; smaller ones are copied together, which
/// is cheaper than another slice for the kernel.
pub const SEGMENT_BYTES_MIN: usize = 16 << 10;

/// How many slices one write hands to the kernel.
const SLICES_MAX: usize = 16;

/// A queue of output: small pieces are gathered, large ones stay where they are.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Sent after everything in `queue`.
    tail: Vec<u8>,
    queue: VecDeque<Segment>,
    /// How much of the first piece was sent.
    sent: usize,
    /// Unsent bytes.
    bytes: usize,
}

impl Outbox {
    /// Appends by `write`.
    pub fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.tail.len();
        write(&mut self.tail);
        self.bytes += self.tail.len() - before;
    }

    /// Appends a piece.
    pub fn push(&mut self, segment: Segment) {
        let length = segment.bytes().len();
        if length < SEGMENT_BYTES_MIN {
            self.tail.extend_from_slice(segment.bytes());
        } else {
            self.close_tail();
            self.queue.push_back(segment);
        }
        self.bytes += length;
    }

    /// Puts bytes before everything else. Only for an outbox of which nothing was sent yet.
    pub fn push_front(&mut self, bytes: Vec<u8>) {
        debug_assert_eq!(self.sent, 0, "half of the first piece was sent already");
        self.close_tail();
        self.bytes += bytes.len();
        self.queue.push_front(Segment::Bytes(bytes));
    }

    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            self.queue.push_back(Segment::Bytes(std::mem::take(&mut self.tail)));
        }
    }

    /// Everything unsent, in order. Only for an outbox of which nothing was sent yet.
    pub fn into_segments(mut self) -> impl Iterator<Item = Segment> {
        debug_assert_eq!(self.sent, 0, "what was sent would be sent again");
        self.close_tail();
        self.queue.into_iter()
    }

    /// The pieces that are left, whether part of the first was sent or not: to be freed.
    pub fn into_unsent(mut self) -> impl Iterator<Item = Segment> {
        self.close_tail();
        self.queue.into_iter()
    }

    /// Takes over everything that `other` has, which keeps its buffer for the next time.
    pub fn take_from(&mut self, other: &mut Outbox) {
        if other.queue.is_empty() {
            let unsent = other.tail.get(other.sent..).unwrap_or_default();
            self.tail.extend_from_slice(unsent);
            self.bytes += unsent.len();
            other.clear();
            return;
        }
        other.close_tail();
        if !self.is_empty() {
            debug_assert_eq!(other.sent, 0, "what is older is sent first");
            self.close_tail();
            self.queue.append(&mut other.queue);
            self.bytes += other.bytes;
            other.clear();
            return;
        }
        std::mem::swap(&mut self.queue, &mut other.queue);
        self.sent = other.sent;
        self.bytes = other.bytes;
        other.clear();
    }

    /// Forgets everything, keeps a small buffer.
    pub fn clear(&mut self) {
        self.tail.clear();
        self.queue.clear();
        self.sent = 0;
        self.bytes = 0;
    }

    /// Unsent bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Sends as much as `stream` takes. Pieces that were sent whole and are large go to `spent`,
    /// because freeing them takes time that the loop does not have.
    ///
    /// `Ok(true)`: nothing is left. `Ok(false)`: the stream takes no more for now.
    pub fn write_to(
        &mut self,
        stream: &mut impl Write,
        spent: &mut Vec<Segment>,
    ) -> io::Result<bool> {
        while self.bytes > 0 {
            let written = if self.queue.is_empty() {
                stream.write(self.tail.get(self.sent..).unwrap_or_default())
            } else {
                self.write_slices(stream)
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.advance(count, spent),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn write_slices(&self, stream: &mut impl Write) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let pieces = self.queue.iter().map(Segment::bytes).chain([&self.tail[..]]);
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(pieces) {
            let skip = if count == 0 { self.sent } else { 0 };
            *slice = IoSlice::new(piece.get(skip..).unwrap_or_default());
            count += 1;
        }
        stream.write_vectored(slices.get(..count).unwrap_or_default())
    }

    fn advance(&mut self, mut count: usize, spent: &mut Vec<Segment>) {
        self.bytes = self.bytes.saturating_sub(count);
        while let Some(first) = self.queue.front() {
            let left = first.bytes().len().saturating_sub(self.sent);
            if count < left {
                self.sent += count;
                return;
            }
            count -= left;
            self.sent = 0;
            spent.extend(self.queue.pop_front());
        }
        self.sent += count;
        if self.sent >= self.tail.len() {
            self.tail.clear();
            self.sent = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a few bytes at a time, then blocks once.
    struct Trickle {
        got: Vec<u8>,
        step: usize,
        block: bool,
    }

    impl Write for Trickle {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.block, true) {
                self.block = false;
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(self.step);
            self.got.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn drain(outbox: &mut Outbox, step: usize) -> Vec<u8> {
        let mut stream = Trickle { got: Vec::new(), step, block: false };
        let mut spent = Vec::new();
        while !outbox.write_to(&mut stream, &mut spent).unwrap() {}
        assert!(outbox.is_empty());
        stream.got
    }

    #[test]
    fn order_holds_whatever_the_sizes_and_the_steps() {
        let pieces: Vec<Vec<u8>> =
            [3, SEGMENT_BYTES_MIN, 1, 1, SEGMENT_BYTES_MIN + 5, SEGMENT_BYTES_MIN, 9]
                .iter()
                .zip(1..)
                .map(|(&length, value)| vec![value; length])
                .collect();
        let whole: Vec<u8> = pieces.concat();
        for step in [1000, 4096, usize::MAX] {
            let mut outbox = Outbox::default();
            for piece in &pieces {
                outbox.push(Segment::Bytes(piece.clone()));
            }
            assert_eq!(outbox.bytes(), whole.len());
            assert_eq!(drain(&mut outbox, step), whole);
        }
    }

    #[test]
    fn new_output_comes_behind_what_waits() {
        for sent in [0, 2] {
            for sizes in [[5, SEGMENT_BYTES_MIN], [SEGMENT_BYTES_MIN, 5], [5, 5]] {
                let [first, second] = [(b'a', sizes[0]), (b'b', sizes[1])].map(|(byte, size)| {
                    let mut outbox = Outbox::default();
                    outbox.push(Segment::Bytes(vec![byte; size]));
                    outbox.append(|tail| tail.push(byte.to_ascii_uppercase()));
                    outbox
                });
                let (mut waits, mut new) = (first, second);
                let mut stream = Trickle { got: Vec::new(), step: sent.max(1), block: false };
                if sent > 0 {
                    assert!(!waits.write_to(&mut stream, &mut Vec::new()).unwrap());
                }
                waits.take_from(&mut new);
                assert!(new.is_empty());
                let rest = drain(&mut waits, 1000);
                let all = [&stream.got[..], &rest[..]].concat();
                let wanted = [vec![b'a'; sizes[0]], vec![b'A'], vec![b'b'; sizes[1]], vec![b'B']];
                assert_eq!(all, wanted.concat());
            }
        }
    }

    #[test]
    fn what_is_half_sent_moves_with_its_place() {
        for large in [false, true] {
            let mut first = Outbox::default();
            first.append(|tail| tail.extend_from_slice(b"abc"));
            if large {
                first.push(Segment::Bytes(vec![b'x'; SEGMENT_BYTES_MIN]));
            }
            let mut stream = Trickle { got: Vec::new(), step: 2, block: false };
            assert!(!first.write_to(&mut stream, &mut Vec::new()).unwrap());
            let mut second = Outbox::default();
            second.take_from(&mut first);
            assert!(first.is_empty());
            let rest = drain(&mut second, 700);
            assert_eq!([&stream.got[..], &rest[..]].concat()[..3], b"abc"[..]);
            assert_eq!(
                stream.got.len() + rest.len(),
                if large { SEGMENT_BYTES_MIN + 3 } else { 3 }
            );
        }
    }
}
