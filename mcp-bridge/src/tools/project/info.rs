//! `project_info`: what a project holds.

use goxe_protocol::api::project;

pub(in crate::tools) use goxe_protocol::api::types::ProjectParams as Arguments;

use crate::tools::{Answer, Context, Failure, arguments};

pub(in crate::tools) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let params: Arguments = arguments::read(context)?;
    Ok(Answer::data(&context.ask::<project::Info>(&params).await?))
}
