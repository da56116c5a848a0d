//! `layers_edit`: the layers of a project.

use goxe_protocol::api::{layer, types::ProjectParams};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Context, Failure, Tool, arguments, failure::call, step};

/// What to do with the layers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(super) enum Arguments {
    List(ProjectParams),
    Create(layer::CreateParams),
    Rename(layer::RenameParams),
    Delete(layer::LayerParams),
    Show(layer::LayerParams),
    Hide(layer::LayerParams),
}

pub(super) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let (reply, next) = match arguments::read(context)? {
        Arguments::List(params) => {
            let full = json!({ "project": params.project, "detail": "full" });
            let answer = Answer::data(&context.ask::<layer::List>(&params).await?);
            return Ok(answer.concise(&call(Tool::ProjectInfo, &full)));
        }
        Arguments::Create(params) => {
            let reply = context.ask::<layer::Create>(&params).await?;
            let next = step::build(&params.project, Some(&reply.layer));
            (reply, next)
        }
        Arguments::Rename(params) => {
            (context.ask::<layer::Rename>(&params).await?, step::layers(&params.project))
        }
        Arguments::Delete(params) => {
            (context.ask::<layer::Delete>(&params).await?, step::look(&params.project))
        }
        Arguments::Show(params) => {
            (context.ask::<layer::Show>(&params).await?, step::look(&params.project))
        }
        Arguments::Hide(params) => {
            (context.ask::<layer::Hide>(&params).await?, step::look(&params.project))
        }
    };
    Ok(Answer::data(&reply).with("done", true).with("next", next))
}
