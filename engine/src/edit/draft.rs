//! The working copy that the edits of a list are applied to, one by one.

use std::sync::Arc;

use super::Edit;
use crate::content::Content;
use crate::coords::{Bounds, COORD_MAX, COORD_MIN, ChunkPos, VoxelPos};
use crate::error::EditFault;
use crate::layer::{Layer, LayerId, nearest};
use crate::limits::Limits;
use crate::progress::Progress;
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

/// Parts that the progress of one edit is told in.
const PARTS: u64 = 1000;

/// A content being edited, and what was spent on it.
pub(crate) struct Draft<'a> {
    pub(super) content: Content,
    /// New layers that were made as a copy: their id, and that of the layer copied, which is one of
    /// those before.
    pub(super) origins: Vec<(LayerId, LayerId)>,
    pub(super) limits: &'a Limits,
    /// Layers from this id on were made in this draft.
    pub(super) first_new: u32,
    next_layer: u32,
    voxels: u64,
    /// Edits that were applied, and edits in all.
    done: u64,
    total: u64,
    progress: &'a mut dyn Progress,
}

/// The volume of a layer, taken out of it to be worked on.
pub(super) struct Open {
    index: usize,
    pub(super) volume: Volume,
    /// Memory of all other layers.
    bytes_elsewhere: u64,
}

impl<'a> Draft<'a> {
    /// Begins with a content whose next layer gets this id.
    pub(crate) fn new(
        content: Content,
        next_layer: u32,
        edits: usize,
        limits: &'a Limits,
        progress: &'a mut dyn Progress,
    ) -> Self {
        Self {
            content,
            origins: Vec::new(),
            limits,
            first_new: next_layer,
            next_layer,
            voxels: 0,
            done: 0,
            total: edits as u64,
            progress,
        }
    }

    /// The content after all edits, and which of its layers began as copies.
    pub(crate) fn finish(self) -> (Content, Vec<(LayerId, LayerId)>) {
        (self.content, self.origins)
    }

    /// Applies one edit. After an error the draft is of no use.
    pub(crate) fn apply(&mut self, edit: &Edit) -> Result<(), EditFault> {
        self.tick(0, 1)?;
        self.dispatch(edit)?;
        self.done += 1;
        Ok(())
    }

    fn dispatch(&mut self, edit: &Edit) -> Result<(), EditFault> {
        match edit {
            Edit::Set { layer, voxels } => self.set(layer, voxels),
            Edit::Remove { layer, at } => self.remove(layer, at),
            Edit::Paint { layer, at, paint } => self.paint(layer, at, *paint),
            Edit::Write { layer, bounds, voxels, empties } => {
                self.write(layer, *bounds, voxels, *empties)
            }
            Edit::Fill { layer, shape, mode } => self.fill(layer, shape, *mode),
            Edit::FloodFill { layer, start, voxel, tolerance, connectivity, within } => {
                self.flood_fill(layer, *start, *voxel, *tolerance, *connectivity, *within)
            }
            Edit::ReplaceColor { layers, from, tolerance, to, within } => {
                self.replace_color(layers, *from, *tolerance, *to, *within)
            }
            Edit::Mirror { layer, axis, plane_doubled, original, within } => {
                self.mirror(layer, *axis, *plane_doubled, *original, *within)
            }
            Edit::Move { layer, offset, original, within } => {
                self.shift(layer, *offset, *original, *within)
            }
            Edit::Rotate { layer, axis, turn, centre_doubled, original, within } => {
                self.rotate(layer, *axis, *turn, *centre_doubled, *original, *within)
            }
            Edit::Extrude { layer, axis, end, distance, within } => {
                self.extrude(layer, *axis, *end, *distance, *within)
            }
            Edit::Repeat { layer, offset, count, within } => {
                self.repeat(layer, *offset, *count, *within)
            }
            Edit::Gradient { layer, axis, from, to, within } => {
                self.gradient(layer, *axis, *from, *to, *within)
            }
            Edit::Noise { layer, amount, seed, within } => {
                self.noise(layer, *amount, *seed, *within)
            }
            Edit::Text { layer, lettering, mode } => self.text(layer, lettering, *mode),
            Edit::Combine { layer, with, by } => self.combine(layer, with, *by),
            Edit::CreateLayer { name, group, visible, position } => {
                self.create_layer(name, group, *visible, *position)
            }
            Edit::CopyLayer { layer, name } => self.copy_layer(layer, name),
            Edit::DeleteLayer { layer } => self.delete_layer(layer),
            Edit::RenameLayer { layer, to } => self.rename_layer(layer, to),
            Edit::GroupLayer { layer, group } => self.group_layer(layer, group),
            Edit::OrderLayer { layer, position } => self.order_layer(layer, *position),
            Edit::ShowLayer { layer } => self.show_layer(layer, true),
            Edit::HideLayer { layer } => self.show_layer(layer, false),
            Edit::SetMaterial { slot, material } => self.set_material(*slot, material),
            Edit::Import { layers, materials } => self.import(layers, materials),
        }
    }

