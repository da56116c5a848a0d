//! What is said of a picture in one word: its background, and since when changes are shown.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::api::types::{Color, Revision};

/// What is behind the voxels: `#rrggbb`, `transparent`, or `#rrggbb-#rrggbb` from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Nothing: the picture has an alpha channel.
    Transparent,
    /// One colour.
    Color(Color),
    /// From the first colour at the top to the second at the bottom.
    Gradient(Color, Color),
}

/// Why a text is not a background.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a background is #rrggbb, transparent, or #rrggbb-#rrggbb from top to bottom")]
pub struct BackgroundError;

impl fmt::Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Background::Transparent => f.write_str("transparent"),
            Background::Color(color) => write!(f, "{color}"),
            Background::Gradient(top, bottom) => write!(f, "{top}-{bottom}"),
        }
    }
}

impl FromStr for Background {
    type Err = BackgroundError;

    fn from_str(text: &str) -> Result<Self, BackgroundError> {
        let color = |text: &str| text.parse::<Color>().map_err(|_| BackgroundError);
        match text.split_once('-') {
            _ if text == "transparent" => Ok(Background::Transparent),
            Some((top, bottom)) => Ok(Background::Gradient(color(top)?, color(bottom)?)),
            None => color(text).map(Background::Color),
        }
    }
}

/// Since when changes are shown: a revision as an answer gave it, `last` for the last step, or `undone`
/// for what was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Before the last step that stands.
    Last,
    /// Before the last undo, where nothing was edited since.
    Undone,
    /// That revision.
    Revision(Revision),
}

/// Why a text says no point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("say last, undone, or a revision as an answer gave it, for example 105.9f3a12cc")]
pub struct SinceError;

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Since::Last => f.write_str("last"),
            Since::Undone => f.write_str("undone"),
            Since::Revision(revision) => write!(f, "{revision}"),
        }
    }
}

impl FromStr for Since {
    type Err = SinceError;

    fn from_str(text: &str) -> Result<Self, SinceError> {
        match text {
            "last" => Ok(Since::Last),
            "undone" => Ok(Since::Undone),
            text => text.parse().map(Since::Revision).map_err(|_| SinceError),
        }
    }
}

/// Types that are texts on the wire.
macro_rules! as_text {
    ($type:ident, $pattern:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

as_text!(Background, "^(transparent|#[0-9a-fA-F]{6}(-#[0-9a-fA-F]{6})?)$");
as_text!(Since, "^(last|undone|[0-9]+\\.[0-9a-f]{8})$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backgrounds_read_and_write() {
        for text in ["transparent", "#010203", "#010203-#a0b0c0"] {
            let background: Background = text.parse().unwrap();
            assert_eq!(background.to_string(), text);
        }
        for text in ["", "white", "#010203-", "-#010203", "#010203-#1", "transparent-#010203"] {
            assert_eq!(text.parse::<Background>(), Err(BackgroundError), "{text}");
        }
    }

    #[test]
    fn times_read_and_write() {
        for text in ["last", "undone", "105.9f3a12cc"] {
            assert_eq!(text.parse::<Since>().map(|since| since.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "first", "105", "LAST"] {
            assert_eq!(text.parse::<Since>(), Err(SinceError), "{text}");
        }
    }
}
