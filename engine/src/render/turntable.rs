//! A scene that turns once around, as an animated PNG file.

use super::views::Part;
use super::{Camera, CameraError, Picture, RenderError, RenderOptions, Scene, check_size, render};
use crate::coords::Bounds;
use crate::progress::Progress;

/// How a scene turns.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Turn {
    /// Pictures for one turn.
    pub frames: u32,
    /// How long each is shown.
    pub frame_ms: u16,
    /// From how far above one looks.
    pub pitch_degrees: Option<f64>,
    /// How much it is enlarged.
    pub zoom: f64,
}

impl Turn {
    /// The fewest and the most pictures.
    pub const FRAMES: [u32; 2] = [2, 120];
    /// The shortest and the longest time for one.
    pub const FRAME_MS: [u16; 2] = [20, 1_000];
}

/// Draws all pictures of a turn. The light stays where it is while the scene turns, as on a real
/// turntable, unless the sun has a place of its own.
pub fn turntable(
    scene: &Scene<'_>,
    options: &RenderOptions,
    turn: &Turn,
    progress: &mut dyn Progress,
) -> Result<Vec<u8>, RenderError> {
    let Turn { frames, frame_ms, pitch_degrees, zoom } = *turn;
    let number = |number: u32| f64::from(number);
    within("frames", number(frames), Turn::FRAMES.map(number))?;
    within("frame_ms", f64::from(frame_ms), Turn::FRAME_MS.map(f64::from))?;
    check_size(options)?;
    let pixels = u64::from(options.width) * u64::from(options.height) * u64::from(frames);
    if pixels > options.pixels_max {
        return Err(RenderError::TooManyPixels { pixels, pixels_max: options.pixels_max });
    }
    let bounds = Bounds::union_all(scene.layers.iter().filter_map(|layer| layer.bounds()));
    let mut frame = |number: u32| -> Result<Picture, RenderError> {
        let yaw = 35.0 - 360.0 * f64::from(number) / f64::from(frames);
        let mut camera = Camera::orbit(Some(yaw), pitch_degrees)?.with_zoom(zoom)?;
        if let Some(bounds) = bounds {
            camera = camera.with_round_focus(bounds);
        }
        let mut part = Part { progress, done: u64::from(number), parts: u64::from(frames) };
        render(scene, &RenderOptions { camera, ..*options }, &mut part)
    };
    let first = frame(0)?;
    let mut file = Vec::new();
    let mut encoder = first.encoder(&mut file);
    let header = encoder
        .set_animated(frames, 0)
        .and_then(|()| encoder.set_frame_delay(frame_ms, 1_000))
        .and_then(|()| encoder.write_header());
    let mut writer = header.expect("size, frames and their time were checked");
    let mut write = |picture: &Picture| {
        writer.write_image_data(&picture.bytes).expect("each frame has the size of the first");
    };
    write(&first);
    for number in 1..frames {
        write(&frame(number)?);
    }
    writer.finish().expect("all frames are written");
    Ok(file)
}

fn within(what: &'static str, found: f64, [min, max]: [f64; 2]) -> Result<(), CameraError> {
    match (min..=max).contains(&found) {
        true => Ok(()),
        false => Err(CameraError::OutOfRange { what, min, max, found }),
    }
}
