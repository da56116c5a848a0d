//! `job`: work in the background.

use goxe_protocol::api::{
    Method,
    job::{self, JobState},
    render::{self, ImageReply},
    types::NoParams,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Context, Failure, arguments, failure, render as pictures};

/// What to do with jobs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(super) enum Arguments {
    Status(job::StatusParams),
    Cancel(job::JobParams),
    List(NoParams),
}

pub(super) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    match arguments::read(context)? {
        Arguments::Status(params) => status(context, &params).await,
        Arguments::Cancel(params) => {
            let reply = context.ask::<job::Cancel>(&params).await?;
            Ok(Answer::data(&reply).with("job", params.job).into_text())
        }
        Arguments::List(params) => {
            Ok(Answer::data(&context.ask::<job::List>(&params).await?).into_text())
        }
    }
}

async fn status(context: &mut Context<'_>, params: &job::StatusParams) -> Result<Answer, Failure> {
    let (reply, attachment) = context.send::<job::Status>(params, None).await?;
    match reply.job.state {
        JobState::Running => {
            let next = json!({ "action": "status", "job": params.job, "wait_ms": 30_000 });
            Ok(Answer::data(&reply).with("next", format!("job {next}")).into_text())
        }
        JobState::Failed => Err(failed(context, &reply)),
        JobState::Done if reply.job.method == render::Image::NAME => {
            let image: Option<ImageReply> =
                reply.reply.and_then(|reply| serde_json::from_value(reply).ok());
            let caption = match &image {
                Some(image) => pictures::caption(&format!("job {}", params.job), image),
                None => format!("job {}", params.job),
            };
            pictures::picture(context, &caption, attachment)
        }
        JobState::Done => Ok(Answer::data(&reply).into_text()),
    }
}

/// The error of the method that the job ran, as a failure of this call.
fn failed(context: &Context<'_>, reply: &job::StatusReply) -> Failure {
    let error = reply.error.clone().unwrap_or(Value::Null);
    match serde_json::from_value::<goxe_protocol::Error>(error) {
        Ok(error) => Failure::new(
            format!("{} {} failed: {}", reply.job.method, reply.job.job, failure::said(&error)),
            failure::reason(&error),
            r#"job {"action":"list"}"#,
        ),
        Err(_) => Failure::new(
            format!("{} {} failed", reply.job.method, reply.job.job),
            format!("{} was told no cause.", context.tool.name()),
            r#"engine_health {"action":"check"}"#,
        ),
    }
}
