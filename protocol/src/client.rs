//! The client core, sans-IO: calls to bytes, bytes to replies and notifications. Answers may overtake each other.

mod event;
#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};

use serde::Serialize;

pub use event::{Answer, Event, Notification, Reply};

use crate::error::Error;
use crate::frame::{self, Decoder, Direct, Frame, FrameError};
use crate::rpc::{self, Id, Incoming, Meta};

/// What a client holds and takes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientLimits {
    /// Payload of one frame, to send and to receive. The server's own limit comes with its hello.
    pub payload_bytes_max: u32,
    /// How deep the JSON of an answer may nest.
    pub depth_max: usize,
    /// Calls that wait for their answer.
    pub in_flight_max: usize,
    /// Notifications that wait to be taken; beyond that the oldest go, and [`Event::Lost`] says so.
    pub notifications_max: usize,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            payload_bytes_max: frame::PAYLOAD_BYTES_MAX,
            depth_max: 120,
            in_flight_max: 1024,
            notifications_max: 4096,
        }
    }
}

/// What stops a client.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ClientError {
    /// The params do not serialise.
    #[error("the params cannot be written as JSON: {0}")]
    Params(String),
    /// The call is larger than the server takes.
    #[error("a call of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Size of its payload.
        bytes: u64,
        /// The limit in force.
        limit: u32,
    },
    /// Too many calls wait for their answers.
    #[error("{0} calls wait for their answers already")]
    TooManyCalls(usize),
    /// The connection has ended.
    #[error("the connection is closed")]
    Closed,
    /// The server ended the connection with these words.
    #[error("the server refused the connection: {0}")]
    Refused(Error),
    /// What came is no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// What came in a frame is no message, or an answer to no call.
    #[error("the server broke the protocol: {0}")]
    Protocol(String),
}

/// One call, apart from where its bytes go.
#[derive(Debug)]
pub struct Call<'a, P: ?Sized> {
    /// The method's name.
    pub method: &'a str,
    /// Serialises to an object or an array.
    pub params: &'a P,
    /// How to run it.
    pub meta: &'a Meta<'a>,
    /// Size of the attachment that the caller sends right behind the bytes of the call.
    pub attachment_bytes: Option<usize>,
}

/// The client's half of one connection, always in frames.
#[derive(Debug)]
pub struct Client {
    limits: ClientLimits,
    send_bytes_max: u32,
    decoder: Decoder,
    next_id: u64,
    in_flight: HashSet<u64>,
    /// Calls nobody waits for any more, whose answers may still come.
    abandoned: HashSet<u64>,
    replies: VecDeque<Reply>,
    notifications: VecDeque<Notification>,
    lost: u64,
    /// Set once, when nothing more can be sent or received.
    ended: Option<ClientError>,
    end_told: bool,
}

impl Client {
    /// A client on a fresh connection.
    #[must_use]
    pub fn new(limits: ClientLimits) -> Self {
        Self {
            limits,
            send_bytes_max: limits.payload_bytes_max,
            decoder: Decoder::new(limits.payload_bytes_max),
            next_id: 1,
            in_flight: HashSet::new(),
            abandoned: HashSet::new(),
            replies: VecDeque::new(),
            notifications: VecDeque::new(),
            lost: 0,
            ended: None,
            end_told: false,
        }
    }

    /// Keeps to what the server takes, as its hello says.
    pub fn set_send_bytes_max(&mut self, send_bytes_max: u32) {
        self.send_bytes_max = send_bytes_max.min(self.limits.payload_bytes_max);
    }

    /// Appends the bytes of a call to `out` and returns its id.
    ///
    /// # Errors
    /// The call cannot be sent; `out` is then as it was.
    pub fn call(
        &mut self,
        out: &mut Vec<u8>,
        method: &str,
        params: &(impl Serialize + ?Sized),
    ) -> Result<u64, ClientError> {
        let meta = Meta::default();
        self.call_with(out, &Call { method, params, meta: &meta, attachment_bytes: None })
    }

    /// Appends the bytes of a call to `out`, all but its attachment, and returns its id.
    ///
    /// # Errors
    /// The call cannot be sent; `out` is then as it was.
    pub fn call_with<P: Serialize + ?Sized>(
        &mut self,
        out: &mut Vec<u8>,
        call: &Call<'_, P>,
    ) -> Result<u64, ClientError> {
        if self.ended.is_some() {
            return Err(ClientError::Closed);
        }
        if self.in_flight.len() + self.abandoned.len() >= self.limits.in_flight_max {
            return Err(ClientError::TooManyCalls(self.limits.in_flight_max));
        }
        let start = out.len();
        let written = self.write(out, call).and_then(|()| {
            let bytes = out.len() - start - frame::HEADER_BYTES;
            let bytes = bytes.saturating_add(call.attachment_bytes.unwrap_or(0));
            match u32::try_from(bytes) {
                Ok(bytes) if bytes <= self.send_bytes_max => Ok(()),
                _ => Err(ClientError::TooLarge {
                    bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
                    limit: self.send_bytes_max,
                }),
            }
        });
        if let Err(error) = written {
            out.truncate(start);
            return Err(error);
        }
        let number = self.next_id;
        self.next_id += 1;
        self.in_flight.insert(number);
        Ok(number)
    }

