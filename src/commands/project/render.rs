//! `goxe project render PROJECT [FILE]`

use goxe_protocol::api::render::{self, ImageParams};
use serde_json::json;

use super::file_of;
use crate::args::Render;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::files::NewFile;
use crate::{content, output};

pub(super) fn run(
    arguments: Render,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let path = file_of(&arguments.project, arguments.file, "png")?;
    let mut file = NewFile::create(&path, arguments.overwrite)?;
    let params = ImageParams {
        project: arguments.project,
        view: arguments.view.into(),
        width: arguments.size.width,
        height: arguments.size.height,
        ambient_occlusion: !arguments.no_occlusion,
        shadow: !arguments.no_shadow,
        background: arguments.background,
        layers: Some(arguments.layers).filter(|layers| !layers.is_empty()),
        checkpoint: arguments.checkpoint,
        job: false,
    };
    let (reply, attached) = daemon.exchange::<render::Image>(&params, None)?;
    content::receive(daemon, attached, None, reply.bytes, &mut file)?;
    let path = file.keep()?.display().to_string();
    let mut answer = json!(reply);
    answer["file"] = json!(path);
    context.output.answer(&answer, |_| {
        let (width, height) = (reply.width, reply.height);
        let voxels = output::count(reply.voxels, "voxel");
        format!("{path} shows {voxels} on {width} x {height} pixels")
    })
}
