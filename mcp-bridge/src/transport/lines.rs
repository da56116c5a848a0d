//! MCP messages as lines of JSON over two streams.
//!
//! rmcp's own codec drops a line that is too long and answers a request of a wrong shape to nobody;
//! either way its caller waits until its patience is over. Here both are answered. And the one
//! request that comes all the time, `tools/call`, is read directly: rmcp tries every other kind of
//! message before it.

mod flow;
mod input;
mod message;
mod output;
mod skim;

use std::{io, sync::Arc};

use rmcp::{
    RoleServer,
    model::ErrorData,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Mutex,
};

use crate::handover::{Desk, Order};
use flow::Flow;
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
    desk: Arc<Desk>,
    input: Input<R>,
    flow: Flow,
    // Answers are written by whoever has them; each line has to be whole.
    output: Arc<Mutex<Output<W>>>,
}

impl<R, W> Lines<R, W> {
    /// Reads messages from one stream and writes them to the other.
    pub fn new(input: R, output: W) -> Self {
        Self::at(Desk::open(None), input, output)
    }

    /// The same for a session that may go on in another program.
    pub fn at(desk: Arc<Desk>, input: R, output: W) -> Self {
        let input = Input::new(input, desk.take_input());
        Lines {
            desk,
            input,
            flow: Flow::default(),
            output: Arc::new(Mutex::new(Output::new(output))),
        }
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
        let output = self.desk.sends(&item).then(|| Arc::clone(&self.output));
        // For the desk its request is answered; for the client it is once it is written.
        let hold = self.desk.hold();
        // What waits is the line, whose length is known.
        let line = output::line(&item);
        let wait = self.flow.sends(&item, line.as_ref().map_or(0, Vec::len));
        async move {
            let Some(output) = output else { return Ok(()) };
            let sent = output.lock().await.send(&line?).await;
            if sent.is_err() {
                wait.fail();
            }
            hold.end_and_look();
            sent
        }
    }

    // Whenever an answer is ready this future is dropped and made anew: between two of its waits
    // everything is kept in `input` and `output`.
    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let waiting = self.flow.output();
        loop {
            // Many lines come with one read: whoever handles them has to get a turn in between.
            tokio::task::coop::consume_budget().await;
            if self.flow.is_broken() {
                return None;
            }
            if let Some(message) = self.flow.next() {
                return Some(message);
            }
            if let Some(line) = self.desk.next_again() {
                if let Read::Message(message) = message::read(line.as_bytes()) {
                    self.desk.received_again(&message, line.as_bytes());
                    return Some(*message);
                }
                continue;
            }
            // In the middle of a line that is only skimmed nobody else can go on.
            let is_whole = self.input.rest().is_some();
            let found = tokio::select! {
                biased;
                order = turn(&self.desk, &self.output), if is_whole => {
                    if let Some(rest) = self.input.rest() {
                        self.desk.hand_over(order, rest);
                    }
                    continue;
                }
                () = waiting.fell() => continue,
                found = self.input.next(), if self.flow.reads() => match found {
                    Ok(Some(found)) => found,
                    // A broken input is an input that ended. What came in before is begun all the same.
                    Ok(None) | Err(_) => match self.flow.end() {
                        true => continue,
                        false => return None,
                    },
                },
            };
            let (id, error) = match found {
                Found::Line(line) => match message::read(line) {
                    Read::Message(message) => {
                        self.desk.received(&message, line);
                        match self.flow.take(*message, line.len()) {
                            Some(message) => return Some(message),
                            None => continue,
                        }
                    }
                    Read::Nothing => continue,
                    Read::Refused { id, error } => (id, error),
                },
                Found::TooLong { id: None, .. } => continue,
                Found::TooLong { id, bytes } => (id, too_long(bytes)),
            };
            // This future may be dropped before it is written.
            tokio::spawn(self.send(TxJsonRpcMessage::<RoleServer>::error(error, id)));
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output.lock().await.close();
        Ok(())
    }
}

/// Ends when another program shall go on, nothing is on its way and no line is half written.
async fn turn<W: AsyncWrite + Unpin>(desk: &Desk, output: &Mutex<Output<W>>) -> Order {
    loop {
        desk.turn().await;
        if output.lock().await.flush().await.is_err() {
            // Who has something to say will notice it too, and leave.
            return std::future::pending().await;
        }
        // Whoever wrote meanwhile may have had company.
        if let Some(order) = desk.due() {
            return order;
        }
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
