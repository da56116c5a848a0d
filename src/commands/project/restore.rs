//! `goxe project restore PROJECT [--checkpoint NAME]`

use goxe_protocol::api::history::{self, CheckpointParams};
use goxe_protocol::api::project::{self, RestoreParams};

use super::list;
use crate::args::Restore;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::{Exit, Failure};
use crate::output;

pub(super) fn run(
    Restore { project, checkpoint, to }: Restore,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let Some(checkpoint) = checkpoint else {
        let id = number_of(&project, daemon)?;
        let reply = daemon.ask::<project::Restore>(&RestoreParams { id, to })?;
        return context.output.answer(&reply, |reply| format!("{} is back", reply.project));
    };
    let params = CheckpointParams { project, checkpoint, if_revision: None };
    let reply = daemon.ask::<history::Restore>(&params)?;
    context.output.answer(&reply, |reply| {
        let CheckpointParams { project, checkpoint, .. } = &params;
        let (added, removed) = (output::count(reply.added, "voxel"), output::number(reply.removed));
        format!("{project} is what it was at {checkpoint}: {added} came, {removed} went")
    })
}

/// The number of a project in the trash: it was given, or belongs to the one of that name that was
/// deleted last.
fn number_of(project: &str, daemon: &Daemon<'_>) -> Result<u32, Failure> {
    let trash = list::all(daemon, true)?;
    let by_number = project.parse().ok().filter(|id| trash.iter().any(|item| item.id == *id));
    let named = trash.iter().filter(|item| item.project == project);
    let newest = named.max_by_key(|item| item.deleted_ms).map(|item| item.id);
    by_number.or(newest).ok_or_else(|| {
        let message = format!("there is no project {project:?} in the trash");
        Failure::new(Exit::Failed, "project_not_found", message)
            .hint("`goxe project list --trash` lists what can be restored")
    })
}
