//! What the server offers beside its tools: resources, subscriptions, prompts, completions.

#![expect(clippy::panic, reason = "helpers of tests fail by panicking, as tests do")]

mod completions;
#[expect(dead_code, reason = "the other tests use all of it")]
#[path = "../tools/fake.rs"]
mod fake;
mod lively;
mod progress;
mod prompts;
mod resources;
#[expect(dead_code, reason = "the other tests use all of it")]
#[path = "../tools/session.rs"]
mod session;
mod subscriptions;
mod tasks;
