//! `render_view`: a picture that the model can see.

use goxe_protocol::api::render::{self, ImageReply};
use serde_json::json;

pub(super) use goxe_protocol::api::render::ImageParams as Arguments;

use super::{Answer, Context, Failure, arguments};

/// The longest side of a picture, in pixels: above it clients scale it down.
const SIDE_MAX: u32 = 1568;
/// The largest picture that is sent, in bytes: models refuse larger ones.
const PNG_BYTES_MAX: usize = 3 << 20;

pub(super) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    let params: Arguments = arguments::read(context)?;
    if params.width > SIDE_MAX || params.height > SIDE_MAX {
        let mut next = context.arguments.clone();
        next["width"] = json!(params.width.min(SIDE_MAX));
        next["height"] = json!(params.height.min(SIDE_MAX));
        return Err(context.wrong(
            "the picture is too large",
            format!("a side has at most {SIDE_MAX} pixels; you would not see more."),
            &next,
        ));
    }
    let (reply, png) = context.send_alone::<render::Image>(&params).await?;
    if let Some(job) = &reply.job {
        return Ok(Answer::Text(format!(
            "Rendering in the background as job {job}.\n\
             Next: job {}",
            json!({ "action": "status", "job": job, "wait_ms": 30_000 })
        )));
    }
    picture(context, &caption(&params.project, &reply), png)
}

/// The picture that came with a reply.
pub(super) fn picture(
    context: &Context<'_>,
    caption: &str,
    png: Option<Vec<u8>>,
) -> Result<Answer, Failure> {
    let failed = |why: String, next: &str| {
        let what = format!("{} failed: there is no picture to show", context.tool.name());
        Failure::new(what, why, next)
    };
    match png {
        Some(png) if png.len() <= PNG_BYTES_MAX => {
            Ok(Answer::Picture { caption: caption.to_owned(), png })
        }
        Some(png) => Err(failed(
            format!("the picture has {} bytes, at most {PNG_BYTES_MAX} can be shown.", png.len()),
            "render_view with a smaller `width` and `height`",
        )),
        None => Err(failed(
            "the engine answered without one.".to_owned(),
            r#"engine_health {"action":"check"}"#,
        )),
    }
}

/// What stands beside a picture.
pub(super) fn caption(project: &str, reply: &ImageReply) -> String {
    let revision = reply.revision.map(|revision| format!(" at revision {revision}"));
    format!(
        "{project}{}: {} x {} pixels, {} voxels.",
        revision.unwrap_or_default(),
        reply.width,
        reply.height,
        reply.voxels
    )
}
