//! One edit of a list, from the wire's form to the engine's.

mod rework;

use goxe_engine::{
    coords::Bounds,
    edit::{self, Edit, Lettering, Paint},
    shape::{End, Shape, Taper},
};
use goxe_protocol::{
    Error,
    api::{
        types::{Axis, Box3, Color, Position},
        voxel::{ColoredVoxel, EditItem, Mode},
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
        EditItem::Text { layer, at, text, axis, size, color, material, mode } => {
            let lettering = Lettering {
                text,
                at: convert::position(at)?,
                faces: convert::axis(axis.unwrap_or(Axis::Y)),
                size: size.unwrap_or(1),
            };
            Ok(Edit::Text {
                layer: layers.of(layer)?,
                lettering,
                mode: ink(mode, color, material)?,
            })
        }
        item @ (EditItem::Box { .. }
        | EditItem::Sphere { .. }
        | EditItem::Ellipsoid { .. }
        | EditItem::Cylinder { .. }
        | EditItem::Cone { .. }
        | EditItem::Pyramid { .. }
        | EditItem::Line { .. }) => shape(item, layers),
        item @ (EditItem::FloodFill { .. }
        | EditItem::ReplaceColor { .. }
        | EditItem::Gradient { .. }
        | EditItem::Noise { .. }) => rework::color(item, layers),
        item @ (EditItem::Mirror { .. }
        | EditItem::Rotate { .. }
        | EditItem::Copy { .. }
        | EditItem::Extrude { .. }
        | EditItem::Combine { .. }
        | EditItem::Move { .. }) => rework::place(item, layers),
        EditItem::CreateLayer { name, group } => {
            Ok(Edit::CreateLayer { name, group, visible: true, position: None })
        }
        EditItem::SetMaterial { slot, material } => {
            let slot = convert::slot(Some(slot))?;
            Ok(Edit::SetMaterial { slot, material: convert::material(material) })
        }
    }
}

/// Edits that fill a shape.
fn shape(item: EditItem, layers: &Layer<'_>) -> Result<Edit, Error> {
    match item {
        EditItem::Box { layer, min, max, color, material, mode } => {
            let shape = Shape::cuboid(corners(min, max)?);
            fill(layers.of(layer)?, shape, ink(mode, color, material)?)
        }
        EditItem::Sphere { layer, center, radius, color, material, mode } => {
            let shape = Shape::sphere(convert::position(center)?, radius).map_err(shape_error)?;
            fill(layers.of(layer)?, shape, ink(mode, color, material)?)
        }
        EditItem::Ellipsoid { layer, min, max, color, material, mode } => {
            let shape = Shape::ellipsoid(corners(min, max)?);
            fill(layers.of(layer)?, shape, ink(mode, color, material)?)
        }
        EditItem::Cylinder { layer, base, axis, radius, height, color, material, mode } => {
            let (base, axis) = (convert::position(base)?, convert::axis(axis));
            let shape = Shape::cylinder(base, axis, radius, height).map_err(shape_error)?;
            fill(layers.of(layer)?, shape, ink(mode, color, material)?)
        }
        EditItem::Cone { layer, min, max, axis, flip, top, color, material, mode } => {
            let shape = tapered(corners(min, max)?, axis, Taper::Round, flip, top)?;
            fill(layers.of(layer)?, shape, ink(mode, color, material)?)
        }
        EditItem::Pyramid { layer, min, max, axis, flip, top, ridge, color, material, mode } => {
            let taper = ridge.map_or(Taper::Square, |ridge| Taper::Ridge(convert::axis(ridge)));
            let shape = tapered(corners(min, max)?, axis, taper, flip, top)?;
            fill(layers.of(layer)?, shape, ink(mode, color, material)?)
        }
        EditItem::Line { layer, from, to, color, material, mode } => {
            let (from, to) = (convert::position(from)?, convert::position(to)?);
            let shape = Shape::line(from, to, 1).map_err(shape_error)?;
            fill(layers.of(layer)?, shape, ink(mode, color, material)?)
        }
        _ => Err(Error::internal("this edit fills no shape")),
    }
}

fn tapered(
    bounds: Bounds,
    axis: Option<Axis>,
    taper: Taper,
    flip: bool,
    top: f64,
) -> Result<Shape, Error> {
    let axis = convert::axis(axis.unwrap_or(Axis::Z));
    let narrow = if flip { End::Low } else { End::High };
    Shape::tapered(bounds, axis, taper, narrow, top).map_err(shape_error)
}

fn corners(min: Position, max: Position) -> Result<Bounds, Error> {
    convert::bounds(Box3 { min, max })
}

fn paint(color: Color, material: Option<u8>) -> Result<Paint, Error> {
    let material = material.map(|number| convert::slot(Some(number))).transpose()?;
    Ok(Paint { rgb: color.rgb, material })
}

fn fill(layer: String, shape: Shape, mode: edit::Mode) -> Result<Edit, Error> {
    Ok(Edit::Fill { layer, shape, mode })
}

/// What a shape leaves behind.
fn ink(mode: Mode, color: Option<Color>, material: Option<u8>) -> Result<edit::Mode, Error> {
    let color = || color.ok_or_else(|| Error::invalid_params("color: needed for this mode"));
    Ok(match mode {
        Mode::Over => edit::Mode::Over(convert::voxel(color()?, material)?),
        Mode::Subtract => edit::Mode::Subtract,
        Mode::Paint => edit::Mode::Paint(paint(color()?, material)?),
        Mode::Intersect => edit::Mode::Intersect,
    })
}

fn shape_error(error: goxe_engine::shape::ShapeError) -> Error {
    Error::invalid_params(error.to_string())
}
