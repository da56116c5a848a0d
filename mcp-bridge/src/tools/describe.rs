//! What each tool is called, what it says of itself, and the schemas of its arguments and answers.

use std::collections::BTreeSet;

use goxe_protocol::api::{history, layer, project as projects, voxel};
use rmcp::model::JsonObject;

use super::{Tool, health, history as histories, job, layer as layers, project, schema};
use super::{render as pictures, voxel as voxels};

/// The argument that says what most tools do.
const ACTION: Option<&str> = Some("action");

/// The words of a tool. They are part of every model's prompt: short, and stable.
pub(super) struct Words {
    pub name: &'static str,
    pub description: &'static str,
    pub example: &'static str,
    /// What arguments mean, where their names do not say it.
    pub notes: &'static [(&'static str, &'static str)],
    pub hints: Hints,
    pub always_load: bool,
}

/// Hints for clients that ask their user before some calls. Nothing here reaches the open world.
pub(super) struct Hints {
    pub read_only: bool,
    pub destructive: bool,
    pub idempotent: bool,
}

const READS: Hints = Hints { read_only: true, destructive: false, idempotent: true };
const WRITES: Hints = Hints { read_only: false, destructive: true, idempotent: false };

const ENGINE_HEALTH: Words = Words {
    name: "engine_health",
    description: "Tells how the voxel engine is; works when everything is down. `restart` ends and \
        starts it; no acknowledged edit is lost.",
    example: r#"{"action":"check"}"#,
    notes: &[],
    hints: Hints { read_only: false, destructive: false, idempotent: true },
    always_load: true,
};

const HISTORY: Words = Words {
    name: "history",
    description: "Undoes and redoes whole calls; names, restores and forgets checkpoints; lists what was \
        done; `outcome` tells what became of a call whose answer was lost.",
    example: r#"{"action":"checkpoint","project":"castle","checkpoint":"before roof"}"#,
    notes: &[
        ("limit", "default 20"),
        ("before", "last group of the page before"),
        ("any_author", "over others' steps too"),
        ("key", "from the failed call"),
    ],
    hints: WRITES,
    always_load: false,
};

const JOB: Words = Words {
    name: "job",
    description: "Follows work started with `job` true: status waits up to `wait_ms` and returns the \
        result, the picture included.",
    example: r#"{"action":"status","job":"ID","wait_ms":30000}"#,
    notes: &[("wait_ms", "at most 60000")],
    hints: Hints { read_only: false, destructive: false, idempotent: true },
    always_load: false,
};

const LAYERS_EDIT: Words = Words {
    name: "layers_edit",
    description: "Lists, creates, renames, deletes, shows and hides the layers of a project. Renders and \
        reads leave hidden layers out.",
    example: r#"{"action":"create","project":"castle","layer":"roof"}"#,
    notes: &[("to", "new name"), ("group", "a/b")],
    hints: WRITES,
    always_load: false,
};

const PROJECT: Words = Words {
    name: "project",
    description: "Creates, lists, renames, deletes (to a trash), restores and purges projects; imports \
        MagicaVoxel .vox files, exports .vox, .glb (glTF) and .obj (with its .mtl beside it) by the \
        path's ending. An existing file is kept unless `overwrite`.",
    example: r#"{"action":"create","project":"castle"}"#,
    notes: &[
        ("to", "new name"),
        ("id", "of a deleted project"),
        ("after", "last name of the page before"),
        ("confirm", "the user agreed"),
        ("quantize", "merge colours if too many"),
    ],
    hints: WRITES,
    always_load: false,
};

const PROJECT_INFO: Words = Words {
    name: "project_info",
    description: "Tells a project's revision, bounds, voxel count, layers, checkpoints, undo depth.",
    example: r#"{"project":"castle"}"#,
    notes: &[],
    hints: READS,
    always_load: false,
};

const RENDER_VIEW: Words = Words {
    name: "render_view",
    description: "Renders a picture you can see; look after every few edits. View sheet \
        shows all sides; changed_since \"last\" or a revision marks what changed; compare shows a \
        checkpoint beside now. eye and target look from anywhere; yaw and pitch turn around the \
        model. path saves the PNG; turntable saves an animated one.",
    example: r#"{"project":"castle","view":"sheet"}"#,
    notes: &[
        ("width", "at most 1568; default suits the model"),
        ("yaw_degrees", "0 front, 90 right"),
        ("background", "#rrggbb, #top-#bottom, transparent"),
    ],
    hints: READS,
    always_load: true,
};

const VOXELS_EDIT: Words = Words {
    name: "voxels_edit",
    description: "Applies a list of edits to a project: all or nothing, one undo step, saved before it \
        answers. z is up; both corners of a box belong to it; colours are #rrggbb. `if_revision` refuses \
        if somebody edited since; `dry_run` only counts.",
    example: r##"{"project":"castle","edits":[{"edit":"box","min":[0,0,0],"max":[15,15,3],"color":"#808080"}]}"##,
    notes: &[("label", "name of the undo step"), ("layer", "default: the lowest")],
    hints: WRITES,
    always_load: true,
};

