//! What lanes are handed, and what they hand back.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use goxe_protocol::{Error, frame::OwnedFrame, rpc::RpcLimits};

use super::progress::Note;
use crate::{
    blobs::{Blob, BlobWrite},
    call::{Encoded, Envelope, Payload, PeerId, Reply, Ticket},
    edit::{EditCall, Written},
    handlers::{FreeFn, ImportFn, ReadFn},
    journal::{ProjectId, Revision, keys::Keys, writer::Appender},
    out::Segment,
    router::parse::Parsed,
    slice::Slice,
    store::{Loaded, Recovered, catalogue},
    stream::Stream,
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
    /// Whether it counts as long work.
    pub long: bool,
    /// Whether it is a background job, whose reply is kept instead of sent.
    pub background: bool,
    /// The peer's socket, where the lane may send the answer itself.
    pub direct: Option<Arc<Loan>>,
}

/// A peer's socket that is lent to a lane for one answer. Whoever takes it first has it: the lane,
/// to send the answer, or the loop, which has something else for the peer meanwhile.
#[derive(Debug)]
pub struct Loan {
    /// The call whose answer it is lent for.
    pub ticket: Ticket,
    stream: Arc<Stream>,
    taken: AtomicBool,
}

impl Loan {
    /// A socket that nobody has taken.
    pub fn new(ticket: Ticket, stream: Arc<Stream>) -> Self {
        Loan { ticket, stream, taken: AtomicBool::new(false) }
    }

    /// The socket, for the first who asks.
    pub fn take(&self) -> Option<&Stream> {
        (!self.taken.swap(true, Ordering::AcqRel)).then_some(&*self.stream)
    }
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
    /// Whether it counts as long work.
    pub long: bool,
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

/// Something that takes too long to free on the loop.
pub enum Garbage {
    /// A snapshot that may be the last of its kind.
    View(Arc<View>),
    /// Output that was sent.
    Segment(Segment),
    /// An answer that nobody takes.
    Encoded(Encoded),
    /// A blob, whose file goes with it.
    Blob(Arc<Blob>),
}

impl Garbage {
    /// Memory that goes with it, as far as that is known without looking into it.
    pub fn bytes(&self) -> usize {
        match self {
            Garbage::Segment(segment) => segment.held(),
            Garbage::Encoded(encoded) => encoded.bytes(),
            // Most of a view is shared with newer ones.
            Garbage::View(_) | Garbage::Blob(_) => 0,
        }
    }
}

/// What a lane can be handed.
pub enum Job {
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
}

/// What a lane hands back.
pub enum Done {
    /// A long message was parsed.
    Parsed {
        /// Who sent it.
        peer: PeerId,
        /// The message.
        frame: OwnedFrame,
        /// What it is.
        parsed: Box<Parsed>,
    },
    /// A call is answered.
    Answered {
        /// Which call.
        ticket: Ticket,
        /// The answer.
        encoded: Encoded,
        /// The snapshot that a cursor in the answer refers to.
        pin: Option<Arc<View>>,
        /// Whether it ran as long work.
        long: bool,
        /// Whether the peer's socket was lent to the lane.
        lent: bool,
    },
    /// A call is answered, and the lane sent the answer.
    Sent {
        /// Which call.
        ticket: Ticket,
        /// What the socket did not take.
        rest: Option<Vec<u8>>,
        /// Whether it ran as long work.
        long: bool,
    },
    /// A background job ended.
    Finished {
        /// The call that began it.
        ticket: Ticket,
        /// Its reply.
        result: Result<Reply, Error>,
    },
    /// A blob was filled on behalf of a call.
    Blob(Arc<Blob>),
    /// A blob was written to.
    BlobWritten {
        /// The blob as it was.
        blob: Arc<Blob>,
        /// Where.
        written: BlobWrite,
        /// What is held of it.
        content: Option<Slice>,
    },
    /// An edit that changes nothing, or failed, is answered without the journal.
    Unwritten {
        /// The edit.
        edit: Box<EditCall>,
        /// Its answer.
        result: Result<Reply, Error>,
        /// The state that the answer speaks of, which the journal may not have yet.
        seen: Revision,
        /// Whether it ran as long work.
        long: bool,
    },
    /// A strand's edits were run.
    Strand {
        /// The project.
        project: ProjectId,
        /// The state after the last of them.
        head: Arc<View>,
        /// Those that the journal had no room for.
        rest: VecDeque<EditCall>,
        /// Records that the journal took.
        appended: usize,
    },
    /// Content became an edit.
    Imported(Box<EditCall>),
    /// A project is in memory, or is known not to come.
    Loaded {
        /// The project.
        project: ProjectId,
        /// What came of it.
        loaded: Loaded,
    },
    /// The journal was read back.
    Recovered(Box<Result<Recovered<Written>, String>>),
    /// How far the recovery is, in bytes.
    Recovering {
        /// Read so far.
        done: u64,
        /// To read in all.
        total: u64,
    },
    /// A project was saved whole, or not.
    Imaged {
        /// The project.
        project: ProjectId,
        /// Whether it was, or why not.
        result: Result<(), String>,
    },
    /// The journal knows that a head was thrown back.
    Reset(ProjectId),
    /// How far a call is.
    Progress(Note),
    /// Garbage was freed.
    Discarded,
}
