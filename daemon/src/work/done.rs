//! What lanes hand back.

use std::{collections::VecDeque, sync::Arc};

use goxe_protocol::{Error, frame::OwnedFrame};

use super::{Size, Work};
use crate::{
    blobs::{Blob, BlobWrite},
    call::{Encoded, PeerId, Reply, Ticket},
    edit::{EditCall, Written},
    journal::{ProjectId, Revision},
    memory::Charge,
    parse::Parsed,
    slice::Slice,
    store::{Loaded, Recovered},
    view::View,
};

/// Something that a lane has to tell.
pub struct Told {
    /// What.
    pub done: Done,
    /// The place in the lanes that is free again, where this is the last of a job.
    pub frees: Option<Size>,
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
        /// What it takes in memory.
        charge: Option<Arc<Charge>>,
        /// The snapshot that a cursor in the answer refers to.
        pin: Option<Arc<View>>,
        /// Whether the peer's socket was lent to the lane.
        lent: bool,
    },
    /// A call is answered, and the lane sent the answer.
    Sent {
        /// Which call.
        ticket: Ticket,
        /// What the socket did not take.
        rest: Option<Vec<u8>>,
    },
    /// A background job ended.
    Finished {
        /// The call that began it.
        ticket: Ticket,
        /// Its reply.
        result: Result<Reply, Error>,
        /// What that takes in memory.
        charge: Option<Arc<Charge>>,
    },
    /// A call takes longer than its size may: it is to be begun again as a larger one.
    Outgrown(Box<Work>),
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
    },
    /// A strand's edits were run.
    Strand {
        /// The project.
        project: ProjectId,
        /// The state after the last of them.
        head: Arc<View>,
        /// Those that were not run: for want of room in the journal, or of time.
        rest: VecDeque<EditCall>,
        /// The first of them takes longer than the size of the job may.
        outgrown: bool,
        /// Records that the journal took.
        appended: usize,
    },
    /// Content became an edit.
    Imported(Box<EditCall>),
    /// Content became no edit.
    NotImported(Box<EditCall>, Error),
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

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which call.
    pub ticket: Ticket,
    /// Done so far.
    pub done: u64,
    /// In all; 0 while unknown.
    pub total: u64,
}
