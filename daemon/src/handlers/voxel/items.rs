//! One edit of a list, from the wire's form to the engine's.

use goxe_engine::{
    edit::{self, Edit, Original, Paint},
    shape::Shape,
};
use goxe_protocol::{
    Error,
    api::{
        types::{Axis, Color},
        voxel::{self, ColoredVoxel, EditItem},
    },
};

use crate::{handlers::convert, view::View};

/// The layer of edits that name none.
pub(super) struct Layer<'a> {
    view: &'a View,
    named: Option<String>,
}

impl<'a> Layer<'a> {
    pub(super) fn new(view: &'a View, named: Option<String>) -> Self {
        Layer { view, named }
    }

    fn of(&self, own: Option<String>) -> Result<String, Error> {
        convert::layer_name(self.view, own.or_else(|| self.named.clone()))
    }
}

pub(super) fn edit(item: EditItem, layers: &Layer<'_>) -> Result<Edit, Error> {
    match item {
        EditItem::Set { layer, voxels } => {
            let place = |item: ColoredVoxel| {
                Ok((convert::position(item.at)?, convert::voxel(item.color, item.material)?))
            };
            let voxels = voxels.into_iter().map(place).collect::<Result<_, Error>>()?;
            Ok(Edit::Set { layer: layers.of(layer)?, voxels })
        }
        EditItem::Remove { layer, at } => {
            let at = at.into_iter().map(convert::position).collect::<Result<_, _>>()?;
            Ok(Edit::Remove { layer: layers.of(layer)?, at })
        }
        EditItem::Paint { layer, at, color, material } => {
            let at = at.into_iter().map(convert::position).collect::<Result<_, _>>()?;
            Ok(Edit::Paint { layer: layers.of(layer)?, at, paint: paint(color, material)? })
        }
        EditItem::Box { layer, min, max, color, material, mode } => {
            let bounds = convert::bounds(goxe_protocol::api::types::Box3 { min, max })?;
            fill(layers.of(layer)?, Shape::cuboid(bounds), mode, color, material)
        }
        EditItem::Sphere { layer, center, radius, color, material, mode } => {
            let shape = Shape::sphere(convert::position(center)?, radius).map_err(shape_error)?;
            fill(layers.of(layer)?, shape, mode, color, material)
        }
        EditItem::Cylinder { layer, base, axis, radius, height, color, material, mode } => {
            let (base, axis) = (convert::position(base)?, convert::axis(axis));
            let shape = Shape::cylinder(base, axis, radius, height).map_err(shape_error)?;
            fill(layers.of(layer)?, shape, mode, color, material)
        }
        EditItem::Line { layer, from, to, color, material, mode } => {
            let (from, to) = (convert::position(from)?, convert::position(to)?);
            let shape = Shape::line(from, to, 1).map_err(shape_error)?;
            fill(layers.of(layer)?, shape, mode, color, material)
        }
        item @ (EditItem::FloodFill { .. }
        | EditItem::ReplaceColor { .. }
        | EditItem::Mirror { .. }
        | EditItem::Move { .. }) => rework(item, layers),
        EditItem::CreateLayer { name, group } => {
            Ok(Edit::CreateLayer { name, group, visible: true, position: None })
        }
        EditItem::SetMaterial { slot, material } => {
            let slot = convert::slot(Some(slot))?;
            Ok(Edit::SetMaterial { slot, material: convert::material(material) })
        }
    }
}

/// Edits that start from what is there.
fn rework(item: EditItem, layers: &Layer<'_>) -> Result<Edit, Error> {
    match item {
        EditItem::FloodFill { layer, start, color, material, connectivity, within } => {
            Ok(Edit::FloodFill {
                layer: layers.of(layer)?,
                start: convert::position(start)?,
                voxel: convert::voxel(color, material)?,
                tolerance: 0,
                connectivity: match connectivity {
                    voxel::Connectivity::Faces => edit::Connectivity::Faces,
                    voxel::Connectivity::Corners => edit::Connectivity::Corners,
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
        EditItem::Mirror { layer, axis, plane, flip } => {
            let original = if flip { Original::Cut } else { Original::Keep };
            Ok(Edit::Mirror {
                layer: layers.of(layer)?,
                axis: convert::axis(axis),
                plane_doubled: doubled(axis, plane)?,
                original,
                within: None,
            })
        }
        EditItem::Move { layer, offset, within } => Ok(Edit::Move {
            layer: layers.of(layer)?,
            offset,
            original: Original::Cut,
            within: convert::bounds_opt(within)?,
        }),
        _ => Err(Error::internal("this edit does not start from what is there")),
    }
}

/// Twice the place of a mirror's plane, which is whole or half.
fn doubled(axis: Axis, plane: f64) -> Result<i32, Error> {
    let twice = plane * 2.0;
    // Far outside the coordinates a plane mirrors nothing into them; the bound makes it exact.
    if twice.fract() == 0.0 && twice.abs() <= 200_000.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and small, as just checked")]
        return Ok(twice as i32);
    }
    Err(Error::invalid_params(format!(
        "plane: {plane} on {axis:?} is neither whole nor half, or far away"
    ))
    .hint("7 mirrors across the middle of voxel 7, 7.5 between the voxels 7 and 8"))
}

fn paint(color: Color, material: Option<u8>) -> Result<Paint, Error> {
    let material = material.map(|number| convert::slot(Some(number))).transpose()?;
    Ok(Paint { rgb: color.rgb, material })
}

fn fill(
    layer: String,
    shape: Shape,
    mode: voxel::Mode,
    color: Option<Color>,
    material: Option<u8>,
) -> Result<Edit, Error> {
    let color = || color.ok_or_else(|| Error::invalid_params("color: needed for this mode"));
    let mode = match mode {
        voxel::Mode::Over => edit::Mode::Over(convert::voxel(color()?, material)?),
        voxel::Mode::Subtract => edit::Mode::Subtract,
        voxel::Mode::Paint => edit::Mode::Paint(paint(color()?, material)?),
        voxel::Mode::Intersect => edit::Mode::Intersect,
    };
    Ok(Edit::Fill { layer, shape, mode })
}

fn shape_error(error: goxe_engine::shape::ShapeError) -> Error {
    Error::invalid_params(error.to_string())
}
