//! Layers that come from elsewhere, with materials of their own.

use std::collections::HashSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::ImportLayer;
use super::draft::Draft;
use crate::chunk::Chunk;
use crate::error::EditFault;
use crate::layer::{NAME_CHARS_MAX, clean_group, clean_name};
use crate::material::{Material, MaterialTable};
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

/// What each material slot of an import becomes.
type SlotMap = [MaterialSlot; 256];

impl Draft<'_> {
    pub(super) fn import(
        &mut self,
        layers: &[ImportLayer],
        materials: &[(MaterialSlot, Material)],
    ) -> Result<(), EditFault> {
        let count = layers.iter().map(|layer| layer.volume.count());
        self.charge(count.fold(0, u64::saturating_add))?;
        let slots = self.map_materials(&used_slots(layers), materials)?;
        let mut done = FxHashMap::default();
        let mut taken: HashSet<Arc<str>> =
            self.content.layers().iter().map(|layer| layer.name.clone()).collect();
        for (index, layer) in layers.iter().enumerate() {
            self.tick(index, layers.len())?;
            let volume = map_volume(&layer.volume, &slots, &mut done);
            let name = free_name(&clean_name(&layer.name, "layer"), &taken);
            taken.insert(name.as_str().into());
            let group = clean_group(&layer.group);
            self.add_layer(&name, &group, layer.visible, volume, None)?;
        }
        let (bytes, max) = (self.content.bytes(), self.limits.project_bytes_max);
        if bytes > max {
            return Err(EditFault::LimitReached { what: "project_bytes_max", max });
        }
        Ok(())
    }

    /// Finds room for the materials that voxels use.
    fn map_materials(
        &mut self,
        used: &[bool; 256],
        materials: &[(MaterialSlot, Material)],
    ) -> Result<SlotMap, EditFault> {
        let mut slots = [MaterialSlot::DEFAULT; 256];
        for (slot, material) in materials {
            let index = usize::from(slot.number());
            if !used[index] {
                continue;
            }
            let name = match material.name.is_empty() {
                true => String::new(),
                false => clean_name(&material.name, "material"),
            };
            let material = Material { name, ..material.clone() };
            let full = EditFault::MaterialsFull { max: MaterialTable::SLOTS };
            let table = Arc::make_mut(&mut self.content.materials);
            slots[index] = table.find_or_insert(&material).ok_or(full)?;
        }
        Ok(slots)
    }
}

/// The slots that voxels point to. Chunks that layers share are looked at once.
fn used_slots(layers: &[ImportLayer]) -> [bool; 256] {
    let mut used = [false; 256];
    let mut seen = FxHashSet::default();
    let mut see =
        |voxel: Voxel| used[usize::from(voxel.slot().map_or(0, MaterialSlot::number))] = true;
    for (_, chunk) in layers.iter().flat_map(|layer| layer.volume.chunks()) {
        match (chunk.as_uniform(), chunk.address()) {
            (Some(value), _) => see(value),
            (None, address) => {
                if seen.insert(address) {
                    chunk.voxels().for_each(&mut see);
                }
            }
        }
    }
    used
}

/// The volume with other slots. Chunks that were shared are shared afterwards; `done` knows those
/// of other volumes too.
fn map_volume(
    volume: &Volume,
    slots: &SlotMap,
    done: &mut FxHashMap<usize, Option<Chunk>>,
) -> Volume {
    let mut mapped = volume.clone();
    for (pos, chunk) in volume.chunks() {
        let new: Option<Chunk> = match chunk.address() {
            None => map_chunk(chunk, slots),
            Some(address) => done.entry(address).or_insert_with(|| map_chunk(chunk, slots)).clone(),
        };
        if let Some(new) = new {
            mapped.set_chunk(pos, new);
        }
    }
    mapped
}

/// `None` if nothing changes.
fn map_chunk(chunk: &Chunk, slots: &SlotMap) -> Option<Chunk> {
    let map = |voxel: Voxel| match voxel.slot() {
        None => voxel,
        Some(slot) => Voxel::new(voxel.rgb(), slots[usize::from(slot.number())]),
    };
    match chunk.as_uniform() {
        Some(value) => (map(value) != value).then(|| Chunk::uniform(map(value))),
        None => {
            let differs = chunk.voxels().any(|voxel| map(voxel) != voxel);
            differs.then(|| {
                let mut chunk = chunk.clone();
                chunk.edit(|voxels| voxels.iter_mut().for_each(|voxel| *voxel = map(*voxel)));
                chunk
            })
        }
    }
}

/// The name, with a number behind it if it is taken.
fn free_name(name: &str, taken: &HashSet<Arc<str>>) -> String {
    let numbered = |number: usize| {
        let number = format!(" {number}");
        let room = NAME_CHARS_MAX - number.chars().count();
        name.chars().take(room).chain(number.chars()).collect::<String>()
    };
    let names = std::iter::once(name.to_owned()).chain((2..).map(numbered));
    let mut free = names.skip_while(|name| taken.contains(name.as_str()));
    free.next().unwrap_or_default()
}
