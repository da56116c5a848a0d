//! A picture with shadow and occlusion, on one processor.

use std::hint::black_box;

use goxe_engine::format::vox::{VoxLimits, import};
use goxe_engine::render::{RenderError, RenderOptions, Scene, SurfaceMaterial, render};
use goxe_engine::volume::Volume;

use super::{seconds, vox::hills};
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS};

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("R1") {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::new();
    hills(1).write_vox(&mut bytes)?;
    let imported = import(&bytes, &VoxLimits::default(), &mut ())?;
    let layers: Vec<&Volume> = imported.layers.iter().map(|layer| &layer.volume).collect();
    let scene = Scene::new(&layers, &[SurfaceMaterial::PLAIN; 256]);
    let options = RenderOptions::default();
    let plain = RenderOptions { ambient_occlusion: false, shadow: false, ..options };
    let [mut lit, mut flat] = [LIT, FLAT].map(Row::new);
    for _ in 0..ROUNDS {
        lit.tell(milliseconds(&scene, &options)?);
        flat.tell(milliseconds(&scene, &plain)?);
    }
    Ok(vec![lit, flat])
}

/// Time to draw it and make a PNG file of it.
fn milliseconds(scene: &Scene<'_>, options: &RenderOptions) -> Outcome<f64> {
    let mut failed: Option<RenderError> = None;
    let seconds = seconds(|| match render(scene, options, &mut ()) {
        Ok(picture) => drop(black_box(picture.to_png(&mut ()))),
        Err(error) => failed = Some(error),
    })?;
    failed.map_or(Ok(seconds * 1e3), |error| Err(error.into()))
}

const LIT: Measure = Measure {
    number: "R1",
    name: "hills of 128^3, shadow and occlusion",
    unit: "ms",
    bound: Bound::AtMost { must: 200.0, goal: 80.0 },
    peer: "Goxel daemon 96, plain 512 px",
};
const FLAT: Measure = Measure {
    number: "R1",
    name: "the same without either",
    unit: "ms",
    bound: Bound::Told,
    peer: "-",
};
