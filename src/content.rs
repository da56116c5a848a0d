//! Files in and out of the daemon, which opens no path that a client names: small content travels
//! with one message, larger content as a blob by ranges.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use goxe_protocol::api::blob;

use crate::daemon::Daemon;
use crate::failure::{Exit, Failure};
use crate::files::{self, Sink};

/// The largest content that travels with one message.
const ATTACHMENT_BYTES_MAX: u64 = 32 << 20;
/// More than any frame takes: the daemon says what its own limit is.
const CALL_BYTES_MAX: u64 = 1 << 30;
/// A range of a blob in one message.
const RANGE_BYTES: u64 = 8 << 20;

/// Content on its way to the daemon.
#[derive(Debug)]
pub enum Content {
    /// It goes with the call.
    Attached(Vec<u8>),
    /// The daemon has it already, as a blob.
    Blob(String),
}

/// A whole file, to go with one call.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let (mut file, _) = files::open(path)?;
    range(&mut file, path, CALL_BYTES_MAX)
}

/// Reads a file, and uploads it where it is large.
pub fn send(daemon: &Daemon<'_>, path: &Path) -> Result<Content, Failure> {
    let (mut file, bytes) = files::open(path)?;
    if bytes <= ATTACHMENT_BYTES_MAX {
        return Ok(Content::Attached(range(&mut file, path, ATTACHMENT_BYTES_MAX)?));
    }
    let blob = daemon.ask::<blob::Create>(&blob::CreateParams { bytes })?.blob;
    let mut offset = 0;
    while offset < bytes {
        let part = range(&mut file, path, RANGE_BYTES.min(bytes - offset))?;
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        if length == 0 {
            let message = format!("{} became shorter while it was read", path.display());
            return Err(Failure::new(Exit::Failed, "io", message).hint("try again"));
        }
        let params = blob::WriteParams { blob: blob.clone(), offset };
        daemon.exchange::<blob::Write>(&params, Some(part))?;
        offset = offset.saturating_add(length);
    }
    Ok(Content::Blob(blob))
}

/// Takes the content that came with a reply, or fetches it, into files of exactly that size together.
pub fn receive(
    daemon: &Daemon<'_>,
    attached: Option<Vec<u8>>,
    blob: Option<String>,
    bytes: u64,
    file: &mut impl Sink,
) -> Result<(), Failure> {
    match blob {
        None => file.write(&attached.unwrap_or_default())?,
        Some(blob) => {
            while file.bytes() < bytes {
                let params = blob::ReadParams {
                    blob: blob.clone(),
                    offset: file.bytes(),
                    bytes: Some(RANGE_BYTES.min(bytes - file.bytes())),
                };
                let (_, part) = daemon.exchange::<blob::Read>(&params, None)?;
                match part.filter(|part| !part.is_empty()) {
                    Some(part) => file.write(&part)?,
                    None => break,
                }
            }
            // It goes by itself after a while; that it is still there is no failure of ours.
            let _ = daemon.ask::<blob::Delete>(&blob::DeleteParams { blob });
        }
    }
    match file.bytes() == bytes {
        true => Ok(()),
        false => {
            let message = format!("{} of {bytes} bytes arrived; no file was written", file.bytes());
            Err(Failure::new(Exit::Failed, "incomplete", message).hint("try again"))
        }
    }
}

fn range(file: &mut File, path: &Path, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let mut part = Vec::new();
    file.take(bytes_max)
        .read_to_end(&mut part)
        .map_err(|error| Failure::file("read", path, &error))?;
    Ok(part)
}
