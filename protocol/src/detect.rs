//! What a new connection speaks: its first bytes decide, however they are split, for its whole life.

use crate::error::{Code, Error, kind};

/// What the first byte that is not white space announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detected {
    /// `G`, the start of `GOXE`: frames. The decoder checks the other letters and the version as they arrive.
    Frames,
    /// `{` or `[`, perhaps after white space: one JSON message a line.
    Lines,
    /// 0x16, a TLS handshake record.
    Tls,
    /// Nothing that is served.
    Garbage,
}

/// Reads the beginning of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detector {
    /// White space came first, so that only lines are possible.
    after_space: bool,
}

impl Detector {
    /// Skips white space and looks at the next byte, which stays in the input; `None` when there is none.
    #[inline]
    pub fn detect(&mut self, input: &mut &[u8]) -> Option<Detected> {
        while let Some((first, rest)) = input.split_first() {
            match (*first, self.after_space) {
                (b' ' | b'\t' | b'\r' | b'\n', _) => {
                    self.after_space = true;
                    *input = rest;
                }
                (b'{' | b'[', _) => return Some(Detected::Lines),
                (b'G', false) => return Some(Detected::Frames),
                (0x16, false) => return Some(Detected::Tls),
                _ => return Some(Detected::Garbage),
            }
        }
        None
    }

    /// Whether anything (only white space, then) has been seen: the time for a first message runs.
    #[must_use]
    pub fn is_partial(self) -> bool {
        self.after_space
    }
}

/// The error a peer is told, as a line, when its bytes are nothing that is served here.
#[must_use]
pub fn unknown_protocol(message: String) -> Error {
    Error::new(Code::Unsupported, message)
        .kind(kind::PROTOCOL)
        .hint("send GOXE version 1 frames, or one JSON-RPC message a line")
}
