//! The frame of an image: a head, then sections.
//!
//! A section is its kind (one byte), the length of its body (eight), the checksum of both and of
//! the body (four), and the body, which is one block that may be compressed.

use std::borrow::Cow;

use crate::change::bytes::{Reader, pack, unpack};
use crate::error::{DecodeError, ImageError};

const MAGIC: &[u8; 8] = b"goxe-img";
/// Better than what a journal takes: an image is written seldom and kept long.
const LEVEL: i32 = 3;

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// Chunks, numbered on from those before.
    Chunks,
    /// Everything else.
    Project,
    /// Nothing: the image ends here.
    End,
}

impl Section {
    fn kind(self) -> u8 {
        match self {
            Self::Chunks => b'c',
            Self::Project => b'p',
            Self::End => b'e',
        }
    }

    fn of_kind(kind: u8) -> Option<Self> {
        [Self::Chunks, Self::Project, Self::End].into_iter().find(|known| known.kind() == kind)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Chunks => "chunks",
            Self::Project => "project",
            Self::End => "end",
        }
    }
}

pub(super) fn write_head(version: u16) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&version.to_le_bytes());
    out
}

pub(super) fn write_section(section: Section, body: &[u8], out: &mut Vec<u8>) {
    let mut packed = Vec::new();
    pack(body, LEVEL, &mut packed);
    let mut head = vec![section.kind()];
    head.extend_from_slice(&(packed.len() as u64).to_le_bytes());
    let checksum = checksum(&head, &packed);
    out.append(&mut head);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.append(&mut packed);
}

fn checksum(head: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(body);
    hasher.finalize()
}

/// Takes an image apart.
pub(super) struct SectionReader<'a>(Reader<'a>);

impl<'a> SectionReader<'a> {
    pub(super) fn new(bytes: &'a [u8], newest: u16) -> Result<Self, ImageError> {
        let mut reader = Reader::new(bytes);
        match reader.array::<8>("the head") {
            Ok(magic) if magic == *MAGIC => {}
            Ok(_) | Err(_) => return Err(ImageError::NotAnImage),
        }
        let found = u16::from_le_bytes(reader.array("the head")?);
        if found > newest {
            return Err(DecodeError::NewerVersion { found, known: newest }.into());
        }
        if found == 0 {
            return Err(reader.invalid("the version").into());
        }
        Ok(Self(reader))
    }

    pub(super) fn offset(&self) -> usize {
        self.0.offset()
    }

    /// The next section and its body.
    pub(super) fn next(&mut self) -> Result<(Section, Cow<'a, [u8]>), ImageError> {
        let offset = self.0.offset();
        let head: [u8; 9] = self.0.array("the head of a section")?;
        let [kind, len @ ..] = head;
        let section = Section::of_kind(kind);
        let section = section.ok_or_else(|| self.0.invalid("the kind of a section"))?;
        let wanted = self.0.u32("the head of a section")?;
        let len = usize::try_from(u64::from_le_bytes(len)).unwrap_or(usize::MAX);
        let body = self.0.take(len, section.name())?;
        if checksum(&head, body) != wanted {
            return Err(ImageError::Checksum { section: section.name(), offset });
        }
        Ok((section, unpack(body)?))
    }

    /// Takes the end mark; nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), ImageError> {
        match self.next()? {
            (Section::End, body) if body.is_empty() => Ok(self.0.end("what follows the end")?),
            _ => Err(self.0.invalid("the end of the image").into()),
        }
    }
}
