//! `goxe project create PROJECT`

use goxe_protocol::api::project::{self, CreateParams};

use crate::args::Create;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;

pub(super) fn run(
    Create { project }: Create,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let reply = daemon.ask::<project::Create>(&CreateParams { project })?;
    context.output.answer(&reply, |reply| format!("made {} (number {})", reply.project, reply.id))
}