const VOXELS_FIND: Words = Words {
    name: "voxels_find",
    description: "Finds voxels by colour, lists the colours in use, or counts voxels.",
    example: r#"{"by":"histogram","project":"castle"}"#,
    notes: &[
        ("limit", "default 150, max 600"),
        ("tolerance", "0 to 255 for each of r, g, b"),
        ("layer", "default: all visible"),
    ],
    hints: READS,
    always_load: false,
};

const VOXELS_READ: Words = Words {
    name: "voxels_read",
    description: "Reads voxels: ASCII slices with rulers (a letter per colour, one picture for each place on \
        `axis`: z from above, y from the front, x from the right), paged lists, single places, or bounds.",
    example: r#"{"read":"slices","project":"castle","axis":"y","range":[0,3]}"#,
    notes: &[
        ("limit", "default 150, max 600"),
        ("range", "slices: [from,to] along axis"),
        ("layer", "default: all visible"),
    ],
    hints: READS,
    always_load: false,
};

impl Tool {
    pub(super) const fn describe(self) -> &'static Words {
        match self {
            Tool::EngineHealth => &ENGINE_HEALTH,
            Tool::History => &HISTORY,
            Tool::Job => &JOB,
            Tool::LayersEdit => &LAYERS_EDIT,
            Tool::Project => &PROJECT,
            Tool::ProjectInfo => &PROJECT_INFO,
            Tool::RenderView => &RENDER_VIEW,
            Tool::VoxelsEdit => &VOXELS_EDIT,
            Tool::VoxelsFind => &VOXELS_FIND,
            Tool::VoxelsRead => &VOXELS_READ,
        }
    }

    /// The schema of its arguments; with `only`, of those of these actions.
    pub(super) fn input(self, only: Option<&[&str]>) -> JsonObject {
        let notes = self.describe().notes;
        match self {
            Tool::EngineHealth => schema::input::<health::Arguments>(None, notes, only),
            Tool::History => schema::input::<histories::Arguments>(ACTION, notes, only),
            Tool::Job => schema::input::<job::Arguments>(ACTION, notes, only),
            Tool::LayersEdit => schema::input::<layers::Arguments>(ACTION, notes, only),
            Tool::Project => schema::input::<project::Arguments>(ACTION, notes, only),
            Tool::ProjectInfo => schema::input::<project::info::Arguments>(None, notes, only),
            Tool::RenderView => schema::input::<pictures::Arguments>(None, notes, only),
            Tool::VoxelsEdit => schema::input::<voxels::edit::Arguments>(None, notes, only),
            Tool::VoxelsFind => schema::input::<voxels::find::Arguments>(Some("by"), notes, only),
            Tool::VoxelsRead => schema::input::<voxels::read::Arguments>(Some("read"), notes, only),
        }
    }

    /// Whether its answers are structured. Those of tools that may return a picture are not: with
    /// structure, some clients show the model the JSON and drop the picture.
    pub(super) fn has_structure(self) -> bool {
        !matches!(self, Tool::RenderView | Tool::Job)
    }

    /// The names of the members that its structured answers may have.
    pub fn members(self) -> BTreeSet<String> {
        let replies: &[fn() -> serde_json::Value] = match self {
            Tool::RenderView | Tool::Job => &[],
            Tool::EngineHealth => &[schema::plain::<health::HealthAnswer>],
            Tool::History => &[
                schema::plain::<history::ListReply>,
                schema::plain::<history::StepReply>,
                schema::plain::<history::CheckpointReply>,
                schema::plain::<voxel::EditReply>,
                schema::plain::<history::OutcomeReply>,
            ],
            Tool::LayersEdit => {
                &[schema::plain::<layer::ListReply>, schema::plain::<layer::LayerReply>]
            }
            Tool::Project => &[
                schema::plain::<projects::CreateReply>,
                schema::plain::<projects::ListReply>,
                schema::plain::<projects::DeleteReply>,
                schema::plain::<projects::ImportReply>,
                schema::plain::<project::ExportAnswer>,
                schema::plain::<project::DoneAnswer>,
            ],
            Tool::ProjectInfo => &[schema::plain::<projects::InfoReply>],
            Tool::VoxelsEdit => &[schema::plain::<voxel::EditReply>],
            Tool::VoxelsFind => &[
                schema::plain::<voxel::FindReply>,
                schema::plain::<voxel::HistogramReply>,
                schema::plain::<voxel::CountReply>,
            ],
            Tool::VoxelsRead => &[
                schema::plain::<voxel::ReadReply>,
                schema::plain::<voxels::slices::SlicesAnswer>,
                schema::plain::<voxel::GetReply>,
                schema::plain::<voxel::BoundsReply>,
            ],
        };
        let mut names: BTreeSet<String> =
            replies.iter().flat_map(|reply| schema::names(&reply())).collect();
        names.extend(["done", "next"].map(str::to_owned));
        names
    }
}
