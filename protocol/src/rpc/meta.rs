//! The `meta` member, goxe's extension of a request: how to run it, apart from what to run.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::text::Text;

/// Longest idempotency key, progress token or trace, in bytes.
const META_TEXT_BYTES_MAX: usize = 256;

/// How a caller wants its call run. Unknown members are ignored.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Meta<'a> {
    /// Milliseconds from arrival after which the caller no longer waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Names the work, so that sending it again runs it once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<Cow<'a, str>>,
    /// Whether to send `progress` notifications, and under which name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress<'a>>,
    /// A W3C `traceparent`, kept in logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Cow<'a, str>>,
}

impl<'a> Meta<'a> {
    /// Reads the member; `null` says nothing, like a member that is not there.
    pub(super) fn from_json(json: &'a RawValue) -> Result<Option<Box<Self>>, String> {
        match json.get().as_bytes().first() {
            Some(b'n') => Ok(None),
            Some(b'{') => match serde_json::from_str(json.get()) {
                Ok(meta) => Ok(Some(Box::new(meta))),
                Err(error) => Err(error.to_string()),
            },
            _ => Err("it is not an object".to_owned()),
        }
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same, kept for longer than its payload.
    #[must_use]
    pub fn into_owned(self) -> Meta<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Meta {
            deadline_ms: self.deadline_ms,
            idempotency_key: self.idempotency_key.map(own),
            progress: self.progress.map(|progress| match progress {
                Progress::ById => Progress::ById,
                Progress::Token(token) => Progress::Token(own(token)),
            }),
            trace: self.trace.map(own),
        }
    }
}

/// A wish to hear how far a call is.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress<'a> {
    /// `true`: notifications name the request's id.
    ById,
    /// A string: notifications carry it as `token` beside the id.
    Token(Cow<'a, str>),
}

impl Serialize for Progress<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::ById => serializer.serialize_bool(true),
            Self::Token(token) => serializer.serialize_str(token),
        }
    }
}

/// The members as they are read.
#[derive(serde::Deserialize)]
struct Members<'a> {
    #[serde(default)]
    deadline_ms: Option<u64>,
    #[serde(default, borrow)]
    idempotency_key: Option<Text<'a>>,
    #[serde(default, borrow)]
    progress: Option<Wish<'a>>,
    #[serde(default, borrow)]
    trace: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Meta<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        Ok(Self {
            deadline_ms: members.deadline_ms,
            idempotency_key: short("idempotency_key", members.idempotency_key)?,
            progress: match members.progress {
                None | Some(Wish::No) => None,
                Some(Wish::Yes) => Some(Progress::ById),
                Some(Wish::Token(token)) => short("progress", Some(token))?.map(Progress::Token),
            },
            trace: short("trace", members.trace)?,
        })
    }
}

/// Refuses texts that are long: they are held while the call runs, keys far longer.
fn short<'a, E: Error>(member: &str, text: Option<Text<'a>>) -> Result<Option<Cow<'a, str>>, E> {
    match text {
        Some(Text(text)) if text.len() > META_TEXT_BYTES_MAX => {
            Err(E::custom(format_args!("{member} is longer than {META_TEXT_BYTES_MAX} bytes")))
        }
        text => Ok(text.map(|Text(text)| text)),
    }
}

/// `progress` as it may be written.
enum Wish<'a> {
    No,
    Yes,
    Token(Text<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Wish<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WishVisitor;

        impl<'de> Visitor<'de> for WishVisitor {
            type Value = Wish<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a string")
            }

            fn visit_bool<E: Error>(self, wanted: bool) -> Result<Self::Value, E> {
                Ok(if wanted { Wish::Yes } else { Wish::No })
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Wish::Token(Text(Cow::Borrowed(text))))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Wish::Token(Text(Cow::Owned(text.to_owned()))))
            }
        }

        deserializer.deserialize_any(WishVisitor)
    }
}
