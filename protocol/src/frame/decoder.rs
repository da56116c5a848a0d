//! The incremental decoder: whole frames are borrowed from the input, only a partial one is kept.

use super::{FirstBytes, Frame, FrameError, HEADER_BYTES, Header, MAGIC, Source, VERSION};

/// From this much missing and this much arrived, reading past the shared input buffer is worth offering.
pub const DIRECT_BYTES_MIN: usize = 32 << 10;

/// Room that is made on trust for the rest of a large frame of which [`DIRECT_BYTES_MIN`] has arrived. Not written to, it
/// costs address space alone.
pub const TRUST_BYTES_MAX: usize = 512 << 10;

/// Frames out of a byte stream that arrives in pieces of any size.
///
/// Memory: nothing between frames; while a frame is partial, at most twice the bytes that arrived of it, or
/// [`TRUST_BYTES_MAX`] once [`DIRECT_BYTES_MIN`] of it arrived.
#[derive(Debug)]
pub struct Decoder {
    payload_bytes_max: u32,
    head: [u8; HEADER_BYTES],
    /// How much of `head` has arrived; 0 between frames.
    head_bytes: usize,
    /// Known from when `head` is whole until the frame is delivered.
    header: Option<Header>,
    /// The part of the payload that arrived.
    buffer: Vec<u8>,
    /// The buffer was lent out as a frame; its rest goes with the next call.
    delivered: bool,
}

/// Room inside the decoder for the rest of a large frame, see [`Decoder::direct`].
#[derive(Debug)]
pub struct Direct<'d> {
    /// Append here, at most `wanted` bytes. That much capacity is already reserved.
    pub buffer: &'d mut Vec<u8>,
    /// How many bytes may be appended now; there may be more to read after the next call.
    pub wanted: usize,
}

impl Decoder {
    /// A decoder at the start of a stream of frames.
    #[must_use]
    pub fn new(payload_bytes_max: u32) -> Self {
        Self {
            payload_bytes_max,
            head: [0; HEADER_BYTES],
            head_bytes: 0,
            header: None,
            buffer: Vec::new(),
            delivered: false,
        }
    }

    /// Changes the limit for frames whose header has not yet been read (a peer that has not yet said hello may send less).
    pub fn set_payload_bytes_max(&mut self, payload_bytes_max: u32) {
        self.payload_bytes_max = payload_bytes_max;
    }

