//! `project_info`: what a project holds.

use goxe_protocol::api::{project, types::ProjectParams};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::tools::{Answer, Context, Failure, Tool, arguments, failure::call};

/// What to tell.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct Arguments {
    project: String,
    #[serde(default)]
    detail: Detail,
}

/// How much to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Detail {
    /// What a model works with, at most 8 KB.
    #[default]
    Concise,
    /// Everything there is, at most 40 KB.
    Full,
}

pub(in crate::tools) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let Arguments { project, detail } = arguments::read(context)?;
    let params = ProjectParams { project };
    let answer = Answer::data(&context.ask::<project::Info>(&params).await?);
    if detail == Detail::Full {
        return Ok(answer);
    }
    let full = json!({ "project": params.project, "detail": "full" });
    Ok(answer.without(&["id", "bytes"]).concise(&call(Tool::ProjectInfo, &full)))
}