    /// Where the layer of that name stands.
    pub(super) fn find(&self, name: &str) -> Result<usize, EditFault> {
        let layers = self.content.layers();
        layers.iter().position(|layer| &*layer.name == name).ok_or_else(|| {
            EditFault::LayerMissing {
                name: name.to_owned(),
                nearest: nearest(name, layers.iter().map(|layer| &layer.name)),
            }
        })
    }

    /// The list of layers, to change it.
    pub(super) fn layers_mut(&mut self) -> &mut Vec<Arc<Layer>> {
        Arc::make_mut(&mut self.content.layers)
    }

    /// The id for one more layer.
    pub(super) fn take_id(&mut self) -> Result<LayerId, EditFault> {
        let used_up = EditFault::LimitReached { what: "layer ids", max: u32::MAX.into() };
        let id = LayerId(self.next_layer);
        self.next_layer = self.next_layer.checked_add(1).ok_or(used_up)?;
        Ok(id)
    }

    /// Takes a layer's volume out, to be worked on.
    pub(super) fn open(&mut self, name: &str) -> Result<Open, EditFault> {
        let index = self.find(name)?;
        Ok(self.open_at(index))
    }

    /// As [`Draft::open`], for the layer at `index`, which exists.
    pub(super) fn open_at(&mut self, index: usize) -> Open {
        let layer = Arc::make_mut(&mut self.layers_mut()[index]);
        let volume = std::mem::take(&mut layer.volume);
        Open { index, volume, bytes_elsewhere: self.content.bytes() }
    }

    /// Puts the volume back.
    pub(super) fn close(&mut self, open: Open) -> Result<(), EditFault> {
        self.check_bytes(&open)?;
        Arc::make_mut(&mut self.layers_mut()[open.index]).volume = open.volume;
        Ok(())
    }

    /// Fails when the layers have outgrown the project. Asked while work goes on, so that scattered
    /// voxels, of which each may cost a chunk, are stopped in time.
    pub(super) fn check_bytes(&self, open: &Open) -> Result<(), EditFault> {
        let bytes = open.bytes_elsewhere.saturating_add(open.volume.bytes() as u64);
        let max = self.limits.project_bytes_max;
        if bytes > max {
            return Err(EditFault::LimitReached { what: "project_bytes_max", max });
        }
        Ok(())
    }

    /// Counts voxels about to be touched.
    pub(super) fn charge(&mut self, voxels: u64) -> Result<(), EditFault> {
        self.voxels = self.voxels.saturating_add(voxels);
        let max = self.limits.edit_voxels_max;
        if self.voxels > max {
            return Err(EditFault::TooManyVoxels { count: self.voxels, max });
        }
        Ok(())
    }

    /// Tells how far the current edit is, and fails if nobody wants it any more.
    pub(super) fn tick(&mut self, done: usize, total: usize) -> Result<(), EditFault> {
        let part = PARTS * done as u64 / (total as u64).max(1);
        Ok(self.progress.step(self.done * PARTS + part, self.total * PARTS)?)
    }

    /// Works on chunks one by one, with a look at time and memory now and then.
    pub(super) fn each_chunk(
        &mut self,
        open: &mut Open,
        chunks: &[ChunkPos],
        mut work: impl FnMut(&mut Open, ChunkPos),
    ) -> Result<(), EditFault> {
        for (done, pos) in chunks.iter().enumerate() {
            if done % 16 == 0 {
                self.tick(done, chunks.len())?;
                self.check_bytes(open)?;
            }
            work(open, *pos);
        }
        Ok(())
    }

    /// Checks that these voxels point to materials that exist.
    pub(super) fn check_materials(
        &self,
        voxels: impl Iterator<Item = Voxel>,
    ) -> Result<(), EditFault> {
        let mut seen = [false; 256];
        for voxel in voxels {
            seen[usize::from(voxel.slot().map_or(0, MaterialSlot::number))] = true;
        }
        let slots = (1..=u8::MAX).filter_map(MaterialSlot::new);
        let mut seen = slots.filter(|slot| seen[usize::from(slot.number())]);
        match seen.find(|slot| self.content.materials.get(*slot).is_none()) {
            Some(slot) => Err(EditFault::MaterialMissing { slot: slot.number() }),
            None => Ok(()),
        }
    }

    /// As [`Draft::check_materials`], for a slot somebody may have named.
    pub(super) fn check_material(&self, slot: Option<MaterialSlot>) -> Result<(), EditFault> {
        self.check_materials(slot.map(|slot| Voxel::new([0; 3], slot)).into_iter())
    }
}

/// The box of these corners, if all of it exists.
pub(super) fn checked_bounds(min: [i64; 3], max: [i64; 3]) -> Result<Bounds, EditFault> {
    for coord in min.into_iter().chain(max) {
        if !(i64::from(COORD_MIN)..=i64::from(COORD_MAX)).contains(&coord) {
            return Err(EditFault::OutOfBounds { coord, min: COORD_MIN, max: COORD_MAX });
        }
    }
    Ok(Bounds::from_corners(VoxelPos::clamped(min), VoxelPos::clamped(max)))
}