    /// The next whole frame, or `None` once the input is used up. Call it until then: that also releases the memory
    /// of a frame that was delivered.
    ///
    /// # Errors
    /// The stream is not a sequence of frames; nothing more can be read from it.
    #[inline]
    pub fn decode<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'d>>, FrameError> {
        self.release();
        let header = match self.header {
            Some(header) => header,
            None => match self.take_header(input)? {
                Some(header) => header,
                None => return Ok(None),
            },
        };
        let length = to_usize(header.length);
        if self.buffer.is_empty()
            && let Some((payload, rest)) = input.split_at_checked(length)
        {
            *input = rest;
            self.header = None;
            return Frame::new(header, Source::Input(payload)).map(Some);
        }
        self.header = Some(header);
        self.continue_payload(header, length, input)
    }

    /// Keeps what arrived of a payload and delivers it when it is whole.
    fn continue_payload<'d>(
        &'d mut self,
        header: Header,
        length: usize,
        input: &mut &[u8],
    ) -> Result<Option<Frame<'d>>, FrameError> {
        let Some(missing) = length.checked_sub(self.buffer.len()) else {
            return Err(FrameError::Overfilled { excess: self.buffer.len() - length });
        };
        let (now, rest) = input.split_at(missing.min(input.len()));
        if self.buffer.capacity() == 0 && now.len() >= DIRECT_BYTES_MIN {
            // Whoever sent this much sends the rest: growing step by step would copy it again.
            self.buffer.reserve_exact(length.min(TRUST_BYTES_MAX));
        }
        self.buffer.extend_from_slice(now);
        *input = rest;
        if now.len() < missing {
            return Ok(None);
        }
        self.header = None;
        self.delivered = true;
        Frame::new(header, Source::Buffer(&mut self.buffer)).map(Some)
    }

    /// Takes a header from the input; wrong bytes are reported as early as they can be known.
    #[inline]
    fn take_header(&mut self, input: &mut &[u8]) -> Result<Option<Header>, FrameError> {
        if self.head_bytes == 0
            && let Some((head, rest)) = input.split_first_chunk::<HEADER_BYTES>()
        {
            let header = self.check(Header::parse(head)?)?;
            *input = rest;
            return Ok(Some(header));
        }
        let taken = input.len().min(HEADER_BYTES - self.head_bytes);
        let (now, rest) = input.split_at(taken);
        self.head[self.head_bytes..self.head_bytes + taken].copy_from_slice(now);
        self.head_bytes += taken;
        *input = rest;
        if self.head_bytes == HEADER_BYTES {
            let header = self.check(Header::parse(&self.head)?)?;
            self.head_bytes = 0;
            return Ok(Some(header));
        }
        check_prefix(&self.head[..self.head_bytes])?;
        Ok(None)
    }

    #[inline]
    fn check(&self, header: Header) -> Result<Header, FrameError> {
        if header.length > self.payload_bytes_max {
            return Err(FrameError::TooLarge {
                length: u64::from(header.length),
                limit: self.payload_bytes_max,
            });
        }
        Ok(header)
    }

    /// Room for the shell to read the rest of a large frame from the socket without a copy, or `None` when going
    /// through the input is as good. Append to the buffer without filling it first, for example with
    /// `stream.take(wanted).read_to_end(buffer)` or a read into its spare capacity, then call
    /// [`decode`](Self::decode) with an empty input. Appending fewer bytes, or none, is fine.
    pub fn direct(&mut self) -> Option<Direct<'_>> {
        let header = self.header?;
        let arrived = self.buffer.len();
        let missing = to_usize(header.length).checked_sub(arrived)?;
        // Little more room than bytes that arrived: the peer pays for our memory with its own sending.
        let wanted = missing.min(arrived.max(TRUST_BYTES_MAX));
        if arrived < DIRECT_BYTES_MIN || wanted < DIRECT_BYTES_MIN {
            return None;
        }
        self.buffer.reserve_exact(wanted);
        Some(Direct { buffer: &mut self.buffer, wanted })
    }

    /// Frees the memory of a message that was delivered, which the next call of `decode` would do.
    #[inline]
    pub fn release(&mut self) {
        if std::mem::take(&mut self.delivered) {
            self.buffer = Vec::new();
        }
    }

    /// Memory held for a partial frame.
    #[must_use]
    #[inline]
    pub fn buffered(&self) -> usize {
        self.buffer.capacity()
    }

    /// Memory that the frame needs which is arriving: its payload, once its header is there.
    #[must_use]
    #[inline]
    pub fn wanted(&self) -> usize {
        self.header.map_or(0, |header| to_usize(header.length))
    }

    /// Whether a frame has begun to arrive and is not whole: its time is limited.
    #[must_use]
    #[inline]
    pub fn is_partial(&self) -> bool {
        self.head_bytes > 0 || self.header.is_some()
    }

    /// The bytes of the partial frame as they came. A new decoder that is fed with them goes on where this one stands.
    #[must_use]
    pub fn pending(&self) -> Vec<u8> {
        match self.header {
            Some(header) => [&header.encode(), self.buffer.as_slice()].concat(),
            None => self.head[..self.head_bytes].to_vec(),
        }
    }
}

/// Refuses the beginning of a header that cannot become a good one.
fn check_prefix(head: &[u8]) -> Result<(), FrameError> {
    let magic = MAGIC.to_be_bytes();
    let seen = head.len().min(magic.len());
    if head[..seen] != magic[..seen] {
        return Err(FrameError::Magic { found: FirstBytes::of(head) });
    }
    // Another version may have another header: it is told as soon as its number is known.
    if let Some(word) = head.get(4..8).and_then(|bytes| bytes.first_chunk::<4>()) {
        let found = u32::from_be_bytes(*word);
        if found != VERSION {
            return Err(FrameError::Version { found });
        }
    }
    Ok(())
}

/// A length of the wire as a size in memory. Where it does not fit, no input can ever complete it.
fn to_usize(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
