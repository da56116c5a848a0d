//! The receiving half of a connection: detection and the two forms behind one `decode`.

#[cfg(test)]
mod tests;

use crate::detect::{self, Detected, Detector};
use crate::error::{Code, Error, kind};
use crate::frame::{self, Decoder, Direct, FirstBytes, Frame, FrameError};
use crate::lines::{self, LineDecoder, LineTooLong};

/// How the messages of a connection are told apart, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// GOXE frames.
    Frames,
    /// One JSON message a line, without attachments.
    Lines,
}

impl Form {
    /// Appends one message, whose JSON `write` appends to the buffer it is given.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] when it does not fit a frame; the buffer is then as it was.
    pub fn append(
        self,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), FrameError> {
        match self {
            Self::Frames => frame::append_message(out, write),
            Self::Lines => {
                let start = out.len();
                write(out);
                lines::end_line(out, start);
                Ok(())
            }
        }
    }
}

/// Why nothing more can be read from a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InboundError {
    /// The peer begins a TLS handshake, and this side of the connection is not inside TLS.
    #[error("a TLS handshake where TLS is not served")]
    Tls,
    /// The first bytes are those of no protocol served.
    #[error("a connection cannot begin with \"{0}\"")]
    Garbage(FirstBytes),
    /// The frames broke.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A line grew over its limit.
    #[error(transparent)]
    Line(#[from] LineTooLong),
}

impl InboundError {
    /// The last words to the peer and the form they take; `None` where it could not read any.
    #[must_use]
    pub fn farewell(&self) -> Option<(Form, Error)> {
        match self {
            Self::Tls => None,
            Self::Garbage(_) => Some((Form::Lines, detect::unknown_protocol(self.to_string()))),
            Self::Frame(error) => Some((Form::Frames, error.to_error())),
            Self::Line(error) => Some((Form::Lines, error.to_error())),
        }
    }
}

/// What a peer may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboundLimits {
    /// Payload of one frame.
    pub payload_bytes_max: u32,
    /// One line.
    pub line_bytes_max: usize,
}

impl Default for InboundLimits {
    fn default() -> Self {
        Self { payload_bytes_max: frame::PAYLOAD_BYTES_MAX, line_bytes_max: 16 << 20 }
    }
}

/// Messages out of the bytes of one connection, whichever form it speaks.
#[derive(Debug)]
pub struct Inbound {
    limits: InboundLimits,
    decoding: Decoding,
    /// A whole message came: from then on wrong bytes are a broken stream, not another protocol.
    spoke: bool,
}

#[derive(Debug)]
enum Decoding {
    Undecided(Detector),
    Frames(Decoder),
    Lines(LineDecoder),
}

impl Inbound {
    /// A connection of which nothing is known yet.
    #[must_use]
    pub fn new(limits: InboundLimits) -> Self {
        Self { limits, decoding: Decoding::Undecided(Detector::default()), spoke: false }
    }

    /// A connection whose form is agreed, such as the client's side of one it opened.
    #[must_use]
    pub fn with_form(limits: InboundLimits, form: Form) -> Self {
        let decoding = match form {
            Form::Frames => Decoding::Frames(Decoder::new(limits.payload_bytes_max)),
            Form::Lines => Decoding::Lines(LineDecoder::new(limits.line_bytes_max)),
        };
        Self { limits, decoding, spoke: false }
    }

    /// The form, once a first byte has shown it.
    #[must_use]
    #[inline]
    pub fn form(&self) -> Option<Form> {
        match self.decoding {
            Decoding::Undecided(_) => None,
            Decoding::Frames(_) => Some(Form::Frames),
            Decoding::Lines(_) => Some(Form::Lines),
        }
    }

    /// Changes what the peer may send from its next message on.
    pub fn set_limits(&mut self, limits: InboundLimits) {
        self.limits = limits;
        match &mut self.decoding {
            Decoding::Undecided(_) => {}
            Decoding::Frames(decoder) => decoder.set_payload_bytes_max(limits.payload_bytes_max),
            Decoding::Lines(decoder) => decoder.set_line_bytes_max(limits.line_bytes_max),
        }
    }

