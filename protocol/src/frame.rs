//! GOXE/1 frames: a header of four big-endian words, then one JSON-RPC message, perhaps with raw bytes after it.

mod decoder;
mod encode;
#[cfg(test)]
mod tests;

use std::fmt;

pub use decoder::{DIRECT_BYTES_MIN, Decoder, Direct, TRUST_BYTES_MAX};
pub use encode::{append_attached, append_attached_head, append_message};

use crate::error::{Code, Error, kind};

/// The first word of every frame: the letters `GOXE`.
pub const MAGIC: u32 = 0x474F_5845;
/// The one version of the framing that this crate speaks.
pub const VERSION: u32 = 1;
/// Size of a header.
pub const HEADER_BYTES: usize = 16;
/// The word between header and JSON that an attachment brings with it: the length of the JSON.
pub const JSON_LENGTH_BYTES: usize = 4;
/// What a peer may send in one frame unless it is configured otherwise.
pub const PAYLOAD_BYTES_MAX: u32 = 64 << 20;

/// The flag word of a header. Only known bits can be set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// A payload that is one JSON message and nothing else.
    pub const NONE: Self = Self(0);
    /// Bit 0: the payload is the length of the JSON, the JSON, then raw bytes.
    pub const ATTACHMENT: Self = Self(1);

    /// Accepts a flag word of the wire if no reserved bit is set.
    ///
    /// # Errors
    /// [`FrameError::Flags`] with the reserved bits that were set.
    #[inline]
    pub fn from_bits(bits: u32) -> Result<Self, FrameError> {
        match bits & !Self::ATTACHMENT.0 {
            0 => Ok(Self(bits)),
            reserved => Err(FrameError::Flags { reserved }),
        }
    }

    /// The word as it travels.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether raw bytes follow the JSON.
    #[must_use]
    pub fn has_attachment(self) -> bool {
        self.0 & Self::ATTACHMENT.0 != 0
    }
}

/// A frame's header. Magic and version are constants and not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of payload that follow.
    pub length: u32,
    /// What the payload is.
    pub flags: Flags,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// Another magic, another version, or a reserved flag.
    #[inline]
    pub fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, FrameError> {
        let [m0, m1, m2, m3, v0, v1, v2, v3, l0, l1, l2, l3, f0, f1, f2, f3] = *bytes;
        if u32::from_be_bytes([m0, m1, m2, m3]) != MAGIC {
            return Err(FrameError::Magic { found: FirstBytes::of(bytes) });
        }
        let version = u32::from_be_bytes([v0, v1, v2, v3]);
        if version != VERSION {
            return Err(FrameError::Version { found: version });
        }
        let flags = Flags::from_bits(u32::from_be_bytes([f0, f1, f2, f3]))?;
        Ok(Self { length: u32::from_be_bytes([l0, l1, l2, l3]), flags })
    }

    /// The bytes of the header.
    #[must_use]
    #[inline]
    pub fn encode(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&MAGIC.to_be_bytes());
        bytes[4..8].copy_from_slice(&VERSION.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.length.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.flags.bits().to_be_bytes());
        bytes
    }
}

/// The first bytes of a frame or connection as they came, four at most.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FirstBytes {
    bytes: [u8; 4],
    count: usize,
}

impl FirstBytes {
    /// The first of these.
    #[must_use]
    pub fn of(came: &[u8]) -> Self {
        let (mut bytes, count) = ([0; 4], came.len().min(4));
        bytes[..count].copy_from_slice(&came[..count]);
        Self { bytes, count }
    }
}

impl fmt::Display for FirstBytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.bytes[..self.count].escape_ascii())
    }
}

impl fmt::Debug for FirstBytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{self}\"")
    }
}

/// Why a byte stream is not (any more) a sequence of frames. The connection cannot go on after any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The stream does not begin with `GOXE`.
    #[error("not a GOXE frame: it begins with \"{found}\"")]
    Magic {
        /// The first bytes as they came.
        found: FirstBytes,
    },
    /// A frame of a version that is not served.
    #[error("GOXE version {found} is not served, only version {VERSION}")]
    Version {
        /// The version asked for.
        found: u32,
    },
    /// A reserved flag is set.
    #[error("reserved flags {reserved:#010x} are set")]
    Flags {
        /// The bits that mean nothing in this version.
        reserved: u32,
    },
    /// The payload is longer than this side accepts (or than a frame can say).
    #[error("a payload of {length} bytes is over the limit of {limit}")]
    TooLarge {
        /// The length announced.
        length: u64,
        /// The limit in force.
        limit: u32,
    },
    /// An attachment whose JSON length does not fit into its payload.
    #[error("a JSON length of {json} does not fit into a payload of {payload} bytes")]
    JsonLength {
        /// The length the JSON is said to have.
        json: u32,
        /// The length of the payload it lies in.
        payload: u32,
    },
    /// The shell wrote more into the decoder's buffer than [`Direct::wanted`].
    #[error("{excess} bytes too many were read into a frame")]
    Overfilled {
        /// How many.
        excess: usize,
    },
}

