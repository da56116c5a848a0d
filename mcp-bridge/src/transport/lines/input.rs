//! Lines out of a stream of bytes.

use std::io;

use rmcp::model::RequestId;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{KEPT_BYTES_MAX, LINE_BYTES_MAX, skim::Skim};

/// How much is asked for at a time.
const READ_BYTES: usize = 16 << 10;

/// What came in.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// A line, without its end.
    Line(&'a [u8]),
    /// A line that was too long, of which only this is known.
    TooLong {
        /// Its request's id, if it was a request.
        id: Option<RequestId>,
        /// Its length.
        bytes: u64,
    },
}

/// The reading end.
#[derive(Debug)]
pub(super) struct Input<R> {
    stream: R,
    buffer: Vec<u8>,
    /// Where the present line begins.
    start: usize,
    /// Up to where the buffer holds no end of it.
    scanned: usize,
    /// Set while the present line is too long, and only skimmed.
    skim: Option<Skim>,
}

impl<R> Input<R> {
    /// Reads a stream of which these bytes came in already.
    pub(super) fn new(stream: R, buffer: Vec<u8>) -> Self {
        Input { stream, buffer, start: 0, scanned: 0, skim: None }
    }

    /// What came in and was not returned; none in the middle of a line that is only skimmed.
    pub(super) fn rest(&self) -> Option<&[u8]> {
        match self.skim {
            Some(_) => None,
            None => Some(self.buffer.get(self.start..).unwrap_or_default()),
        }
    }
}

impl<R: AsyncRead + Unpin> Input<R> {
    /// The next line; none at the end of the stream. A line without an end is none.
    pub(super) async fn next(&mut self) -> io::Result<Option<Found<'_>>> {
        loop {
            let fresh = self.buffer.get(self.scanned..).unwrap_or_default();
            if let Some(length) = fresh.iter().position(|byte| *byte == b'\n') {
                let (start, end) = (self.start, self.scanned + length);
                (self.start, self.scanned) = (end + 1, end + 1);
                if end - start > LINE_BYTES_MAX && self.skim.is_none() {
                    self.skim = Some(Skim::default());
                }
                let line = self.buffer.get(start..end).unwrap_or_default();
                return Ok(Some(match self.skim.take() {
                    None => Found::Line(line),
                    Some(mut skim) => {
                        skim.take(line);
                        Found::TooLong { id: skim.id(), bytes: skim.bytes() }
                    }
                }));
            }
            self.scanned = self.buffer.len();
            self.make_room();
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Memory it holds, in bytes.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity()
    }

    /// Forgets what was returned, and what is only skimmed; the next read finds room.
    fn make_room(&mut self) {
        let begun = self.buffer.get(self.start..).unwrap_or_default();
        if begun.len() > LINE_BYTES_MAX && self.skim.is_none() {
            self.skim = Some(Skim::default());
        }
        if let Some(skim) = &mut self.skim {
            skim.take(begun);
            self.start = self.buffer.len();
        }
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.buffer.shrink_to(KEPT_BYTES_MAX);
        } else if self.start > 0 {
            self.buffer.drain(..self.start);
        }
        (self.start, self.scanned) = (0, self.buffer.len());
        self.buffer.reserve(READ_BYTES);
    }
}
