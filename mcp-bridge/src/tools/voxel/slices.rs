//! Voxels as ASCII pictures: a letter for each colour, a picture for each place on an axis, and
//! rulers that say where each letter is.

mod legend;
mod tile;

use std::collections::BTreeMap;

use goxe_protocol::api::{
    types::{Axis, Box3, Revision},
    voxel::{self, ReadForm, ReadParams, ScopeParams},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::tools::{Answer, Context, Failure, failure::call};
use legend::Legend;
use tile::Tile;

/// Characters of pictures in an answer, when the call names no range.
const CELLS: u64 = 6_000;
/// Characters of pictures in an answer at most.
const CELLS_MAX: u64 = 30_000;
/// Quotes, comma, new line and ruler around a row.
const ROW_EXTRA: u64 = 12;
/// Rows that rulers and words of a picture take.
const PICTURE_EXTRA: u64 = 4;

/// Which slices to read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::tools) struct Slices {
    project: String,
    layer: Option<String>,
    within: Option<Box3>,
    /// The axis across the pictures; z when absent.
    axis: Option<Axis>,
    /// From this place on the axis to that one.
    range: Option<[i32; 2]>,
}

/// ASCII slices.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::tools) struct SlicesAnswer {
    /// The revision that was read.
    revision: Revision,
    /// The box that the pictures show.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounds: Option<Box3>,
    /// How to read the pictures.
    how: &'static str,
    /// What the letters stand for: a colour, its material slot where that is not 1, how many.
    legend: BTreeMap<char, String>,
    /// One picture for each place on the axis.
    slices: Vec<Slice>,
    /// The call that shows the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// The calls that show what is not in `next` either.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    then: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Slice {
    /// The place on the axis, as `z 3`.
    at: String,
    rows: Vec<String>,
}

/// How the pictures across an axis lie: the axes to the right and up, and the words for it.
struct Side {
    right: usize,
    up: usize,
    how: &'static str,
}

const fn side_of(axis: Axis) -> Side {
    match axis {
        Axis::X => Side {
            right: 1,
            up: 2,
            how: "seen from the right: y grows to the right, z upwards. The two ruler rows above each \
                  picture give y, the number before each row its z. `.` is empty.",
        },
        Axis::Y => Side {
            right: 0,
            up: 2,
            how: "seen from the front: x grows to the right, z upwards. The two ruler rows above each \
                  picture give x, the number before each row its z. `.` is empty.",
        },
        Axis::Z => Side {
            right: 0,
            up: 1,
            how: "seen from above: x grows to the right, y upwards (away from the front). The two ruler \
                  rows above each picture give x, the number before each row its y. `.` is empty.",
        },
    }
}

const fn index(axis: Axis) -> usize {
    match axis {
        Axis::X => 0,
        Axis::Y => 1,
        Axis::Z => 2,
    }
}

const NAMES: [&str; 3] = ["x", "y", "z"];

pub(super) async fn run(context: &mut Context<'_>, wanted: Slices) -> Result<Answer, Failure> {
    let Slices { project, layer, within, axis, range } = wanted;
    let axis = axis.unwrap_or(Axis::Z);
    let scope = ScopeParams { project: project.clone(), layer: layer.clone(), within };
    let found = context.ask::<voxel::Bounds>(&scope).await?;
    let Some(bounds) = within.or(found.bounds) else {
        return Ok(Answer::data(&picture(found.revision, None, axis, &[])));
    };
    // Who names a range may have a long answer.
    let tile = range.is_none().then(|| tile::first(bounds, axis)).flatten();
    let (window, rest, beyond) = match tile {
        Some(Tile { shown, rest }) => (shown, None, rest),
        None => {
            let (window, rest) = window(bounds, axis, range)
                .map_err(|misfit| refused(context, bounds, axis, &misfit))?;
            (window, rest, Vec::new())
        }
    };
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
    let mut answer = picture(reply.revision, Some(window), axis, &voxels);
    answer.next = rest.map(|rest| {
        let mut next = context.arguments.clone();
        next["range"] = json!(rest);
        call(context.tool, &next)
    });
    let mut beyond = beyond.into_iter().map(|within| {
        let mut next = context.arguments.clone();
        next["within"] = json!(within);
        call(context.tool, &next)
    });
    answer.next = answer.next.or_else(|| beyond.next());
    answer.then = beyond.collect();
    Ok(Answer::data(&answer))
}

/// Why there is no picture of a box.
#[derive(Debug, PartialEq, Eq)]
enum Misfit {
    /// The range holds nothing of it.
    Outside([i32; 2]),
    /// One slice alone is more than an answer.
    TooWide,
}

