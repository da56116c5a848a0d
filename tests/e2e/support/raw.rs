//! The wire by hand: bytes in any portions, frames and lines, answers in any order.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::wait::PATIENCE;

/// Size of a frame's header.
pub const HEADER_BYTES: usize = 16;

/// A connection without any client in between.
pub struct Raw {
    stream: BufReader<UnixStream>,
}

/// One frame as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct RawFrame {
    pub json: Value,
    pub attachment: Option<Vec<u8>>,
}

/// A frame's bytes, written down from the document and not from our own encoder.
pub fn frame(json: &str, attachment: Option<&[u8]>) -> Vec<u8> {
    let word = |number: usize| u32::try_from(number).expect("a short payload").to_be_bytes();
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"GOXE");
    bytes.extend_from_slice(&word(1));
    match attachment {
        None => {
            bytes.extend_from_slice(&word(json.len()));
            bytes.extend_from_slice(&word(0));
            bytes.extend_from_slice(json.as_bytes());
        }
        Some(attachment) => {
            bytes.extend_from_slice(&word(4 + json.len() + attachment.len()));
            bytes.extend_from_slice(&word(1));
            bytes.extend_from_slice(&word(json.len()));
            bytes.extend_from_slice(json.as_bytes());
            bytes.extend_from_slice(attachment);
        }
    }
    bytes
}

impl Raw {
    /// Connects to a socket.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Raw { stream: BufReader::new(stream) })
    }

    /// How long a read may take.
    pub fn set_patience(&self, patience: Duration) {
        self.stream.get_ref().set_read_timeout(Some(patience)).expect("a time above zero");
    }

    /// The stream itself.
    pub fn stream(&self) -> &UnixStream {
        self.stream.get_ref()
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Says that nothing more comes.
    pub fn finish(&self) {
        // The other side may be gone already, which is what some tests want.
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
    }

    /// The next frame; nothing at the end of the stream.
    pub fn read_frame(&mut self) -> io::Result<Option<RawFrame>> {
        let mut header = [0; HEADER_BYTES];
        if self.stream.fill_buf()?.is_empty() {
            return Ok(None);
        }
        self.stream.read_exact(&mut header)?;
        let word = |at: usize| {
            u32::from_be_bytes(header[at..at + 4].try_into().expect("four bytes of a header"))
        };
        assert_eq!((&header[..4], word(4)), (&b"GOXE"[..], 1), "an answer's header: {header:?}");
        let mut payload = vec![0; usize::try_from(word(8)).expect("a length")];
        self.stream.read_exact(&mut payload)?;
        let parse = |json: &[u8]| serde_json::from_slice(json).expect("an answer is JSON");
        Ok(Some(match word(12) {
            0 => RawFrame { json: parse(&payload), attachment: None },
            1 => {
                let length = payload[..4].try_into().map(u32::from_be_bytes).expect("four bytes");
                let end = 4 + usize::try_from(length).expect("a length");
                let attachment = payload.split_off(end);
                RawFrame { json: parse(&payload[4..]), attachment: Some(attachment) }
            }
            flags => panic!("an answer with the flags {flags:#x}"),
        }))
    }

    /// The next line; nothing at the end of the stream.
    pub fn read_line(&mut self) -> io::Result<Option<Value>> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Ok(None),
            _ => Ok(Some(serde_json::from_str(&line).expect("an answer is JSON"))),
        }
    }

    /// Every frame up to the end of the stream.
    pub fn read_frames(&mut self) -> io::Result<Vec<RawFrame>> {
        let mut frames = Vec::new();
        while let Some(frame) = self.read_frame()? {
            frames.push(frame);
        }
        Ok(frames)
    }

    /// Reads whatever comes until the end; a reset counts as an end.
    pub fn drain(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
            _ => Ok(bytes),
        }
    }
}
