//! `blob.*`

use std::sync::Arc;

use goxe_protocol::{
    Code, Error,
    api::{
        blob::{CreateParams, CreateReply, DeleteParams, ReadParams, ReadReply, WriteParams},
        types::Done,
    },
};

use crate::{
    blobs::{Blob, BlobWrite},
    call::{Reply, parse},
    garbage::Garbage,
    router::{Asked, Router},
    session::Session,
    work::FreeInput,
};

/// Content from here on is held in memory; what is smaller is quickly copied into a file.
const HELD_BYTES_MIN: usize = 256 << 10;
/// Room for the JSON beside a range.
const JSON_BYTES: usize = 4096;

pub(super) fn create(input: &mut FreeInput<'_>) -> Result<Reply, Error> {
    let CreateParams { bytes } = parse(input.params)?;
    let blob = input.shelf.make(Arc::clone(&input.principal.name), bytes)?;
    let reply = CreateReply { blob: blob.id.to_string() };
    *input.made = Some(blob);
    Reply::json(&reply)
}

pub(super) fn write(input: &mut FreeInput<'_>) -> Result<Reply, Error> {
    let WriteParams { blob: _, offset } = parse(input.params)?;
    let content = input.attachment.ok_or_else(|| {
        Error::invalid_params("there is nothing to write: send the bytes as the attachment")
    })?;
    let blob = named(input)?;
    let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
    // The memory it came in is kept, unless most of that is something else.
    let is_large = content.len() >= HELD_BYTES_MIN && input.payload_bytes / 2 <= content.len();
    let room = match is_large && blob.may_hold(offset, content.len())? {
        true => input.shelf.room(input.payload_bytes),
        false => None,
    };
    if room.is_none() {
        blob.write(offset, content)?;
    }
    *input.written = Some(BlobWrite { offset, length, room });
    Reply::json(&Done {})
}

pub(super) fn read(input: &mut FreeInput<'_>) -> Result<Reply, Error> {
    let ReadParams { blob: _, offset, bytes } = parse(input.params)?;
    let blob = named(input)?;
    let fits = input.reply_bytes_max.saturating_sub(JSON_BYTES);
    let rest = blob.bytes.checked_sub(offset).ok_or_else(|| {
        Error::invalid_params(format!("offset: the blob has {} bytes", blob.bytes))
    })?;
    let length = match bytes {
        Some(bytes) => bytes,
        None => rest.min(u64::try_from(fits).unwrap_or(u64::MAX)),
    };
    let length =
        usize::try_from(length).ok().filter(|&length| length <= fits).ok_or_else(|| {
            Error::new(Code::TooLarge, format!("one range may have {fits} bytes"))
                .hint("read the blob in several ranges")
        })?;
    let content = blob.read(offset, length)?;
    Ok(Reply::json(&ReadReply { total: blob.bytes })?.with_attachment(content))
}

fn named<'a>(input: &FreeInput<'a>) -> Result<&'a Arc<Blob>, Error> {
    input.blob.ok_or_else(|| Error::invalid_params("missing field `blob`"))
}

pub(super) fn delete(
    router: &mut Router,
    session: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    let DeleteParams { blob } = parse(asked.params)?;
    let removed = router.blobs.remove(&session.principal.name, &blob);
    let removed = removed.ok_or_else(|| Error::not_found("blob", &blob))?;
    router.discard(vec![Garbage::Blob(removed)]);
    Reply::json(&Done {})
}
