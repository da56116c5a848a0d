//! Edits that start from what is there: other colours, other places.

use goxe_engine::edit::{self, Edit, End, Original, Turn};
use goxe_protocol::{
    Error,
    api::{
        types::Axis,
        voxel::{Connectivity, EditItem, Mode},
    },
};

use super::{Layer, paint};
use crate::handlers::convert;

/// Edits that change colours.
pub(super) fn color(item: EditItem, layers: &Layer<'_>) -> Result<Edit, Error> {
    match item {
        EditItem::FloodFill { layer, start, color, material, connectivity, within } => {
            Ok(Edit::FloodFill {
                layer: layers.of(layer)?,
                start: convert::position(start)?,
                voxel: convert::voxel(color, material)?,
                tolerance: 0,
                connectivity: match connectivity {
                    Connectivity::Faces => edit::Connectivity::Faces,
                    Connectivity::Corners => edit::Connectivity::Corners,
                },
                within: convert::bounds_opt(within)?,
            })
        }
        EditItem::ReplaceColor { layer, from, to, tolerance, within } => Ok(Edit::ReplaceColor {
            layers: vec![layers.of(layer)?],
            from: from.rgb,
            tolerance,
            to: paint(to, None)?,
            within: convert::bounds_opt(within)?,
        }),
        EditItem::Gradient { layer, axis, from, to, within } => Ok(Edit::Gradient {
            layer: layers.of(layer)?,
            axis: convert::axis(axis),
            from: from.rgb,
            to: to.rgb,
            within: convert::bounds_opt(within)?,
        }),
        EditItem::Noise { layer, amount, seed, within } => Ok(Edit::Noise {
            layer: layers.of(layer)?,
            amount,
            seed,
            within: convert::bounds_opt(within)?,
        }),
        _ => Err(Error::internal("this edit changes no colours")),
    }
}

/// Edits that move or copy voxels.
pub(super) fn place(item: EditItem, layers: &Layer<'_>) -> Result<Edit, Error> {
    match item {
        EditItem::Mirror { layer, axis, plane, flip, within } => Ok(Edit::Mirror {
            layer: layers.of(layer)?,
            axis: convert::axis(axis),
            plane_doubled: doubled("plane", axis, plane)?,
            original: if flip { Original::Cut } else { Original::Keep },
            within: convert::bounds_opt(within)?,
        }),
        EditItem::Rotate { layer, axis, turns, center: [x, y, z], keep, within } => {
            Ok(Edit::Rotate {
                layer: layers.of(layer)?,
                axis: convert::axis(axis),
                turn: turn(turns)?,
                centre_doubled: [
                    doubled("center", Axis::X, x)?,
                    doubled("center", Axis::Y, y)?,
                    doubled("center", Axis::Z, z)?,
                ],
                original: if keep { Original::Keep } else { Original::Cut },
                within: convert::bounds_opt(within)?,
            })
        }
        EditItem::Copy { layer, offset, count, within } => Ok(Edit::Repeat {
            layer: layers.of(layer)?,
            offset,
            count: count.unwrap_or(1),
            within: convert::bounds_opt(within)?,
        }),
        EditItem::Extrude { layer, axis, distance, within } => Ok(Edit::Extrude {
            layer: layers.of(layer)?,
            axis: convert::axis(axis),
            end: if distance < 0 { End::Low } else { End::High },
            // As far as coordinates go, at most: what is farther is out of bounds all the same.
            distance: u16::try_from(distance.unsigned_abs()).unwrap_or(u16::MAX),
            within: convert::bounds_opt(within)?,
        }),
        EditItem::Combine { layer, with, mode } => Ok(Edit::Combine {
            layer: layers.of(layer)?,
            with,
            by: match mode {
                Mode::Over => edit::Combination::Over,
                Mode::Subtract => edit::Combination::Subtract,
                Mode::Paint => edit::Combination::Paint,
                Mode::Intersect => edit::Combination::Intersect,
            },
        }),
        EditItem::Move { layer, offset, within } => Ok(Edit::Move {
            layer: layers.of(layer)?,
            offset,
            original: Original::Cut,
            within: convert::bounds_opt(within)?,
        }),
        _ => Err(Error::internal("this edit moves no voxels")),
    }
}

fn turn(turns: u8) -> Result<Turn, Error> {
    match turns {
        1 => Ok(Turn::Quarter),
        2 => Ok(Turn::Half),
        3 => Ok(Turn::ThreeQuarters),
        _ => Err(Error::invalid_params(format!("turns: {turns} is not 1, 2 or 3 quarter turns"))),
    }
}

/// Twice the place of a plane or a centre, which is whole or half.
fn doubled(name: &str, axis: Axis, plane: f64) -> Result<i32, Error> {
    let twice = plane * 2.0;
    // Far outside the coordinates a plane mirrors nothing into them; the bound makes it exact.
    if twice.fract() == 0.0 && twice.abs() <= 200_000.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and small, as just checked")]
        return Ok(twice as i32);
    }
    Err(Error::invalid_params(format!(
        "{name}: {plane} on {axis:?} is neither whole nor half, or far away"
    ))
    .hint("7 mirrors across the middle of voxel 7, 7.5 between the voxels 7 and 8"))
}