fn refused(context: &Context<'_>, bounds: Box3, axis: Axis, misfit: &Misfit) -> Failure {
    let name = NAMES[index(axis)];
    let (what, why) = match misfit {
        Misfit::Outside([low, high]) => (
            format!("there is no slice from {name} {low} to {high}"),
            format!(
                "`range` is [lowest, highest] along {name}, and the voxels lie from {:?} to {:?}.",
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
        Misfit::Outside(_) => {
            next["range"] = json!([bounds.min[index(axis)], bounds.max[index(axis)]]);
        }
        Misfit::TooWide => {
            next["within"] = json!({ "min": bounds.min, "max": narrowed(bounds, axis) });
        }
    }
    context.wrong(&what, why, &next)
}

/// The part of the box that fits one answer, and the range that is left.
fn window(
    bounds: Box3,
    axis: Axis,
    range: Option<[i32; 2]>,
) -> Result<(Box3, Option<[i32; 2]>), Misfit> {
    let Side { right, up, .. } = side_of(axis);
    let along = index(axis);
    let low = range.map_or(bounds.min[along], |[low, _]| low.max(bounds.min[along]));
    let high = range.map_or(bounds.max[along], |[_, high]| high.min(bounds.max[along]));
    let outside = Misfit::Outside(range.unwrap_or([low, high]));
    let side = |axis: usize| length(bounds.min[axis], bounds.max[axis]);
    let (Some(slices), Some((width, height))) = (length(low, high), side(right).zip(side(up)))
    else {
        return Err(outside);
    };
    let cost = (width + ROW_EXTRA).saturating_mul(height + PICTURE_EXTRA);
    if cost > CELLS_MAX {
        return Err(Misfit::TooWide);
    }
    let budget = if range.is_some() { CELLS_MAX } else { CELLS };
    let fit = (budget / cost).clamp(1, slices);
    // No more slices than lie between two numbers of this kind.
    let last = low.saturating_add(i32::try_from(fit - 1).unwrap_or(i32::MAX));
    let mut window = bounds;
    (window.min[along], window.max[along]) = (low, last);
    Ok((window, (last < high).then(|| [last + 1, high])))
}

fn length(min: i32, max: i32) -> Option<u64> {
    u64::try_from(i64::from(max) - i64::from(min) + 1).ok().filter(|side| *side > 0)
}

/// A corner that makes the slices of a box small enough.
fn narrowed(bounds: Box3, axis: Axis) -> [i32; 3] {
    let near = |place: usize| bounds.max[place].min(bounds.min[place].saturating_add(127));
    std::array::from_fn(|place| if place == index(axis) { bounds.max[place] } else { near(place) })
}

/// Draws the voxels of a dense read: four bytes each, x fastest, then y, then z.
fn picture(revision: Revision, bounds: Option<Box3>, axis: Axis, voxels: &[u8]) -> SlicesAnswer {
    let Side { right, up, how } = side_of(axis);
    let legend = Legend::of(voxels);
    let mut slices = Vec::new();
    if let Some(Box3 { min, max }) = bounds {
        let along = index(axis);
        let side = |axis: usize| usize::try_from(max[axis] - min[axis] + 1).unwrap_or_default();
        let cell = |place: [i32; 3]| {
            let [x, y, z] =
                [0, 1, 2].map(|axis| usize::try_from(place[axis] - min[axis]).unwrap_or_default());
            let start = ((z * side(1) + y) * side(0) + x) * 4;
            legend.letter(voxels.get(start..start + 4).unwrap_or_default())
        };
        for at in min[along]..=max[along] {
            let row = |height: i32| {
                let letters = (min[right]..=max[right]).map(|column| {
                    let mut place = [0; 3];
                    (place[along], place[right], place[up]) = (at, column, height);
                    cell(place)
                });
                format!("{:>4} {}", height, letters.collect::<String>())
            };
            let mut rows = ruler(NAMES[right], min[right], max[right]);
            rows.extend((min[up]..=max[up]).rev().map(row));
            slices.push(Slice { at: format!("{} {at}", NAMES[along]), rows });
        }
    }
    SlicesAnswer {
        revision,
        bounds,
        how,
        legend: legend.into_names(),
        slices,
        next: None,
        then: Vec::new(),
    }
}

/// Two rows above a picture: the coordinate of every tenth column and of the first one, and the
/// last digit of each.
fn ruler(name: &str, min: i32, max: i32) -> Vec<String> {
    let mut tens = format!("{name:>4} ");
    let edge = tens.len();
    for column in min..=max {
        let end = edge + usize::try_from(column - min).unwrap_or_default();
        if (column == min || column % 10 == 0) && tens.len() <= end + usize::from(column == min) {
            tens.push_str(&" ".repeat(end.saturating_sub(tens.len())));
            tens.push_str(&column.to_string());
            tens.push(' ');
        }
    }
    let digit = |column: i32| {
        char::from(b'0' + u8::try_from(column.rem_euclid(10).unsigned_abs()).unwrap_or(0))
    };
    let digits: String =
        (min..=max).map(|column| if column < 0 { digit(-column) } else { digit(column) }).collect();
    vec![tens.trim_end().to_owned(), format!("     {digits}")]
}

#[cfg(test)]
mod tests;
