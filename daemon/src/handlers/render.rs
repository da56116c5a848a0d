//! `render.*`

use goxe_engine::{
    material::MaterialTable,
    project::Content,
    render::{self, Camera, Preset, RenderError, RenderOptions, Scene, SurfaceMaterial},
    volume::Volume,
};
use goxe_protocol::{
    Code, Error,
    api::render::{Background, ImageParams, ImageReply, View},
};

use super::{ReadInput, convert, parse};
use crate::{call::Reply, errors};

pub(super) fn image(input: &mut ReadInput<'_>) -> Result<Reply, Error> {
    let params: ImageParams = parse(input.params)?;
    let content = content(input, params.checkpoint.as_deref())?;
    let layers = layers(content, input, params.layers.as_deref())?;
    let materials = surfaces(content.materials());
    let options = RenderOptions {
        camera: Camera::preset(preset(params.view)),
        width: params.width,
        height: params.height,
        ambient_occlusion: params.ambient_occlusion,
        shadow: params.shadow,
        background: match params.background {
            None => RenderOptions::PALE,
            Some(Background::Transparent(_)) => RenderOptions::TRANSPARENT,
            Some(Background::Color(color)) => {
                let [r, g, b] = color.rgb;
                [r, g, b, 255]
            }
        },
        pixels_max: input.render_pixels_max,
        ..RenderOptions::default()
    };
    let scene = Scene { layers: &layers, materials: &materials };
    let picture = render::render(&scene, &options, input.progress).map_err(render_error)?;
    let png = picture.to_png();
    let reply = ImageReply {
        revision: Some(errors::revision(input.view.revision)),
        width: picture.width(),
        height: picture.height(),
        bytes: u64::try_from(png.len()).unwrap_or(u64::MAX),
        voxels: layers.iter().map(|volume| volume.count()).sum(),
        job: None,
    };
    Ok(Reply::json(&reply)?.with_attachment(png))
}

fn content<'a>(input: &ReadInput<'a>, checkpoint: Option<&str>) -> Result<&'a Content, Error> {
    let project = &input.view.project;
    let Some(name) = checkpoint else { return Ok(project.content()) };
    match project.history().checkpoint(name) {
        Some(checkpoint) => Ok(&checkpoint.content),
        None => {
            Err(Error::not_found("checkpoint", name).hint("list the checkpoints with history.list"))
        }
    }
}

fn layers<'a>(
    content: &'a Content,
    input: &ReadInput<'_>,
    named: Option<&[String]>,
) -> Result<Vec<&'a Volume>, Error> {
    let Some(names) = named else {
        let visible = content.layers().iter().filter(|layer| layer.visible);
        return Ok(visible.map(|layer| &layer.volume).collect());
    };
    for name in names {
        if content.layer_by_name(name).is_none() {
            convert::layer(input.view, name)?;
        }
    }
    // In the project's order, whatever the order of the names.
    let wanted = content.layers().iter().filter(|layer| names.iter().any(|n| **n == *layer.name));
    Ok(wanted.map(|layer| &layer.volume).collect())
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

fn preset(view: View) -> Preset {
    match view {
        View::Front => Preset::Front,
        View::Back => Preset::Back,
        View::Left => Preset::Left,
        View::Right => Preset::Right,
        View::Top => Preset::Top,
        View::Bottom => Preset::Bottom,
        View::Isometric => Preset::Isometric,
    }
}

fn render_error(error: RenderError) -> Error {
    match error {
        RenderError::NoPixels { .. } | RenderError::TooLong { .. } => {
            Error::invalid_params(error.to_string())
        }
        RenderError::TooManyPixels { pixels, pixels_max } => {
            Error::limit_exceeded("engine.render_pixels_max", pixels, pixels_max)
        }
        RenderError::TooManyChunks { chunks_max } => {
            Error::new(Code::LimitExceeded, error.to_string()).with("max", chunks_max)
        }
        RenderError::Cancelled(_) => Error::new(Code::Cancelled, "the render was cancelled"),
    }
}
