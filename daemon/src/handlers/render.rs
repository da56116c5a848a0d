//! `render.*`

mod camera;
mod states;
mod style;

use std::sync::Arc;

use goxe_engine::{
    coords::Bounds,
    material::MaterialTable,
    project::Content,
    query::Difference,
    render::{self, Picture, RenderError, RenderOptions, Scene, States, SurfaceMaterial, Turn},
    volume::Volume,
};
use goxe_protocol::{
    Code, Error,
    api::render::{Changes, ImageParams, ImageReply, TurntableParams, TurntableReply, View},
};

use self::style::Style;
use super::convert;
use crate::{
    call::{Reply, parse},
    errors,
    work::ReadInput,
};

/// Width and height of a sheet, unless others are asked for.
const SHEET: [u32; 2] = [1280, 512];

pub(super) fn image(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let params: ImageParams = parse(input.params)?;
    check_kind(&params)?;
    let content = content(input, params.checkpoint.as_deref())?;
    let layers = layers(content, input, params.layers.as_deref())?;
    let bounds = Bounds::union_all(layers.iter().filter_map(|volume| volume.bounds()));
    let camera = camera::of(&params, bounds)?;
    let [width, height] = size(&params, bounds, &camera);
    let options = RenderOptions {
        camera,
        width,
        height,
        pixels_max: input.render_pixels_max,
        ..Style::from(&params).options()?
    };
    let materials = surfaces(content.materials());
    let scene = Scene::new(&layers, &materials);
    let before = states::before(input, &params)?;
    let (picture, difference) = match before {
        None if params.view == View::Sheet => {
            (render::sheet(&scene, &options, input.progress).map_err(render_error)?, None)
        }
        None => (render::render(&scene, &options, input.progress).map_err(render_error)?, None),
        Some(before) => {
            let (picture, difference) = compared(input, &params, before, &scene, &options)?;
            (picture, Some(changes(&difference)))
        }
    };
    let png = picture.to_png(input.progress).map_err(|error| render_error(error.into()))?;
    let reply = ImageReply {
        revision: Some(errors::revision(input.view.revision)),
        width: picture.width(),
        height: picture.height(),
        bytes: u64::try_from(png.len()).unwrap_or(u64::MAX),
        voxels: layers.iter().map(|volume| volume.count()).sum(),
        changes: difference,
        job: None,
    };
    Ok(Reply::json(&reply)?.with_attachment(png))
}

pub(super) fn turntable(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let params: TurntableParams = parse(input.params)?;
    let content = content(input, params.checkpoint.as_deref())?;
    let layers = layers(content, input, params.layers.as_deref())?;
    let materials = surfaces(content.materials());
    let options = RenderOptions {
        width: params.width,
        height: params.height,
        pixels_max: input.render_pixels_max,
        ..Style::from(&params).options()?
    };
    let turn = Turn {
        frames: params.frames,
        frame_ms: params.frame_ms,
        pitch_degrees: params.pitch_degrees,
        zoom: params.zoom.unwrap_or(1.0),
    };
    let scene = Scene::new(&layers, &materials);
    let file = render::turntable(&scene, &options, &turn, input.progress).map_err(render_error)?;
    let mut reply = TurntableReply {
        revision: Some(errors::revision(input.view.revision)),
        width: params.width,
        height: params.height,
        frames: params.frames,
        bytes: u64::try_from(file.len()).unwrap_or(u64::MAX),
        blob: None,
        job: None,
    };
    // What does not fit a frame beside its JSON is read by ranges.
    if file.len() + 4096 <= input.reply_bytes_max {
        return Ok(Reply::json(&reply)?.with_attachment(file));
    }
    let blob = input.shelf.make(Arc::clone(&input.principal.name), reply.bytes)?;
    blob.write(0, &file)?;
    reply.blob = Some(blob.id.to_string());
    *input.made = Some(blob);
    Reply::json(&reply)
}

/// Refuses what does not go together.
fn check_kind(params: &ImageParams) -> Result<(), Error> {
    let kinds = [
        ("view: sheet", params.view == View::Sheet),
        ("changed_since", params.changed_since.is_some()),
        ("compare", params.compare.is_some()),
    ];
    let named: Vec<&str> = kinds.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    match named.as_slice() {
        [one, other, ..] => {
            let message = format!("{one} and {other} are pictures of different kinds");
            Err(Error::invalid_params(message).hint("ask for one of them at a time"))
        }
        [] | [_] => Ok(()),
    }
}

