//! `goxe project list`

use goxe_protocol::api::project::{self, ListParams, ProjectItem};
use serde_json::json;

use crate::args::List;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(
    List { trash }: &List,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let projects = all(daemon, *trash)?;
    let answer = json!({ "projects": projects });
    context.output.answer(&answer, |_| match (projects.is_empty(), trash) {
        (true, false) => "there is no project yet: `goxe project create NAME` makes one".to_owned(),
        (true, true) => "the trash is empty".to_owned(),
        (false, false) => live(&projects),
        (false, true) => deleted(&projects),
    })
}

/// Every project, or every one in the trash, over all pages.
pub(super) fn all(daemon: &Daemon<'_>, trash: bool) -> Result<Vec<ProjectItem>, Failure> {
    let mut projects: Vec<ProjectItem> = Vec::new();
    loop {
        let after = projects.last().map(|item| item.project.clone());
        let page = daemon.ask::<project::List>(&ListParams { trash, after })?;
        let is_last = !page.more || page.projects.is_empty();
        projects.extend(page.projects);
        if is_last {
            return Ok(projects);
        }
    }
}

fn live(projects: &[ProjectItem]) -> String {
    let rows = projects.iter().map(|item| {
        let revision = item.revision.map_or_else(|| "-".to_owned(), |it| it.to_string());
        let note = item.read_only.clone().unwrap_or_default();
        [item.project.clone(), item.id.to_string(), revision, note]
    });
    output::table(["project", "number", "revision", "note"], rows)
}

fn deleted(projects: &[ProjectItem]) -> String {
    let rows = projects.iter().map(|item| {
        let deleted = item.deleted_ms.map(output::moment).unwrap_or_default();
        [item.project.clone(), item.id.to_string(), deleted]
    });
    output::table(["project", "number", "deleted"], rows)
}
