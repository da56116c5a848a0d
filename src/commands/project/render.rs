//! `goxe project render PROJECT [FILE]`

use goxe_protocol::api::render::{self, ImageParams, TurntableParams};
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
    match arguments.turntable {
        Some(_) => turntable(arguments, daemon, context),
        None => image(arguments, daemon, context),
    }
}

fn image(arguments: Render, daemon: &Daemon<'_>, context: &Context) -> Result<(), Failure> {
    let path = file_of(&arguments.project, arguments.file, "png")?;
    let mut file = NewFile::create(&path, arguments.overwrite)?;
    let params = ImageParams {
        project: arguments.project,
        view: arguments.view.into(),
        width: arguments.size.map(|size| size.width),
        height: arguments.size.map(|size| size.height),
        eye: arguments.eye.map(|place| place.0),
        target: arguments.target.map(|place| place.0),
        up: arguments.up.map(|place| place.0),
        fov_degrees: arguments.fov_degrees,
        yaw_degrees: arguments.yaw_degrees,
        pitch_degrees: arguments.pitch_degrees,
        zoom: arguments.zoom,
        sun_azimuth_degrees: arguments.sun_azimuth_degrees,
        sun_height_degrees: arguments.sun_height_degrees,
        sun_strength: arguments.sun_strength,
        ambient_occlusion: !arguments.no_occlusion,
        shadow: !arguments.no_shadow,
        outline: arguments.outline,
        ground: arguments.ground.map(Into::into),
        background: arguments.background,
        layers: Some(arguments.layers).filter(|layers| !layers.is_empty()),
        checkpoint: arguments.checkpoint,
        changed_since: arguments.changed_since,
        compare: arguments.compare,
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
        let changes = reply.changes.map(|changes| {
            let (added, removed, changed) = (changes.added, changes.removed, changes.changed);
            format!(": {added} added, {removed} removed, {changed} recoloured")
        });
        let changes = changes.unwrap_or_default();
        format!("{path} shows {voxels} on {width} x {height} pixels{changes}")
    })
}

fn turntable(arguments: Render, daemon: &Daemon<'_>, context: &Context) -> Result<(), Failure> {
    let path = file_of(&arguments.project, arguments.turntable, "png")?;
    let mut file = NewFile::create(&path, arguments.overwrite)?;
    let size = arguments.size.map(|size| (size.width, size.height));
    let frames = arguments.frames.unwrap_or(TurntableParams::FRAMES);
    let side = TurntableParams::side_of(frames);
    let (width, height) = size.unwrap_or((side, side));
    let params = TurntableParams {
        project: arguments.project,
        frames,
        frame_ms: arguments.frame_ms.unwrap_or(TurntableParams::FRAME_MS),
        width,
        height,
        pitch_degrees: arguments.pitch_degrees,
        zoom: arguments.zoom,
        sun_azimuth_degrees: arguments.sun_azimuth_degrees,
        sun_height_degrees: arguments.sun_height_degrees,
        sun_strength: arguments.sun_strength,
        ambient_occlusion: !arguments.no_occlusion,
        shadow: !arguments.no_shadow,
        outline: arguments.outline,
        ground: arguments.ground.map(Into::into),
        background: arguments.background,
        layers: Some(arguments.layers).filter(|layers| !layers.is_empty()),
        checkpoint: arguments.checkpoint,
        job: false,
    };
    let (reply, attached) = daemon.exchange::<render::Turntable>(&params, None)?;
    content::receive(daemon, attached, reply.blob.clone(), reply.bytes, &mut file)?;
    let path = file.keep()?.display().to_string();
    let mut answer = json!(reply);
    answer["file"] = json!(path);
    context.output.answer(&answer, |_| {
        let (frames, bytes) = (reply.frames, output::bytes(reply.bytes));
        format!("{path} turns once in {frames} pictures of {width} x {height} pixels, {bytes}")
    })
}
