//! `layer.*`

use goxe_engine::{edit::Edit, layer::Layer, project::Request};
use goxe_protocol::{
    Error,
    api::{
        layer::{CreateParams, LayerInfo, LayerParams, LayerReply, ListReply, RenameParams},
        types::{ProjectParams, Revision},
    },
};

use super::convert;
use crate::{
    call::{Reply, parse},
    edit::{EditInput, EditPlan},
    errors,
    work::ReadInput,
};

pub(super) fn list(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let ProjectParams { project: _ } = parse(input.params)?;
    let layers = input.view.project.layers().iter().map(|layer| info(layer));
    let revision = errors::revision(input.view.revision);
    Reply::json(&ListReply { revision, layers: layers.collect() })
}

/// What is told of a layer.
pub(super) fn info(layer: &Layer) -> LayerInfo {
    LayerInfo {
        layer: layer.name.to_string(),
        group: layer.group.to_string(),
        visible: layer.visible,
        voxels: layer.volume.count(),
        bounds: layer.volume.bounds().map(convert::box3),
    }
}

pub(super) fn create(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let CreateParams { project: _, layer, group, if_revision } = parse(input.params)?;
    convert::plain("layer", &layer)?;
    convert::plain("group", &group)?;
    let edit = Edit::CreateLayer { name: layer.clone(), group, visible: true, position: None };
    Ok(plan(edit, format!("new layer {layer}"), layer, if_revision))
}

pub(super) fn delete(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let LayerParams { project: _, layer, if_revision } = parse(input.params)?;
    let edit = Edit::DeleteLayer { layer: layer.clone() };
    Ok(plan(edit, format!("delete layer {layer}"), layer, if_revision))
}

pub(super) fn rename(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let RenameParams { project: _, layer, to, if_revision } = parse(input.params)?;
    convert::plain("to", &to)?;
    let label = format!("rename layer {layer} to {to}");
    Ok(plan(Edit::RenameLayer { layer, to: to.clone() }, label, to, if_revision))
}

pub(super) fn show(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let LayerParams { project: _, layer, if_revision } = parse(input.params)?;
    let edit = Edit::ShowLayer { layer: layer.clone() };
    Ok(plan(edit, format!("show layer {layer}"), layer, if_revision))
}

pub(super) fn hide(input: &EditInput<'_>) -> Result<EditPlan, Error> {
    let LayerParams { project: _, layer, if_revision } = parse(input.params)?;
    let edit = Edit::HideLayer { layer: layer.clone() };
    Ok(plan(edit, format!("hide layer {layer}"), layer, if_revision))
}

fn plan(edit: Edit, label: String, layer: String, if_revision: Option<Revision>) -> EditPlan {
    EditPlan {
        request: Request::Edit(vec![edit]),
        label,
        if_revision,
        dry_run: false,
        answer: Box::new(move |outcome| {
            Reply::json(&LayerReply { revision: errors::revision(outcome.revision), layer })
        }),
    }
}
