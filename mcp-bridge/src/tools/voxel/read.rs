//! `voxels_read`: a page of voxels, ASCII slices, single places, bounds.

use goxe_protocol::api::{
    types::Box3,
    voxel::{self, GetParams, ReadForm, ReadParams, ScopeParams},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{page, slices};
use crate::tools::{Answer, Context, Failure, arguments};

/// What to read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "read", rename_all = "snake_case")]
pub(in crate::tools) enum Arguments {
    Slices(slices::Slices),
    List(List),
    At(GetParams),
    Bounds(ScopeParams),
}

/// A page of voxels.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct List {
    project: String,
    layer: Option<String>,
    within: Option<Box3>,
    limit: Option<u32>,
    cursor: Option<String>,
}

pub(in crate::tools) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    Ok(match arguments::read(context)? {
        Arguments::Slices(wanted) => slices::run(context, wanted).await?,
        Arguments::List(List { project, layer, within, limit, cursor }) => {
            let limit = page(context, limit)?;
            let form = ReadForm::Voxels;
            let params = ReadParams { project, layer, within, form, limit, cursor };
            Answer::data(&context.ask::<voxel::Read>(&params).await?)
        }
        Arguments::At(params) => Answer::data(&context.ask::<voxel::Get>(&params).await?),
        Arguments::Bounds(params) => Answer::data(&context.ask::<voxel::Bounds>(&params).await?),
    })
}
