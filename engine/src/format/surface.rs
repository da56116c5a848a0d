//! What the formats of surfaces have in common: which layers are written, and what of each.

use thiserror::Error;

use super::vox::ExportLayer;
use crate::material::MaterialTable;
use crate::mesh::{Looks, Mesher, Quad};
use crate::progress::{Cancelled, Progress};
use crate::volume::Volume;

/// Chunks between two progress steps.
const STEP_CHUNKS: u64 = 64;

/// Why no file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SurfaceError {
    /// The file would be too large.
    #[error("the file would have {bytes} bytes or more, and {max} are allowed")]
    TooLarge {
        /// What it comes to, as far as it was looked at.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// Nobody wants it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// A layer with what can be seen of it.
pub(super) struct SurfaceLayer<'a> {
    pub name: &'a str,
    /// The groups around it, `a/b`, or nothing.
    pub group: &'a str,
    /// Without the voxels in whose place a later layer has some. Each layer is closed by itself, so
    /// that it can be moved and hidden, and no two have a face in one place looking one way.
    volume: Volume,
}

/// The visible layers, ready to be meshed.
pub(super) struct Surface<'a> {
    pub layers: Vec<SurfaceLayer<'a>>,
    looks: Looks,
}

impl<'a> Surface<'a> {
    pub fn new(
        layers: &[ExportLayer<'a>],
        materials: &MaterialTable,
        progress: &mut dyn Progress,
    ) -> Result<Self, Cancelled> {
        let visible: Vec<_> = layers.iter().filter(|layer| layer.visible).collect();
        let mut surface = Self { layers: Vec::new(), looks: Looks::new(materials) };
        for (index, ExportLayer { name, group, volume, .. }) in visible.iter().enumerate() {
            let mut volume = Volume::clone(volume);
            for above in &visible[index + 1..] {
                remove(&mut volume, above.volume, progress)?;
            }
            surface.layers.push(SurfaceLayer { name, group, volume });
        }
        Ok(surface)
    }

    /// Meshes every layer, in order; `part` gets the layer's index and the quads of one region.
    pub fn mesh<E: From<Cancelled>>(
        &self,
        progress: &mut dyn Progress,
        mut part: impl FnMut(usize, &[Quad]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut mesher = Mesher::new();
        for index in 0..self.layers.len() {
            self.mesh_layer(index, &mut mesher, progress, |quads| part(index, quads))?;
        }
        Ok(())
    }

    /// Meshes one layer.
    pub fn mesh_layer<E: From<Cancelled>>(
        &self,
        index: usize,
        mesher: &mut Mesher,
        progress: &mut dyn Progress,
        part: impl FnMut(&[Quad]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut share = self.share(index, progress);
        mesher.mesh(&self.layers[index].volume, &self.looks, &mut share, part)
    }

    /// The steps of one layer as steps of all.
    fn share<'b>(&self, index: usize, progress: &'b mut dyn Progress) -> Share<'b> {
        let count = |layers: &[SurfaceLayer<'_>]| layers.iter().map(|l| l.volume.count()).sum();
        Share { inner: progress, before: count(&self.layers[..index]), total: count(&self.layers) }
    }

    /// Says that a layer is done and work on it goes on.
    pub fn linger(&self, index: usize, progress: &mut dyn Progress) -> Result<(), Cancelled> {
        self.share(index, progress).step(self.layers[index].volume.count(), 0)
    }
}

/// The steps of one layer as steps of all.
struct Share<'a> {
    inner: &'a mut dyn Progress,
    before: u64,
    total: u64,
}

impl Progress for Share<'_> {
    fn step(&mut self, done: u64, _total: u64) -> Result<(), Cancelled> {
        self.inner.step(self.before + done, self.total)
    }
}

