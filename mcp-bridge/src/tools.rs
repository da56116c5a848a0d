//! The tools: few, shaped like pieces of work, typed by the protocol's own params and replies.
//!
//! ```text
//! tools/call -> Tool::named -> arguments (mended, typed) -> one module per noun -> Answer
//!                                                             |                  | Failure
//!                                                          Context -> Daemon::call
//! ```

pub mod answer;
mod arguments;
pub mod context;
mod describe;
mod examples;
pub mod failure;
pub mod files;
mod health;
mod history;
mod job;
mod layer;
mod project;
mod render;
pub mod schema;
mod selection;
mod step;
mod voxel;

use std::sync::{Arc, LazyLock};

use rmcp::model::{JsonObject, MetaObject, ToolAnnotations};
use serde_json::Value;

pub use answer::Answer;
pub use context::Context;
pub use failure::Failure;
pub use selection::Selection;

/// Every tool, in the order of the list.
pub const TOOLS: [Tool; 10] = [
    Tool::EngineHealth,
    Tool::History,
    Tool::Job,
    Tool::LayersEdit,
    Tool::Project,
    Tool::ProjectInfo,
    Tool::RenderView,
    Tool::VoxelsEdit,
    Tool::VoxelsFind,
    Tool::VoxelsRead,
];

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// How bridge and daemon are; works when everything is down.
    EngineHealth,
    /// Undo, redo, checkpoints, what became of a call.
    History,
    /// Work in the background.
    Job,
    /// The layers of a project.
    LayersEdit,
    /// Projects as a whole, files in and out.
    Project,
    /// What a project holds.
    ProjectInfo,
    /// A picture.
    RenderView,
    /// Edit lists.
    VoxelsEdit,
    /// Voxels by colour, counts.
    VoxelsFind,
    /// Voxels by place.
    VoxelsRead,
}

impl Tool {
    /// The tool of this name.
    pub fn named(name: &str) -> Option<Self> {
        TOOLS.into_iter().find(|tool| tool.name() == name)
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        self.describe().name
    }

    /// A call of it that would pass, as JSON.
    pub const fn example(self) -> &'static str {
        self.describe().example
    }

    /// The entry in the list of tools.
    pub fn entry(self) -> &'static rmcp::model::Tool {
        static ENTRIES: LazyLock<[rmcp::model::Tool; TOOLS.len()]> =
            LazyLock::new(|| TOOLS.map(Tool::new_entry));
        let found = TOOLS.iter().zip(ENTRIES.iter()).find(|(tool, _)| **tool == self);
        found.map(|(_, entry)| entry).expect("every tool is in TOOLS")
    }

    /// The entry of a server that is read-only: of the actions, those that change nothing.
    fn reading_entry(self) -> rmcp::model::Tool {
        let words = self.describe();
        let Some(reading) = self.reading_actions() else { return self.entry().clone() };
        let example = self.reading_example();
        let description = format!(
            "{} This server is read-only; actions here: {}. Example: {example}",
            words.description,
            reading.join(", "),
        );
        let looks = ToolAnnotations::new().read_only(true).destructive(false).idempotent(true);
        self.listed(description, self.input(Some(reading)), looks)
    }

    fn new_entry(self) -> rmcp::model::Tool {
        let words = self.describe();
        let description = format!("{} Example: {}", words.description, words.example);
        let hints = ToolAnnotations::new()
            .read_only(words.hints.read_only)
            .destructive(words.hints.destructive)
            .idempotent(words.hints.idempotent);
        self.listed(description, self.input(None), hints)
    }

    fn listed(
        self,
        description: String,
        input: JsonObject,
        hints: ToolAnnotations,
    ) -> rmcp::model::Tool {
        let words = self.describe();
        let mut entry = rmcp::model::Tool::new(words.name, description, Arc::new(input))
            .with_annotations(hints.open_world(false));
        if self.has_structure() {
            entry = entry.with_raw_output_schema(Arc::new(schema::output()));
        }
        if words.always_load {
            let mut meta = MetaObject::new();
            meta.0.insert("anthropic/alwaysLoad".to_owned(), Value::Bool(true));
            entry = entry.with_meta(meta);
        }
        entry
    }

    /// Runs it.
    pub async fn run(self, context: &mut Context<'_>) -> Result<Answer, Failure> {
        match self {
            Tool::EngineHealth => health::run(context).await,
            Tool::History => history::run(context).await,
            Tool::Job => job::run(context).await,
            Tool::LayersEdit => layer::run(context).await,
            Tool::Project => project::run(context).await,
            Tool::ProjectInfo => project::info::run(context).await,
            Tool::RenderView => render::run(context).await,
            Tool::VoxelsEdit => voxel::edit::run(context).await,
            Tool::VoxelsFind => voxel::find::run(context).await,
            Tool::VoxelsRead => voxel::read::run(context).await,
        }
    }
}
