//! A project as plain maps, edited voxel by voxel.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::Content;
use crate::coords::{Bounds, VoxelPos};
use crate::edit::{
    Combination, Connectivity, Edit, Empties, End, ImportLayer, Mode, Original, Turn,
};
use crate::voxel::Voxel;

pub(crate) type Voxels = BTreeMap<[i32; 3], Voxel>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelLayer {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) visible: bool,
    pub(crate) voxels: Voxels,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    pub(crate) layers: Vec<ModelLayer>,
    pub(crate) materials: BTreeMap<u8, String>,
}

impl Model {
    pub(crate) fn of(content: &Content) -> Self {
        let layer = |layer: &crate::layer::Layer| ModelLayer {
            name: layer.name.to_string(),
            group: layer.group.to_string(),
            visible: layer.visible,
            voxels: layer
                .volume
                .chunks()
                .flat_map(|(pos, chunk)| {
                    chunk.solid().map(move |(local, voxel)| (pos.voxel(local).to_array(), voxel))
                })
                .collect(),
        };
        let materials = content.materials().iter();
        Self {
            layers: content.layers().iter().map(|found| layer(found)).collect(),
            materials: materials.map(|(slot, m)| (slot.number(), m.name.clone())).collect(),
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.name == name)
    }

    fn voxels(&mut self, name: &str) -> Option<&mut Voxels> {
        self.layers.iter_mut().find(|layer| layer.name == name).map(|layer| &mut layer.voxels)
    }

    /// Applies a list; `None` if one edit of it is bad.
    pub(crate) fn run(&self, edits: &[Edit]) -> Option<Self> {
        edits.iter().try_fold(self.clone(), |model, edit| model.with(edit))
    }

    fn with(mut self, edit: &Edit) -> Option<Self> {
        let known = self.draw(edit)? || self.recolour(edit)? || self.relocate(edit)?;
        if known { Some(self) } else { self.with_layers(edit) }
    }

    /// Whether it is an edit of its kind; nothing if it is a bad one. So are the next two.
    fn draw(&mut self, edit: &Edit) -> Option<bool> {
        match edit {
            Edit::Set { layer, voxels } => {
                let map = self.voxels(layer)?;
                voxels.iter().for_each(|(pos, voxel)| put(map, pos.to_array(), *voxel));
            }
            Edit::Remove { layer, at } => {
                let map = self.voxels(layer)?;
                at.iter().for_each(|pos| put(map, pos.to_array(), Voxel::EMPTY));
            }
            Edit::Paint { layer, at, paint } => {
                let map = self.voxels(layer)?;
                for pos in at {
                    map.entry(pos.to_array()).and_modify(|voxel| *voxel = paint.over(*voxel));
                }
            }
            Edit::Write { layer, bounds, voxels, empties } => {
                let map = self.voxels(layer)?;
                for (pos, bits) in bounds.iter().zip(voxels) {
                    let voxel = Voxel::from_bits(*bits);
                    if voxel.is_solid() || *empties == Empties::Clear {
                        put(map, pos.to_array(), voxel);
                    }
                }
            }
            Edit::Fill { layer, shape, mode } => {
                let map = self.voxels(layer)?;
                let inside = |pos: &[i32; 3]| shape.contains(VoxelPos::from_array(*pos).unwrap());
                match mode {
                    Mode::Paint(paint) => map
                        .iter_mut()
                        .filter(|(pos, _)| inside(pos))
                        .for_each(|(_, voxel)| *voxel = paint.over(*voxel)),
                    Mode::Intersect => map.retain(|pos, _| inside(pos)),
                    Mode::Over(voxel) | Mode::Replace(voxel) => {
                        for pos in shape.bounds().iter() {
                            if shape.contains(pos) {
                                put(map, pos.to_array(), *voxel);
                            } else if matches!(mode, Mode::Replace(_)) {
                                put(map, pos.to_array(), Voxel::EMPTY);
                            }
                        }
                    }
                    Mode::Subtract => map.retain(|pos, _| !inside(pos)),
                }
            }
            _ => return Some(false),
        }
        Some(true)
    }

