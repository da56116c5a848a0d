//! Pictures of several views, and of what changed.

use super::letters;
use super::{
    Background, Camera, Drawn, GroundStyle, Marks, Picture, Preset, RenderError, RenderOptions,
    Scene, SurfaceMaterial, channels, render, with_ghosts,
};
use crate::coords::{Bounds, VoxelPos};
use crate::progress::{Cancelled, Progress};
use crate::query::{Difference, View, compare};
use crate::volume::Volume;

/// The cells of a sheet, across and down; the view from three sides takes two by two of them.
const SHEET: [u32; 2] = [5, 2];
/// The least side of a cell, for a picture that shows anything.
const CELL_MIN: u32 = 16;
/// How far around what changed one sees, in voxels at least and in shares of its size.
const AROUND: (i32, f64) = (3, 0.4);
/// What words are written in.
const INK: [u8; 3] = [44, 52, 64];

/// Draws a sheet: the scene as an eye sees it, and its six sides, each with its name.
pub fn sheet(
    scene: &Scene<'_>,
    options: &RenderOptions,
    progress: &mut dyn Progress,
) -> Result<Picture, RenderError> {
    let cell = [options.width / SHEET[0], options.height / SHEET[1]];
    if cell[0] < CELL_MIN || cell[1] < CELL_MIN {
        let [width, height] = [CELL_MIN * SHEET[0], CELL_MIN * SHEET[1]];
        return Err(RenderError::TooSmall { width, height });
    }
    super::check_size(options)?;
    let views = [
        (Preset::Perspective, "", [0, 0], 2),
        (Preset::Front, "front", [2, 0], 1),
        (Preset::Right, "right", [3, 0], 1),
        (Preset::Top, "top", [4, 0], 1),
        (Preset::Back, "back", [2, 1], 1),
        (Preset::Left, "left", [3, 1], 1),
        (Preset::Bottom, "bottom", [4, 1], 1),
    ];
    let mut picture = Picture::empty(options);
    for (done, (preset, name, [column, row], cells)) in (0..).zip(views) {
        let part = RenderOptions {
            camera: Camera::preset(preset),
            width: cell[0] * cells,
            height: cell[1] * cells,
            ground: if cells == 2 { options.ground } else { GroundStyle::None },
            ..*options
        };
        let mut part_of = Part { progress, done, parts: 7 };
        let mut view = render(scene, &part, &mut part_of)?;
        let point = point(&view);
        letters::write(&mut view, [2 * point; 2], point, name, ink(options.background));
        picture.paste(&view, [column * cell[0], row * cell[1]]);
    }
    Ok(picture)
}

/// Two states of a project.
#[derive(Clone, Copy)]
pub struct States<'a> {
    /// The visible layers of the first, the lowest first.
    pub before: &'a [&'a Volume],
    /// Those of the second.
    pub after: &'a [&'a Volume],
    /// What the voxels of the first are made of.
    pub materials_before: &'a [SurfaceMaterial; 256],
    /// What those of the second are made of.
    pub materials: &'a [SurfaceMaterial; 256],
}

/// Draws the second state with what changed marked, and near; what stayed is pale.
pub fn changes(
    states: &States<'_>,
    options: &RenderOptions,
    progress: &mut dyn Progress,
) -> Result<(Picture, Difference), RenderError> {
    let [before, after] = merged(states, progress)?;
    let difference = compare(&before, &after, progress)?;
    let shown = with_ghosts(&before, &after, progress)?;
    let marks = Marks { other: &before, drawn: Drawn::After, mute: 190 };
    let scene = Scene { layers: &[&shown], materials: states.materials, marks: Some(marks) };
    let mut options = *options;
    if let Some(bounds) = difference.bounds {
        options.camera = options.camera.with_focus(around(bounds)).unobstructed(&shown, bounds);
    }
    let mut picture = render(&scene, &options, progress)?;
    caption(&mut picture, &counts(&difference), ink(options.background));
    Ok((picture, difference))
}

/// Draws both states beside each other, from the same place, with what differs marked.
pub fn side_by_side(
    states: &States<'_>,
    names: [&str; 2],
    options: &RenderOptions,
    progress: &mut dyn Progress,
) -> Result<(Picture, Difference), RenderError> {
    super::check_size(options)?;
    let half = RenderOptions { width: options.width / 2, ..*options };
    if half.width < CELL_MIN || half.height < CELL_MIN {
        return Err(RenderError::TooSmall { width: 2 * CELL_MIN, height: CELL_MIN });
    }
    let [before, after] = merged(states, progress)?;
    let difference = compare(&before, &after, progress)?;
    let mut half = half;
    let all = Bounds::union_all(before.bounds().into_iter().chain(after.bounds()));
    if let Some(all) = all {
        half.camera = half.camera.with_focus(all);
    }
    let mut picture = Picture::empty(options);
    let sides = [
        (&before, &after, Drawn::Before, states.materials_before),
        (&after, &before, Drawn::After, states.materials),
    ];
    for (done, (shown, other, drawn, materials)) in (0..).zip(sides) {
        let marks = Marks { other, drawn, mute: 110 };
        let scene = Scene { layers: &[shown], materials, marks: Some(marks) };
        let mut side = render(&scene, &half, &mut Part { progress, done, parts: 2 })?;
        let point = point(&side);
        let name = names[done as usize];
        letters::write(&mut side, [2 * point; 2], point, name, ink(options.background));
        picture.paste(&side, [done as u32 * half.width, 0]);
    }
    caption(&mut picture, &counts(&difference), ink(options.background));
    Ok((picture, difference))
}

