//! Messages too long to be parsed on the loop, parsed into values that own what they hold.

use std::ops::Range;

use goxe_protocol::{
    Error,
    frame::OwnedFrame,
    rpc::{self, Id, Message, Meta, Rejected, Request, RpcLimits},
};

/// A request without its params' place.
#[derive(Debug)]
pub struct ParsedCall<P> {
    /// What it is answered to; absent for a notification.
    pub id: Option<Id<'static>>,
    /// The method's name.
    pub method: String,
    /// How to run it.
    pub meta: Option<Box<Meta<'static>>>,
    /// The params.
    pub params: Option<P>,
}

/// A member of a batch, with its params as text.
#[derive(Debug)]
pub enum Member {
    /// A request.
    Call(ParsedCall<String>),
    /// No request: answered with this.
    Rejected(Id<'static>, Error),
}

impl Member {
    /// Whether it gets an answer.
    pub fn is_answered(&self) -> bool {
        match self {
            Member::Call(call) => call.id.is_some(),
            Member::Rejected(..) => true,
        }
    }

    /// Memory it holds.
    pub fn bytes(&self) -> usize {
        match self {
            Member::Call(call) => call.params.as_ref().map_or(0, String::capacity),
            Member::Rejected(..) => 0,
        }
    }
}

/// A message of a frame; params are ranges of its JSON.
#[derive(Debug)]
pub enum Parsed {
    /// One request.
    Single(ParsedCall<Range<usize>>),
    /// A batch.
    Batch(Vec<Member>),
    /// No message: answered with this.
    Rejected(Id<'static>, Error),
}

/// Parses a frame without borrowing from it.
pub fn parse(frame: &OwnedFrame, limits: &RpcLimits) -> Parsed {
    match rpc::parse(frame.json(), limits) {
        Err(Rejected { id, error }) => Parsed::Rejected(id.into_owned(), error),
        Ok(Message::Batch(_)) if frame.attachment().is_some() => {
            Parsed::Rejected(Id::NULL, Error::invalid_request("a batch cannot carry an attachment"))
        }
        Ok(Message::Batch(batch)) => Parsed::Batch(batch.requests().map(member).collect()),
        Ok(Message::Single(Request { id, method, params, meta })) => Parsed::Single(ParsedCall {
            id: id.map(Id::into_owned),
            method: method.into_owned(),
            meta: meta.map(|meta| own(*meta)),
            params: params.and_then(|params| range_within(frame.json(), params)),
        }),
    }
}

/// A member of a batch, apart from it.
pub fn member(request: Result<Request<'_>, Rejected<'_>>) -> Member {
    match request {
        Err(Rejected { id, error }) => Member::Rejected(id.into_owned(), error),
        Ok(Request { id, method, params, meta }) => Member::Call(ParsedCall {
            id: id.map(Id::into_owned),
            method: method.into_owned(),
            meta: meta.map(|meta| own(*meta)),
            params: params.map(str::to_owned),
        }),
    }
}

fn own(meta: Meta<'_>) -> Box<Meta<'static>> {
    Box::new(meta.into_owned())
}

/// Where `part`, a slice of `whole`, lies in it.
pub fn range_within(whole: &[u8], part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}
