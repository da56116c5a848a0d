//! Completions of what prompts and templates of resources take: names that a running daemon holds.
//! Without one there are none; nothing is started for them.

use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompletionInfo, Reference},
};
use serde_json::Value;

use crate::{
    names,
    prompts::{PromptKind, Values},
    resources::Resources,
    tools::Tool,
};

/// Most projects that are looked through.
const PROJECTS_MAX: usize = 2_000;

/// Completes an argument. None if the prompt or template is another source's.
pub async fn complete(
    resources: &Resources,
    request: &CompleteRequestParams,
) -> Result<Option<CompletionInfo>, ErrorData> {
    let name = request.argument.name.as_str();
    let wanted = match &request.r#ref {
        Reference::Prompt(prompt) => match PromptKind::named(&prompt.name) {
            Some(kind) => of_prompt(kind, name),
            None => return Ok(None),
        },
        Reference::Resource(template) => match of_template(&template.uri, name) {
            Some(wanted) => wanted,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let Some(wanted) = wanted else {
        return Err(ErrorData::invalid_params(format!("Unknown argument: {name}"), None));
    };
    let context = request.context.as_ref();
    let project = context.and_then(|context| context.get_argument("project"));
    let values = candidates(resources, wanted, project.map(String::as_str)).await;
    Ok(Some(ranked(values, &request.argument.value)))
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// An argument of a prompt.
    Value(Values),
    /// A layer of the project.
    Layer,
    /// A job.
    Job,
    /// A picture.
    Render,
}

fn of_prompt(kind: PromptKind, name: &str) -> Option<Wanted> {
    let argument = kind.arguments().iter().find(|argument| argument.name == name);
    argument.map(|argument| Wanted::Value(argument.values))
}

/// What an argument of a template is. The outer none: this is no template of ours.
fn of_template(uri: &str, name: &str) -> Option<Option<Wanted>> {
    let project = Wanted::Value(Values::Project);
    let of_name = |known: &[(&str, Wanted)]| {
        known.iter().find(|(known, _)| *known == name).map(|(_, wanted)| *wanted)
    };
    Some(match uri {
        "goxe://jobs/{id}" => of_name(&[("id", Wanted::Job)]),
        "goxe://projects/{project}" => of_name(&[("project", project)]),
        "goxe://projects/{project}/layers/{layer}" => {
            of_name(&[("project", project), ("layer", Wanted::Layer)])
        }
        "goxe://renders/{id}.png" => of_name(&[("id", Wanted::Render)]),
        _ => return None,
    })
}

async fn candidates(resources: &Resources, wanted: Wanted, project: Option<&str>) -> Vec<String> {
    let daemon = &*resources.daemon;
    match (wanted, project) {
        (Wanted::Value(Values::Free), _) => Vec::new(),
        (Wanted::Value(Values::Some(values)), _) => {
            values.iter().map(|value| (*value).to_owned()).collect()
        }
        (Wanted::Value(Values::View), _) => views(),
        (Wanted::Value(Values::Project), _) => names::projects(daemon, None, PROJECTS_MAX).await,
        (Wanted::Value(Values::Checkpoint), Some(project)) => {
            names::checkpoints(daemon, project).await
        }
        (Wanted::Layer, Some(project)) => names::layers(daemon, project).await,
        // Which project is meant has to be known first.
        (Wanted::Value(Values::Checkpoint) | Wanted::Layer, None) => Vec::new(),
        (Wanted::Job, _) => names::jobs(daemon).await.into_iter().map(|item| item.job).collect(),
        (Wanted::Render, _) => {
            let jobs = names::jobs(daemon).await.into_iter();
            let pictures = jobs.filter(|item| item.method == "render.image").map(|item| item.job);
            resources.renders.ids().into_iter().chain(pictures).collect()
        }
    }
}

/// The sides from which `render_view` takes pictures, as its schema says.
fn views() -> Vec<String> {
    let schema = &Tool::RenderView.entry().input_schema;
    let view = schema.get("properties").and_then(|properties| properties.get("view"));
    let views = view.and_then(|view| view.get("enum")).and_then(Value::as_array);
    let views = views.into_iter().flatten().filter_map(Value::as_str);
    views.map(str::to_owned).collect()
}

/// What fits to what was typed: what begins with it first, then what holds it somewhere.
fn ranked(values: Vec<String>, typed: &str) -> CompletionInfo {
    let typed_small = typed.to_lowercase();
    let mut fitting: Vec<(u8, String)> = values
        .into_iter()
        .filter_map(|value| {
            let small = value.to_lowercase();
            let rank = match () {
                () if value.starts_with(typed) => 0,
                () if small.starts_with(&typed_small) => 1,
                () if small.contains(&typed_small) => 2,
                () => return None,
            };
            Some((rank, value))
        })
        .collect();
    // Within a rank the order stays: by name, or newest first.
    fitting.sort_by_key(|(rank, _)| *rank);
    let total = u32::try_from(fitting.len()).unwrap_or(u32::MAX);
    let has_more = fitting.len() > CompletionInfo::MAX_VALUES;
    let shown = fitting.into_iter().take(CompletionInfo::MAX_VALUES).map(|(_, value)| value);
    CompletionInfo::with_pagination(shown.collect(), Some(total), has_more).unwrap_or_default()
}

#[cfg(test)]
mod tests;
