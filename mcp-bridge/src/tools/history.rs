//! `history`: undo, redo, checkpoints, and what became of a call.

use goxe_protocol::api::history;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Context, Failure, Tool, arguments, failure::call, step};

/// What to do with the history.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(super) enum Arguments {
    Undo(history::StepParams),
    Redo(history::StepParams),
    Checkpoint(history::CheckpointParams),
    Restore(history::CheckpointParams),
    Forget(history::CheckpointParams),
    List(history::ListParams),
    Outcome(history::OutcomeParams),
}

pub(super) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let (answer, next) = match arguments::read(context)? {
        Arguments::Undo(params) => {
            let reply = context.ask::<history::Undo>(&params).await?;
            (Answer::data(&reply), step::after_undo(&params.project, &reply.edit))
        }
        Arguments::Redo(params) => {
            let reply = context.ask::<history::Redo>(&params).await?;
            (Answer::data(&reply), step::after_edit(&params.project, &reply.edit))
        }
        Arguments::Checkpoint(params) => {
            let reply = context.ask::<history::Checkpoint>(&params).await?;
            (Answer::data(&reply), list(&params.project))
        }
        Arguments::Restore(params) => {
            let reply = context.ask::<history::Restore>(&params).await?;
            (Answer::data(&reply), step::after_edit(&params.project, &reply))
        }
        Arguments::Forget(params) => {
            let reply = context.ask::<history::Forget>(&params).await?;
            (Answer::data(&reply), list(&params.project))
        }
        Arguments::List(params) => {
            return Ok(Answer::data(&context.ask::<history::List>(&params).await?));
        }
        Arguments::Outcome(params) => {
            return Ok(Answer::data(&context.ask::<history::Outcome>(&params).await?));
        }
    };
    Ok(answer.with("done", true).with("next", next))
}

fn list(project: &str) -> String {
    call(Tool::History, &json!({ "action": "list", "project": project }))
}
