//! Ids, kept as the JSON text they came as: `1`, `"1"` and `1.0` are three ids, and each is echoed as it was.

use std::borrow::Cow;
use std::fmt;

/// Longest id that is taken, as JSON text: ids are held while a call runs.
pub const ID_BYTES_MAX: usize = 256;

/// The id of a request: a JSON string, number or null, verbatim.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id<'a>(Cow<'a, str>);

impl<'a> Id<'a> {
    /// The id of an answer to something whose own id could not be read.
    pub const NULL: Id<'static> = Id(Cow::Borrowed("null"));

    /// Takes a JSON value as an id if it may be one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(text: &'a str) -> Result<Self, String> {
        match text.as_bytes().first() {
            _ if text.len() > ID_BYTES_MAX => {
                Err(format!("the id is longer than {ID_BYTES_MAX} bytes"))
            }
            Some(b'"' | b'-' | b'0'..=b'9' | b'n') => Ok(Self(Cow::Borrowed(text))),
            _ => Err("the id is not a string, a number or null".to_owned()),
        }
    }

    /// An id that counts, as clients of this crate use them.
    #[must_use]
    pub fn number(number: u64) -> Id<'static> {
        Id(Cow::Owned(number.to_string()))
    }

    /// The number, if the id is one that [`Id::number`] makes.
    #[must_use]
    pub fn as_number(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The JSON text.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }

    /// The same id, kept for longer than its payload.
    #[must_use]
    pub fn into_owned(self) -> Id<'static> {
        Id(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Debug for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
