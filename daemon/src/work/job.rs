//! What lanes are handed.

use std::{collections::VecDeque, sync::Arc};

use goxe_protocol::{frame::OwnedFrame, rpc::RpcLimits};

use super::{FreeFn, ImportFn, ReadFn};
use crate::{
    blobs::Blob,
    call::{Envelope, Payload, PeerId},
    edit::{EditCall, Written},
    garbage::Garbage,
    journal::{ProjectId, keys::Keys, writer::Appender},
    store::catalogue,
    view::View,
};

/// A call that reads, with everything it needs.
pub struct ReadJob {
    /// On whose behalf, and where the answer goes.
    pub envelope: Envelope,
    /// Params and attachment.
    pub payload: Payload,
    /// What answers it.
    pub run: ReadFn,
    /// What it reads.
    pub view: Arc<View>,
    /// The project's name, for the answer.
    pub name: Arc<str>,
    /// Why the project cannot be edited, if it cannot.
    pub read_only: Option<Arc<str>>,
    /// Whether it is a background job, whose reply is kept instead of sent.
    pub background: bool,
}

/// A call that concerns no project.
pub struct FreeJob {
    /// On whose behalf, and where the answer goes.
    pub envelope: Envelope,
    /// Params and attachment.
    pub payload: Payload,
    /// What answers it.
    pub run: FreeFn,
    /// The blob it names, if it names one.
    pub blob: Option<Arc<Blob>>,
    /// What a backup starts from, if it is one.
    pub backup: Option<Box<BackupInput>>,
}

/// What a backup starts from.
pub struct BackupInput {
    /// The catalogue.
    pub catalogue: Arc<catalogue::State>,
    /// Its keys.
    pub keys: Keys,
    /// Every project: its state and keys if it is in memory; others are read from the store.
    pub projects: Vec<(ProjectId, Option<Kept>)>,
}

/// A project in memory: its state, and its live idempotency keys.
pub type Kept = (Arc<View>, Keys);

/// Turns a file's content into an edit.
pub struct ImportJob {
    /// The edit, whose request is still to be made.
    pub edit: EditCall,
    /// What makes it.
    pub run: ImportFn,
    /// The content, when it is a blob.
    pub blob: Option<Arc<Blob>>,
}

/// A message that is too long to be parsed on the loop.
pub struct ParseJob {
    /// Who sent it.
    pub peer: PeerId,
    /// On whose behalf.
    pub principal: Arc<str>,
    /// The message.
    pub frame: OwnedFrame,
    /// What it may be.
    pub limits: RpcLimits,
}

/// Edits of one project, in order.
pub struct StrandJob {
    /// The project.
    pub project: ProjectId,
    /// Counts how often the head was thrown back.
    pub generation: u32,
    /// What the first edit is prepared against.
    pub head: Arc<View>,
    /// The edits.
    pub edits: VecDeque<EditCall>,
    /// Where the records go.
    pub appender: Appender<Written>,
}

/// Saves something whole, with its live idempotency keys.
pub enum ImageJob {
    /// A project.
    Project {
        /// The project at the revision that is saved.
        view: Arc<View>,
        /// Its keys.
        keys: Keys,
    },
    /// The catalogue.
    Catalogue {
        /// The catalogue at the revision that is saved.
        state: Arc<catalogue::State>,
        /// Its keys.
        keys: Keys,
    },
}

/// How long a piece of work may hold its lane. It is told from the params and the project before the
/// work begins, so that what is quick never waits for what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// Some milliseconds. A lane is always left for it.
    Short,
    /// Up to some tenths of a second.
    Medium,
    /// Anything longer.
    Long,
}

impl Size {
    /// Every size, what goes first first.
    pub const ALL: [Size; 3] = [Size::Short, Size::Medium, Size::Long];
}

/// A piece of work on its way to a lane.
pub struct Job {
    /// What is to be done.
    pub work: Work,
    /// How long it may take.
    pub size: Size,
    /// What the answer, and the making of it, takes in memory at most.
    pub bytes: usize,
}

/// What a lane can be asked to do.
pub enum Work {
    /// Parse a long message.
    Parse(Box<ParseJob>),
    /// Answer a call from a snapshot.
    Read(Box<ReadJob>),
    /// Answer a call that concerns no project.
    Free(Box<FreeJob>),
    /// Turn content into an edit.
    Import(Box<ImportJob>),
    /// Prepare and apply edits.
    Strand(Box<StrandJob>),
    /// Bring a project into memory.
    Load(ProjectId),
    /// Read the journal back.
    Recover,
    /// Save a project whole.
    Image(Box<ImageJob>),
    /// Tell the journal that a head was thrown back to the last written revision.
    Reset {
        /// The project.
        project: ProjectId,
        /// The generation of what comes now.
        generation: u32,
        /// The way to the journal.
        appender: Appender<Written>,
    },
    /// Tell the journal that a project is gone for good.
    Purge {
        /// The project.
        project: ProjectId,
        /// The way to the journal.
        appender: Appender<Written>,
    },
    /// Free these.
    Discard(Vec<Garbage>),
    /// Give what was freed back to the system.
    GiveBack,
}

impl Work {
    /// The call that it is for.
    pub fn envelope(&self) -> Option<&Envelope> {
        match self {
            Work::Read(read) => Some(&read.envelope),
            Work::Free(free) => Some(&free.envelope),
            Work::Import(import) => Some(&import.edit.envelope),
            Work::Parse(_)
            | Work::Strand(_)
            | Work::Load(_)
            | Work::Recover
            | Work::Image(_)
            | Work::Reset { .. }
            | Work::Purge { .. }
            | Work::Discard(_)
            | Work::GiveBack => None,
        }
    }
}
