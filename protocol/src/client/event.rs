//! What a client is told.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::ClientError;
use crate::api::event::{EventNote, ProgressNote};
use crate::error::Error;
use crate::frame::OwnedFrame;

/// Something that happened on the connection.
#[derive(Debug)]
pub enum Event {
    /// A call was answered.
    Reply(Reply),
    /// The server said something by itself.
    Notification(Notification),
    /// So many notifications before the next one were dropped because nobody took them.
    Lost(u64),
    /// Nothing more can happen.
    Closed {
        /// Why.
        reason: ClientError,
        /// Calls of which it is not known whether they ran.
        unanswered: Vec<u64>,
    },
}

/// The answer to one call.
#[derive(Debug)]
pub struct Reply {
    /// The call.
    pub id: u64,
    /// Its result or error.
    pub outcome: Result<Answer, Error>,
}

/// A result with its attachment, still in the memory it was received in.
pub struct Answer {
    frame: OwnedFrame,
    result: Range<usize>,
}

impl Answer {
    pub(super) fn new(frame: OwnedFrame, result: Range<usize>) -> Self {
        Self { frame, result }
    }

    /// The result as JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        let json = self.frame.json().get(self.result.clone()).unwrap_or_default();
        // The whole message was checked when it was parsed.
        std::str::from_utf8(json).unwrap_or_default()
    }

    /// The result as a type.
    ///
    /// # Errors
    /// It has another shape.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.json())
    }

    /// The raw bytes that came with it.
    #[must_use]
    pub fn attachment(&self) -> Option<&[u8]> {
        self.frame.attachment()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("json", &self.json())
            .field("attachment_bytes", &self.attachment().map(<[u8]>::len))
            .finish()
    }
}

/// Something the server says by itself.
#[derive(Clone, Debug)]
pub struct Notification {
    /// What kind of thing: `event` or `progress`.
    pub method: String,
    /// What it says.
    pub params: Option<Box<RawValue>>,
}

impl Notification {
    /// The params of an `event`, if it is one.
    #[must_use]
    pub fn as_event(&self) -> Option<EventNote> {
        self.params_of("event")
    }

    /// The params of a `progress`, if it is one.
    #[must_use]
    pub fn as_progress(&self) -> Option<ProgressNote> {
        self.params_of("progress")
    }

    fn params_of<T: DeserializeOwned>(&self, method: &str) -> Option<T> {
        let params = self.params.as_ref().filter(|_| self.method == method)?;
        serde_json::from_str(params.get()).ok()
    }
}
