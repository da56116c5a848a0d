//! `voxels_edit`: edit lists.

use goxe_protocol::api::voxel;

use crate::tools::{Answer, Context, Failure, arguments};

pub(in crate::tools) use goxe_protocol::api::voxel::EditParams as Arguments;

pub(in crate::tools) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let params: Arguments = arguments::read(context)?;
    let reply = context.ask::<voxel::Edit>(&params).await?;
    Ok(Answer::data(&reply).with("done", !params.dry_run))
}
