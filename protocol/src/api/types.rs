//! Types that several methods share: positions, boxes, colours, revisions.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A voxel's place: x, y, z; z points up. Each from -32,768 to 32,767.
pub type Position = [i32; 3];

/// A box of voxels; both corners belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Box3 {
    /// The corner with the least x, y and z.
    pub min: Position,
    /// The corner with the greatest x, y and z.
    pub max: Position,
}

/// An axis of space; z points up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Left to right.
    X,
    /// Front to back.
    Y,
    /// Bottom to top.
    Z,
}

/// A colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Color {
    /// Red, green, blue: 0 to 255 each.
    pub rgb: [u8; 3],
}

/// Why a text is not a colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a colour: write #rrggbb, for example #c81e1e")]
pub struct ColorError {
    text: String,
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.rgb;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl FromStr for Color {
    type Err = ColorError;

    fn from_str(text: &str) -> Result<Self, ColorError> {
        let error = || ColorError { text: text.chars().take(40).collect() };
        let digits = text.strip_prefix('#').ok_or_else(error)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(error());
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| error())?;
        let [_, r, g, b] = match digits.len() {
            6 => value.to_be_bytes(),
            // #abc is short for #aabbcc.
            3 => {
                let nibble = |shift: u32| (value >> shift & 0xf) * 0x11;
                (nibble(8) << 16 | nibble(4) << 8 | nibble(0)).to_be_bytes()
            }
            _ => return Err(error()),
        };
        Ok(Color { rgb: [r, g, b] })
    }
}

impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Color {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Color {
    fn schema_name() -> Cow<'static, str> {
        "Color".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^#[0-9a-fA-F]{6}$" })
    }
}

/// A project's state, written `105.9f3a12cc`: how many commits it has seen, and the chain hash
/// over all of them, so that a number reused after a power loss is never taken for the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision {
    /// Commits so far; 0 is the empty project.
    pub number: u64,
    /// Hash over all commits so far.
    pub chain: u32,
}

/// Why a text is not a revision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a revision: pass one as an answer gave it, for example 105.9f3a12cc")]
pub struct RevisionError {
    text: String,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:08x}", self.number, self.chain)
    }
}

impl FromStr for Revision {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, RevisionError> {
        let parse = || {
            let (number, chain) = text.split_once('.')?;
            let digits = number.bytes().all(|b| b.is_ascii_digit());
            let hex = chain.len() == 8 && chain.bytes().all(|b| b.is_ascii_hexdigit());
            let number = number.parse().ok().filter(|_| digits)?;
            let chain = u32::from_str_radix(chain, 16).ok().filter(|_| hex)?;
            Some(Revision { number, chain })
        };
        parse().ok_or_else(|| RevisionError { text: text.chars().take(40).collect() })
    }
}

impl Serialize for Revision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Revision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Revision {
    fn schema_name() -> Cow<'static, str> {
        "Revision".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+\\.[0-9a-f]{8}$" })
    }
}

/// A reply that says nothing but that it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {}

/// No params.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// Params that name a project and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectParams {
    /// The project's name.
    pub project: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_read_and_write() {
        for (text, rgb) in [("#c81e1e", [200, 30, 30]), ("#FFF", [255; 3]), ("#0a5", [0, 170, 85])]
        {
            assert_eq!(text.parse::<Color>().map(|color| color.rgb), Ok(rgb));
        }
        assert_eq!(Color { rgb: [1, 2, 3] }.to_string(), "#010203");
        for text in ["", "#", "c81e1e", "#12", "#12345", "#gggggg", "#+12345", "red", "#1234567"] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
    }

    #[test]
    fn revisions_read_and_write() {
        let revision = Revision { number: 105, chain: 0x9f3a_12cc };
        assert_eq!(revision.to_string(), "105.9f3a12cc");
        assert_eq!("105.9f3a12cc".parse(), Ok(revision));
        for text in ["", "105", "105.", ".9f3a12cc", "+5.9f3a12cc", "5.9f3a12c", "5.+f3a12cc"] {
            assert!(text.parse::<Revision>().is_err(), "{text}");
        }
    }
}
