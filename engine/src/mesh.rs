//! Surfaces of volumes: the faces that can be seen, as few and as large rectangles as a greedy walk finds.
//!
//! A volume is meshed region by region, 64 voxels to a side. Where something is becomes bits, 64 cells
//! in a number, once along x and once along y; then a whole row of faces is `here & !there`. What is
//! left is merged, plane by plane, into rectangles of one voxel value. The bits are made anew from the
//! voxels each time: that costs less than a look at every face, and nothing has to keep them up.

mod masks;
mod merge;
mod quad;
mod region;
#[cfg(test)]
mod tests;

use crate::chunk::Chunk;
use crate::material::{Material, MaterialTable};
use crate::progress::{Cancelled, Progress};
use crate::volume::Volume;
use crate::voxel::Voxel;
use masks::Masks;
use region::{Region, regions};

pub use quad::{Quad, Side};

/// How a voxel takes part in a surface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// As if there was nothing.
    Unseen,
    /// Nothing is seen through it.
    Opaque,
    /// What is behind it is seen.
    Clear,
}

impl Look {
    /// How voxels of this material look.
    pub fn of(material: &Material) -> Self {
        match material {
            Material { alpha: 255, .. } => Self::Opaque,
            Material { alpha: 0, glass: false, .. } => Self::Unseen,
            Material { .. } => Self::Clear,
        }
    }
}

/// How the voxels of each slot look; number 0 is never used.
#[derive(Clone, Debug)]
pub struct Looks {
    by_slot: [Look; 256],
    all_opaque: bool,
}

impl Looks {
    /// Nothing is seen through anything.
    pub const OPAQUE: Self = Self { by_slot: [Look::Opaque; 256], all_opaque: true };

    /// The looks that a project's materials give.
    pub fn new(materials: &MaterialTable) -> Self {
        let mut looks = Self::OPAQUE;
        for (slot, material) in materials.iter() {
            looks.by_slot[usize::from(slot.number())] = Look::of(material);
        }
        looks.all_opaque = looks.by_slot.iter().all(|look| *look == Look::Opaque);
        looks
    }

    /// How a solid voxel looks; an empty one is unseen.
    #[inline]
    pub fn of(&self, voxel: Voxel) -> Look {
        match voxel.slot() {
            Some(slot) => self.by_slot[usize::from(slot.number())],
            None => Look::Unseen,
        }
    }
}

/// Meshes volumes. What it needs for one region is kept for the next: about 300 KiB, and the quads.
#[derive(Debug, Default)]
pub struct Mesher {
    opaque: Masks,
    clear: Masks,
    quads: Vec<Quad>,
}

impl Mesher {
    /// A mesher with room for a region.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `part` with the quads of each region that has any, in the order of the regions.
    ///
    /// An opaque voxel shows a face wherever no other one covers it. A clear voxel shows one towards
    /// nothing and towards clear voxels of another material; inside a body of one clear material
    /// there are none.
    pub fn mesh<E: From<Cancelled>>(
        &mut self,
        volume: &Volume,
        looks: &Looks,
        progress: &mut dyn Progress,
        mut part: impl FnMut(&[Quad]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut done, total) = (0, volume.count());
        for region in regions(volume) {
            self.quads.clear();
            self.mesh_region(&region, looks);
            if !self.quads.is_empty() {
                part(&self.quads)?;
            }
            done += region.count();
            progress.step(done, total)?;
        }
        Ok(())
    }

    fn mesh_region(&mut self, region: &Region<'_>, looks: &Looks) {
        let is_opaque = |voxel: Voxel| looks.of(voxel) == Look::Opaque;
        if looks.all_opaque {
            self.opaque.fill(region, Voxel::is_solid);
            merge::opaque_faces(region, &self.opaque, &mut self.quads);
            return;
        }
        self.opaque.fill(region, is_opaque);
        merge::opaque_faces(region, &self.opaque, &mut self.quads);
        let is_clear = |voxel: Voxel| looks.of(voxel) == Look::Clear;
        let has_clear = |chunk: &Chunk| chunk.cells().iter().any(|voxel| is_clear(*voxel));
        if region.chunks().any(has_clear) {
            self.clear.fill(region, is_clear);
            merge::clear_faces(region, &self.opaque, &self.clear, &mut self.quads);
        }
    }
}
