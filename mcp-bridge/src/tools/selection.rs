//! Which tools a server offers: chosen when its process starts, so that the list is the same for
//! every connection and for the whole session.

use std::borrow::Cow;

use goxe_config::sections::Toolset;
use serde_json::{Value, json};

use super::{Failure, TOOLS, Tool, failure::call};
use crate::guide::INSTRUCTIONS;

/// The tools of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Which of them.
    pub toolset: Toolset,
    /// Whether what changes something is refused.
    pub read_only: bool,
}

impl Selection {
    /// The tools that are offered, in the order of the list.
    pub fn tools(self) -> Vec<Tool> {
        TOOLS.into_iter().filter(|tool| self.has(*tool) && !self.writes_only(*tool)).collect()
    }

    /// The entry of a tool in the list.
    pub fn entry(self, tool: Tool) -> rmcp::model::Tool {
        if self.read_only { tool.reading_entry() } else { tool.entry().clone() }
    }

    /// The tool of this name, if the server knows it. Tools that only write are known to a server
    /// that is read-only too, which says why it does not run them.
    pub fn named(self, name: &str) -> Option<Tool> {
        Tool::named(name).filter(|tool| self.has(*tool))
    }

    /// What the services beside the engine offer is part of the whole set alone.
    pub fn has_guests(self) -> bool {
        self.toolset == Toolset::All && !self.read_only
    }

    /// What clients are told first.
    pub fn instructions(self) -> Cow<'static, str> {
        match self.read_only {
            false => Cow::Borrowed(INSTRUCTIONS),
            true => {
                Cow::Owned(format!("{INSTRUCTIONS}\nThis server is read-only: look, do not edit."))
            }
        }
    }

    /// Why a call is refused, if it is.
    pub fn refusal(self, tool: Tool, arguments: &Value) -> Option<Failure> {
        if !self.read_only {
            return None;
        }
        let is_named = |argument: &str| arguments.get(argument).is_some_and(|file| !file.is_null());
        if tool == Tool::RenderView
            && let Some(argument) = ["path", "turntable"].into_iter().find(|file| is_named(file))
        {
            return Some(refused(&format!("render_view {argument}"), looking(tool, arguments)));
        }
        let action = arguments.get("action").and_then(Value::as_str);
        let reads = match (tool.reading_actions(), action) {
            (None, _) => !self.writes_only(tool),
            // What is not named is looked at, or refused as an argument that does not fit.
            (Some(_), None) => true,
            (Some(reading), Some(action)) => reading.contains(&action),
        };
        if reads {
            return None;
        }
        let what = match action {
            Some(action) => format!("{} {action}", tool.name()),
            None => tool.name().to_owned(),
        };
        Some(refused(&what, looking(tool, arguments)))
    }

    fn has(self, tool: Tool) -> bool {
        match self.toolset {
            Toolset::All | Toolset::Engine => true,
            Toolset::Core => CORE.contains(&tool),
        }
    }

    fn writes_only(self, tool: Tool) -> bool {
        self.read_only && tool == Tool::VoxelsEdit
    }
}

/// What a model needs at least to build and to look.
const CORE: [Tool; 7] = [
    Tool::EngineHealth,
    Tool::History,
    Tool::Project,
    Tool::ProjectInfo,
    Tool::RenderView,
    Tool::VoxelsEdit,
    Tool::VoxelsRead,
];

impl Tool {
    /// Whether a call with these arguments would change anything, or write a file. What does not say
    /// what it does might.
    pub(super) fn writes(self, arguments: &Value) -> bool {
        let action = arguments.get("action").and_then(Value::as_str);
        match self.reading_actions() {
            Some(reading) => action.is_none_or(|action| !reading.contains(&action)),
            None if self == Tool::RenderView => {
                ["path", "turntable"].iter().any(|file| arguments.get(file).is_some())
            }
            None => self == Tool::VoxelsEdit,
        }
    }

    /// Of a tool whose actions differ, those that change nothing.
    pub(super) fn reading_actions(self) -> Option<&'static [&'static str]> {
        match self {
            Tool::EngineHealth => Some(&["check"]),
            Tool::History => Some(&["list", "outcome"]),
            Tool::Job => Some(&["status", "list"]),
            Tool::LayersEdit | Tool::Project => Some(&["list"]),
            Tool::ProjectInfo
            | Tool::RenderView
            | Tool::VoxelsEdit
            | Tool::VoxelsFind
            | Tool::VoxelsRead => None,
        }
    }
}

fn refused(what: &str, next: String) -> Failure {
    Failure::new(
        format!("{what} failed: this server is read-only"),
        "it was started with --read-only or mcp.read_only, so it changes nothing and writes no file. \
         Not done: nothing was changed.",
        next,
    )
}

/// A call that looks at what the refused one would have changed.
pub(super) fn looking(tool: Tool, arguments: &Value) -> String {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let project = text("project").filter(|name| is_name(name));
    let in_trash = matches!(text("action"), Some("restore" | "purge"));
    match (tool, project) {
        (Tool::EngineHealth, _) => call(tool, &json!({ "action": "check" })),
        (Tool::Job, _) => call(tool, &json!({ "action": "list" })),
        (Tool::History | Tool::LayersEdit, Some(project)) => {
            call(tool, &json!({ "action": "list", "project": project }))
        }
        (_, Some(project)) if tool != Tool::Project => {
            call(Tool::ProjectInfo, &json!({ "project": project }))
        }
        (Tool::Project, _) if in_trash => {
            call(Tool::Project, &json!({ "action": "list", "trash": true }))
        }
        _ => call(Tool::Project, &json!({ "action": "list" })),
    }
}

/// Whether a project can have this name: a call with another one would not pass.
pub(super) fn is_name(name: &str) -> bool {
    let is_wrong = |letter: char| letter == '/' || letter.is_control();
    !name.is_empty() && name.chars().count() <= 64 && !name.contains(is_wrong)
}