    /// The next whole message, or `None` once the input is used up. Call it until then.
    ///
    /// # Errors
    /// Nothing more can be read from this connection. After [`InboundError::Tls`] the input is untouched.
    #[inline]
    pub fn decode<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'d>>, InboundError> {
        if let Decoding::Undecided(detector) = &mut self.decoding {
            let form = match detector.detect(input) {
                None => return Ok(None),
                Some(Detected::Frames) => Form::Frames,
                Some(Detected::Lines) => Form::Lines,
                Some(Detected::Tls) => return Err(InboundError::Tls),
                Some(Detected::Garbage) => {
                    return Err(InboundError::Garbage(FirstBytes::of(input)));
                }
            };
            *self = Self::with_form(self.limits, form);
        }
        let frame = match &mut self.decoding {
            Decoding::Frames(decoder) => match decoder.decode(input) {
                Err(FrameError::Magic { found }) if !self.spoke => {
                    return Err(InboundError::Garbage(found));
                }
                decoded => decoded?,
            },
            Decoding::Lines(decoder) => decoder.decode(input)?,
            // Decided just above.
            Decoding::Undecided(_) => None,
        };
        self.spoke |= frame.is_some();
        Ok(frame)
    }

    /// Room to read the rest of a large frame into, see [`Decoder::direct`].
    pub fn direct(&mut self) -> Option<Direct<'_>> {
        match &mut self.decoding {
            Decoding::Frames(decoder) => decoder.direct(),
            Decoding::Undecided(_) | Decoding::Lines(_) => None,
        }
    }

    /// Frees the memory of a message that was delivered, which the next call of `decode` would do.
    #[inline]
    pub fn release(&mut self) {
        match &mut self.decoding {
            Decoding::Undecided(_) => {}
            Decoding::Frames(decoder) => decoder.release(),
            Decoding::Lines(decoder) => decoder.release(),
        }
    }

    /// Memory held for a partial message.
    #[must_use]
    #[inline]
    pub fn buffered(&self) -> usize {
        match &self.decoding {
            Decoding::Undecided(_) => 0,
            Decoding::Frames(decoder) => decoder.buffered(),
            Decoding::Lines(decoder) => decoder.buffered(),
        }
    }

    /// Memory that the message needs which is arriving, as far as that can be told now: a frame says so in its header,
    /// a line may be twice as long as what came of it.
    #[must_use]
    #[inline]
    pub fn wanted(&self) -> usize {
        match &self.decoding {
            Decoding::Undecided(_) => 0,
            Decoding::Frames(decoder) => decoder.wanted(),
            Decoding::Lines(decoder) => decoder.wanted(),
        }
    }

    /// Whether a message has begun to arrive and is not whole: its time is limited.
    #[must_use]
    #[inline]
    pub fn is_partial(&self) -> bool {
        match &self.decoding {
            Decoding::Undecided(detector) => detector.is_partial(),
            Decoding::Frames(decoder) => decoder.is_partial(),
            Decoding::Lines(decoder) => decoder.is_partial(),
        }
    }

    /// Everything needed to go on in another process: the form, and the bytes of the partial message as they came.
    #[must_use]
    pub fn to_state(&self) -> Vec<u8> {
        let (form, pending) = match &self.decoding {
            Decoding::Undecided(detector) => {
                (if detector.is_partial() { b's' } else { b'u' }, Vec::new())
            }
            Decoding::Frames(decoder) => (if self.spoke { b'F' } else { b'f' }, decoder.pending()),
            Decoding::Lines(decoder) => (b'l', decoder.pending()),
        };
        let mut state = Vec::with_capacity(1 + pending.len());
        state.push(form);
        state.extend_from_slice(&pending);
        state
    }

    /// Goes on from [`to_state`](Self::to_state); `None` when the bytes are no such state under these limits.
    #[must_use]
    pub fn from_state(limits: InboundLimits, state: &[u8]) -> Option<Self> {
        let (form, mut pending) = state.split_first()?;
        let mut inbound = match form {
            b'u' | b's' => Self::new(limits),
            b'f' | b'F' => Self::with_form(limits, Form::Frames),
            b'l' => Self::with_form(limits, Form::Lines),
            _ => return None,
        };
        inbound.spoke = *form == b'F';
        if *form == b's' {
            pending = b" ";
        }
        match inbound.decode(&mut pending) {
            Ok(None) => Some(inbound),
            Ok(Some(_)) | Err(_) => None,
        }
    }
}

/// The error for an attachment in a place that has none, with what to do instead.
#[must_use]
pub fn attachment_refused(form: Form) -> Error {
    let error = Error::new(Code::Unsupported, "attachments travel only in GOXE frames");
    match form {
        Form::Frames => error.kind(kind::ATTACHMENT).hint("send the call alone, not in a batch"),
        Form::Lines => {
            error.kind(kind::ATTACHMENT).hint("connect with GOXE frames for this method")
        }
    }
}
