//! The catalogue and its changes as bytes.

use std::sync::Arc;

use thiserror::Error;

use crate::journal::record::AUTHOR_BYTES_MAX;
use crate::journal::{FORMAT, Malformed, ProjectId, Put, Reader, Revision};

use super::{CatalogueError, Change, Item, NAME_CHARS_MAX, State};

const NAME_BYTES_MAX: usize = NAME_CHARS_MAX * 4;

/// Why bytes are not a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodecError {
    /// They are not what the format says.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A newer goxe wrote them.
    #[error("catalogue of format {found}, this goxe reads up to {FORMAT}")]
    Newer {
        /// The format they name.
        found: u16,
    },
    /// They say what cannot be.
    #[error(transparent)]
    Inconsistent(#[from] CatalogueError),
}

fn check_format(reader: &mut Reader<'_>) -> Result<(), CodecError> {
    match reader.u16("format")? {
        FORMAT => Ok(()),
        found => Err(CodecError::Newer { found }),
    }
}

impl Change {
    /// The change as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, name) = match self {
            Self::Create { name, .. } => (1, Some(name)),
            Self::Rename { name, .. } => (2, Some(name)),
            Self::Delete { .. } => (3, None),
            Self::Restore { name, .. } => (4, Some(name)),
            Self::Purge { .. } => (5, None),
        };
        let mut bytes = Vec::new();
        bytes.put_u16(FORMAT);
        bytes.put_u8(kind);
        bytes.put_u32(self.project().0);
        if let Some(name) = name {
            bytes.put_bytes(name.as_bytes());
        }
        bytes
    }

    /// Reads what [`Self::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        check_format(&mut reader)?;
        let kind = reader.u8("kind")?;
        let id = ProjectId(reader.u32("project")?);
        let mut name = || reader.text(NAME_BYTES_MAX, "name").map(Arc::from);
        let change = match kind {
            1 => Self::Create { id, name: name()? },
            2 => Self::Rename { id, name: name()? },
            3 => Self::Delete { id },
            4 => Self::Restore { id, name: name()? },
            5 => Self::Purge { id },
            _ => return Err(reader.malformed("a kind of change").into()),
        };
        reader.end()?;
        Ok(change)
    }
}

impl State {
    /// The catalogue as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.put_u16(FORMAT);
        bytes.put_u64(self.revision.number);
        bytes.put_u32(self.revision.chain);
        bytes.put_u32(self.highest);
        bytes.put_u32(u32::try_from(self.items.size()).expect("each has a number of 32 bits"));
        for item in self.items.values() {
            bytes.put_u32(item.id.0);
            bytes.put_bytes(item.name.as_bytes());
            bytes.put_i64(item.created_ms);
            bytes.put_bytes(item.author.as_bytes());
            bytes.put_u8(u8::from(item.deleted_ms.is_some()));
            bytes.put_i64(item.deleted_ms.unwrap_or_default());
        }
        bytes
    }

    /// Reads what [`Self::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        check_format(&mut reader)?;
        let revision = Revision { number: reader.u64("number")?, chain: reader.u32("chain")? };
        let highest = reader.u32("highest number")?;
        let mut state = Self { highest, revision, ..Self::default() };
        for _ in 0..reader.u32("count of projects")? {
            let item = decode_item(&mut reader)?;
            if item.id.0 == 0 || item.id.0 > highest || state.items.contains_key(&item.id) {
                return Err(CatalogueError::Mismatch(item.id).into());
            }
            if item.deleted_ms.is_none() {
                state.free_name(&item.name, None)?;
            }
            state.put(item);
        }
        reader.end()?;
        Ok(state)
    }
}

fn decode_item(reader: &mut Reader<'_>) -> Result<Item, Malformed> {
    let id = ProjectId(reader.u32("project")?);
    let name = Arc::from(reader.text(NAME_BYTES_MAX, "name")?);
    let created_ms = reader.i64("time made")?;
    let author = Arc::from(reader.text(AUTHOR_BYTES_MAX, "author")?);
    let mark = reader.u8("trash mark")?;
    let time_ms = reader.i64("time deleted")?;
    let deleted_ms = match mark {
        0 => None,
        1 => Some(time_ms),
        _ => return Err(reader.malformed("trash mark 0 or 1")),
    };
    Ok(Item { id, name, created_ms, author, deleted_ms })
}
