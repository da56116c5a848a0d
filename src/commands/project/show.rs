//! `goxe project show PROJECT`

use goxe_protocol::api::project::{self, InfoReply};
use goxe_protocol::api::types::{Box3, ProjectParams};

use crate::args::Show;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::output::{self, BAD, paint};

pub(super) fn run(
    Show { project }: Show,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let reply = daemon.ask::<project::Info>(&ProjectParams { project })?;
    context.output.answer(&reply, words)
}

fn words(info: &InfoReply) -> String {
    let mut rows = vec![
        ("project", info.project.clone()),
        ("number", info.id.to_string()),
        ("revision", info.revision.to_string()),
        ("voxels", output::number(info.voxels)),
        ("bounds", info.bounds.map_or_else(|| "empty".to_owned(), bounds)),
        ("memory", output::bytes(info.bytes)),
        ("history", format!("{} to undo, {} to redo", info.undo, info.redo)),
    ];
    if !info.checkpoints.is_empty() {
        rows.push(("checkpoints", info.checkpoints.join(", ")));
    }
    if let Some(reason) = &info.read_only {
        rows.push(("read only", paint(BAD, reason)));
    }
    let layers = info.layers.iter().map(|layer| {
        [
            layer.layer.clone(),
            layer.group.clone(),
            if layer.visible { "shown" } else { "hidden" }.to_owned(),
            output::number(layer.voxels),
            layer.bounds.map(bounds).unwrap_or_default(),
        ]
    });
    let layers = output::table(["layer", "group", "", "voxels", "bounds"], layers);
    format!("{}\n{layers}", output::facts(rows))
}

fn bounds(bounds: Box3) -> String {
    let corner = |[x, y, z]: [i32; 3]| format!("{x},{y},{z}");
    let size = |axis: usize| i64::from(bounds.max[axis]) - i64::from(bounds.min[axis]) + 1;
    let (min, max) = (corner(bounds.min), corner(bounds.max));
    format!("{min} to {max} ({} x {} x {})", size(0), size(1), size(2))
}
