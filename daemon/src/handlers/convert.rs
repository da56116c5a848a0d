//! Between the types of the wire and those of the engine.

use goxe_engine::{
    coords::{Axis, Bounds, VoxelPos},
    material::Material,
    query::View as Query,
    volume::Volume,
    voxel::{MaterialSlot, Voxel},
};
use goxe_protocol::{
    Error,
    api::{
        self,
        types::{Box3, Color},
        voxel::{ColoredVoxel, MaterialItem},
    },
};

use crate::{call, view::View};

/// Names of layers that an answer lists: with the longest names it still fits the journal.
pub const LAYERS_LISTED_MAX: usize = 12;

/// A name that shows as it is.
pub fn plain(what: &str, name: &str) -> Result<(), Error> {
    if call::is_plain(name) {
        return Ok(());
    }
    Err(Error::invalid_params(format!(
        "{what}: a name has no control characters, and none that change the order or width of letters"
    )))
}

/// A place that exists.
pub fn position(at: api::types::Position) -> Result<VoxelPos, Error> {
    VoxelPos::from_array(at).map_err(|error| Error::invalid_params(error.to_string()))
}

/// A box that exists.
pub fn bounds(within: Box3) -> Result<Bounds, Error> {
    let (min, max) = (position(within.min)?, position(within.max)?);
    Bounds::new(min, max).map_err(|error| Error::invalid_params(error.to_string()))
}

/// A box that may be left out.
pub fn bounds_opt(within: Option<Box3>) -> Result<Option<Bounds>, Error> {
    within.map(bounds).transpose()
}

/// A box on the wire.
pub fn box3(bounds: Bounds) -> Box3 {
    Box3 { min: bounds.min().to_array(), max: bounds.max().to_array() }
}

/// A material slot, the first one when absent.
pub fn slot(material: Option<u8>) -> Result<MaterialSlot, Error> {
    match material {
        None => Ok(MaterialSlot::DEFAULT),
        Some(number) => MaterialSlot::new(number)
            .ok_or_else(|| Error::invalid_params("a material slot is a number from 1 to 255")),
    }
}

/// A solid voxel.
pub fn voxel(color: Color, material: Option<u8>) -> Result<Voxel, Error> {
    Ok(Voxel::new(color.rgb, slot(material)?))
}

/// A voxel on the wire; absent when it is empty.
pub fn colored(at: VoxelPos, voxel: Voxel) -> Option<ColoredVoxel> {
    let slot = voxel.slot()?;
    let material = Some(slot.number()).filter(|_| slot != MaterialSlot::DEFAULT);
    Some(ColoredVoxel { at: at.to_array(), color: Color { rgb: voxel.rgb() }, material })
}

/// An axis.
pub fn axis(axis: api::types::Axis) -> Axis {
    match axis {
        api::types::Axis::X => Axis::X,
        api::types::Axis::Y => Axis::Y,
        api::types::Axis::Z => Axis::Z,
    }
}

/// A material.
pub fn material(item: MaterialItem) -> Material {
    let MaterialItem { name, alpha, metallic, roughness, emission, glass } = item;
    Material { name, alpha, metallic, roughness, emission, glass }
}

/// The volumes a query looks at: one layer, or what all visible ones show together.
pub fn scope<'a>(view: &'a View, layer: Option<&str>) -> Result<Query<'a>, Error> {
    match layer {
        Some(name) => Ok(Query::of(&self::layer(view, name)?.volume)),
        None => {
            let visible = view.project.layers().iter().filter(|layer| layer.visible);
            Ok(Query::new(visible.map(|layer| &layer.volume)))
        }
    }
}

/// The one volume that a query looks at, where the others it could look at are empty.
pub fn only_volume<'a>(view: &'a View, layer: Option<&str>) -> Option<&'a Volume> {
    if let Some(name) = layer {
        return view.project.layer_by_name(name).map(|layer| &layer.volume);
    }
    let visible = view.project.layers().iter().filter(|layer| layer.visible);
    let mut solid = visible.map(|layer| &layer.volume).filter(|volume| !volume.is_empty());
    let first = solid.next();
    first.filter(|_| solid.next().is_none())
}

/// The layer of this name.
pub fn layer<'a>(view: &'a View, name: &str) -> Result<&'a goxe_engine::layer::Layer, Error> {
    view.project.layer_by_name(name).map(|layer| &**layer).ok_or_else(|| {
        let names = view.project.layers().iter().take(LAYERS_LISTED_MAX);
        let names: Vec<&str> = names.map(|layer| &*layer.name).collect();
        Error::not_found("layer", name).hint(format!("the layers are: {}", names.join(", ")))
    })
}

/// The name of the layer that an edit means which names none.
pub fn layer_name(view: &View, named: Option<String>) -> Result<String, Error> {
    match (named, view.project.layers().first()) {
        (Some(name), _) => Ok(name),
        (None, Some(lowest)) => Ok(lowest.name.to_string()),
        (None, None) => Err(Error::not_found("layer", "main")
            .hint("the project has no layers; make one with layer.create")),
    }
}
