//! `goxe project import FILE [PROJECT]`

use std::path::Path;

use goxe_protocol::Code;
use goxe_protocol::api::project::{self, CreateParams, Format, ImportParams, ImportReply};
use goxe_protocol::api::types::ProjectParams;

use super::format_of;
use crate::args::Import;
use crate::content::{self, Content};
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::{Exit, Failure};
use crate::output;

pub(super) fn run(
    Import { file, project }: Import,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let format = format_of(&file, Format::is_read)?;
    let project = match project {
        Some(project) => project,
        None => stem(&file)?,
    };
    let content = content::send(daemon, &file)?;
    make_if_absent(&project, daemon)?;
    let mut params = ImportParams { project, format, blob: None, if_revision: None };
    let attachment = match content {
        Content::Attached(bytes) => Some(bytes),
        Content::Blob(blob) => {
            params.blob = Some(blob);
            None
        }
    };
    let (reply, _) = daemon.exchange::<project::Import>(&params, attachment)?;
    context.output.answer(&reply, |reply| words(&params.project, reply))
}

fn make_if_absent(project: &str, daemon: &Daemon<'_>) -> Result<(), Failure> {
    let project = project.to_owned();
    match daemon.ask::<project::Info>(&ProjectParams { project: project.clone() }) {
        Err(failure) if failure.code == Code::NotFound.number() => {
            daemon.ask::<project::Create>(&CreateParams { project }).map(drop)
        }
        known => known.map(drop),
    }
}

fn stem(file: &Path) -> Result<String, Failure> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    stem.ok_or_else(|| {
        let message = format!("{} gives no name for a project", file.display());
        Failure::new(Exit::Usage, "usage", message).hint("name the project behind the file")
    })
}

fn words(project: &str, reply: &ImportReply) -> String {
    let mut text = format!(
        "{project} has {} with {}, as revision {}\n",
        output::count(reply.layers_total, "new layer"),
        output::count(reply.voxels, "voxel"),
        reply.revision
    );
    for warning in &reply.warnings {
        text.push_str(&format!("  {} {warning}\n", output::paint(output::POOR, "left out:")));
    }
    text
}
