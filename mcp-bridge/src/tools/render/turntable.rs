//! A turntable, written to a file: no client shows a model an animation.

use goxe_protocol::api::{
    blob,
    render::{self, ImageParams, TurntableParams},
};

use super::{Files, file::PictureFile};
use crate::tools::{Context, Failure};

/// A range of a blob in one message.
const RANGE_BYTES: u64 = 8 << 20;

/// Makes the file and says where it is.
pub(super) async fn write(
    context: &mut Context<'_>,
    image: &ImageParams,
    files: &Files,
    path: &str,
) -> Result<String, Failure> {
    let endings = ["png", "apng"];
    let mut target =
        PictureFile::create(context, "turntable", path, &endings, files.overwrite).await?;
    let params = params(image, files);
    let (reply, content) = context.send::<render::Turntable>(&params, None).await?;
    target.write(context, &content.unwrap_or_default()).await?;
    if let Some(blob) = &reply.blob {
        while target.bytes() < reply.bytes {
            let blob = blob.clone();
            let range = blob::ReadParams { blob, offset: target.bytes(), bytes: Some(RANGE_BYTES) };
            let part = context.send::<blob::Read>(&range, None).await?.1.unwrap_or_default();
            if part.is_empty() {
                break;
            }
            target.write(context, &part).await?;
        }
        // It goes by itself after a while; that it is still there is no failure of the call.
        let _ = context.ask::<blob::Delete>(&blob::DeleteParams { blob: blob.clone() }).await;
    }
    if target.bytes() != reply.bytes {
        let why =
            format!("{} of {} bytes arrived; no file was written.", target.bytes(), reply.bytes);
        return Err(context.wrong("the turntable came incomplete", why, &context.arguments));
    }
    let place = target.keep(context).await?;
    Ok(format!(
        "Turntable of {} pictures, {} x {} pixels, {} bytes: {place}\n",
        reply.frames, reply.width, reply.height, reply.bytes,
    ))
}

/// A turn that looks like the picture.
fn params(image: &ImageParams, files: &Files) -> TurntableParams {
    let frames = files.frames.unwrap_or(TurntableParams::FRAMES);
    let side = image.width.or(image.height).unwrap_or_else(|| TurntableParams::side_of(frames));
    TurntableParams {
        project: image.project.clone(),
        frames,
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
