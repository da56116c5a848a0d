//! The line form: one JSON message a line, for `nc` and `jq`.

#[cfg(test)]
mod tests;

use std::io::BufRead;

use crate::error::{Code, Error};
use crate::frame::Frame;

/// A line that is over the limit. The connection cannot go on: where the next message begins is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line is over the limit of {limit} bytes")]
pub struct LineTooLong {
    /// The limit in force.
    pub limit: usize,
}

impl LineTooLong {
    /// The error as the peer is told it, in one last line.
    #[must_use]
    pub fn to_error(&self) -> Error {
        Error::new(Code::TooLarge, self.to_string())
            .hint("split the request, or use GOXE frames with attachments")
            .with("bytes_max", self.limit)
    }
}

/// Lines out of a byte stream that arrives in pieces of any size. Blank lines are skipped.
#[derive(Debug)]
pub struct LineDecoder {
    line_bytes_max: usize,
    /// The beginning of a line whose end has not arrived.
    buffer: Vec<u8>,
    /// The buffer was lent out as a line; its rest goes with the next call.
    delivered: bool,
}

impl LineDecoder {
    /// A decoder at the start of a line.
    #[must_use]
    pub fn new(line_bytes_max: usize) -> Self {
        Self { line_bytes_max, buffer: Vec::new(), delivered: false }
    }

    /// Changes the limit from the next piece of input on.
    pub fn set_line_bytes_max(&mut self, line_bytes_max: usize) {
        self.line_bytes_max = line_bytes_max;
    }

    /// The next whole line without its end, or `None` once the input is used up; call it until then.
    ///
    /// # Errors
    /// The line is longer than the limit, whether its end has come or not.
    pub fn decode<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'d>>, LineTooLong> {
        self.release();
        loop {
            let Some(piece) = take_line(input) else {
                self.keep(input)?;
                return Ok(None);
            };
            if piece.len().saturating_add(self.buffer.len()) > self.line_bytes_max {
                return Err(self.too_long());
            }
            if !self.buffer.is_empty() {
                self.buffer.extend_from_slice(piece);
                self.delivered = true;
                return Ok(Some(Frame::from_buffered_line(&mut self.buffer)));
            }
            if !piece.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Frame::from_line(piece)));
            }
        }
    }

    fn keep(&mut self, input: &mut &[u8]) -> Result<(), LineTooLong> {
        let mut piece = std::mem::take(input);
        if self.buffer.is_empty() {
            // So that blank lines stay blank however they are cut, and cost nothing.
            piece = piece.trim_ascii_start();
        }
        if piece.len().saturating_add(self.buffer.len()) > self.line_bytes_max {
            return Err(self.too_long());
        }
        self.buffer.extend_from_slice(piece);
        Ok(())
    }

    fn too_long(&self) -> LineTooLong {
        LineTooLong { limit: self.line_bytes_max }
    }

    /// Frees the memory of a message that was delivered, which the next call of `decode` would do.
    #[inline]
    pub fn release(&mut self) {
        if std::mem::take(&mut self.delivered) {
            self.buffer = Vec::new();
        }
    }

    /// Memory held for a partial line.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.capacity()
    }

    /// Memory that the line needs after the next piece of it.
    #[must_use]
    pub fn wanted(&self) -> usize {
        let bytes = self.buffer.len();
        let piece = if bytes < PIECE_BYTES / 2 { 0 } else { PIECE_BYTES };
        (bytes + piece).next_power_of_two().min(self.line_bytes_max)
    }

    /// Whether a line has begun to arrive and is not whole: its time is limited.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.buffer.is_empty() && !self.delivered
    }

    /// The bytes of the partial line as they came, to feed another decoder with.
    #[must_use]
    pub fn pending(&self) -> Vec<u8> {
        if self.delivered { Vec::new() } else { self.buffer.clone() }
    }
}

/// What is read of a line at a time, about.
const PIECE_BYTES: usize = 64 << 10;

/// Takes a line off the input, without its end; `None` when the end is not in it.
fn take_line<'i>(input: &mut &'i [u8]) -> Option<&'i [u8]> {
    let mut rest = *input;
    // The standard library's own memchr, which a search by hand would not match; a slice cannot fail to be read.
    let taken = rest.skip_until(b'\n').ok()?;
    let line = input.get(..taken)?.strip_suffix(b"\n")?;
    *input = rest;
    Some(line)
}

/// Ends a message that was appended to `out` from `start` on, as a line. White space of a relayed result may hold line
/// ends, which in JSON never stand inside a string: they become spaces.
pub fn end_line(out: &mut Vec<u8>, start: usize) {
    for byte in out.get_mut(start..).unwrap_or_default() {
        if *byte == b'\n' {
            *byte = b' ';
        }
    }
    out.push(b'\n');
}
