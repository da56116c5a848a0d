//! What models are asked to build, as calls of tools, run through the real bridge and looked at: twenty
//! models, twenty mistakes with the way out that their errors name, and two assistants at one project.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::needless_pass_by_value,
    reason = "helpers of tests fail and tell like tests, and take json!({ .. }) where it is written"
)]

mod calls;
mod checks;
mod gallery;
mod recovery;
mod selection;
mod sharing;
mod steps;
mod support;
mod tasks;
mod tokens;
