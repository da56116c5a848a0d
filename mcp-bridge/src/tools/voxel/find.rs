//! `voxels_find`: voxels by colour, the colours in use, counts.

use goxe_protocol::api::voxel;
use schemars::JsonSchema;
use serde::Deserialize;

use super::page;
use crate::tools::{Answer, Context, Failure, arguments};

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub(in crate::tools) enum Arguments {
    Color(voxel::FindParams),
    Histogram(voxel::HistogramParams),
    Count(voxel::ScopeParams),
}

pub(in crate::tools) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    Ok(match arguments::read(context)? {
        Arguments::Color(mut params) => {
            params.limit = page(context, params.limit)?;
            Answer::data(&context.ask::<voxel::Find>(&params).await?)
        }
        Arguments::Histogram(mut params) => {
            params.limit = page(context, params.limit)?;
            Answer::data(&context.ask::<voxel::Histogram>(&params).await?)
        }
        Arguments::Count(params) => Answer::data(&context.ask::<voxel::Count>(&params).await?),
    })
}