    fn recolour(&mut self, edit: &Edit) -> Option<bool> {
        match edit {
            Edit::FloodFill { layer, start, voxel, tolerance, connectivity, within } => {
                flood(self.voxels(layer)?, *start, *voxel, *tolerance, *connectivity, *within)?;
            }
            Edit::ReplaceColor { layers, from, tolerance, to, within } => {
                if layers.iter().any(|name| self.find(name).is_none()) {
                    return None;
                }
                let chosen =
                    |layer: &&mut ModelLayer| layers.is_empty() || layers.contains(&layer.name);
                for layer in self.layers.iter_mut().filter(chosen) {
                    for (pos, voxel) in &mut layer.voxels {
                        if contains(*within, pos) && near(*voxel, *from, *tolerance) {
                            *voxel = to.over(*voxel);
                        }
                    }
                }
            }
            Edit::Combine { layer, with, by } => {
                let other = self.voxels(with)?.clone();
                let map = self.voxels(layer)?;
                match by {
                    Combination::Over => map.extend(other),
                    Combination::Subtract => map.retain(|pos, _| !other.contains_key(pos)),
                    Combination::Intersect => map.retain(|pos, _| other.contains_key(pos)),
                    Combination::Paint => map
                        .iter_mut()
                        .for_each(|(pos, voxel)| *voxel = *other.get(pos).unwrap_or(voxel)),
                }
            }
            Edit::Gradient { layer, axis, from, to, within } => {
                let map = self.voxels(layer)?;
                let coords = || map.keys().map(|pos| pos[axis.index()]);
                let ends = within.map_or_else(
                    || coords().min().zip(coords().max()),
                    |b| Some((b.min().to_array()[axis.index()], b.max().to_array()[axis.index()])),
                );
                let Some((low, high)) = ends else { return Some(true) };
                for (pos, voxel) in map.iter_mut().filter(|(pos, _)| contains(*within, pos)) {
                    let part = f64::from(pos[axis.index()] - low) / f64::from((high - low).max(1));
                    let mix = |(a, b): (&u8, &u8)| {
                        let value = f64::from(*a) * (1.0 - part) + f64::from(*b) * part;
                        (value + 0.5 + 1e-9).floor() as u8
                    };
                    let rgb: Vec<u8> = from.iter().zip(to).map(mix).collect();
                    *voxel = Voxel::new([rgb[0], rgb[1], rgb[2]], voxel.slot().unwrap());
                }
            }
            Edit::SetMaterial { slot, material } => {
                self.materials.insert(slot.number(), material.name.clone());
            }
            _ => return Some(false),
        }
        Some(true)
    }

    fn relocate(&mut self, edit: &Edit) -> Option<bool> {
        match edit {
            Edit::Mirror { layer, axis, plane_doubled, original, within } => {
                relocate(self.voxels(layer)?, *original, *within, |mut pos| {
                    pos[axis.index()] = plane_doubled - pos[axis.index()];
                    pos
                })?;
            }
            Edit::Move { layer, offset, original, within } => {
                let shift = |pos: [i32; 3]| std::array::from_fn(|axis| pos[axis] + offset[axis]);
                relocate(self.voxels(layer)?, *original, *within, shift)?;
            }
            Edit::Repeat { layer, offset, count, within } => {
                let map = self.voxels(layer)?;
                let first = map.clone();
                for number in 1..=*count as i32 {
                    let shift = |pos: [i32; 3]| {
                        std::array::from_fn(|axis| pos[axis] + number * offset[axis])
                    };
                    let mut copy = first.clone();
                    relocate(&mut copy, Original::Keep, *within, shift)?;
                    let chosen = first.keys().filter(|pos| contains(*within, pos));
                    map.extend(chosen.map(|pos| (shift(*pos), first[pos])));
                }
            }
            Edit::Rotate { layer, axis, turn, centre_doubled, original, within } => {
                let map = self.voxels(layer)?;
                let (i, j) = ((axis.index() + 1) % 3, (axis.index() + 2) % 3);
                let (ci, cj) = (centre_doubled[i], centre_doubled[j]);
                let quarters = [Turn::Quarter, Turn::Half, Turn::ThreeQuarters];
                let turns = quarters.iter().position(|known| known == turn)? + 1;
                if (ci + cj) % 2 != 0 && *turn != Turn::Half {
                    return None;
                }
                relocate(map, *original, *within, |mut pos| {
                    let (mut a, mut b) = (2 * pos[i] - ci, 2 * pos[j] - cj);
                    for _ in 0..turns {
                        (a, b) = (-b, a);
                    }
                    (pos[i], pos[j]) = ((a + ci) / 2, (b + cj) / 2);
                    pos
                })?;
            }
            Edit::Extrude { layer, axis, end, distance, within } => {
                let map = self.voxels(layer)?;
                let axis = axis.index();
                let coords = || map.keys().map(|pos| pos[axis]);
                let plane = match (end, within) {
                    (End::Low, Some(bounds)) => Some(bounds.min().to_array()[axis]),
                    (End::High, Some(bounds)) => Some(bounds.max().to_array()[axis]),
                    (End::Low, None) => coords().min(),
                    (End::High, None) => coords().max(),
                };
                let slice: Vec<_> = map
                    .iter()
                    .filter(|(pos, _)| Some(pos[axis]) == plane && contains(*within, pos))
                    .map(|(pos, voxel)| (*pos, *voxel))
                    .collect();
                for (mut pos, voxel) in slice {
                    for _ in 0..*distance {
                        pos[axis] += if *end == End::High { 1 } else { -1 };
                        put(map, pos, voxel);
                    }
                }
            }
            _ => return Some(false),
        }
        Some(true)
    }

