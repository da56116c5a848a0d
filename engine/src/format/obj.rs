//! Wavefront `.obj` with its `.mtl`: surfaces as text, which every 3D program reads.
//!
//! A visible layer is an object of four-cornered faces. The format has no colour of a face, so there is a
//! material for each pair of colour and material that is seen; colours are written as they are meant on
//! a screen, which is how programs take them.

mod library;
mod name;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write;

use rustc_hash::FxHashMap;

use super::surface::{Surface, SurfaceError, SurfaceLayer, y_up};
use super::vox::ExportLayer;
use crate::material::MaterialTable;
use crate::mesh::{Mesher, Quad, Side};
use crate::progress::Progress;
use crate::voxel::Voxel;

pub use name::file_stem;

/// The least that a face takes.
const FACE_BYTES_MIN: u64 = 22;
/// Quads between two progress steps, and between two times that shared places are forgotten.
const STEP_QUADS: usize = 1 << 14;

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct ObjOptions<'a> {
    /// What the file of the materials will be called, as [`file_stem`] gives it with `.mtl` behind.
    pub library: &'a str,
    /// The largest that both files together may be.
    pub bytes_max: u64,
}

/// The two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjFiles {
    /// The `.obj`: places and faces.
    pub obj: Vec<u8>,
    /// The `.mtl`: materials.
    pub mtl: Vec<u8>,
}

/// Writes the visible layers. A voxel is one unit, and up is y, as programs expect.
///
/// # Errors
///
/// [`SurfaceError`]; nothing is half written.
pub fn export(
    layers: &[ExportLayer<'_>],
    materials: &MaterialTable,
    options: &ObjOptions<'_>,
    progress: &mut dyn Progress,
) -> Result<ObjFiles, SurfaceError> {
    let surface = Surface::new(layers, materials, progress)?;
    let mut writer = Writer::new(&surface, materials, options);
    let mut mesher = Mesher::new();
    for layer in 0..surface.layers.len() {
        surface.mesh_layer(layer, &mut mesher, progress, |quads| {
            writer.quads.extend_from_slice(quads);
            writer.check(0)
        })?;
        writer.write_layer(layer, progress)?;
    }
    let mtl = library::text(&writer.seen, materials);
    writer.check(mtl.len())?;
    Ok(ObjFiles { obj: writer.text.into_bytes(), mtl: mtl.into_bytes() })
}

struct Writer<'a> {
    surface: &'a Surface<'a>,
    materials: &'a MaterialTable,
    bytes_max: u64,
    text: String,
    /// The quads of a layer: all of one material are written together, because readers make a mesh
    /// of each run.
    quads: Vec<Quad>,
    /// Every pair of colour and material met.
    seen: BTreeSet<Voxel>,
    /// Places written so far.
    places: u64,
    /// Those written last, which quads nearby share.
    near: FxHashMap<[i32; 3], u64>,
}

impl<'a> Writer<'a> {
    fn new(
        surface: &'a Surface<'a>,
        materials: &'a MaterialTable,
        options: &ObjOptions<'_>,
    ) -> Self {
        let library = options.library;
        let mut text = format!("# goxe {}\nmtllib {library}\n", env!("CARGO_PKG_VERSION"));
        for side in Side::ALL {
            let [x, y, z] = y_up(side.normal());
            line(&mut text, format_args!("vn {x} {y} {z}"));
        }
        Self {
            surface,
            materials,
            bytes_max: options.bytes_max,
            text,
            quads: Vec::new(),
            seen: BTreeSet::new(),
            places: 0,
            near: FxHashMap::default(),
        }
    }

    /// Writes what was gathered of a layer; a layer with nothing to see is not mentioned.
    fn write_layer(
        &mut self,
        index: usize,
        progress: &mut dyn Progress,
    ) -> Result<(), SurfaceError> {
        if self.quads.is_empty() {
            return Ok(());
        }
        let SurfaceLayer { name, group, .. } = &self.surface.layers[index];
        let between = if group.is_empty() { "" } else { "/" };
        let path = name::word(&format!("{group}{between}{name}"));
        line(&mut self.text, format_args!("o {path}"));
        let mut quads = std::mem::take(&mut self.quads);
        // Neighbours stay together.
        quads.sort_by_key(|quad| quad.voxel);
        let mut material = Voxel::EMPTY;
        for (number, quad) in quads.iter().enumerate() {
            if number % STEP_QUADS == STEP_QUADS - 1 {
                self.near.clear();
                self.check(0)?;
                self.surface.linger(index, progress)?;
            }
            if quad.voxel != material {
                material = quad.voxel;
                self.seen.insert(material);
                let name = library::name(material, self.materials);
                line(&mut self.text, format_args!("usemtl {name}"));
                self.near.clear();
            }
            self.write_quad(quad);
        }
        quads.clear();
        self.quads = quads;
        Ok(())
    }

    fn write_quad(&mut self, quad: &Quad) {
        let normal = 1 + Side::ALL.iter().take_while(|side| **side != quad.side).count();
        let [a, b, c, d] = quad.corners().map(|corner| self.place(y_up(corner)));
        let face = format_args!("f {a}//{normal} {b}//{normal} {c}//{normal} {d}//{normal}");
        line(&mut self.text, face);
    }

    /// The number of a place, which is written where it is new.
    fn place(&mut self, [x, y, z]: [i32; 3]) -> u64 {
        *self.near.entry([x, y, z]).or_insert_with(|| {
            line(&mut self.text, format_args!("v {x} {y} {z}"));
            self.places += 1;
            self.places
        })
    }

    /// Whether what is written, what is gathered and so much more is within the limit.
    fn check(&self, more: usize) -> Result<(), SurfaceError> {
        let gathered = self.quads.len() as u64 * FACE_BYTES_MIN;
        let bytes = self.text.len() as u64 + gathered + more as u64;
        match bytes > self.bytes_max {
            true => Err(SurfaceError::TooLarge { bytes, max: self.bytes_max }),
            false => Ok(()),
        }
    }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    text.write_fmt(content).expect("a string takes all");
    text.push('\n');
}
