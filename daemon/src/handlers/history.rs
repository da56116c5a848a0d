//! `history.*`

use goxe_engine::project::Request;
use goxe_protocol::{
    Error,
    api::{
        history::{
            CallOutcome, CheckpointItem, CheckpointParams, CheckpointReply, GroupItem, ListParams,
            ListReply, OutcomeParams, OutcomeReply, StepParams, StepReply,
        },
        types::Revision,
    },
};

use super::{convert, voxel};
use crate::{
    call::{Reply, parse},
    edit::{EditInput, EditPlan, Outcome},
    errors,
    router::{Asked, Router, parse_key},
    session::Session,
    work::ReadInput,
};

/// Groups of a page where the caller names no number.
pub(super) const PAGE_DEFAULT: u32 = 20;
/// Groups of the longest page.
const PAGE_MAX: u32 = 500;

pub(super) fn list(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let ListParams { project: _, limit, before } = parse(input.params)?;
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(Error::invalid_params(format!("limit: a number from 1 to {PAGE_MAX}")));
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let history = input.view.project.history();
    let mut groups = history.list(before, limit + 1);
    let more = groups.len() > limit;
    groups.truncate(limit);
    let groups = groups.into_iter().map(|group| GroupItem {
        group: group.number,
        author: group.author.to_string(),
        time_ms: group.time_ms,
        label: group.label.to_string(),
        undone: group.undone,
    });
    let checkpoints = history.checkpoints().map(|(name, checkpoint)| CheckpointItem {
        name: name.to_string(),
        number: checkpoint.number,
        author: checkpoint.author.to_string(),
        time_ms: checkpoint.time_ms,
    });
    Reply::json(&ListReply {
        revision: errors::revision(input.view.revision),
        groups: groups.collect(),
        more,
        checkpoints: checkpoints.collect(),
    })
}

pub(super) fn undo(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let StepParams { project: _, any_author, if_revision } = parse(input.params)?;
    let request = Request::Undo { author: input.author.to_owned(), any_author };
    Ok(step(request, "undo", if_revision))
}

pub(super) fn redo(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let StepParams { project: _, any_author, if_revision } = parse(input.params)?;
    let request = Request::Redo { author: input.author.to_owned(), any_author };
    Ok(step(request, "redo", if_revision))
}

fn step(request: Request, label: &str, if_revision: Option<Revision>) -> EditPlan {
    EditPlan {
        request,
        label: label.into(),
        if_revision,
        dry_run: false,
        answer: Box::new(stepped),
    }
}

/// Longest label that an answer repeats; the history has all of it.
const LABEL_CHARS_MAX: usize = 200;

fn stepped(outcome: &Outcome<'_>) -> Result<Reply, Error> {
    let group = outcome.report.group.as_ref();
    let group = group.ok_or_else(|| Error::internal("a step without a group"))?;
    Reply::json(&StepReply {
        revision: errors::revision(outcome.revision),
        group: group.number,
        author: group.author.to_string(),
        label: group.label.chars().take(LABEL_CHARS_MAX).collect(),
        edit: voxel::reply(outcome.report, outcome.revision, outcome.dry_run),
    })
}

pub(super) fn checkpoint(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let CheckpointParams { project: _, checkpoint, if_revision } = parse(input.params)?;
    convert::plain("checkpoint", &checkpoint)?;
    let request = Request::CheckpointCreate { name: checkpoint.clone() };
    Ok(named(request, format!("checkpoint {checkpoint}"), checkpoint, if_revision))
}

pub(super) fn forget(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let CheckpointParams { project: _, checkpoint, if_revision } = parse(input.params)?;
    let request = Request::CheckpointDelete { name: checkpoint.clone() };
    Ok(named(request, format!("forget checkpoint {checkpoint}"), checkpoint, if_revision))
}

fn named(
    request: Request,
    label: String,
    checkpoint: String,
    if_revision: Option<Revision>,
) -> EditPlan {
    EditPlan {
        request,
        label,
        if_revision,
        dry_run: false,
        answer: Box::new(move |outcome| {
            let revision = errors::revision(outcome.revision);
            Reply::json(&CheckpointReply { revision, checkpoint })
        }),
    }
}

pub(super) fn restore(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let CheckpointParams { project: _, checkpoint, if_revision } = parse(input.params)?;
    Ok(EditPlan {
        label: format!("restore {checkpoint}"),
        request: Request::Restore { checkpoint },
        if_revision,
        dry_run: false,
        answer: Box::new(|outcome| {
            Reply::json(&voxel::reply(outcome.report, outcome.revision, outcome.dry_run))
        }),
    })
}

pub(super) fn outcome(
    router: &mut Router,
    session: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    let OutcomeParams { key, project } = parse(asked.params)?;
    let key = parse_key(&key)?;
    let project = project.map(|name| router.projects.find(&name)).transpose()?;
    let principal = session.principal.name.clone();
    if router.is_running(&principal, project, key) {
        let outcome = CallOutcome::Running;
        return Reply::json(&OutcomeReply { outcome, revision: None, answer: None });
    }
    let keys = match project {
        // A project that is not in memory has its keys on disk: it is brought before the answer.
        Some(id) => router.keys_of(id)?,
        None => router.projects.keys(),
    };
    let reply = match keys.find(&principal, key) {
        None => OutcomeReply { outcome: CallOutcome::Never, revision: None, answer: None },
        Some(committed) => OutcomeReply {
            outcome: CallOutcome::Committed,
            revision: Some(errors::revision(committed.revision)),
            answer: serde_json::from_slice(&committed.answer).ok(),
        },
    };
    Reply::json(&reply)
}
