//! What calls have at hand on a lane, and what answers them.

use std::sync::Arc;

use goxe_engine::progress::Progress;
use goxe_protocol::{Error, api::types::Revision};

use super::{BackupInput, Size};
use crate::{
    blobs::{Blob, BlobWrite, Shelf},
    call::{Envelope, Payload, Principal, Reply},
    edit::{EditPlan, Written},
    journal::ProjectId,
    limits::Limits,
    store::Store,
    view::View,
};

/// What a read has at hand.
pub struct ReadInput<'a> {
    /// The params as JSON.
    pub params: &'a str,
    /// The project at one revision.
    pub view: &'a Arc<View>,
    /// The project's name.
    pub name: &'a str,
    /// Why the project cannot be edited, if it cannot.
    pub read_only: Option<&'a str>,
    /// Cancel checks and progress.
    pub progress: &'a mut dyn Progress,
    /// Where answers larger than a frame go.
    pub shelf: &'a Shelf,
    /// Largest answer.
    pub reply_bytes_max: usize,
    /// Largest picture.
    pub render_pixels_max: u64,
    /// Largest file that may be made in memory.
    pub export_bytes_max: usize,
    /// Set when the answer carries a cursor, so that the view is kept for the next page.
    pub pin: &'a mut bool,
    /// Set to a blob that was filled because the answer is larger than a frame.
    pub made: &'a mut Option<Arc<Blob>>,
    /// On whose behalf.
    pub principal: &'a Principal,
}

/// What a call has at hand that concerns no project.
pub struct FreeInput<'a> {
    /// The params as JSON.
    pub params: &'a str,
    /// The attachment.
    pub attachment: Option<&'a [u8]>,
    /// What params and attachment take in memory.
    pub payload_bytes: usize,
    /// The blob that the params name.
    pub blob: Option<&'a Arc<Blob>>,
    /// Set to what was written to it; with room, the attachment is held.
    pub written: &'a mut Option<BlobWrite>,
    /// Every project, for a backup.
    pub backup: Option<&'a BackupInput>,
    /// On whose behalf.
    pub principal: &'a Principal,
    /// Cancel checks and progress.
    pub progress: &'a mut dyn Progress,
    /// Where blobs are made.
    pub shelf: &'a Shelf,
    /// Projects that are not in memory.
    pub store: &'a Store<Written>,
    /// Set to a blob that was made.
    pub made: &'a mut Option<Arc<Blob>>,
    /// Largest answer.
    pub reply_bytes_max: usize,
}

/// Answers from a snapshot.
pub type ReadFn = fn(&mut ReadInput<'_>) -> Result<Reply, Error>;
/// Answers without a project.
pub type FreeFn = fn(&mut FreeInput<'_>) -> Result<Reply, Error>;
/// Says what an import is to do; reading the content takes long.
pub type ImportFn = fn(&Payload, Option<&Blob>, &mut dyn Progress) -> Result<EditPlan, Error>;

/// Says what a call may take, from its params and the state it reads.
pub type WeighFn = fn(&Weighing<'_>) -> Weight;

/// What is known of a call before it runs.
pub struct Weighing<'a> {
    /// The params as JSON.
    pub params: &'a str,
    /// The project it reads, if it reads one.
    pub view: Option<&'a View>,
    /// The bounds in force.
    pub limits: &'a Limits,
}

/// What a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// How long it may hold a lane; one that takes longer is begun again as a larger one.
    pub size: Size,
    /// What the answer, and the making of it, takes in memory at most.
    pub bytes: usize,
}

/// A read on its way to a lane.
pub struct PendingRead {
    /// Params and attachment.
    pub payload: Payload,
    /// On whose behalf, and where the answer goes.
    pub envelope: Envelope,
    /// The method.
    pub method: &'static str,
    /// What answers it.
    pub run: ReadFn,
    /// What it may take.
    pub weigh: WeighFn,
    /// The project.
    pub project: ProjectId,
    /// The revision that its cursor names.
    pub cursor: Option<Revision>,
    /// Whether it is a background job.
    pub background: bool,
}

impl std::fmt::Debug for PendingRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingRead").field("method", &self.method).finish_non_exhaustive()
    }
}