/// What was asked for, else what suits the model.
fn size(params: &ImageParams, bounds: Option<Bounds>, camera: &render::Camera) -> [u32; 2] {
    let fitting = match params.view {
        View::Sheet => SHEET,
        View::Front
        | View::Back
        | View::Left
        | View::Right
        | View::Top
        | View::Bottom
        | View::Isometric
        | View::Perspective => {
            let [width, height] = render::size_for(bounds, camera);
            // Two pictures beside each other.
            if params.compare.is_some() { [width * 2, height] } else { [width, height] }
        }
    };
    let scaled = |length: u32, of: u32, to: u32| {
        let scaled = u64::from(length) * u64::from(to) / u64::from(of).max(1);
        u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
    };
    match (params.width, params.height) {
        (Some(width), Some(height)) => [width, height],
        (Some(width), None) => [width, scaled(width, fitting[0], fitting[1])],
        (None, Some(height)) => [scaled(height, fitting[1], fitting[0]), height],
        (None, None) => fitting,
    }
}

fn compared(
    input: &mut ReadInput<'_>,
    params: &ImageParams,
    before: &Content,
    scene: &Scene<'_>,
    options: &RenderOptions,
) -> Result<(Picture, Difference), Error> {
    let earlier = match params.layers.as_deref() {
        None => visible(before),
        // A layer that was made later is in the second state only.
        Some(names) => named(before, names),
    };
    let materials_before = surfaces(before.materials());
    let states = States {
        before: &earlier,
        after: scene.layers,
        materials_before: &materials_before,
        materials: scene.materials,
    };
    let drawn = match &params.compare {
        None => render::changes(&states, options, input.progress),
        Some(name) => {
            let names = [name.as_str(), params.checkpoint.as_deref().unwrap_or("now")];
            render::side_by_side(&states, names, options, input.progress)
        }
    };
    drawn.map_err(render_error)
}

fn changes(difference: &Difference) -> Changes {
    let Difference { added, removed, changed, bounds } = *difference;
    Changes { added, removed, changed, bounds: bounds.map(convert::box3) }
}

fn content<'a>(input: &ReadInput<'a>, checkpoint: Option<&str>) -> Result<&'a Content, Error> {
    match checkpoint {
        None => Ok(input.view.project.content()),
        Some(name) => states::checkpoint(input, name),
    }
}

fn visible(content: &Content) -> Vec<&Volume> {
    let visible = content.layers().iter().filter(|layer| layer.visible);
    visible.map(|layer| &layer.volume).collect()
}

/// In the project's order, whatever the order of the names.
fn named<'a>(content: &'a Content, names: &[String]) -> Vec<&'a Volume> {
    let wanted = content.layers().iter().filter(|layer| names.iter().any(|n| **n == *layer.name));
    wanted.map(|layer| &layer.volume).collect()
}

fn layers<'a>(
    content: &'a Content,
    input: &ReadInput<'_>,
    names: Option<&[String]>,
) -> Result<Vec<&'a Volume>, Error> {
    let Some(names) = names else { return Ok(visible(content)) };
    for name in names {
        if content.layer_by_name(name).is_none() {
            convert::layer(input.view, name)?;
        }
    }
    Ok(named(content, names))
}

fn surfaces(materials: &MaterialTable) -> [SurfaceMaterial; 256] {
    let mut surfaces = [SurfaceMaterial::PLAIN; 256];
    for (slot, material) in materials.iter() {
        if let Some(surface) = surfaces.get_mut(usize::from(slot.number())) {
            let (alpha, emission) = (material.alpha, material.emission);
            *surface = SurfaceMaterial { alpha, emission };
        }
    }
    surfaces
}

fn render_error(error: RenderError) -> Error {
    match error {
        RenderError::NoPixels { .. }
        | RenderError::TooLong { .. }
        | RenderError::TooSmall { .. }
        | RenderError::Camera(_) => Error::invalid_params(error.to_string()),
        RenderError::TooManyPixels { pixels, pixels_max } => {
            Error::limit_exceeded("engine.render_pixels_max", pixels, pixels_max)
        }
        RenderError::TooManyChunks { chunks_max } => {
            Error::new(Code::LimitExceeded, error.to_string()).with("max", chunks_max)
        }
        RenderError::Cancelled(_) => Error::new(Code::Cancelled, "the render was cancelled"),
    }
}

fn camera_error(error: render::CameraError) -> Error {
    render_error(error.into())
}