/// Width and height that suit what is drawn: small models have small pictures, wide ones wide ones.
pub fn size_for(bounds: Option<Bounds>, camera: &Camera) -> [u32; 2] {
    let Some(bounds) = bounds else { return [320; 2] };
    let sides = bounds.max().to_array().into_iter().zip(bounds.min().to_array());
    let side = match sides.map(|(max, min)| max - min + 1).max() {
        Some(..=10) => 384.0,
        Some(..=32) => 512.0,
        Some(..=80) => 640.0,
        Some(_) | None => 768.0,
    };
    let [across, down] = camera.extents(&bounds);
    let stretch = (across / down).clamp(0.5, 2.0).sqrt();
    // Whole steps, so that a voxel more or less does not change the size.
    [side * stretch, side / stretch].map(|side: f64| (side / 16.0).round() as u32 * 16)
}

fn merged(states: &States<'_>, progress: &mut dyn Progress) -> Result<[Volume; 2], Cancelled> {
    let before = View::new(states.before.iter().copied()).merged(progress)?;
    Ok([before, View::new(states.after.iter().copied()).merged(progress)?])
}

/// A box with some room around it.
fn around(bounds: Bounds) -> Bounds {
    let (min, max) = (bounds.min().to_array(), bounds.max().to_array());
    let widest = (0..3).map(|axis| max[axis] - min[axis] + 1).max().unwrap_or(1);
    let room = i64::from(AROUND.0.max((f64::from(widest) * AROUND.1) as i32));
    let moved = |place: [i32; 3], by: i64| VoxelPos::clamped(place.map(|c| i64::from(c) + by));
    Bounds::from_corners(moved(min, -room), moved(max, room))
}

fn counts(difference: &Difference) -> String {
    match difference {
        Difference { bounds: None, .. } => "no difference".to_owned(),
        Difference { added, removed, changed, .. } => {
            format!("+{added} added  -{removed} removed  {changed} recoloured")
        }
    }
}

/// Writes a line at the bottom, if there is room for it.
fn caption(picture: &mut Picture, text: &str, rgb: [u8; 3]) {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let wanted = point(picture);
    let fits = |point: &usize| letters::size(text, *point)[0] + 4 * point <= width;
    let Some(point) = (1..=wanted).rev().find(fits) else { return };
    let top = height.saturating_sub(letters::size(text, point)[1] + 2 * point);
    letters::write(picture, [2 * point, top], point, text, rgb);
}

/// Pixels of a point of a letter.
fn point(picture: &Picture) -> usize {
    (picture.width.min(picture.height) as usize / 220).clamp(1, 4)
}

/// Dark on a light background, light on a dark one.
fn ink(background: Background) -> [u8; 3] {
    let [red, green, blue, alpha] = background.row(0, 2).map(u32::from);
    let is_dark = alpha == 255 && 3 * red + 6 * green + blue < 1_200;
    if is_dark { [236; 3] } else { INK }
}

impl Picture {
    /// A picture of the background alone.
    fn empty(options: &RenderOptions) -> Self {
        let has_alpha = options.background.is_clear();
        let (width, height) = (options.width as usize, options.height as usize);
        let size = channels(has_alpha);
        let mut bytes = Vec::with_capacity(width * height * size);
        for row in 0..height {
            let color = options.background.row(row, height);
            (0..width).for_each(|_| bytes.extend_from_slice(&color[..size]));
        }
        Self { width: options.width, height: options.height, bytes, has_alpha }
    }

    /// Puts a smaller picture of the same kind into this one.
    fn paste(&mut self, other: &Picture, [left, top]: [u32; 2]) {
        let size = channels(self.has_alpha);
        let line = other.width as usize * size;
        for (row, pixels) in other.bytes.chunks_exact(line).enumerate() {
            let start = ((top as usize + row) * self.width as usize + left as usize) * size;
            if let Some(target) = self.bytes.get_mut(start..start + line) {
                target.copy_from_slice(pixels);
            }
        }
    }
}

/// The progress of one of several equal parts.
pub(super) struct Part<'a> {
    pub(super) progress: &'a mut dyn Progress,
    pub(super) done: u64,
    pub(super) parts: u64,
}

impl Progress for Part<'_> {
    fn step(&mut self, done: u64, total: u64) -> Result<(), Cancelled> {
        const STEPS: u64 = 1000;
        let own = if total == 0 { 0 } else { done.min(total).saturating_mul(STEPS) / total };
        self.progress.step(self.done * STEPS + own, self.parts * STEPS)
    }
}
