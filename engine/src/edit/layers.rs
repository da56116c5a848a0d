//! The list of layers, and layers working on one another.

use std::sync::Arc;

use super::Combination;
use super::draft::Draft;
use super::mask::{Mask, put, update_from};
use super::motion::overlay;
use crate::chunk::Chunk;
use crate::coords::ChunkPos;
use crate::error::{EditFault, NameError};
use crate::layer::{Layer, NAME_CHARS_MAX, check_group, check_name};
use crate::material::Material;
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

fn bad_name(name: &str) -> impl FnOnce(NameError) -> EditFault {
    move |cause| EditFault::BadName { name: name.to_owned(), cause }
}

impl Draft<'_> {
    pub(super) fn create_layer(
        &mut self,
        name: &str,
        group: &str,
        visible: bool,
        position: Option<usize>,
    ) -> Result<(), EditFault> {
        self.check_new(name)?;
        check_group(group).map_err(bad_name(group))?;
        self.add_layer(name, group, visible, Volume::default(), position)
    }

    /// Adds a layer under a name that was checked.
    pub(super) fn add_layer(
        &mut self,
        name: &str,
        group: &str,
        visible: bool,
        volume: Volume,
        position: Option<usize>,
    ) -> Result<(), EditFault> {
        let max = self.limits.layers_max;
        if self.content.layers().len() >= max {
            return Err(EditFault::LimitReached { what: "layers_max", max: max as u64 });
        }
        let id = self.take_id()?;
        let layer = Layer { id, name: name.into(), group: group.into(), visible, volume };
        let layers = self.layers_mut();
        layers.insert(position.unwrap_or(usize::MAX).min(layers.len()), Arc::new(layer));
        Ok(())
    }

    /// Checks a name that no layer may have yet.
    fn check_new(&self, name: &str) -> Result<(), EditFault> {
        check_name(name).map_err(bad_name(name))?;
        if self.content.layer_by_name(name).is_some() {
            return Err(EditFault::LayerExists { name: name.to_owned() });
        }
        Ok(())
    }

    pub(super) fn copy_layer(&mut self, layer: &str, name: &str) -> Result<(), EditFault> {
        let index = self.find(layer)?;
        self.check_new(name)?;
        let Layer { id, group, visible, volume, .. } = (*self.content.layers()[index]).clone();
        self.charge(volume.count())?;
        self.add_layer(name, &group, visible, volume, Some(index + 1))?;
        // A copy of what was itself made in this draft began with what that began with.
        let origin = self.origins.iter().find(|(copy, _)| *copy == id).map(|(_, from)| *from);
        let origin = origin.or_else(|| (id.0 < self.first_new).then_some(id));
        let copy = self.content.layers()[index + 1].id;
        self.origins.extend(origin.map(|from| (copy, from)));
        Ok(())
    }

    pub(super) fn delete_layer(&mut self, layer: &str) -> Result<(), EditFault> {
        let index = self.find(layer)?;
        self.layers_mut().remove(index);
        Ok(())
    }

    pub(super) fn rename_layer(&mut self, layer: &str, to: &str) -> Result<(), EditFault> {
        if layer != to {
            self.check_new(to)?;
        }
        self.edit_layer(layer, |layer| layer.name = to.into())
    }

    pub(super) fn group_layer(&mut self, layer: &str, group: &str) -> Result<(), EditFault> {
        check_group(group).map_err(bad_name(group))?;
        self.edit_layer(layer, |layer| layer.group = group.into())
    }

    pub(super) fn show_layer(&mut self, layer: &str, visible: bool) -> Result<(), EditFault> {
        self.edit_layer(layer, |layer| layer.visible = visible)
    }

    fn edit_layer(&mut self, layer: &str, edit: impl FnOnce(&mut Layer)) -> Result<(), EditFault> {
        let index = self.find(layer)?;
        edit(Arc::make_mut(&mut self.layers_mut()[index]));
        Ok(())
    }

    pub(super) fn order_layer(&mut self, layer: &str, position: usize) -> Result<(), EditFault> {
        let index = self.find(layer)?;
        let layers = self.layers_mut();
        let layer = layers.remove(index);
        layers.insert(position.min(layers.len()), layer);
        Ok(())
    }

    pub(super) fn set_material(
        &mut self,
        slot: MaterialSlot,
        material: &Material,
    ) -> Result<(), EditFault> {
        let name = &material.name;
        if name.chars().nth(NAME_CHARS_MAX).is_some() || name.chars().any(char::is_control) {
            check_name(name).map_err(bad_name(name))?;
        }
        Arc::make_mut(&mut self.content.materials).set(slot, material.clone());
        Ok(())
    }

    pub(super) fn combine(
        &mut self,
        layer: &str,
        with: &str,
        by: Combination,
    ) -> Result<(), EditFault> {
        let other = self.content.layers()[self.find(with)?].volume.clone();
        let mut open = self.open(layer)?;
        if layer == with {
            // `open` took the volume that `other` shares.
            self.close(open)?;
            return if by == Combination::Subtract { self.clear_layer(layer) } else { Ok(()) };
        }
        let chunks: Vec<ChunkPos> = match by {
            Combination::Over | Combination::Subtract | Combination::Paint => {
                self.charge(other.count())?;
                other.chunks().map(|(pos, _)| pos).collect()
            }
            Combination::Intersect => {
                self.charge(open.volume.count())?;
                open.volume.chunks().map(|(pos, _)| pos).collect()
            }
        };
        if by == Combination::Over && open.volume.is_empty() {
            overlay(&mut open.volume, other);
            return self.close(open);
        }
        self.each_chunk(&mut open, &chunks, |open, pos| {
            combine_chunk(&mut open.volume, pos, other.chunk(pos), by);
        })?;
        self.close(open)
    }

    fn clear_layer(&mut self, layer: &str) -> Result<(), EditFault> {
        let mut open = self.open(layer)?;
        self.charge(open.volume.count())?;
        open.volume = Volume::default();
        self.close(open)
    }
}

fn combine_chunk(volume: &mut Volume, pos: ChunkPos, other: Option<&Chunk>, by: Combination) {
    let other = other.unwrap_or(&Chunk::EMPTY);
    let mask = Mask(other.occupancy());
    match by {
        Combination::Over if mask.is_all() => drop(volume.set_chunk(pos, other.clone())),
        Combination::Over => update_from(volume, pos, &mask, other, |_, new| new),
        Combination::Subtract => put(volume, pos, &mask, Voxel::EMPTY),
        Combination::Intersect => put(volume, pos, &mask.not(), Voxel::EMPTY),
        Combination::Paint => {
            let paint = |old: Voxel, new| if old.is_solid() { new } else { old };
            update_from(volume, pos, &mask, other, paint);
        }
    }
}
