//! A blocking shell around the client core, for any stream: typed calls, attachments, events, progress.
//!
//! How long to wait is the stream's matter: a read that times out ends the one call with [`CallError::Io`], and the
//! connection goes on.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use serde::Serialize;

use crate::api::Method;
use crate::api::event::{EventNote, ProgressNote};
use crate::api::system::{Hello, HelloParams, HelloReply};
use crate::client::{Answer, Call, Client, ClientError, ClientLimits, Event, Notification, Reply};
use crate::error::Error;
use crate::rpc::{Meta, Progress};

/// Size of one read. What is larger is read past it, into the answer's own memory.
const READ_BYTES: usize = 64 << 10;

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The server answered with an error.
    #[error(transparent)]
    Remote(#[from] Error),
    /// The stream failed, ended or timed out. Whether the call ran is not known.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The call could not be sent, or the connection is no longer usable.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The result is not what the method's type says.
    #[error("the answer has another shape than this client knows: {0}")]
    Shape(serde_json::Error),
}

/// What goes with a call besides its params.
#[derive(Default)]
pub struct Options<'a> {
    /// How to run it.
    pub meta: Meta<'a>,
    /// Raw bytes for the server.
    pub attachment: Option<&'a [u8]>,
    /// Told how far the call is.
    pub on_progress: Option<&'a mut dyn FnMut(&ProgressNote)>,
}

/// A typed result with the raw bytes that came with it.
#[derive(Debug)]
pub struct Typed<T> {
    /// The result.
    pub reply: T,
    answer: Answer,
}

impl<T> Typed<T> {
    /// The raw bytes that came with it.
    #[must_use]
    pub fn attachment(&self) -> Option<&[u8]> {
        self.answer.attachment()
    }
}

/// A client that sends a call and waits for its answer.
#[derive(Debug)]
pub struct Blocking<S> {
    stream: S,
    client: Client,
    input: Vec<u8>,
    output: Vec<u8>,
    notifications: VecDeque<Notification>,
    notifications_max: usize,
    lost: u64,
}

impl<S: Read + Write> Blocking<S> {
    /// A client on a fresh stream.
    pub fn new(stream: S, limits: ClientLimits) -> Self {
        Self {
            stream,
            client: Client::new(limits),
            input: vec![0; READ_BYTES],
            output: Vec::new(),
            notifications: VecDeque::new(),
            notifications_max: limits.notifications_max,
            lost: 0,
        }
    }

