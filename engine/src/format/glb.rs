//! glTF 2.0 in one file, `.glb`: surfaces that browsers, game engines and 3D editors show.
//!
//! A visible layer is a node with a mesh, its groups are the nodes around it; a mesh has a part for each
//! material. Colours are points of one palette picture: that is where every viewer takes a colour to be
//! meant as on a screen, and it is exact. Writing goes over the voxels twice: to count, so that the size
//! is known and checked before any of it is allocated, and to write each quad into its place.

mod document;
mod json;
mod layout;
mod palette;
#[cfg(test)]
mod tests;
mod write;

use super::surface::{Surface, SurfaceError};
use super::vox::ExportLayer;
use crate::material::MaterialTable;
use crate::progress::Progress;
use layout::Layout;

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct GlbOptions<'a> {
    /// What the scene is called.
    pub name: &'a str,
    /// The largest file to make; at most 4 GiB, which is the format's own limit.
    pub bytes_max: u64,
}

/// Writes the visible layers as a `.glb` file. A voxel is one unit, and up is y, as the format has it.
///
/// # Errors
///
/// [`SurfaceError`]; nothing is half written.
pub fn export(
    layers: &[ExportLayer<'_>],
    materials: &MaterialTable,
    options: &GlbOptions<'_>,
    progress: &mut dyn Progress,
) -> Result<Vec<u8>, SurfaceError> {
    let max = options.bytes_max.min(u64::from(u32::MAX));
    let surface = Surface::new(layers, materials, progress)?;
    let layout = Layout::new(&surface, max, progress)?;
    let picture = layout.palette.picture();
    let document = document::text(&surface, &layout, &picture, materials, options.name);
    write::file(&surface, &layout, &picture, &document, max, progress)
}
