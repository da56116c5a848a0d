//! `goxe project ...`

mod create;
mod delete;
mod export;
mod history;
mod import;
mod list;
mod rename;
mod render;
mod restore;
mod show;

use std::path::{Path, PathBuf};

use goxe_protocol::api::project::Format;

use crate::args::Project;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::{Exit, Failure};

pub(super) fn run(verb: Project, context: &Context) -> Result<(), Failure> {
    let daemon = Daemon::open(context)?;
    match verb {
        Project::List(list) => list::run(&list, &daemon, context),
        Project::Show(show) => show::run(show, &daemon, context),
        Project::Create(create) => create::run(create, &daemon, context),
        Project::Rename(rename) => rename::run(rename, &daemon, context),
        Project::Delete(delete) => delete::run(delete, &daemon, context),
        Project::Restore(restore) => restore::run(restore, &daemon, context),
        Project::History(history) => history::run(history, &daemon, context),
        Project::Import(import) => import::run(import, &daemon, context),
        Project::Export(export) => export::run(export, &daemon, context),
        Project::Render(render) => render::run(*render, &daemon, context),
    }
}

/// The format that the file's name ends with, of those that are `usable`.
fn format_of(file: &Path, usable: fn(Format) -> bool) -> Result<Format, Failure> {
    let ending = file.extension().and_then(|ending| ending.to_str());
    if let Some(format) = ending.and_then(Format::of_name).filter(|format| usable(*format)) {
        return Ok(format);
    }
    let usable = Format::ALL.into_iter().filter(|format| usable(*format));
    let endings: Vec<String> = usable.map(|format| format!(".{}", format.name())).collect();
    let endings = endings.join(", ");
    let message = format!("{} ends with none of the formats: {endings}", file.display());
    Err(Failure::new(Exit::Usage, "format", message)
        .hint(format!("name a file that ends with one of {endings}")))
}

/// The file that was named, else one that is named like the project.
fn file_of(project: &str, named: Option<PathBuf>, ending: &str) -> Result<PathBuf, Failure> {
    match named {
        Some(file) => Ok(file),
        // A project's name may be anything but must not choose a folder.
        None if project.contains(['/', '\0']) || project.starts_with('.') => {
            let message = format!("{project:?} is no name of a file");
            Err(Failure::new(Exit::Usage, "usage", message).hint("name the file"))
        }
        None => Ok(PathBuf::from(format!("{project}.{ending}"))),
    }
}
