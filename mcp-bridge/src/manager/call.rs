//! One call through the manager: what is asked, and what comes back.

use std::time::Duration;

use goxe_protocol::Error;
use goxe_protocol::api::history::OutcomeReply;
use goxe_protocol::client::Answer;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::core::Reason;

/// One call of a method.
#[derive(Debug)]
pub struct Call {
    /// The method's name.
    pub method: String,
    /// Its params: an object.
    pub params: Box<RawValue>,
    /// Raw bytes that go with them.
    pub attachment: Option<Vec<u8>>,
    /// Whether it changes something.
    pub kind: Kind,
    /// How long it may take, the start of a daemon included.
    pub timeout: Duration,
    /// Where progress goes, if anybody wants to know. What does not fit is dropped.
    pub progress: Option<mpsc::Sender<Progress>>,
}

/// Whether a call may be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It changes nothing that is kept.
    Read,
    /// It changes something: sent again at most once, with this key.
    Edit {
        /// The idempotency key.
        key: String,
    },
    /// It may change something that nobody keeps a record of: never sent again.
    Once,
}

impl Kind {
    /// An edit under a new key.
    pub fn edit() -> Self {
        Self::Edit { key: Uuid::now_v7().to_string() }
    }

    /// What there is to say of a call that may have been sent, and whose answer nobody waits for any
    /// more.
    pub fn unanswered(self, reason: Reason) -> CallError {
        match self {
            Self::Read => CallError::Closed,
            Self::Edit { key } => CallError::Unknown { reason, key },
            Self::Once => CallError::Lost(reason),
        }
    }
}

/// How far a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Work done so far, in the method's own unit.
    pub done: u64,
    /// Work in all; 0 while unknown.
    pub total: u64,
    /// What is being done.
    pub message: String,
}

impl Call {
    /// A call that reads.
    ///
    /// # Errors
    /// The params cannot be written as JSON.
    pub fn read(
        method: &str,
        params: &(impl Serialize + ?Sized),
        timeout: Duration,
    ) -> Result<Self, CallError> {
        let params = to_raw_value(params).map_err(|error| CallError::Params(error.to_string()))?;
        Ok(Self {
            method: method.to_owned(),
            params,
            attachment: None,
            kind: Kind::Read,
            timeout,
            progress: None,
        })
    }

    /// A call that writes, under a new key.
    ///
    /// # Errors
    /// The params cannot be written as JSON.
    pub fn edit(
        method: &str,
        params: &(impl Serialize + ?Sized),
        timeout: Duration,
    ) -> Result<Self, CallError> {
        Ok(Self { kind: Kind::edit(), ..Self::read(method, params, timeout)? })
    }
}

/// The reply to a call.
#[derive(Debug)]
pub struct Settled(Body);

#[derive(Debug)]
enum Body {
    Answered(Answer),
    Recorded { record: OutcomeReply, json: String },
}

impl Settled {
    pub(super) fn answered(answer: Answer) -> Self {
        Self(Body::Answered(answer))
    }

    pub(super) fn recorded(record: OutcomeReply) -> Self {
        let json = record.answer.as_ref().map_or_else(|| "null".to_owned(), ToString::to_string);
        Self(Body::Recorded { record, json })
    }

    /// The result as JSON.
    pub fn json(&self) -> &str {
        match &self.0 {
            Body::Answered(answer) => answer.json(),
            Body::Recorded { json, .. } => json,
        }
    }

    /// The result as a type.
    ///
    /// # Errors
    /// It has another shape.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.json())
    }

    /// The raw bytes that came with it.
    pub fn attachment(&self) -> Option<&[u8]> {
        match &self.0 {
            Body::Answered(answer) => answer.attachment(),
            Body::Recorded { .. } => None,
        }
    }

    /// Set if the reply itself was lost, and this is what the daemon's history says instead. Its
    /// answer may be missing, and `json` is `null` then.
    pub fn record(&self) -> Option<&OutcomeReply> {
        match &self.0 {
            Body::Answered(_) => None,
            Body::Recorded { record, .. } => Some(record),
        }
    }
}

/// Why there is no reply. The text says what happened, why, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The daemon answered with an error.
    #[error("{0}")]
    Answer(Error),
    /// The call was not done.
    #[error("{0} Nothing was changed.")]
    NotDone(Reason),
    /// Whether the edit was done cannot be told now.
    #[error(
        "{reason} Whether this edit was applied is not known: ask history.outcome with the key {key} \
         before repeating it."
    )]
    Unknown {
        /// Why nobody can be asked.
        reason: Reason,
        /// The edit's idempotency key.
        key: String,
    },
    /// Whether it was done cannot be told, as nobody keeps a record of it.
    #[error("{0} Whether it was done is not known.")]
    Lost(Reason),
    /// The params cannot be sent.
    #[error("the call cannot be sent: {0}")]
    Params(String),
    /// Too many calls wait.
    #[error("{0} calls wait for the daemon already. Nothing was changed. Send it again later.")]
    Busy(usize),
    /// The manager ended before the call was sent, or the call changes nothing.
    #[error("the connection to the goxe daemon is being closed. Nothing was changed.")]
    Closed,
}

impl CallError {
    /// Whether there is no daemon to talk to: the command line's exit code 3.
    pub fn is_no_daemon(&self) -> bool {
        match self {
            Self::NotDone(reason) | Self::Lost(reason) | Self::Unknown { reason, .. } => {
                reason.is_no_daemon()
            }
            Self::Answer(_) | Self::Params(_) | Self::Busy(_) | Self::Closed => false,
        }
    }
}