    fn write<P: Serialize + ?Sized>(
        &self,
        out: &mut Vec<u8>,
        call: &Call<'_, P>,
    ) -> Result<(), ClientError> {
        let id = Id::number(self.next_id);
        let mut encoded = Ok(());
        let write = |out: &mut Vec<u8>| {
            encoded = rpc::encode_request(out, &id, call.method, call.params, call.meta);
        };
        match call.attachment_bytes {
            None => frame::append_message(out, write)?,
            Some(bytes) => frame::append_attached_head(out, write, bytes)?,
        }
        encoded.map_err(|error| ClientError::Params(error.to_string()))
    }

    /// No longer waits for a call: its answer, if it comes, is dropped.
    pub fn abandon(&mut self, id: u64) {
        if self.in_flight.remove(&id) {
            self.abandoned.insert(id);
        }
        self.replies.retain(|reply| reply.id != id);
    }

    /// Takes bytes that arrived; what they say is told by [`poll`](Self::poll).
    pub fn receive(&mut self, mut input: &[u8]) {
        while self.ended.is_none() {
            let taken = match self.decoder.decode(&mut input) {
                Ok(None) => return,
                Ok(Some(frame)) => read(frame, self.limits.depth_max),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = taken.and_then(|taken| self.take(taken)) {
                self.ended = Some(error);
            }
        }
    }

    fn take(&mut self, taken: Taken) -> Result<(), ClientError> {
        match taken {
            Taken::Reply(reply) if self.in_flight.remove(&reply.id) => {
                self.replies.push_back(reply);
            }
            Taken::Reply(reply) if self.abandoned.remove(&reply.id) => {}
            Taken::Reply(reply) => {
                let text = format!("an answer to {}, which is no call in flight", reply.id);
                return Err(ClientError::Protocol(text));
            }
            Taken::Notification(notification) => {
                if self.notifications.len() >= self.limits.notifications_max {
                    self.notifications.pop_front();
                    self.lost += 1;
                }
                self.notifications.push_back(notification);
            }
        }
        Ok(())
    }

    /// Room to read the rest of a large answer into, see [`Decoder::direct`]; call [`receive`](Self::receive) after,
    /// with nothing.
    pub fn direct(&mut self) -> Option<Direct<'_>> {
        self.decoder.direct()
    }

    /// Tells that the connection has ended: nothing more will arrive.
    pub fn close(&mut self) {
        self.ended.get_or_insert(ClientError::Closed);
    }

    /// The next thing that happened: replies first, then notifications, at last, and once, the end.
    pub fn poll(&mut self) -> Option<Event> {
        if let Some(reply) = self.replies.pop_front() {
            return Some(Event::Reply(reply));
        }
        if self.lost > 0 {
            return Some(Event::Lost(std::mem::take(&mut self.lost)));
        }
        if let Some(notification) = self.notifications.pop_front() {
            return Some(Event::Notification(notification));
        }
        if self.end_told {
            return None;
        }
        let reason = self.ended.clone()?;
        self.end_told = true;
        let mut unanswered: Vec<u64> = self.in_flight.drain().collect();
        unanswered.sort_unstable();
        Some(Event::Closed { reason, unanswered })
    }

    /// How many calls wait for their answers.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Memory held for a partial answer.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.decoder.buffered()
    }
}

/// A message, made independent of the bytes it came in.
enum Taken {
    Reply(Reply),
    Notification(Notification),
}

/// Parses a frame from a server.
fn read(frame: Frame<'_>, depth_max: usize) -> Result<Taken, ClientError> {
    let incoming = rpc::parse_incoming(frame.json(), depth_max).map_err(ClientError::Protocol)?;
    match incoming {
        Incoming::Notification { method, params } => {
            let method = method.into_owned();
            Ok(Taken::Notification(Notification { method, params: params.map(ToOwned::to_owned) }))
        }
        Incoming::Reply { id, outcome } => match (id.as_number(), outcome) {
            (Some(id), Ok(result)) => {
                let result = rpc::range_of(frame.json(), result).unwrap_or_default();
                let answer = Answer::new(frame.into_owned(), result);
                Ok(Taken::Reply(Reply { id, outcome: Ok(answer) }))
            }
            (Some(id), Err(error)) => Ok(Taken::Reply(Reply { id, outcome: Err(error) })),
            // An error to nothing in particular is the server's last word about the connection.
            (None, Err(error)) if id == Id::NULL => Err(ClientError::Refused(error)),
            (None, _) => Err(ClientError::Protocol(format!("an answer to {id}, which is no id"))),
        },
    }
}
