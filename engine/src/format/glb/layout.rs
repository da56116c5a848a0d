//! How much there is of everything, and so where it lies in the file.

use std::collections::BTreeMap;

use super::palette::Palette;
use crate::format::surface::{Surface, SurfaceError, y_up};
use crate::mesh::Quad;
use crate::progress::Progress;
use crate::voxel::MaterialSlot;

/// A vertex: place, normal and place in the palette, all of them floats.
pub(super) const VERTEX_BYTES: u64 = 32;
/// Corners of a quad.
pub(super) const QUAD_VERTICES: u64 = 4;
/// Two triangles.
pub(super) const QUAD_INDICES: u64 = 6;
/// The largest number of vertices that indices of 16 bits can name; the last one is not an index.
const SHORT_VERTICES_MAX: u64 = 65_535;

/// The quads of one material in one layer.
pub(super) struct Part {
    /// The quads before it in the file, and its own.
    pub first: u64,
    pub quads: u64,
    /// The corners of the box around it, as the file has them.
    pub min: [i32; 3],
    pub max: [i32; 3],
}

impl Part {
    fn add(&mut self, quad: &Quad) {
        self.quads += 1;
        // Two corners that lie opposite span a rectangle.
        for corner in [quad.corners()[0], quad.corners()[2]].map(y_up) {
            for (axis, coord) in corner.into_iter().enumerate() {
                self.min[axis] = self.min[axis].min(coord);
                self.max[axis] = self.max[axis].max(coord);
            }
        }
    }

    pub fn vertices(&self) -> u64 {
        self.quads * QUAD_VERTICES
    }

    /// Whether its indices have 16 bits.
    pub fn is_short(&self) -> bool {
        self.vertices() <= SHORT_VERTICES_MAX
    }
}

/// What a surface comes to.
pub(super) struct Layout {
    /// For each layer, its parts by material.
    pub layers: Vec<BTreeMap<MaterialSlot, Part>>,
    pub palette: Palette,
    /// Quads in all.
    pub quads: u64,
    /// Quads for which there are indices of 16 bits, and of 32. All parts are indexed alike, so the
    /// largest part has the indices of all.
    pub short: u64,
    pub long: u64,
}

impl Layout {
    pub fn new(
        surface: &Surface<'_>,
        bytes_max: u64,
        progress: &mut dyn Progress,
    ) -> Result<Self, SurfaceError> {
        let layers = surface.layers.iter().map(|_| BTreeMap::new()).collect();
        let mut layout = Self { layers, palette: Palette::new(), quads: 0, short: 0, long: 0 };
        surface.mesh(progress, |layer, quads| {
            layout.count(layer, quads);
            let bytes = layout.quads * QUAD_VERTICES * VERTEX_BYTES;
            if bytes > bytes_max {
                return Err(SurfaceError::TooLarge { bytes, max: bytes_max });
            }
            Ok(())
        })?;
        layout.place();
        Ok(layout)
    }

    fn count(&mut self, layer: usize, quads: &[Quad]) {
        for quad in quads {
            let Some(slot) = quad.voxel.slot() else { continue };
            let nothing = || Part { first: 0, quads: 0, min: [i32::MAX; 3], max: [i32::MIN; 3] };
            self.layers[layer].entry(slot).or_insert_with(nothing).add(quad);
            self.palette.add(quad.voxel.rgb());
            self.quads += 1;
        }
    }

    fn place(&mut self) {
        self.palette.complete();
        let mut first = 0;
        for part in self.layers.iter_mut().flat_map(|parts| parts.values_mut()) {
            part.first = first;
            first += part.quads;
            let indexed = if part.is_short() { &mut self.short } else { &mut self.long };
            *indexed = part.quads.max(*indexed);
        }
    }

    pub fn vertex_bytes(&self) -> u64 {
        self.quads * QUAD_VERTICES * VERTEX_BYTES
    }

    pub fn short_bytes(&self) -> u64 {
        self.short * QUAD_INDICES * 2
    }

    pub fn long_bytes(&self) -> u64 {
        self.long * QUAD_INDICES * 4
    }

    /// Every material that is seen.
    pub fn slots(&self) -> Vec<MaterialSlot> {
        let mut slots: Vec<_> =
            self.layers.iter().flat_map(|parts| parts.keys()).copied().collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}