    fn with_layers(mut self, edit: &Edit) -> Option<Self> {
        match edit {
            Edit::CreateLayer { name, group, visible, position } => {
                let (name, group, voxels) = (name.clone(), group.clone(), Voxels::new());
                let layer = ModelLayer { name, group, visible: *visible, voxels };
                self.insert(position.unwrap_or(usize::MAX), layer)?;
            }
            Edit::CopyLayer { layer, name } => {
                let index = self.find(layer)?;
                let copy = ModelLayer { name: name.clone(), ..self.layers[index].clone() };
                self.insert(index + 1, copy)?;
            }
            Edit::DeleteLayer { layer } => drop(self.layers.remove(self.find(layer)?)),
            Edit::RenameLayer { layer, to } => {
                let index = self.find(layer)?;
                if self.find(to).is_some_and(|found| found != index) {
                    return None;
                }
                self.layers[index].name = to.clone();
            }
            Edit::GroupLayer { layer, group } => {
                let index = self.find(layer)?;
                self.layers[index].group = group.clone();
            }
            Edit::OrderLayer { layer, position } => {
                let layer = self.layers.remove(self.find(layer)?);
                self.insert(*position, layer)?;
            }
            Edit::ShowLayer { layer } | Edit::HideLayer { layer } => {
                let index = self.find(layer)?;
                self.layers[index].visible = matches!(edit, Edit::ShowLayer { .. });
            }
            Edit::Import { layers, .. } => {
                for ImportLayer { name, group, visible, volume } in layers {
                    let mut voxels = Voxels::new();
                    for (pos, chunk) in volume.chunks() {
                        let solid = chunk.solid();
                        voxels.extend(solid.map(|(at, voxel)| (pos.voxel(at).to_array(), voxel)));
                    }
                    let mut names = (1..).map(|n| match n {
                        1 => name.clone(),
                        _ => format!("{name} {n}"),
                    });
                    let name = names.find(|name| self.find(name).is_none())?;
                    let layer =
                        ModelLayer { name, group: group.clone(), visible: *visible, voxels };
                    self.insert(usize::MAX, layer)?;
                }
            }
            other => unreachable!("{other:?} is no layer edit"),
        }
        Some(self)
    }

    fn insert(&mut self, position: usize, layer: ModelLayer) -> Option<()> {
        if self.find(&layer.name).is_some() {
            return None;
        }
        self.layers.insert(position.min(self.layers.len()), layer);
        Some(())
    }
}

fn put(map: &mut Voxels, pos: [i32; 3], voxel: Voxel) {
    if voxel.is_solid() {
        map.insert(pos, voxel);
    } else {
        map.remove(&pos);
    }
}

fn contains(within: Option<Bounds>, pos: &[i32; 3]) -> bool {
    within.is_none_or(|bounds| bounds.contains(VoxelPos::from_array(*pos).unwrap()))
}

fn near(voxel: Voxel, rgb: [u8; 3], tolerance: u8) -> bool {
    voxel.rgb().iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= tolerance)
}

fn relocate(
    map: &mut Voxels,
    original: Original,
    within: Option<Bounds>,
    place: impl Fn([i32; 3]) -> [i32; 3],
) -> Option<()> {
    let chosen: Vec<_> = map
        .iter()
        .filter(|(pos, _)| contains(within, pos))
        .map(|(pos, voxel)| (*pos, *voxel))
        .collect();
    if original == Original::Cut {
        chosen.iter().for_each(|(pos, _)| put(map, *pos, Voxel::EMPTY));
    }
    for (pos, voxel) in chosen {
        let pos = place(pos);
        VoxelPos::from_array(pos).ok()?;
        map.insert(pos, voxel);
    }
    Some(())
}

fn flood(
    map: &mut Voxels,
    start: VoxelPos,
    voxel: Voxel,
    tolerance: u8,
    connectivity: Connectivity,
    within: Option<Bounds>,
) -> Option<()> {
    let first = map.get(&start.to_array()).copied();
    if !contains(within, &start.to_array()) || (first.is_none() && within.is_none()) {
        return None;
    }
    let wanted = |pos: &[i32; 3]| match (first, map.get(pos)) {
        (None, found) => found.is_none(),
        (Some(first), Some(found)) => near(*found, first.rgb(), tolerance),
        (Some(_), None) => false,
    };
    let (mut found, mut open) = (BTreeSet::new(), vec![start.to_array()]);
    while let Some(pos) = open.pop() {
        if !contains(within, &pos) || !wanted(&pos) || !found.insert(pos) {
            continue;
        }
        for step in Bounds::from_corners(
            VoxelPos::new(-1, -1, -1).unwrap(),
            VoxelPos::new(1, 1, 1).unwrap(),
        )
        .iter()
        {
            let [x, y, z] = step.to_array();
            if connectivity == Connectivity::Corners || x.abs() + y.abs() + z.abs() == 1 {
                open.push([pos[0] + x, pos[1] + y, pos[2] + z]);
            }
        }
    }
    found.into_iter().for_each(|pos| put(map, pos, voxel));
    Some(())
}
