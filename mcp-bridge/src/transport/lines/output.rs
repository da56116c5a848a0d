//! Messages into a stream of bytes, each line whole.

use std::io;

use serde::Serialize;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::KEPT_BYTES_MAX;

/// The writing end.
#[derive(Debug)]
pub(super) struct Output<W> {
    stream: Option<W>,
    /// Lines that are not written yet. Who writes may be dropped in the middle of one: whoever
    /// comes next goes on with it.
    pending: Vec<u8>,
    written: usize,
}

/// A message as a line.
pub(super) fn line(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

impl<W: AsyncWrite + Unpin> Output<W> {
    pub(super) async fn send(&mut self, line: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(line);
        self.flush().await
    }

    /// Writes what is not written yet.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        while let Some(rest) = self.pending.get(self.written..).filter(|rest| !rest.is_empty()) {
            match stream.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                bytes => self.written += bytes,
            }
        }
        self.written = 0;
        self.pending.clear();
        self.pending.shrink_to(KEPT_BYTES_MAX);
        stream.flush().await
    }
}

impl<W> Output<W> {
    pub(super) fn new(stream: W) -> Self {
        Output { stream: Some(stream), pending: Vec::new(), written: 0 }
    }

    pub(super) fn close(&mut self) {
        self.stream = None;
    }
}
