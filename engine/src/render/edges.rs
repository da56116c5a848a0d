//! Lines around what is drawn: where a face ends, and around what changed.

use super::marks::Mark;
use super::shade::LitFace;
use super::tone::{Light, light_of_rgb};

/// How much light a line takes away.
const DARK: f32 = 0.62;
/// How many pairs of samples with an edge between them make a pixel all line.
const FULL: f32 = 4.0;
/// How strong the line is at the border of the scene, at a step, and where two sides meet.
const BORDER: f32 = 1.0;
const STEP: f32 = 0.85;
const CORNER: f32 = 0.55;
/// The strongest line between two colours on one plane, and how different they must be at least.
const COLOR: f32 = 0.5;
const COLOR_MIN: f32 = 0.02;

/// What lies between neighbouring samples of one pixel.
#[derive(Default)]
pub(super) struct Edges {
    dark: f32,
    marked: f32,
    mark: Option<Mark>,
}

impl Edges {
    /// Adds the border between two faces; `None` is what is behind everything.
    pub(super) fn add(&mut self, a: Option<&LitFace>, b: Option<&LitFace>) {
        let mark = |face: Option<&LitFace>| face.map_or(Mark::Same, |face| face.mark);
        if mark(a) != mark(b) {
            self.marked += 1.0;
            self.mark = [mark(a), mark(b)].into_iter().find(|mark| *mark != Mark::Same);
        }
        self.dark += match (a, b) {
            (Some(a), Some(b)) => strength(a, b),
            (None, None) => 0.0,
            (Some(_), None) | (None, Some(_)) => BORDER,
        };
    }

    /// The light of the pixel with its lines.
    pub(super) fn over(&self, light: Light, cover: f32, has_outline: bool) -> Light {
        let mut light = light;
        if has_outline {
            let left = 1.0 - DARK * (self.dark / FULL).min(1.0);
            light = light.map(|part| part * left);
        }
        if let Some(mark) = self.mark {
            let (line, part) = (light_of_rgb(mark.rgb()), (self.marked / FULL).min(1.0));
            light = std::array::from_fn(|i| light[i] + part * (cover * line[i] - light[i]));
        }
        light
    }
}

fn strength(a: &LitFace, b: &LitFace) -> f32 {
    if (a.face.axis, a.face.is_positive) != (b.face.axis, b.face.is_positive) {
        return CORNER;
    }
    if a.level != b.level {
        return STEP;
    }
    let differs = (0..3).fold(0.0, |most: f32, i| most.max((a.color[i] - b.color[i]).abs()));
    if differs < COLOR_MIN { 0.0 } else { (1.5 * differs).min(COLOR) }
}
