//! `voxel.*`: edits. Queries are in `query`.

mod items;
mod query;

use goxe_engine::{
    edit::{Edit, Empties},
    project::{Report, Request},
};
use goxe_protocol::{
    Error,
    api::voxel::{EditParams, EditReply, WriteParams},
};

pub(super) use self::query::{
    COLORS_MAX, KINDS_MAX, PAGE_DEFAULT, PAGE_MAX, bounds, count, find, get, histogram, read,
};
use super::convert;
use crate::{
    call::{self, Reply, parse},
    edit::{EditInput, EditPlan, Outcome},
    errors,
    journal::{Revision, record::LABEL_BYTES_MAX},
};

pub(super) fn edit(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let EditParams { project: _, layer, edits, label, if_revision, dry_run } = parse(input.params)?;
    let count = edits.len();
    let layer = items::Layer::new(input.view, layer);
    let edits = edits.into_iter().enumerate().map(|(index, item)| {
        items::edit(item, &layer).map_err(|error| errors::in_edit(index, error))
    });
    let request = Request::Edit(edits.collect::<Result<_, _>>()?);
    let label = label_of(label, || match count {
        1 => "1 edit".to_owned(),
        count => format!("{count} edits"),
    })?;
    Ok(EditPlan { request, label, if_revision, dry_run, answer: Box::new(answer) })
}

pub(super) fn write(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let WriteParams { project: _, layer, bounds, keep, label, if_revision, dry_run } =
        parse(input.params)?;
    let layer = convert::layer_name(input.view, layer)?;
    let bounds = convert::bounds(bounds)?;
    let content = input.attachment.ok_or_else(|| {
        Error::invalid_params("there are no voxels")
            .hint("send them as the attachment: four bytes each, x fastest, then y, then z")
    })?;
    let (voxels, rest) = content.as_chunks::<4>();
    if !rest.is_empty() || u64::try_from(voxels.len()).ok() != Some(bounds.volume()) {
        return Err(Error::invalid_params(format!(
            "the box holds {} voxels of 4 bytes, and the attachment has {} bytes",
            bounds.volume(),
            content.len()
        )));
    }
    let voxels = voxels.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    let empties = if keep { Empties::Keep } else { Empties::Clear };
    let request = Request::Edit(vec![Edit::Write { layer, bounds, voxels, empties }]);
    let label = label_of(label, || format!("write of {} voxels", bounds.volume()))?;
    Ok(EditPlan { request, label, if_revision, dry_run, answer: Box::new(answer) })
}

fn label_of(label: Option<String>, default: impl FnOnce() -> String) -> Result<String, Error> {
    let label = label.unwrap_or_else(default);
    if label.len() > LABEL_BYTES_MAX || !call::is_plain(&label) {
        return Err(Error::invalid_params(format!(
            "label: at most {LABEL_BYTES_MAX} bytes, without control characters and those that change the \
             order or width of letters"
        )));
    }
    Ok(label)
}

fn answer(outcome: &Outcome<'_>) -> Result<Reply, Error> {
    Reply::json(&reply(outcome.report, outcome.revision, outcome.dry_run))
}

/// What an edit did, on the wire.
pub(super) fn reply(report: &Report, revision: Revision, dry_run: bool) -> EditReply {
    let summary = &report.summary;
    let layers = summary.layers.iter().take(convert::LAYERS_LISTED_MAX);
    EditReply {
        revision: errors::revision(revision),
        group: report.group_new.filter(|_| !dry_run),
        added: summary.added,
        removed: summary.removed,
        changed: summary.changed,
        bounds: summary.bounds.map(convert::box3),
        layers: layers.map(|name| name.to_string()).collect(),
        dry_run,
    }
}
