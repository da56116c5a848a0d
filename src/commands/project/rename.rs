//! `goxe project rename PROJECT TO`

use goxe_protocol::api::project::{self, RenameParams};
use serde_json::json;

use crate::args::Rename;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;

pub(super) fn run(
    Rename { project, to }: Rename,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let params = RenameParams { project, to };
    daemon.ask::<project::Rename>(&params)?;
    let RenameParams { project, to } = &params;
    let answer = json!({ "project": to, "before": project });
    context.output.answer(&answer, |_| format!("{project} is called {to} now"))
}
