//! What can go wrong, one type per operation, each saying what the caller can do about it.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::progress::Cancelled;

/// Why a name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameError {
    /// A name, or a segment of a path, has no characters.
    #[error("it is empty")]
    Empty,
    /// More characters than allowed.
    #[error("it is longer than {max} characters")]
    TooLong {
        /// How many are allowed.
        max: usize,
    },
    /// Control characters would garble every listing.
    #[error("it contains a control character")]
    ControlCharacter,
    /// A path with too many segments.
    #[error("it is nested deeper than {max} groups")]
    TooDeep {
        /// How many are allowed.
        max: usize,
    },
}

/// Why a request was refused. The project is as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditError {
    /// Which edit of the list it was, counted from 0, where one edit is to blame.
    pub edit: Option<usize>,
    /// What was wrong with it.
    pub cause: EditFault,
}

impl fmt::Display for EditError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.edit {
            Some(edit) => write!(out, "edit {edit}: {}", self.cause),
            None => write!(out, "{}", self.cause),
        }
    }
}

impl std::error::Error for EditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

impl From<EditFault> for EditError {
    fn from(cause: EditFault) -> Self {
        Self { edit: None, cause }
    }
}

/// What was wrong with an edit or another request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditFault {
    /// No layer has that name.
    #[error("there is no layer {name:?}{}", suggestion(nearest.as_deref()))]
    LayerMissing {
        /// The name asked for.
        name: String,
        /// The existing name most like it.
        nearest: Option<Arc<str>>,
    },
    /// Names of layers are unique in a project.
    #[error("a layer {name:?} exists already")]
    LayerExists {
        /// The name that is taken.
        name: String,
    },
    /// The name breaks a rule.
    #[error("the name {name:?} is refused: {cause}")]
    BadName {
        /// The name given.
        name: String,
        /// The rule it breaks.
        cause: NameError,
    },
    /// A voxel points to a material slot that was never set.
    #[error("material slot {slot} is not set; set it first, or use slot 1")]
    MaterialMissing {
        /// The slot.
        slot: u8,
    },
    /// There is no free material slot for an import.
    #[error("the {max} material slots are all in use")]
    MaterialsFull {
        /// Slots in a table.
        max: usize,
    },
    /// A voxel would land outside the coordinates that exist.
    #[error("coordinate {coord} is outside {min}..={max}")]
    OutOfBounds {
        /// Where the voxel would be, on the axis that fails.
        coord: i64,
        /// The lowest coordinate.
        min: i32,
        /// The highest coordinate.
        max: i32,
    },
    /// The request touches more voxels than one request may.
    #[error("{count} voxels are more than the {max} one request may touch; use smaller parts")]
    TooManyVoxels {
        /// What it would touch, as far as it was counted.
        count: u64,
        /// The limit.
        max: u64,
    },
    /// Some other limit was reached.
    #[error("{what} is {max}, and this would exceed it")]
    LimitReached {
        /// The limit's name.
        what: &'static str,
        /// Its value.
        max: u64,
    },
    /// A box of voxels does not have as many as its bounds say.
    #[error("the box has room for {expected} voxels and {found} were given")]
    SizeMismatch {
        /// What the bounds hold.
        expected: u64,
        /// What was given.
        found: u64,
    },
    /// From an empty start a fill would never end.
    #[error("the start is empty: say within which box to fill")]
    BoundsMissing,
    /// A start position that is outside of the bounds given with it.
    #[error("the start is outside of the bounds")]
    StartOutside,
    /// A quarter turn about that centre would put voxels between cells.
    #[error("the centre must be a cell, or a corner of cells, on both axes that turn")]
    CentreOffGrid,
    /// There is no letter for a character.
    #[error(
        "there is no letter {letter:?}; write A to Z, 0 to 9 and . , ! ? : - + = / ' & # % ( ) *"
    )]
    LetterUnknown {
        /// The character.
        letter: char,
    },
    /// A text with more characters than allowed.
    #[error("a text has at most {max} characters; write it in several")]
    TextTooLong {
        /// How many are allowed.
        max: usize,
    },
    /// Nothing is left to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing is left to redo.
    #[error("there is nothing to redo")]
    NothingToRedo,
    /// The group on top was made by somebody else.
    #[error("group {group} was made by {author:?}; ask for any author to take it anyway")]
    OtherAuthor {
        /// Who made it.
        author: Arc<str>,
        /// The group.
        group: u64,
    },
    /// No checkpoint has that name.
    #[error("there is no checkpoint {name:?}{}", suggestion(nearest.as_deref()))]
    CheckpointMissing {
        /// The name asked for.
        name: String,
        /// The existing name most like it.
        nearest: Option<Arc<str>>,
    },
    /// Names of checkpoints are unique in a project.
    #[error("a checkpoint {name:?} exists already")]
    CheckpointExists {
        /// The name that is taken.
        name: String,
    },
    /// Somebody called it off.
    #[error("cancelled; nothing was changed")]
    Cancelled,
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

impl From<Cancelled> for EditFault {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// Why a change does not fit the project it was applied to. The project is as it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApplyError {
    /// It was prepared on another revision.
    #[error("the change was prepared on revision {wanted}, and the project is at {found}")]
    RevisionMismatch {
        /// The number of the revision it was prepared on.
        wanted: u64,
        /// The number of the project's revision.
        found: u64,
    },
    /// It names a layer that the project does not have.
    #[error("the change names layer {id}, which the project does not have")]
    LayerMissing {
        /// The layer.
        id: u32,
    },
    /// It would leave two layers with one name or one id, or an id that was not given out.
    #[error("the change leaves the layers inconsistent at layer {id}")]
    LayersInconsistent {
        /// The layer.
        id: u32,
    },
    /// It undoes or redoes a group that is not next in line.
    #[error("the change wants group {wanted} next in line, and {found:?} is")]
    GroupMismatch {
        /// The group it names.
        wanted: u64,
        /// The group that is next in line.
        found: Option<u64>,
    },
    /// It names a checkpoint that the project does not have, or creates one that it has.
    #[error("the change does not fit checkpoint {name:?}")]
    CheckpointMismatch {
        /// The checkpoint.
        name: Arc<str>,
    },
    /// There is no number after the last one.
    #[error("revision numbers are used up")]
    NumbersUsedUp,
}

/// Why bytes are not a change, or not a part of an image.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("the bytes end at offset {offset}, inside {what}")]
    Truncated {
        /// Where more was expected.
        offset: usize,
        /// What was being read.
        what: &'static str,
    },
    /// A value that is never written.
    #[error("{what} at offset {offset} makes no sense")]
    Invalid {
        /// Where it stands.
        offset: usize,
        /// What was being read.
        what: &'static str,
    },
    /// Written by a newer version of this program, which alone can read it.
    #[error("format version {found} is newer than {known}, the newest this program reads")]
    NewerVersion {
        /// The version found.
        found: u16,
        /// The newest version that is known.
        known: u16,
    },
}

/// Why bytes are not an image of a project.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImageError {
    /// The first bytes are not those of an image.
    #[error("this is not an image of a project")]
    NotAnImage,
    /// A section's checksum does not fit its bytes.
    #[error("section {section} at offset {offset} is damaged")]
    Checksum {
        /// The section's name.
        section: &'static str,
        /// Where it starts.
        offset: usize,
    },
    /// The bytes are sound, but what they say is not.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The parts do not fit together.
    #[error("the parts of the image do not fit: {0}")]
    Apply(#[from] ApplyError),
}
