//! Prompts: pieces of work that a user starts, in words that make a model use the tools well.

mod text;

use rmcp::{
    ErrorData,
    model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role},
};
use serde_json::Value;

/// The longest argument, in characters: it becomes a part of somebody's conversation.
const ARGUMENT_CHARS_MAX: usize = 2_000;

/// A prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// Build something new.
    BuildModel,
    /// Look at something from all sides, and list its faults.
    ReviewModel,
}

/// Every prompt, in the order of the list.
pub const PROMPTS: [PromptKind; 2] = [PromptKind::BuildModel, PromptKind::ReviewModel];

/// An argument of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// Whether the prompt says nothing without it.
    pub is_required: bool,
    /// What can be filled in.
    pub values: Values,
}

/// What an argument can be completed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// The user's own words.
    Free,
    /// One of these, or others.
    Some(&'static [&'static str]),
    /// A project.
    Project,
    /// A checkpoint of the project.
    Checkpoint,
    /// From where a picture is taken.
    View,
}

const BUILD_MODEL: &[Argument] = &[
    Argument {
        name: "goal",
        description: "What to build, in your own words",
        is_required: true,
        values: Values::Free,
    },
    Argument {
        name: "size",
        description: "How large: small, medium, large, or a box like 32x32x48",
        is_required: false,
        values: Values::Some(&["small", "medium", "large", "16x16x16", "32x32x32", "64x64x64"]),
    },
    Argument {
        name: "style",
        description: "How it should look",
        is_required: false,
        values: Values::Some(&[
            "pixel art",
            "realistic",
            "low detail",
            "pastel",
            "medieval",
            "science fiction",
            "isometric game asset",
        ]),
    },
];

const REVIEW_MODEL: &[Argument] = &[
    Argument {
        name: "project",
        description: "The project to look at",
        is_required: true,
        values: Values::Project,
    },
    Argument {
        name: "checkpoint",
        description: "Compare with this earlier state",
        is_required: false,
        values: Values::Checkpoint,
    },
    Argument {
        name: "view",
        description: "The side that matters most",
        is_required: false,
        values: Values::View,
    },
];

impl PromptKind {
    /// The prompt of this name.
    pub fn named(name: &str) -> Option<Self> {
        PROMPTS.into_iter().find(|kind| kind.name() == name)
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            PromptKind::BuildModel => "build_model",
            PromptKind::ReviewModel => "review_model",
        }
    }

    /// The arguments.
    pub const fn arguments(self) -> &'static [Argument] {
        match self {
            PromptKind::BuildModel => BUILD_MODEL,
            PromptKind::ReviewModel => REVIEW_MODEL,
        }
    }

    /// The entry in the list of prompts.
    pub fn entry(self) -> Prompt {
        let (title, description) = match self {
            PromptKind::BuildModel => {
                ("Build a voxel model", "Plans a model, builds it step by step, looks and corrects")
            }
            PromptKind::ReviewModel => {
                ("Review a voxel model", "Renders a project from six sides and lists its faults")
            }
        };
        let arguments = self.arguments().iter().map(|argument| {
            PromptArgument::new(argument.name)
                .with_description(argument.description)
                .with_required(argument.is_required)
        });
        Prompt::new(self.name(), Some(description), Some(arguments.collect())).with_title(title)
    }

    /// Fills the prompt in.
    pub fn fill(self, given: Option<&JsonObject>) -> Result<GetPromptResult, ErrorData> {
        let mut values = Vec::new();
        for argument in self.arguments() {
            values.push((argument.name, value(*argument, given)?));
        }
        let value = |name: &str| {
            let found = values.iter().find(|(argument, _)| *argument == name);
            found.and_then(|(_, value)| value.as_deref())
        };
        let (text, description) = match self {
            PromptKind::BuildModel => {
                let goal = value("goal").unwrap_or_default();
                (text::build(goal, value("size"), value("style")), format!("Build {goal}"))
            }
            PromptKind::ReviewModel => {
                let project = value("project").unwrap_or_default();
                let text = text::review(project, value("checkpoint"), value("view"));
                (text, format!("Review {project}"))
            }
        };
        let message = PromptMessage::new_text(Role::User, text);
        Ok(GetPromptResult::new(vec![message]).with_description(description))
    }
}

/// The value that was given for an argument, in one line.
fn value(argument: Argument, given: Option<&JsonObject>) -> Result<Option<String>, ErrorData> {
    let wrong = |why: &str| {
        let text = format!("Argument {}: {why}. It is: {}", argument.name, argument.description);
        ErrorData::invalid_params(text, None)
    };
    let text = match given.and_then(|given| given.get(argument.name)) {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(_) => return Err(wrong("it is no text")),
    };
    if text.chars().count() > ARGUMENT_CHARS_MAX {
        return Err(wrong(&format!("it has more than {ARGUMENT_CHARS_MAX} characters")));
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.is_empty() {
        false => Ok(Some(line)),
        true if argument.is_required => Err(wrong("it is missing")),
        true => Ok(None),
    }
}

#[cfg(test)]
mod tests;
