//! Earlier states of a project, to compare with.

use goxe_engine::project::Content;
use goxe_protocol::{
    Error,
    api::{
        render::{ImageParams, Since},
        types::Revision,
    },
};

use crate::{errors, work::ReadInput};

/// The state that the picture is compared with, if it is with any.
pub(super) fn before<'a>(
    input: &ReadInput<'a>,
    params: &ImageParams,
) -> Result<Option<&'a Content>, Error> {
    match (params.changed_since, &params.compare) {
        (Some(since), _) => at(input, since).map(Some),
        (None, Some(name)) => checkpoint(input, name).map(Some),
        (None, None) => Ok(None),
    }
}

/// The state that a checkpoint keeps.
pub(super) fn checkpoint<'a>(input: &ReadInput<'a>, name: &str) -> Result<&'a Content, Error> {
    match input.view.project.history().checkpoint(name) {
        Some(checkpoint) => Ok(&checkpoint.content),
        None => {
            Err(Error::not_found("checkpoint", name).hint("list the checkpoints with history.list"))
        }
    }
}

/// The state before the steps that were made since then and still stand.
fn at<'a>(input: &ReadInput<'a>, since: Since) -> Result<&'a Content, Error> {
    let project = &input.view.project;
    let history = project.history();
    let number = match since {
        Since::Undone => {
            return history.content_undone().ok_or_else(|| {
                Error::not_found("revision", "undone")
                    .hint("nothing is undone, or something was edited since")
            });
        }
        Since::Last => history.undo_next().map_or(0, |group| group.number.saturating_sub(1)),
        Since::Revision(revision) => {
            check(input, revision)?;
            revision.number
        }
    };
    // Without a step since then, that is the present state.
    let content = history.content_at(number).unwrap_or(project.content());
    let is_known = history.oldest().is_none_or(|oldest| oldest <= number);
    match is_known || content.count() == 0 {
        true => Ok(content),
        false => Err(Error::not_found("revision", &number.to_string())
            .hint("its steps are forgotten: compare with a checkpoint, or list the steps with history.list")),
    }
}

/// A revision of the future, or of another past, is a mistake.
fn check(input: &ReadInput<'_>, revision: Revision) -> Result<(), Error> {
    let newest = errors::revision(input.view.revision);
    match revision.number < newest.number || revision == newest {
        true => Ok(()),
        false => Err(Error::not_found("revision", &revision.to_string())
            .hint(format!("the newest is {newest}; take one from an answer about this project"))),
    }
}
