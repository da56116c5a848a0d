//! `render_view`: a picture that the model can see.

mod file;
mod ranges;
mod turntable;

use std::borrow::Cow;

use goxe_protocol::api::render::{self, ImageParams, ImageReply};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value, json};

use self::file::PictureFile;
use super::{Answer, Context, Failure, Tool, arguments, failure::call};

/// The longest side of a picture, in pixels: above it clients scale it down.
const SIDE_MAX: u32 = 1568;
/// The largest picture that is sent, in bytes: models refuse larger ones.
const PNG_BYTES_MAX: usize = 3 << 20;
/// A picture that chose its own size and is larger is drawn once more, smaller.
const PNG_BYTES_WANTED: usize = 480 << 10;

/// What a picture is to be, and where it is to be written.
#[derive(Debug)]
pub(super) struct Arguments {
    image: ImageParams,
    files: Files,
}

/// The files of a picture and of a turntable.
#[derive(Debug, Deserialize, JsonSchema)]
struct Files {
    path: Option<String>,
    turntable: Option<String>,
    frames: Option<u32>,
    #[serde(default)]
    overwrite: bool,
}

impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Two structs that refuse unknown members cannot be flattened into one.
        let mut image = Map::deserialize(deserializer)?;
        let mut files = Map::new();
        for name in ["path", "turntable", "frames", "overwrite"] {
            files.extend(image.remove(name).map(|value| (name.to_owned(), value)));
        }
        let read = |error: serde_json::Error| D::Error::custom(error);
        let files = serde_json::from_value(Value::Object(files)).map_err(read)?;
        let image = serde_json::from_value(Value::Object(image)).map_err(read)?;
        Ok(Arguments { image, files })
    }
}

/// Arguments that few calls need and every model would pay for. They are taken all the same.
const UNTOLD: [&str; 3] = ["up", "ambient_occlusion", "sun_strength"];

impl JsonSchema for Arguments {
    fn schema_name() -> Cow<'static, str> {
        "Arguments".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = ImageParams::json_schema(generator);
        let files = Files::json_schema(generator);
        let known = schema.ensure_object().get_mut("properties").and_then(Value::as_object_mut);
        if let (Some(known), Some(Value::Object(more))) = (known, files.get("properties")) {
            known.retain(|name, _| !UNTOLD.contains(&name.as_str()));
            known.extend(more.clone());
        }
        schema
    }
}

pub(super) async fn run(context: &mut Context<'_>) -> Result<Answer, Failure> {
    ranges::check(context)?;
    let Arguments { mut image, files } = arguments::read(context)?;
    let sides = [image.width, image.height];
    let mut file = None;
    if let Some(path) = &files.path {
        file = Some(PictureFile::create(context, "path", path, &["png"], files.overwrite).await?);
    }
    let mut made = String::new();
    let (mut reply, mut png);
    if let Some(path) = &files.turntable {
        made = turntable::write(context, &image, &files, path).await?;
    }
    // Only what is shown and nothing else may become a task: a file is written by the call itself.
    if file.is_some() || files.turntable.is_some() {
        (reply, png) = context.send::<render::Image>(&image, None).await?;
    } else {
        (reply, png) = context.send_alone::<render::Image>(&image).await?;
    }
    if let Some(job) = &reply.job {
        return Ok(Answer::Text(format!(
            "Rendering in the background as job {job}.\n\
             Next: job {}",
            json!({ "action": "status", "job": job, "wait_ms": 30_000 })
        )));
    }
    if let (Some(mut file), Some(png)) = (file, &png) {
        file.write(context, png).await?;
        made.push_str(&format!("Saved as {}\n", file.keep(context).await?));
    }
    let bytes = png.as_ref().map_or(0, Vec::len);
    if sides == [None, None] && (PNG_BYTES_WANTED..=PNG_BYTES_MAX).contains(&bytes) {
        // Bytes grow about as the area does; half a side is still a picture.
        let smaller =
            |side: u32| Some(side * if bytes > 2 * PNG_BYTES_WANTED { 5 } else { 7 } / 10);
        (image.width, image.height) = (smaller(reply.width), smaller(reply.height));
        (reply, png) = context.send::<render::Image>(&image, None).await?;
    }
    picture(context, &(made + &caption(&image.project, &reply)), png)
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
    let mut smaller = context.arguments.clone();
    (smaller["width"], smaller["height"]) = (json!(384), json!(384));
    let next = match context.tool {
        Tool::RenderView => call(Tool::RenderView, &smaller),
        _ => call(Tool::Job, &json!({ "action": "list" })),
    };
    match png {
        Some(png) if png.len() <= PNG_BYTES_MAX => {
            Ok(Answer::Picture { caption: caption.to_owned(), png })
        }
        Some(png) => Err(failed(
            format!("the picture has {} bytes, at most {PNG_BYTES_MAX} can be shown.", png.len()),
            &next,
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
    let changes = reply.changes.map(|changes| {
        let within = changes.bounds.map(|bounds| {
            let within = json!(bounds);
            format!(" within {within}")
        });
        format!(
            " {} added (green), {} removed (red), {} recoloured (blue){}.",
            changes.added,
            changes.removed,
            changes.changed,
            within.unwrap_or_default()
        )
    });
    format!(
        "{project}{}: {} x {} pixels, {} voxels.{}",
        revision.unwrap_or_default(),
        reply.width,
        reply.height,
        reply.voxels,
        changes.unwrap_or_default()
    )
}