    /// The stream, to change how long it waits.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Greets the server and keeps to the limits it tells.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn hello(&mut self, params: &HelloParams) -> Result<HelloReply, CallError> {
        let reply = self.call::<Hello>(params)?;
        if let Some(bytes) = reply.limits.get("frame_bytes_max") {
            self.client.set_send_bytes_max(u32::try_from(*bytes).unwrap_or(u32::MAX));
        }
        Ok(reply)
    }

    /// Calls a method and waits for its result.
    ///
    /// # Errors
    /// There is no result, or it has another shape.
    pub fn call<M: Method>(&mut self, params: &M::Params) -> Result<M::Reply, CallError> {
        self.call_with::<M>(params, Options::default()).map(|typed| typed.reply)
    }

    /// The same with attachments, progress and meta.
    ///
    /// # Errors
    /// There is no result, or it has another shape.
    pub fn call_with<M: Method>(
        &mut self,
        params: &M::Params,
        options: Options<'_>,
    ) -> Result<Typed<M::Reply>, CallError> {
        let answer = self.call_raw(M::NAME, params, options)?;
        let reply = answer.parse().map_err(CallError::Shape)?;
        Ok(Typed { reply, answer })
    }

    /// Calls a method by name, with params of any type.
    ///
    /// # Errors
    /// There is no result.
    pub fn call_raw(
        &mut self,
        method: &str,
        params: &(impl Serialize + ?Sized),
        mut options: Options<'_>,
    ) -> Result<Answer, CallError> {
        if options.on_progress.is_some() {
            options.meta.progress.get_or_insert(Progress::ById);
        }
        let id = self.send(method, params, &options)?;
        let outcome = self.wait(id, options.on_progress);
        if outcome.is_err() {
            self.client.abandon(id);
        }
        Ok(outcome?.outcome?)
    }

    fn send(
        &mut self,
        method: &str,
        params: &(impl Serialize + ?Sized),
        options: &Options<'_>,
    ) -> Result<u64, CallError> {
        self.output.clear();
        let attachment_bytes = options.attachment.map(<[u8]>::len);
        let call = Call { method, params, meta: &options.meta, attachment_bytes };
        let id = self.client.call_with(&mut self.output, &call)?;
        let attachment = options.attachment.unwrap_or_default();
        let sent = self.stream.write_all(&self.output);
        let sent = sent.and_then(|()| self.stream.write_all(attachment));
        self.output.shrink_to(READ_BYTES);
        if let Err(error) = sent.and_then(|()| self.stream.flush()) {
            // Half a frame may have gone out, after which nothing else can.
            self.client.close();
            return Err(error.into());
        }
        Ok(id)
    }

    /// Reads until the answer to this call is there.
    fn wait(
        &mut self,
        id: u64,
        mut on_progress: Option<&mut dyn FnMut(&ProgressNote)>,
    ) -> Result<Reply, CallError> {
        loop {
            while let Some(event) = self.client.poll() {
                match event {
                    Event::Reply(reply) if reply.id == id => return Ok(reply),
                    // Only an abandoned call could be meant, and those are dropped before.
                    Event::Reply(_) => {}
                    Event::Lost(count) => self.lost += count,
                    Event::Notification(note) => match (note.as_progress(), &mut on_progress) {
                        (Some(progress), Some(on_progress)) if progress.id == id => {
                            on_progress(&progress);
                        }
                        (Some(_), _) => {}
                        (None, _) => self.keep(note),
                    },
                    Event::Closed { reason, .. } => return Err(reason.into()),
                }
            }
            self.read()?;
        }
    }

    /// Keeps a notification for later; the oldest goes when there are too many.
    fn keep(&mut self, note: Notification) {
        if self.notifications.len() >= self.notifications_max {
            self.notifications.pop_front();
            self.lost += 1;
        }
        self.notifications.push_back(note);
    }

    /// How many notifications went unseen since this was last asked, because nobody took them in time. Subscribe again
    /// from the last `seq` that was seen.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// Waits for the next `event` notification of a subscription.
    ///
    /// # Errors
    /// The stream failed, ended or timed out.
    pub fn next_event(&mut self) -> Result<EventNote, CallError> {
        loop {
            if let Some(note) = self.notifications.pop_front() {
                match note.as_event() {
                    Some(event) => return Ok(event),
                    None => continue,
                }
            }
            match self.client.poll() {
                Some(Event::Notification(note)) => self.keep(note),
                Some(Event::Closed { reason, .. }) => return Err(reason.into()),
                Some(Event::Lost(count)) => self.lost += count,
                Some(Event::Reply(_)) => {}
                None => self.read()?,
            }
        }
    }

    /// Reads once, into the answer itself when a large one is on its way.
    fn read(&mut self) -> Result<(), CallError> {
        let read = loop {
            let read = match self.client.direct() {
                Some(direct) => read_direct(&mut self.stream, direct.buffer, direct.wanted),
                None => self.stream.read(&mut self.input).inspect(|&bytes| {
                    self.client.receive(self.input.get(..bytes).unwrap_or_default());
                }),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        match read {
            Ok(0) => {
                self.client.close();
                Ok(())
            }
            Ok(_) => {
                // What was read past the input is looked at here.
                self.client.receive(&[]);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Appends what the stream has, at most `wanted` bytes, without filling the room first. Bytes that came before an
/// error are kept by the buffer; the error comes again with the next read.
fn read_direct(stream: &mut impl Read, buffer: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
    let before = buffer.len();
    let limit = u64::try_from(wanted).unwrap_or(u64::MAX);
    let outcome = stream.take(limit).read_to_end(buffer);
    match buffer.len() - before {
        0 => outcome,
        bytes => Ok(bytes),
    }
}
