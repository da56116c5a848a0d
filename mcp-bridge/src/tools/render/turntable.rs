//! A turntable, written to a file: no client shows a model an animation.

use std::path::Path;

use goxe_protocol::api::{
    blob,
    render::{self, ImageParams, TurntableParams},
};
use serde_json::json;

use super::Turn;
use crate::tools::{
    Context, Failure,
    files::{FileError, NewFile},
};

/// A range of a blob in one message.
const RANGE_BYTES: u64 = 8 << 20;

/// Makes the file and says where it is.
pub(super) async fn write(
    context: &mut Context<'_>,
    image: &ImageParams,
    turn: &Turn,
) -> Result<String, Failure> {
    let path = &turn.turntable;
    if image.job {
        let mut next = context.arguments.clone();
        next["job"] = json!(false);
        let why = "the file is written by the call itself, with progress.";
        return Err(context.wrong("a turntable is no job", why, &next));
    }
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    if !ending.is_some_and(|ending| ["png", "apng"].contains(&&*ending.to_ascii_lowercase())) {
        let mut next = context.arguments.clone();
        next["turntable"] = json!(Path::new(path).with_extension("png"));
        let why = "a turntable is an animated PNG: its name ends with .png or .apng.";
        return Err(context.wrong(&format!("{path:?} is no name for it"), why, &next));
    }
    let file = context.folder.join(path);
    let created = NewFile::create(&file, turn.overwrite).await;
    let mut target = created.map_err(|error| unwritable(context, path, &error))?;
    let params = params(image, turn);
    let (reply, content) = context.send::<render::Turntable>(&params, None).await?;
    let written = target.write(&content.unwrap_or_default()).await;
    written.map_err(|error| unwritable(context, path, &error))?;
    if let Some(blob) = &reply.blob {
        while target.bytes() < reply.bytes {
            let blob = blob.clone();
            let range = blob::ReadParams { blob, offset: target.bytes(), bytes: Some(RANGE_BYTES) };
            let part = context.send::<blob::Read>(&range, None).await?.1.unwrap_or_default();
            if part.is_empty() {
                break;
            }
            let written = target.write(&part).await;
            written.map_err(|error| unwritable(context, path, &error))?;
        }
        // It goes by itself after a while; that it is still there is no failure of the call.
        let _ = context.ask::<blob::Delete>(&blob::DeleteParams { blob: blob.clone() }).await;
    }
    if target.bytes() != reply.bytes {
        let why =
            format!("{} of {} bytes arrived; no file was written.", target.bytes(), reply.bytes);
        return Err(context.wrong("the turntable came incomplete", why, &context.arguments));
    }
    target.keep().await.map_err(|error| unwritable(context, path, &error))?;
    Ok(format!(
        "Turntable of {} pictures, {} x {} pixels, {} bytes: {}\n",
        reply.frames,
        reply.width,
        reply.height,
        reply.bytes,
        file.display()
    ))
}

/// A turn that looks like the picture.
fn params(image: &ImageParams, turn: &Turn) -> TurntableParams {
    let side = image.width.or(image.height).unwrap_or(TurntableParams::SIDE);
    TurntableParams {
        project: image.project.clone(),
        frames: turn.frames.unwrap_or(TurntableParams::FRAMES),
        frame_ms: TurntableParams::FRAME_MS,
        width: side,
        height: image.height.unwrap_or(side),
        pitch_degrees: image.pitch_degrees,
        zoom: image.zoom,
        sun_azimuth_degrees: image.sun_azimuth_degrees,
        sun_height_degrees: image.sun_height_degrees,
        sun_strength: image.sun_strength,
        ambient_occlusion: image.ambient_occlusion,
        shadow: image.shadow,
        outline: image.outline,
        ground: image.ground,
        background: image.background,
        layers: image.layers.clone(),
        checkpoint: image.checkpoint.clone(),
        job: false,
    }
}

fn unwritable(context: &Context<'_>, path: &str, error: &FileError) -> Failure {
    let mut next = context.arguments.clone();
    if matches!(error, FileError::Exists) {
        next["overwrite"] = json!(true);
    } else {
        next["turntable"] = json!("FOLDER/FILE.png");
    }
    context.wrong(
        &format!("{path:?} cannot be written: {error}"),
        format!("relative paths start at {}. No file was changed.", context.folder.display()),
        &next,
    )
}
