//! Materials: how the surface of a voxel answers to light, and the table that voxels point into.

use crate::voxel::MaterialSlot;

/// How a surface looks apart from its colour. Every number is a share of 255.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Material {
    /// What people call it; may be empty.
    pub name: String,
    /// 255 is opaque, 0 lets everything through.
    pub alpha: u8,
    /// 255 is bare metal.
    pub metallic: u8,
    /// 255 is matt, 0 is a mirror.
    pub roughness: u8,
    /// Light it gives by itself.
    pub emission: u8,
    /// Light bends on its way through.
    pub glass: bool,
}

impl Default for Material {
    /// Opaque and matt, and named so.
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            alpha: 255,
            metallic: 0,
            roughness: 255,
            emission: 0,
            glass: false,
        }
    }
}

/// The 255 material slots of a project. Slot 1 always holds a material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaterialTable {
    /// Index is the slot minus one; no entry follows the last used slot.
    slots: Vec<Option<Material>>,
}

impl Default for MaterialTable {
    fn default() -> Self {
        Self { slots: vec![Some(Material::default())] }
    }
}

fn index(slot: MaterialSlot) -> usize {
    usize::from(slot.number()) - 1
}

impl MaterialTable {
    /// Slots a table has.
    pub const SLOTS: usize = 255;

    /// The material in a slot, if it was ever set.
    pub fn get(&self, slot: MaterialSlot) -> Option<&Material> {
        self.slots.get(index(slot))?.as_ref()
    }

    /// Puts a material into a slot.
    pub fn set(&mut self, slot: MaterialSlot, material: Material) {
        self.replace(slot, Some(material));
    }

    /// Sets or clears a slot. Clearing slot 1 puts the default there, so that it is never without.
    pub(crate) fn replace(&mut self, slot: MaterialSlot, material: Option<Material>) {
        let index = index(slot);
        if self.slots.len() <= index {
            self.slots.resize(index + 1, None);
        }
        self.slots[index] = match material {
            None if index == 0 => Some(Material::default()),
            other => other,
        };
        while self.slots.last().is_some_and(Option::is_none) {
            self.slots.pop();
        }
    }

    /// The slot of an equal material, or the first free slot with the material put in it.
    /// `None`: the table is full.
    pub fn find_or_insert(&mut self, material: &Material) -> Option<MaterialSlot> {
        let found = self.slots.iter().position(|slot| slot.as_ref() == Some(material));
        let free = || self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        let index = found.unwrap_or_else(free);
        let slot = MaterialSlot::new(u8::try_from(index + 1).ok()?)?;
        if found.is_none() {
            self.set(slot, material.clone());
        }
        Some(slot)
    }

    /// Every slot in use, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = (MaterialSlot, &Material)> {
        (1..=u8::MAX)
            .filter_map(MaterialSlot::new)
            .zip(&self.slots)
            .filter_map(|(slot, material)| Some((slot, material.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Material, MaterialTable};
    use crate::voxel::MaterialSlot;

    #[test]
    fn a_full_table_says_so() {
        let mut table = MaterialTable::default();
        for n in 2..=255_u32 {
            let material = Material { name: n.to_string(), ..Material::default() };
            let slot = table.find_or_insert(&material).expect("room");
            assert_eq!(u32::from(slot.number()), n);
            assert_eq!(table.find_or_insert(&material), Some(slot));
        }
        let more = Material { name: "more".to_owned(), ..Material::default() };
        assert_eq!(table.find_or_insert(&more), None);
        assert_eq!(table.iter().count(), MaterialTable::SLOTS);
    }

    #[test]
    fn a_cleared_slot_leaves_no_trace() {
        let mut table = MaterialTable::default();
        let slot = MaterialSlot::new(9).expect("not 0");
        table.set(slot, Material::default());
        assert_ne!(table, MaterialTable::default());
        table.replace(slot, None);
        table.replace(MaterialSlot::DEFAULT, None);
        assert_eq!(table, MaterialTable::default());
    }
}
