//! MCP messages as lines of JSON over two streams.
//!
//! rmcp's own codec drops a line that is too long and answers a request of a wrong shape to nobody;
//! either way its caller waits until its patience is over. Here both are answered. And the one
//! request that comes all the time, `tools/call`, is read directly: rmcp tries every other kind of
//! message before it.

mod input;
mod message;
mod output;
mod skim;

use std::{io, sync::Arc};

use rmcp::{
    RoleServer,
    model::{ErrorData, RequestId},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Mutex,
};

use input::{Found, Input};
use message::Read;
use output::Output;

/// The longest line that is read, in bytes.
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// A buffer that grew larger than this for one message is given back after it.
const KEPT_BYTES_MAX: usize = 256 << 10;

/// The transport.
#[derive(Debug)]
pub struct Lines<R, W> {
    input: Input<R>,
    // Answers are written by whoever has them; each line has to be whole.
    output: Arc<Mutex<Output<W>>>,
}

impl<R, W> Lines<R, W> {
    /// Reads messages from one stream and writes them to the other.
    pub fn new(input: R, output: W) -> Self {
        Lines { input: Input::new(input), output: Arc::new(Mutex::new(Output::new(output))) }
    }
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let output = Arc::clone(&self.output);
        async move { output.lock().await.send(&item).await }
    }

    // Whenever an answer is ready this future is dropped and made anew: between two of its waits
    // everything is kept in `input` and `output`.
    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            // A broken input is an input that ended.
            let refused = match self.input.next().await.ok()?? {
                Found::Line(line) => match message::read(line) {
                    Read::Message(message) => return Some(*message),
                    Read::Nothing => continue,
                    Read::Refused { id, error } => (id, error),
                },
                Found::TooLong { id: None, .. } => continue,
                Found::TooLong { id, bytes } => (id, too_long(bytes)),
            };
            if self.refuse(refused).await.is_err() {
                return None;
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output.lock().await.close();
        Ok(())
    }
}

impl<R, W: AsyncWrite + Unpin> Lines<R, W> {
    async fn refuse(&mut self, (id, error): (Option<RequestId>, ErrorData)) -> io::Result<()> {
        let answer = TxJsonRpcMessage::<RoleServer>::error(error, id);
        self.output.lock().await.send(&answer).await
    }
}

fn too_long(bytes: u64) -> ErrorData {
    let message = format!(
        "The message has {bytes} bytes, and at most {LINE_BYTES_MAX} are read. Nothing was done. \
         Use shapes instead of single voxels, several calls, or a file that is imported."
    );
    ErrorData::invalid_request(message, None)
}

#[cfg(test)]
mod tests;
