//! `voxels_edit`: edit lists.

use goxe_protocol::api::voxel;

use crate::tools::{Answer, Context, Failure, arguments, step};

pub(in crate::tools) use goxe_protocol::api::voxel::EditParams as Arguments;

pub(in crate::tools) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let params: Arguments = arguments::read(context)?;
    let reply = context.ask::<voxel::Edit>(&params).await?;
    let next = match params.dry_run {
        true => step::after_dry_run(&params.project, &context.arguments),
        false => step::after_edit(&params.project, &reply),
    };
    Ok(Answer::data(&reply).with("done", !params.dry_run).with("next", next))
}