impl FrameError {
    /// The error as the peer is told it, in one last frame.
    #[must_use]
    pub fn to_error(&self) -> Error {
        let message = self.to_string();
        match *self {
            Self::Magic { .. } | Self::JsonLength { .. } => {
                Error::new(Code::InvalidRequest, message)
            }
            Self::Version { found } => Error::new(Code::Unsupported, message)
                .kind(kind::VERSION)
                .hint("speak GOXE version 1")
                .with("found", found)
                .with("served", [VERSION]),
            Self::Flags { reserved } => Error::new(Code::Unsupported, message)
                .kind(kind::FLAGS)
                .hint("leave the reserved flags 0")
                .with("reserved", reserved),
            Self::TooLarge { length, limit } => Error::new(Code::TooLarge, message)
                .hint("split the request, or move the content as a blob by ranges")
                .with("bytes", length)
                .with("bytes_max", limit),
            Self::Overfilled { .. } => Error::new(Code::InternalError, message),
        }
    }
}

/// Where the payload of a [`Frame`] lies.
enum Source<'d> {
    /// In the input that was handed in: nothing was copied.
    Input(&'d [u8]),
    /// In the decoder's own buffer, because it came in pieces. The decoder drops what is left of it later.
    Buffer(&'d mut Vec<u8>),
}

/// One whole frame (or line), borrowed from the input or from the decoder.
pub struct Frame<'d> {
    source: Source<'d>,
    /// Length of the JSON when an attachment follows it; checked against the payload.
    json_bytes: Option<usize>,
}

impl<'d> Frame<'d> {
    fn new(header: Header, source: Source<'d>) -> Result<Self, FrameError> {
        let json_bytes = if header.flags.has_attachment() {
            Some(json_length(header.length, payload_of(&source))?)
        } else {
            None
        };
        Ok(Self { source, json_bytes })
    }

    /// A line of JSON, which looks to its reader like a frame without attachment.
    pub(crate) fn from_line(line: &'d [u8]) -> Self {
        Self { source: Source::Input(line), json_bytes: None }
    }

    /// The same for a line that came in pieces.
    pub(crate) fn from_buffered_line(buffer: &'d mut Vec<u8>) -> Self {
        Self { source: Source::Buffer(buffer), json_bytes: None }
    }

    /// The JSON-RPC message.
    #[must_use]
    #[inline]
    pub fn json(&self) -> &[u8] {
        split(payload_of(&self.source), self.json_bytes).0
    }

    /// The raw bytes after the message, if the frame carries an attachment (which may be empty).
    #[must_use]
    #[inline]
    pub fn attachment(&self) -> Option<&[u8]> {
        split(payload_of(&self.source), self.json_bytes).1
    }

    /// Size of the whole payload.
    #[must_use]
    #[inline]
    pub fn payload_bytes(&self) -> usize {
        payload_of(&self.source).len()
    }

    /// Makes the frame independent of the connection, to hand it to another thread. A frame that came in pieces
    /// (every large one does) gives its memory away; one that lay in the input is copied.
    #[must_use]
    pub fn into_owned(self) -> OwnedFrame {
        let payload = match self.source {
            Source::Input(bytes) => bytes.to_vec(),
            Source::Buffer(buffer) => std::mem::take(buffer),
        };
        OwnedFrame { payload, json_bytes: self.json_bytes }
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("json", &String::from_utf8_lossy(self.json()))
            .field("attachment_bytes", &self.attachment().map(<[u8]>::len))
            .finish()
    }
}

/// A frame that owns its payload.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedFrame {
    payload: Vec<u8>,
    json_bytes: Option<usize>,
}

impl OwnedFrame {
    /// The JSON-RPC message.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        split(&self.payload, self.json_bytes).0
    }

    /// The raw bytes after the message, if the frame carries an attachment (which may be empty).
    #[must_use]
    pub fn attachment(&self) -> Option<&[u8]> {
        split(&self.payload, self.json_bytes).1
    }

    /// Memory this frame holds, for limits.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.payload.capacity()
    }
}

impl fmt::Debug for OwnedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedFrame")
            .field("json", &String::from_utf8_lossy(self.json()))
            .field("attachment_bytes", &self.attachment().map(<[u8]>::len))
            .finish()
    }
}

fn payload_of<'s>(source: &'s Source<'_>) -> &'s [u8] {
    match source {
        Source::Input(bytes) => bytes,
        Source::Buffer(buffer) => buffer,
    }
}

/// Cuts a payload into JSON and attachment.
fn split(payload: &[u8], json_bytes: Option<usize>) -> (&[u8], Option<&[u8]>) {
    let Some(json_bytes) = json_bytes else {
        return (payload, None);
    };
    let after_length = payload.get(JSON_LENGTH_BYTES..).unwrap_or_default();
    // The length was checked when the frame was made; a payload cannot shrink since.
    let (json, attachment) =
        after_length.split_at_checked(json_bytes).unwrap_or((after_length, &[]));
    (json, Some(attachment))
}

/// The length word of a payload with an attachment, checked against the payload.
fn json_length(payload_length: u32, payload: &[u8]) -> Result<usize, FrameError> {
    let Some((word, rest)) = payload.split_first_chunk::<JSON_LENGTH_BYTES>() else {
        return Err(FrameError::JsonLength { json: 0, payload: payload_length });
    };
    let json = u32::from_be_bytes(*word);
    match usize::try_from(json) {
        Ok(bytes) if bytes <= rest.len() => Ok(bytes),
        _ => Err(FrameError::JsonLength { json, payload: payload_length }),
    }
}
