//! Dictionaries: the key and value texts that most chunks carry.

use std::borrow::Cow;

use super::cursor::Cursor;
use super::error::VoxError;
use crate::layer::clean_name;

/// Texts by key, as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dict<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Dict<'a> {
    /// Two lengths are the least that an entry takes.
    const ENTRY_BYTES_MIN: usize = 8;

    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, VoxError> {
        let count = cursor.count(Self::ENTRY_BYTES_MIN, "dictionary entries")?;
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            let key = cursor.text("bytes of a dictionary key")?;
            let value = cursor.text("bytes of a dictionary value")?;
            entries.push((key, value));
        }
        Ok(Self(entries))
    }

    /// The value of `key`. Where a key is repeated the last one counts.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(found, _)| found == key).map(|(_, value)| value.as_ref())
    }

    /// The value of `key`, where it is a number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<f32> {
        self.value(key)?.trim().parse().ok().filter(|number: &f32| number.is_finite())
    }

    /// Whether `key` is set to something else than 0.
    pub(super) fn flag(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| !matches!(value.trim(), "" | "0"))
    }

    /// The value of `key` as a name that we can use, where there is anything left of it.
    pub(super) fn name(&self, key: &str) -> Option<String> {
        Some(clean_name(self.value(key)?, "")).filter(|name| !name.is_empty())
    }
}
