//! The one place where errors of the engine and the store become errors of the wire.

use goxe_engine::error::{ApplyError, EditError, EditFault};
use goxe_protocol::{Code, Error, api, error::kind};

use crate::{
    journal::{
        Revision,
        writer::{EncodeError, Failure, RejectReason},
    },
    store::catalogue::CatalogueError,
};

/// The wire's form of a revision.
pub fn revision(revision: Revision) -> api::types::Revision {
    api::types::Revision { number: revision.number, chain: revision.chain }
}

/// Refuses a call that was meant for another revision.
pub fn check_revision(wanted: api::types::Revision, newest: Revision) -> Result<(), Error> {
    let newest = revision(newest);
    if wanted == newest {
        return Ok(());
    }
    let message = format!("the project is at {newest}, not at {wanted}");
    Err(Error::conflict(kind::REVISION, message)
        .hint("read what changed, then send the edit again with the newest revision")
        .with("revision", newest.to_string())
        .with("if_revision", wanted.to_string()))
}

/// Why an edit was refused.
pub fn edit(error: EditError) -> Error {
    let message = error.cause.to_string();
    let wire = match error.cause {
        EditFault::LayerMissing { name, nearest } => {
            let mut wire = Error::not_found("layer", &name);
            if let Some(nearest) = nearest {
                wire = wire
                    .hint(format!("use \"{nearest}\", or make the layer with layer.create"))
                    .with("nearest", &*nearest);
            } else {
                wire = wire.hint("list the layers with layer.list, or make one with layer.create");
            }
            wire
        }
        EditFault::CheckpointMissing { name, nearest } => {
            let wire = Error::not_found("checkpoint", &name)
                .hint("list the checkpoints with history.list");
            match nearest {
                Some(nearest) => wire.with("nearest", &*nearest),
                None => wire,
            }
        }
        EditFault::LayerExists { .. } => Error::conflict(kind::LAYER_EXISTS, message)
            .hint("choose another name, or edit the layer that is there"),
        EditFault::CheckpointExists { .. } => Error::conflict(kind::CHECKPOINT_EXISTS, message)
            .hint("choose another name, or remove the old one with history.forget"),
        EditFault::NothingToUndo => Error::conflict(kind::NOTHING_TO_UNDO, message)
            .hint("look at the groups with history.list"),
        EditFault::NothingToRedo => Error::conflict(kind::NOTHING_TO_REDO, message)
            .hint("look at the groups with history.list; an edit after an undo ends the redo"),
        EditFault::OtherAuthor { author, group } => Error::conflict(kind::OTHER_AUTHOR, message)
            .hint("pass any_author: true to step over another author's group")
            .with("author", &*author)
            .with("group", group),
        EditFault::TooManyVoxels { count, max } => {
            Error::limit_exceeded("engine.edit_voxels_max", count, max)
                .hint("do it in several smaller edits")
        }
        EditFault::LimitReached { what, max } => Error::new(Code::LimitExceeded, message)
            .with("limit", format!("engine.{what}"))
            .with("max", max),
        EditFault::Cancelled => Error::new(Code::Cancelled, message),
        EditFault::OutOfBounds { min, max, .. } => Error::invalid_params(message)
            .hint("keep every coordinate inside the limits")
            .with("min", min)
            .with("max", max),
        EditFault::BadName { .. }
        | EditFault::MaterialMissing { .. }
        | EditFault::MaterialsFull { .. }
        | EditFault::SizeMismatch { .. }
        | EditFault::StartOutside
        | EditFault::LetterUnknown { .. }
        | EditFault::TextTooLong { .. }
        | EditFault::BoundsMissing
        | EditFault::CentreOffGrid => Error::invalid_params(message),
    };
    match error.edit {
        Some(index) => in_edit(index, wire),
        None => wire,
    }
}

/// What was wrong with one edit of a list.
pub fn in_edit(index: usize, mut error: Error) -> Error {
    let detail = error.data.extra.remove("detail");
    let said = detail.as_ref().and_then(|detail| detail.as_str()).unwrap_or(&error.message);
    error.message = format!("edit {index}: {said}").into();
    error.with("edit", index)
}

/// Why a change that was just prepared cannot be applied: a fault of ours.
pub fn apply(error: &ApplyError) -> Error {
    tracing::error!(%error, "a prepared change does not fit its own project");
    Error::new(Code::EngineFault, "the engine prepared a change that does not fit; nothing changed")
}

/// Why a change has no bytes in the journal.
pub fn encode(error: &EncodeError) -> Error {
    Error::new(Code::Io, format!("the journal could not take the change: {error}"))
}

/// Why the journal did not take a record.
pub fn rejected(reason: RejectReason) -> Error {
    match reason {
        RejectReason::Busy => Error::new(Code::Busy, "the journal's queue is full"),
        RejectReason::Closed => Error::new(Code::ShuttingDown, "the journal is closed"),
    }
}

/// Why a record is not in the journal: nothing of the edit remains.
pub fn journal(failure: &Failure) -> Error {
    let code = match failure {
        Failure::NoSpace | Failure::Io(_) | Failure::Above | Failure::OutOfOrder(_) => Code::Io,
        Failure::Corrupt(_) => Code::Corrupt,
    };
    Error::new(code, format!("the edit was not kept: {failure}"))
        .hint("nothing was changed; free space or repair the disk, then send it again")
}

/// Why the catalogue was not changed.
pub fn catalogue(error: &CatalogueError) -> Error {
    error.to_wire()
}
