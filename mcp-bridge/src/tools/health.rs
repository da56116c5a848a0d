//! `engine_health`: how bridge and daemon are, and the restart that heals a hang.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Context, Failure, arguments};
use crate::server::daemon::{Condition, Health};

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

/// The answer of `engine_health`: the daemon's [`Health`], and the bridge itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HealthAnswer {
    healthy: bool,
    bridge: Value,
    #[serde(flatten)]
    health: Health,
    next: String,
}

pub(super) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let Arguments { action } = arguments::read(context)?;
    let health = match action {
        Action::Check => until_gone(context, context.daemon.health()).await?,
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
    Ok(Answer::data(&answer(health)).with("done", action == Action::Restart))
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

fn answer(health: Health) -> HealthAnswer {
    let healthy = health.daemon == Condition::Up
        && health.status.as_ref().is_none_or(|status| status.healthy);
    HealthAnswer {
        healthy,
        bridge: json!({ "version": env!("CARGO_PKG_VERSION"), "pid": std::process::id() }),
        next: next(health.daemon, healthy).to_owned(),
        health,
    }
}

/// What to do about it.
fn next(daemon: Condition, healthy: bool) -> &'static str {
    match daemon {
        Condition::Up if healthy => "go on",
        Condition::Up => "go on; `status.degraded` tells what does not work as it should",
        Condition::Recovering | Condition::Draining => "call again; the bridge waits for it",
        Condition::Down => "call any tool; the bridge starts the engine",
        Condition::Hung => r#"engine_health {"action":"restart"}"#,
        Condition::Failed => {
            "tell the user what `reason` says; engine_health {\"action\":\"restart\"} tries once more"
        }
    }
}
