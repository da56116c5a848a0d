//! `history`: undo, redo, checkpoints, and what became of a call.

use goxe_protocol::api::history;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Answer, Context, Failure, arguments};

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
    let answer = match arguments::read(context)? {
        Arguments::Undo(params) => Answer::data(&context.ask::<history::Undo>(&params).await?),
        Arguments::Redo(params) => Answer::data(&context.ask::<history::Redo>(&params).await?),
        Arguments::Checkpoint(params) => {
            Answer::data(&context.ask::<history::Checkpoint>(&params).await?)
        }
        Arguments::Restore(params) => {
            Answer::data(&context.ask::<history::Restore>(&params).await?)
        }
        Arguments::Forget(params) => Answer::data(&context.ask::<history::Forget>(&params).await?),
        Arguments::List(params) => {
            return Ok(Answer::data(&context.ask::<history::List>(&params).await?));
        }
        Arguments::Outcome(params) => {
            return Ok(Answer::data(&context.ask::<history::Outcome>(&params).await?));
        }
    };
    Ok(answer.with("done", true))
}
