//! Batches: an array of messages that run as if they were sent one after the other, and fail alone.

use std::fmt;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Id, Rejected, Request, request, shape_or_syntax};
use crate::error::{Code, Error};

/// The members of a batch, each still text.
#[derive(Debug)]
pub struct Batch<'a> {
    members: Vec<&'a RawValue>,
}

impl<'a> Batch<'a> {
    /// How many members there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "an empty batch is refused before one is made")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The members in order, each a request or the error it is answered with.
    pub fn requests(&self) -> impl Iterator<Item = Result<Request<'a>, Rejected<'a>>> + '_ {
        self.members.iter().map(|member| {
            let text = member.get();
            if text.starts_with('{') {
                request::parse(text)
            } else {
                let error = Error::invalid_request("a member of a batch is an object");
                Err(Rejected { id: Id::NULL, error })
            }
        })
    }
}

/// Parses a text whose first byte is `[`. One syntax error anywhere in it is one error for the whole.
pub(super) fn parse(text: &str, items_max: usize) -> Result<Batch<'_>, Rejected<'_>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer
        .deserialize_seq(MembersVisitor { items_max })
        .and_then(|members| deserializer.end().map(|()| members));
    match members {
        Ok(members) if members.is_empty() => {
            Err(Rejected::nameless(Error::invalid_request("the batch is empty")))
        }
        Ok(members) => Ok(Batch { members }),
        Err(error) => Err(Rejected::nameless(match shape_or_syntax(&error) {
            Code::ParseError => Error::parse(error.to_string()),
            _ => Error::limit_in_batch(items_max),
        })),
    }
}

impl Error {
    fn limit_in_batch(items_max: usize) -> Self {
        Self::new(Code::LimitExceeded, format!("the batch has more than {items_max} members"))
            .hint("send it in parts, or send the calls one after the other without waiting")
            .with("limit", "batch_items_max")
            .with("max", items_max)
    }
}

/// Collects members and stops at the limit, whatever an array still holds.
struct MembersVisitor {
    items_max: usize,
}

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of at most {} messages", self.items_max)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = array.next_element()? {
            if members.len() == self.items_max {
                return Err(serde::de::Error::custom("too many members"));
            }
            members.push(member);
        }
        Ok(members)
    }
}

/// The one answer to a batch, gathered from the answers of its members as they come.
#[derive(Debug)]
pub struct BatchReply {
    json: Vec<u8>,
    missing: usize,
}

impl BatchReply {
    /// Waits for the answers of `missing` members: all but the notifications.
    #[must_use]
    pub fn new(missing: usize) -> Self {
        Self { json: Vec::new(), missing }
    }

    /// Adds one answer as JSON; further ones than were waited for are dropped.
    pub fn push(&mut self, answer: &[u8]) {
        debug_assert!(self.missing > 0, "a member of a batch was answered twice");
        if let Some(missing) = self.missing.checked_sub(1) {
            self.missing = missing;
            self.json.push(if self.json.is_empty() { b'[' } else { b',' });
            self.json.extend_from_slice(answer);
        }
    }

    /// Whether every answer is here.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing == 0
    }

    /// Memory held, for limits.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.json.capacity()
    }

    /// The array, or `None` when there was nothing to answer: then nothing is sent.
    #[must_use]
    pub fn finish(mut self) -> Option<Vec<u8>> {
        if self.json.is_empty() {
            return None;
        }
        self.json.push(b']');
        Some(self.json)
    }
}
