//! The tools that the demo builds with, typed by the protocol's own params and replies.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use goxe_protocol::api::history::{ListReply, StepReply};
use goxe_protocol::api::project::{CreateReply, ExportReply, InfoReply};
use goxe_protocol::api::voxel::{EditItem, EditParams, EditReply};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::mcp::{Mcp, ToolAnswer};
use super::scene::Errand;
use crate::failure::{Exit, Failure};
use crate::files;

/// The project that the demo builds.
pub const PROJECT: &str = "island";

/// The bridge, as an assistant uses it.
#[derive(Debug)]
pub struct Studio {
    /// The session.
    pub mcp: Mcp,
}

/// What `engine_health` answers, as far as the demo needs it.
#[derive(Debug, Deserialize)]
struct Health {
    healthy: bool,
    daemon: Daemon,
}

#[derive(Debug, Deserialize)]
struct Daemon {
    #[serde(default)]
    pid: Option<u32>,
}

impl Studio {
    pub fn create(&mut self) -> Result<CreateReply, Failure> {
        self.data("project", &json!({ "action": "create", "project": PROJECT }))
    }

    pub fn info(&mut self) -> Result<InfoReply, Failure> {
        self.data("project_info", &json!({ "project": PROJECT, "detail": "full" }))
    }

    /// The process of the daemon, which has to be well.
    pub fn pid(&mut self) -> Result<u32, Failure> {
        let answer = self.mcp.call("engine_health", &json!({ "action": "check" }))?;
        let words = answer.text.clone();
        let health: Health = read("engine_health", answer)?;
        health.daemon.pid.filter(|_| health.healthy).ok_or_else(|| {
            Failure::new(Exit::Failed, "tool", format!("the engine is not well: {words}"))
        })
    }

    pub fn undo(&mut self) -> Result<StepReply, Failure> {
        self.data("history", &json!({ "action": "undo", "project": PROJECT }))
    }

    /// The newest groups of the history.
    pub fn history(&mut self, limit: usize) -> Result<ListReply, Failure> {
        let arguments = json!({ "action": "list", "project": PROJECT, "limit": limit });
        self.data("history", &arguments)
    }

    pub fn edit(
        &mut self,
        layer: &str,
        label: &str,
        edits: Vec<EditItem>,
    ) -> Result<EditReply, Failure> {
        self.data("voxels_edit", &edit(layer, label, edits)?)
    }

    /// Sends edits all at once, each a call of its own, and does not wait.
    pub fn send_edits(&mut self, errands: &[Errand]) -> Result<Vec<u64>, Failure> {
        let calls = errands
            .iter()
            .map(|errand| edit(errand.layer, &errand.label, vec![errand.edit.clone()]));
        let calls: Vec<Value> = calls.collect::<Result<_, Failure>>()?;
        self.mcp.send_calls("voxels_edit", &calls)
    }

    /// Renders the project into a PNG file and tells its size.
    pub fn render(&mut self, file: &Path, size: [u32; 2]) -> Result<usize, Failure> {
        let [width, height] = size;
        let arguments = json!({ "project": PROJECT, "width": width, "height": height });
        let answer = self.mcp.call("render_view", &arguments)?;
        let picture = answer.picture.as_deref().map(|picture| BASE64.decode(picture));
        let Some(Ok(png)) = picture else {
            return Err(Failure::new(
                Exit::Failed,
                "tool",
                "render_view answered without a picture",
            ));
        };
        files::write(file, &png, true)?;
        Ok(png.len())
    }

    /// Writes the project into a .vox file.
    pub fn export(&mut self, file: &Path) -> Result<ExportReply, Failure> {
        let arguments = json!({
            "action": "export", "project": PROJECT, "path": file.display().to_string(),
            "overwrite": true, "quantize": true,
        });
        self.data("project", &arguments)
    }

    fn data<T: DeserializeOwned>(&mut self, tool: &str, arguments: &Value) -> Result<T, Failure> {
        let answer = self.mcp.call(tool, arguments)?;
        read(tool, answer)
    }
}

/// A tool's data as a type.
pub fn read<T: DeserializeOwned>(tool: &str, answer: ToolAnswer) -> Result<T, Failure> {
    serde_json::from_value(answer.data).map_err(|error| {
        Failure::new(Exit::Failed, "tool", format!("{tool} answered in another form: {error}"))
    })
}

fn edit(layer: &str, label: &str, edits: Vec<EditItem>) -> Result<Value, Failure> {
    let params = EditParams {
        project: PROJECT.to_owned(),
        layer: Some(layer.to_owned()),
        edits,
        label: Some(label.to_owned()),
        if_revision: None,
        dry_run: false,
    };
    serde_json::to_value(params)
        .map_err(|error| Failure::new(Exit::Failed, "demo", format!("an edit is no JSON: {error}")))
}