/// Takes the voxels out of `volume` where `above` has any. Chunks that only one of them has stay
/// shared.
fn remove(
    volume: &mut Volume,
    above: &Volume,
    progress: &mut dyn Progress,
) -> Result<(), Cancelled> {
    let Some(bounds) = volume.bounds() else { return Ok(()) };
    for (number, (pos, cover)) in (1_u64..).zip(above.chunks_in(bounds)) {
        if volume.chunk(pos).is_some() {
            volume.update_chunk(pos, |chunk| chunk.remove(cover));
        }
        if number % STEP_CHUNKS == 0 {
            progress.step(0, volume.count())?;
        }
    }
    Ok(())
}

/// A place in space as these formats have it: they take y for up and z for the front.
pub(super) fn y_up([x, y, z]: [i32; 3]) -> [i32; 3] {
    [x, z, -y]
}

#[cfg(test)]
pub(super) mod samples {
    //! Projects that the tests of the formats write.

    use crate::coords::{Bounds, VoxelPos};
    use crate::format::ExportLayer;
    use crate::material::{Material, MaterialTable};
    use crate::volume::Volume;
    use crate::voxel::{MaterialSlot, Voxel};

    pub fn fill(volume: &mut Volume, from: [i32; 3], to: [i32; 3], voxel: Voxel) {
        let [from, to] = [from, to].map(|pos| VoxelPos::from_array(pos).expect("within range"));
        volume.fill(Bounds::from_corners(from, to), voxel);
    }

    pub fn slot(number: u8) -> MaterialSlot {
        MaterialSlot::new(number).expect("not 0")
    }

    pub fn layer<'a>(name: &'a str, group: &'a str, volume: &'a Volume) -> ExportLayer<'a> {
        ExportLayer { name, group, visible: true, volume }
    }

    /// A floor, a window of glass in a wall, a lamp of gold that shines.
    pub fn house() -> (Volume, Volume, MaterialTable) {
        let (mut walls, mut lights) = (Volume::new(), Volume::new());
        fill(&mut walls, [-8, -8, -1], [40, 7, -1], Voxel::from_rgb([90, 60, 30]));
        fill(&mut walls, [-8, -8, 0], [-8, 7, 20], Voxel::from_rgb([200, 200, 190]));
        fill(&mut walls, [-8, -2, 5], [-8, 2, 12], Voxel::new([180, 220, 255], slot(2)));
        fill(&mut lights, [3, 3, 0], [4, 4, 3], Voxel::new([255, 190, 40], slot(7)));
        let mut materials = MaterialTable::default();
        let glass =
            Material { name: "window".into(), alpha: 60, glass: true, ..Material::default() };
        materials.set(slot(2), glass);
        let lamp = Material {
            name: "a \"lamp\"\u{7}".into(),
            metallic: 255,
            roughness: 51,
            emission: 204,
            ..Material::default()
        };
        materials.set(slot(7), lamp);
        (walls, lights, materials)
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{fill, layer};
    use super::*;
    use crate::voxel::Voxel;

    #[test]
    fn what_a_later_layer_covers_is_left_out() {
        let (mut below, mut above, mut hidden) = (Volume::new(), Volume::new(), Volume::new());
        fill(&mut below, [0, 0, 0], [40, 3, 3], Voxel::from_rgb([1, 1, 1]));
        fill(&mut above, [10, 0, 0], [40, 3, 3], Voxel::from_rgb([2, 2, 2]));
        fill(&mut hidden, [0, 0, 0], [9, 9, 9], Voxel::from_rgb([3, 3, 3]));
        let mut layers =
            [layer("below", "", &below), layer("above", "", &above), layer("hidden", "", &hidden)];
        layers[2].visible = false;
        let surface = Surface::new(&layers, &MaterialTable::default(), &mut ()).expect("done");
        let left: Vec<_> = surface.layers.iter().map(|l| (l.name, l.volume.count())).collect();
        assert_eq!(left, [("below", 10 * 16), ("above", 31 * 16)]);
        let mut quads = vec![0; 2];
        surface
            .mesh::<Cancelled>(&mut (), |layer, part| {
                quads[layer] += part.len();
                Ok(())
            })
            .expect("done");
        assert_eq!(quads, [6, 6]);
    }
}
