//! One request: a quick strict parse, and a slow one that says what is wrong.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::{Text, Version, present};
use super::{Id, Meta, Rejected, quick, shape_or_syntax};
use crate::error::{Code, Error};

/// A request or, without an id, a notification.
#[derive(Debug)]
pub struct Request<'a> {
    /// What to answer to; `None` makes it a notification, which is never answered. `null` is an id.
    pub id: Option<Id<'a>>,
    /// Which method.
    pub method: Cow<'a, str>,
    /// An array or an object, unparsed.
    pub params: Option<&'a str>,
    /// How to run it, when anything is said about that. Boxed, because most requests say nothing and every request
    /// is moved about.
    pub meta: Option<Box<Meta<'a>>>,
}

/// The members of a sound request, read in one pass. Everything unsound is an error here and explained by [`diagnose`].
#[derive(serde::Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "jsonrpc")]
    _jsonrpc: Version,
    #[serde(default, borrow, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(default, borrow, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "present")]
    meta: Option<&'a RawValue>,
}

/// Parses a text whose first byte is `{`.
pub(super) fn parse(text: &str) -> Result<Request<'_>, Rejected<'_>> {
    match quick::parse(text) {
        Some(request) => Ok(request),
        None => parse_strictly(text),
    }
}

/// The parser that decides. It also takes what the quick one gives up on.
pub(super) fn parse_strictly(text: &str) -> Result<Request<'_>, Rejected<'_>> {
    let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(text) else {
        return Err(diagnose(text));
    };
    let id = envelope.id.map(|id| Id::from_json(id.get())).transpose();
    let meta = envelope.meta.map_or(Ok(None), Meta::from_json);
    match (id, meta) {
        (Ok(id), Ok(meta)) if envelope.params.is_none_or(is_structured) => {
            let params = envelope.params.map(RawValue::get);
            Ok(Request { id, method: envelope.method.0, params, meta })
        }
        _ => Err(diagnose(text)),
    }
}

fn is_structured(params: &RawValue) -> bool {
    params.get().starts_with(['{', '['])
}

/// Says why a text is not a request, with the id to answer to if it has one.
#[cold]
fn diagnose(text: &str) -> Rejected<'_> {
    let members = match serde_json::from_str::<Members<'_>>(text) {
        Ok(members) => members,
        Err(error) => {
            let wrong = match shape_or_syntax(&error) {
                Code::ParseError => Error::parse(error.to_string()),
                _ => Error::invalid_request(error.to_string()),
            };
            return Rejected::nameless(wrong);
        }
    };
    let id = match members.id.map(|id| Id::from_json(id.get())) {
        None => Id::NULL,
        Some(Ok(id)) => id,
        Some(Err(wrong)) => return Rejected::nameless(Error::invalid_request(wrong)),
    };
    Rejected { id, error: Error::invalid_request(members.wrong()) }
}

/// The members as they came, without any demand on them.
#[derive(Default)]
struct Members<'a> {
    jsonrpc: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    meta: Option<&'a RawValue>,
    doubled: Option<&'static str>,
}

impl<'a> Members<'a> {
    /// What makes these members no request.
    fn wrong(&self) -> String {
        if let Some(name) = self.doubled {
            return format!("the member \"{name}\" is there twice");
        }
        match self.jsonrpc {
            None => return "the member \"jsonrpc\" is missing".to_owned(),
            Some(version) if serde_json::from_str::<Version>(version.get()).is_err() => {
                return "the member \"jsonrpc\" is not \"2.0\"".to_owned();
            }
            Some(_) => {}
        }
        match self.method {
            None => return "the member \"method\" is missing".to_owned(),
            Some(method) if serde_json::from_str::<Text<'_>>(method.get()).is_err() => {
                return "the member \"method\" is not a string".to_owned();
            }
            Some(_) => {}
        }
        if !self.params.is_none_or(is_structured) {
            return "the member \"params\" is not an object or an array".to_owned();
        }
        match self.meta.map(Meta::from_json) {
            Some(Err(wrong)) => format!("the member \"meta\" is wrong: {wrong}"),
            // Only a difference between the two parsers could lead here; the answer stays an error.
            Some(Ok(_)) | None => "the message is not a request".to_owned(),
        }
    }

    fn slot(&mut self, name: &str) -> Option<(&'static str, &mut Option<&'a RawValue>)> {
        Some(match name {
            "jsonrpc" => ("jsonrpc", &mut self.jsonrpc),
            "id" => ("id", &mut self.id),
            "method" => ("method", &mut self.method),
            "params" => ("params", &mut self.params),
            "meta" => ("meta", &mut self.meta),
            _ => return None,
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a request object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some(Text(name)) = map.next_key()? {
                    let Some((name, slot)) = members.slot(&name) else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if slot.replace(map.next_value()?).is_some() {
                        members.doubled = Some(name);
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}
