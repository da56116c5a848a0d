//! `goxe project delete PROJECT`

use goxe_protocol::api::project::{self, DeleteParams};

use crate::args::Delete;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(
    Delete { project }: Delete,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let params = DeleteParams { project, if_revision: None };
    let reply = daemon.ask::<project::Delete>(&params)?;
    context.output.answer(&reply, |reply| {
        let until = output::moment(reply.kept_until_ms);
        let (project, id) = (&params.project, reply.id);
        format!(
            "{project} is in the trash until {until}: `goxe project restore {id}` brings it back"
        )
    })
}
