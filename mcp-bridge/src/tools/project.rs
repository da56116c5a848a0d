//! `project`: projects as a whole, and files in and out. `project_info`: what one holds.

mod exchange;
pub(super) mod info;

use goxe_protocol::api::{project, types::Revision};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Context, Failure, Tool, arguments, failure::call, step};

/// Pages of the trash that are looked through before a user is asked.
const TRASH_PAGES_MAX: usize = 100;

/// What to do with projects.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(super) enum Arguments {
    Create(project::CreateParams),
    List(project::ListParams),
    Rename(project::RenameParams),
    Delete(project::DeleteParams),
    Restore(project::RestoreParams),
    Purge(Purge),
    Import(exchange::Import),
    Export(exchange::Export),
}

/// A project in the trash that goes for good.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Purge {
    id: u32,
    /// purge: true once the user agreed.
    #[serde(default)]
    confirm: bool,
}

/// The answer of an action that only says that it was done.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DoneAnswer {
    /// The project's name now.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// The number of the project that is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    /// Whether it was done.
    done: bool,
}

/// The answer of an export.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ExportAnswer {
    /// The revision that was exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<Revision>,
    /// The file.
    path: String,
    /// Files written beside it, which it refers to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    beside: Vec<String>,
    /// Their size together.
    bytes: u64,
    /// Whether it was written.
    done: bool,
}

pub(super) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let (answer, next) = match arguments::read(context)? {
        Arguments::Create(params) => {
            let reply = context.ask::<project::Create>(&params).await?;
            let next = step::build(&reply.project, None);
            (Answer::data(&reply).with("done", true), next)
        }
        Arguments::List(params) => {
            return Ok(Answer::data(&context.ask::<project::List>(&params).await?));
        }
        Arguments::Rename(params) => {
            context.ask::<project::Rename>(&params).await?;
            let next = step::info(&params.to);
            (Answer::data(&DoneAnswer { project: Some(params.to), id: None, done: true }), next)
        }
        Arguments::Delete(params) => {
            let reply = context.ask::<project::Delete>(&params).await?;
            let next = call(Tool::Project, &json!({ "action": "restore", "id": reply.id }));
            (Answer::data(&reply).with("done", true), next)
        }
        Arguments::Restore(params) => {
            let reply = context.ask::<project::Restore>(&params).await?;
            let next = step::info(&reply.project);
            (Answer::data(&reply).with("done", true), next)
        }
        Arguments::Purge(purge) => {
            let next = call(Tool::Project, &json!({ "action": "list" }));
            (self::purge(context, &purge).await?, next)
        }
        Arguments::Import(import) => {
            let next = step::look(import.project());
            (exchange::import(context, import).await?, next)
        }
        Arguments::Export(export) => {
            let next = step::info(export.project());
            (exchange::export(context, export).await?, next)
        }
    };
    Ok(answer.with("next", next))
}

/// The one thing that no undo and no trash brings back: it needs a yes.
async fn purge(context: &mut Context<'_>, purge: &Purge) -> Result<Answer, Failure> {
    let id = purge.id;
    if !purge.confirm && !context.confirmed {
        if !is_in_trash(context, id).await? {
            return Err(Failure::new(
                format!("project failed: project {id} is not in the trash"),
                "only a project that was deleted can be purged. Not done: nothing was changed.",
                call(Tool::Project, &json!({ "action": "list", "trash": true })),
            ));
        }
        let question =
            format!("Remove project {id} from the trash for good? Nothing brings it back.");
        let mut failure = context.wrong(
            &format!("project {id} would be gone for good"),
            "it needs the user's yes: ask, then call with `confirm`. Not done: nothing was changed.",
            &json!({ "action": "purge", "id": id, "confirm": true }),
        );
        failure.question = Some(question);
        return Err(failure);
    }
    context.ask::<project::Purge>(&project::PurgeParams { id }).await?;
    Ok(Answer::data(&DoneAnswer { project: None, id: Some(id), done: true }))
}

/// Whether there is anything to ask the user about.
async fn is_in_trash(context: &mut Context<'_>, id: u32) -> Result<bool, Failure> {
    let mut after = None;
    for _ in 0..TRASH_PAGES_MAX {
        let page =
            context.ask::<project::List>(&project::ListParams { trash: true, after }).await?;
        if page.projects.iter().any(|item| item.id == id) {
            return Ok(true);
        }
        after = page.projects.last().map(|item| item.project.clone());
        if !page.more || after.is_none() {
            return Ok(false);
        }
    }
    // The trash is longer than anybody reads: the purge itself tells.
    Ok(true)
}
