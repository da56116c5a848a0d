//! Voxels as ASCII pictures, a letter for each colour and one picture for each z.

use std::collections::BTreeMap;

use goxe_protocol::api::{
    types::{Box3, Color, Revision},
    voxel::{self, ReadForm, ReadParams, ScopeParams},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::tools::{Answer, Context, Failure};

/// Characters of pictures in an answer, when the call names no range of z.
const CELLS: u64 = 6_000;
/// Characters of pictures in an answer at most.
const CELLS_MAX: u64 = 30_000;
/// What stands for an empty voxel.
const EMPTY: char = '.';
/// What stands for every colour after the 62nd.
const OTHER: char = '#';
/// Quotes, comma, new line around a row, and the same for the picture itself.
const ROW_EXTRA: u64 = 4;

/// Which slices to read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct Slices {
    project: String,
    layer: Option<String>,
    within: Option<Box3>,
    /// slices: from this z to that z.
    z: Option<[i32; 2]>,
}

/// ASCII slices.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct SlicesAnswer {
    /// The revision that was read.
    revision: Revision,
    /// The box that the pictures show.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounds: Option<Box3>,
    /// What the letters stand for: a colour, and its material slot where that is not 1.
    legend: BTreeMap<char, String>,
    /// How to read the rows.
    rows: &'static str,
    /// One picture for each z.
    slices: Vec<Slice>,
    /// The range of z that is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_z: Option<[i32; 2]>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Slice {
    z: i32,
    rows: Vec<String>,
}

const ROWS: &str = "x grows to the right, y grows upwards: the first row is the greatest y";

pub(super) async fn run(context: &mut Context<'_>, wanted: Slices) -> Result<Answer, Failure> {
    let Slices { project, layer, within, z } = wanted;
    let scope = ScopeParams { project: project.clone(), layer: layer.clone(), within };
    let found = context.ask::<voxel::Bounds>(&scope).await?;
    let Some(bounds) = within.or(found.bounds) else {
        return Ok(Answer::data(&picture(found.revision, None, &[], None)));
    };
    let (window, next_z) = window(bounds, z).map_err(|misfit| refused(context, bounds, &misfit))?;
    let params = ReadParams {
        project,
        layer,
        within: Some(window),
        form: ReadForm::Dense,
        limit: None,
        cursor: None,
    };
    let (reply, voxels) = context.send::<voxel::Read>(&params, None).await?;
    let voxels = voxels.unwrap_or_default();
    Ok(Answer::data(&picture(reply.revision, Some(window), &voxels, next_z)))
}

/// Why there is no picture of a box.
#[derive(Debug, PartialEq, Eq)]
enum Misfit {
    /// The range of z holds nothing of it.
    Outside([i32; 2]),
    /// One slice alone is more than an answer.
    TooWide,
}

fn refused(context: &Context<'_>, bounds: Box3, misfit: &Misfit) -> Failure {
    let (what, why) = match misfit {
        Misfit::Outside([low, high]) => (
            format!("there is no slice from z {low} to {high}"),
            format!(
                "`z` is [lowest, highest], and the voxels lie from {:?} to {:?}.",
                bounds.min, bounds.max
            ),
        ),
        Misfit::TooWide => (
            "no slice fits".to_owned(),
            format!(
                "one slice from {:?} to {:?} is more than {CELLS_MAX} characters.",
                bounds.min, bounds.max
            ),
        ),
    };
    let mut next = context.arguments.clone();
    match misfit {
        Misfit::Outside(_) => next["z"] = json!([bounds.min[2], bounds.max[2]]),
        Misfit::TooWide => {
            next["within"] = json!({ "min": bounds.min, "max": narrowed(bounds) });
        }
    }
    context.wrong(&what, why, &next)
}

/// The part of the box that fits one answer, and the range of z that is left.
fn window(bounds: Box3, z: Option<[i32; 2]>) -> Result<(Box3, Option<[i32; 2]>), Misfit> {
    let low = z.map_or(bounds.min[2], |[low, _]| low.max(bounds.min[2]));
    let high = z.map_or(bounds.max[2], |[_, high]| high.min(bounds.max[2]));
    let outside = Misfit::Outside(z.unwrap_or([low, high]));
    let sides = side(bounds.min[0], bounds.max[0]).zip(side(bounds.min[1], bounds.max[1]));
    let (Some(slices), Some((width, depth))) = (side(low, high), sides) else {
        return Err(outside);
    };
    let cost = (width + ROW_EXTRA).saturating_mul(depth);
    if cost > CELLS_MAX {
        return Err(Misfit::TooWide);
    }
    let budget = if z.is_some() { CELLS_MAX } else { CELLS };
    let fit = (budget / cost).clamp(1, slices);
    // No more slices than lie between two numbers of this kind.
    let last = low.saturating_add(i32::try_from(fit - 1).unwrap_or(i32::MAX));
    let [min_x, min_y, _] = bounds.min;
    let [max_x, max_y, _] = bounds.max;
    let window = Box3 { min: [min_x, min_y, low], max: [max_x, max_y, last] };
    Ok((window, (last < high).then(|| [last + 1, high])))
}

fn side(min: i32, max: i32) -> Option<u64> {
    u64::try_from(i64::from(max) - i64::from(min) + 1).ok().filter(|side| *side > 0)
}

/// A corner that makes the slices of a box small enough.
fn narrowed(bounds: Box3) -> [i32; 3] {
    let near = |min: i32, max: i32| max.min(min.saturating_add(127));
    let [x, y, _] = bounds.min;
    [near(x, bounds.max[0]), near(y, bounds.max[1]), bounds.max[2]]
}

/// Draws the voxels of a dense read: four bytes each, x fastest, then y, then z.
fn picture(
    revision: Revision,
    bounds: Option<Box3>,
    voxels: &[u8],
    next_z: Option<[i32; 2]>,
) -> SlicesAnswer {
    let mut legend = Legend::default();
    let mut slices = Vec::new();
    if let Some(Box3 { min, max }) = bounds {
        let mut cells = voxels.chunks_exact(4);
        for z in min[2]..=max[2] {
            let mut rows: Vec<String> = (min[1]..=max[1])
                .map(|_| {
                    (min[0]..=max[0])
                        .map(|_| cells.next().map_or(EMPTY, |cell| legend.letter(cell)))
                        .collect()
                })
                .collect();
            rows.reverse();
            slices.push(Slice { z, rows });
        }
    }
    SlicesAnswer { revision, bounds, legend: legend.names, rows: ROWS, slices, next_z }
}

/// Letters in the order in which colours are met.
#[derive(Default)]
struct Legend {
    letters: BTreeMap<[u8; 4], char>,
    names: BTreeMap<char, String>,
}

impl Legend {
    fn letter(&mut self, cell: &[u8]) -> char {
        let &[r, g, b, slot] = cell else { return EMPTY };
        if slot == 0 {
            return EMPTY;
        }
        if let Some(letter) = self.letters.get(&[r, g, b, slot]) {
            return *letter;
        }
        let letter = ('A'..='Z').chain('a'..='z').chain('0'..='9').nth(self.letters.len());
        let letter = letter.unwrap_or(OTHER);
        self.letters.insert([r, g, b, slot], letter);
        let color = Color { rgb: [r, g, b] };
        let name = match (letter, slot) {
            (OTHER, _) => "other colours".to_owned(),
            (_, 1) => color.to_string(),
            (_, slot) => format!("{color} material {slot}"),
        };
        self.names.insert(letter, name);
        letter
    }
}

#[cfg(test)]
mod tests;
