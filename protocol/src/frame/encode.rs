//! Frames written at the end of a buffer: the JSON goes straight behind the header, the lengths are patched after.

use super::{FrameError, HEADER_BYTES, Header, JSON_LENGTH_BYTES};
use crate::frame::Flags;

/// Appends one frame whose JSON `write` appends to the buffer it is given.
///
/// # Errors
/// [`FrameError::TooLarge`] when the length does not fit the header; the buffer is then as it was.
pub fn append_message(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(&Header { length: 0, flags: Flags::NONE }.encode());
    write(out);
    let length = out.len() - start - HEADER_BYTES;
    patch(out, start, length)
}

/// Appends one frame with an attachment, which is copied behind the JSON.
///
/// # Errors
/// As [`append_message`].
pub fn append_attached(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>),
    attachment: &[u8],
) -> Result<(), FrameError> {
    append_attached_head(out, write, attachment.len())?;
    out.extend_from_slice(attachment);
    Ok(())
}

/// Appends everything of a frame but its attachment, which the caller sends right after, from where it lies.
///
/// # Errors
/// As [`append_message`].
pub fn append_attached_head(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>),
    attachment_bytes: usize,
) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(&Header { length: 0, flags: Flags::ATTACHMENT }.encode());
    out.extend_from_slice(&[0; JSON_LENGTH_BYTES]);
    write(out);
    let json_start = start + HEADER_BYTES + JSON_LENGTH_BYTES;
    let json_bytes = out.len() - json_start;
    // A sum that overflows becomes a length that no frame can have.
    patch(out, start, (JSON_LENGTH_BYTES + json_bytes).saturating_add(attachment_bytes))?;
    // The JSON is part of a length that fits.
    let json_length = u32::try_from(json_bytes).unwrap_or(u32::MAX);
    out[json_start - JSON_LENGTH_BYTES..json_start].copy_from_slice(&json_length.to_be_bytes());
    Ok(())
}

/// Writes the payload length into the header at `start`, or takes the frame back.
fn patch(out: &mut Vec<u8>, start: usize, length: usize) -> Result<(), FrameError> {
    match u32::try_from(length) {
        Ok(word) => {
            out[start + 8..start + 12].copy_from_slice(&word.to_be_bytes());
            Ok(())
        }
        Err(_) => {
            out.truncate(start);
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            Err(FrameError::TooLarge { length, limit: u32::MAX })
        }
    }
}
