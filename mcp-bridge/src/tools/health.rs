//! `engine_health`: how bridge and daemon are, and the restart that heals a hang.

use goxe_config::executable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Context, Failure, arguments, context::Client};
use crate::handover;
use crate::manager::{Condition, Status};

/// What to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// Look.
    #[default]
    Check,
    /// End the daemon and start it.
    Restart,
}

/// Arguments of `engine_health`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    #[serde(default)]
    action: Action,
}

/// The answer of `engine_health`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HealthAnswer {
    /// Whether everything works as it should.
    healthy: bool,
    /// This process.
    bridge: Value,
    /// How the daemon is, as far as one can tell from outside.
    #[schemars(with = "Value")]
    daemon: Status,
    /// What to do about it.
    next: &'static str,
}

pub(super) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let Arguments { action } = arguments::read(context)?;
    let status = match action {
        Action::Check => until_gone(context, context.daemon.status()).await?,
        Action::Restart => {
            until_gone(context, context.daemon.restart()).await?.map_err(|error| {
                Failure::new(
                    format!("engine_health failed: {error}"),
                    "the engine could not be restarted; what was acknowledged is in its journal.",
                    r#"engine_health {"action":"check"}"#,
                )
            })?
        }
    };
    let answer = Answer::data(&answer(status, &context.client));
    Ok(match action {
        Action::Check => answer,
        Action::Restart => answer.with("done", true),
    })
}

async fn until_gone<T>(context: &Context<'_>, look: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::select! {
        done = look => Ok(done),
        () = context.gone.cancelled() => Err(stopped()),
        () = context.cancel.cancelled() => Err(stopped()),
    }
}

fn stopped() -> Failure {
    Failure::new(
        "engine_health was cancelled",
        "the call was cancelled before it ended.",
        r#"engine_health {"action":"check"}"#,
    )
}

fn answer(daemon: Status, client: &Client) -> HealthAnswer {
    let healthy = daemon.condition == Condition::Up
        && daemon.status.as_ref().is_none_or(|status| status.healthy);
    HealthAnswer {
        healthy,
        bridge: bridge(&daemon, client),
        next: next(daemon.condition, healthy),
        daemon,
    }
}

/// This process, and whether it fits the daemon and the program on disk.
fn bridge(daemon: &Status, client: &Client) -> Value {
    let build = executable::build();
    let mut bridge = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "build": build,
        "pid": std::process::id(),
        "client": client,
    });
    if let Some(report) = handover::report() {
        bridge["upgrade"] = json!(report);
    }
    if daemon.build.as_ref().is_some_and(|other| *other != build) {
        bridge["note"] = json!(
            "the engine's daemon is of another build; it serves others too, so only the user ends \
             it: `goxe daemon restart`"
        );
    }
    bridge
}

/// What to do about it.
fn next(condition: Condition, healthy: bool) -> &'static str {
    match condition {
        Condition::Up if healthy => "go on",
        Condition::Up => "go on; `degraded` tells what does not work as it should",
        Condition::Recovering | Condition::Draining => "call again; the bridge waits for it",
        Condition::Down => "call any tool; the bridge starts the engine",
        Condition::Hung => r#"engine_health {"action":"restart"}"#,
        Condition::Refused => "ask the user: the engine runs and does not let this process in",
        Condition::Failed => {
            r#"tell the user the reason; engine_health {"action":"restart"} tries once more"#
        }
    }
}
