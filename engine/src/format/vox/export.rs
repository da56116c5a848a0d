//! Layers and materials to the bytes of a `.vox` file.

use std::collections::HashMap;

use thiserror::Error;

use super::colours::{COLOURS_MAX, Colours};
use super::plan::Plan;
use super::surface::write_material;
use super::write::{Open, Writer};
use crate::chunk::Chunk;
use crate::coords::{Bounds, CHUNK_VOXELS, ChunkPos};
use crate::edit::ImportLayer;
use crate::layer::Layer;
use crate::material::MaterialTable;
use crate::progress::{Cancelled, Progress};
use crate::volume::Volume;
use crate::voxel::Voxel;

/// The version that MagicaVoxel 0.99 and everything else reads.
const VERSION: u32 = 150;
/// Chunks between two progress steps.
const STEP_CHUNKS: u64 = 64;
/// More than the palette, 255 materials but for their names, and the file's own headers take.
const FILE_BYTES_MAX: u64 = 1 << 17;

/// A layer to be written.
#[derive(Clone, Copy, Debug)]
pub struct ExportLayer<'a> {
    /// Its name.
    pub name: &'a str,
    /// The groups around it, `a/b`, or nothing.
    pub group: &'a str,
    /// Whether it is shown.
    pub visible: bool,
    /// Its voxels.
    pub volume: &'a Volume,
}

impl<'a> From<&'a Layer> for ExportLayer<'a> {
    fn from(layer: &'a Layer) -> Self {
        let Layer { name, group, visible, volume, .. } = layer;
        Self { name, group, visible: *visible, volume }
    }
}

impl<'a> From<&'a ImportLayer> for ExportLayer<'a> {
    fn from(layer: &'a ImportLayer) -> Self {
        let ImportLayer { name, group, visible, volume } = layer;
        Self { name, group, visible: *visible, volume }
    }
}

/// How to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// Leave hidden layers out instead of writing them as hidden.
    pub visible_only: bool,
    /// Bring more than 255 pairs of colour and material down to 255 instead of refusing.
    pub quantize: bool,
    /// The largest file to make; at most 4 GiB, which is the format's own limit.
    pub bytes_max: u64,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self { visible_only: false, quantize: false, bytes_max: 1 << 30 }
    }
}

/// A written file.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// Pairs of colour and material that the layers have; above 255 they were reduced.
    pub colours: usize,
}

/// Why no file was written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// A file has 255 colours, each with one material.
    #[error("{count} pairs of colour and material, and a .vox file holds {COLOURS_MAX}")]
    TooManyColours {
        /// How many there are.
        count: usize,
    },
    /// The file would be too large.
    #[error("the file would have up to {bytes} bytes, more than {max}")]
    TooLarge {
        /// What it could come to.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// Nobody wants it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Writes layers as a `.vox` file.
///
/// A layer that is longer than 256 voxels is cut into tiles under one group, which [`super::import`]
/// puts together again. An empty layer is a group with nothing in it.
///
/// # Errors
///
/// [`ExportError`]; nothing is half written.
pub fn export(
    layers: &[ExportLayer<'_>],
    materials: &MaterialTable,
    options: &ExportOptions,
    progress: &mut dyn Progress,
) -> Result<Exported, ExportError> {
    let wanted = |layer: &&ExportLayer<'_>| layer.visible || !options.visible_only;
    let layers: Vec<_> = layers.iter().filter(wanted).copied().collect();
    let scene = Plan::new(&layers);
    let names = materials.iter().map(|(_, material)| material.name.len() as u64);
    let bytes = scene.bytes_max(&layers) + names.sum::<u64>() + FILE_BYTES_MAX;
    let max = options.bytes_max.min(u64::from(u32::MAX));
    if bytes > max {
        return Err(ExportError::TooLarge { bytes, max });
    }
    let mut colours = Colours::new(materials);
    let mut writer = write_models(&scene, bytes, &mut colours, progress)?;
    let count = colours.len();
    if count > COLOURS_MAX {
        if !options.quantize {
            return Err(ExportError::TooManyColours { count });
        }
        drop(writer);
        colours.reduce(&histogram(&scene, progress)?);
        writer = write_models(&scene, bytes, &mut colours, progress)?;
    }
    scene.outline(&layers).write(&mut writer.0);
    let bytes = write_tail(writer, &colours, materials);
    Ok(Exported { bytes, colours: count })
}

/// A file with the MAIN chunk still open.
type Unfinished = (Writer, Open);

fn write_models(
    scene: &Plan,
    bytes: u64,
    colours: &mut Colours,
    progress: &mut dyn Progress,
) -> Result<Unfinished, ExportError> {
    let mut writer = Writer::with_capacity(usize::try_from(bytes).unwrap_or(0));
    writer.bytes(b"VOX ");
    writer.u32(VERSION);
    let main = writer.open_parent(b"MAIN");
    let mut records = Box::new([[0; 4]; CHUNK_VOXELS]);
    let mut done = 0;
    for tile in &scene.tiles {
        let size = writer.open(b"SIZE");
        tile.bounds.size().iter().for_each(|side| writer.u32(*side));
        writer.close(size);
        let voxels = writer.open(b"XYZI");
        let count_at = writer.reserve_count();
        let mut count = 0;
        for (pos, chunk) in tile.volume.chunks() {
            let base = base(pos, &tile.bounds);
            let written = records_of(chunk, base, colours, &mut records);
            writer.bytes(records[..written].as_flattened());
            count += written;
            done += 1;
            if done % STEP_CHUNKS == 0 {
                progress.step(done, scene.chunks)?;
            }
        }
        writer.patch(count_at, count);
        writer.close(voxels);
    }
    progress.step(done, scene.chunks)?;
    Ok((writer, main))
}

/// Where the corner of a chunk lies in a model. It may lie outside, and wraps; the chunk's voxels
/// lie inside and wrap back.
fn base(pos: ChunkPos, bounds: &Bounds) -> [u8; 3] {
    let (at, min) = (pos.origin().to_array(), bounds.min().to_array());
    [0, 1, 2].map(|axis| (at[axis] - min[axis]).rem_euclid(256) as u8)
}

/// Fills `records` with the solid voxels of a chunk and gives their number.
fn records_of(
    chunk: &Chunk,
    base: [u8; 3],
    colours: &mut Colours,
    records: &mut [[u8; 4]; CHUNK_VOXELS],
) -> usize {
    // The records of a row of x differ in their lowest byte only.
    let row_record = |row: usize| {
        let [y, z] = [base[1].wrapping_add(row as u8 & 15), base[2].wrapping_add(row as u8 >> 4)];
        u32::from_le_bytes([0, y, z, 0])
    };
    let x_of = |x: usize| u32::from(base[0].wrapping_add(x as u8));
    let Some(voxels) = chunk.as_dense() else {
        let Some(voxel) = chunk.as_uniform().filter(|voxel| voxel.is_solid()) else { return 0 };
        let index = u32::from(colours.index(voxel)) << 24;
        for (row, records) in records.chunks_exact_mut(16).enumerate() {
            let row = row_record(row) | index;
            for (x, record) in records.iter_mut().enumerate() {
                *record = (row | x_of(x)).to_le_bytes();
            }
        }
        return CHUNK_VOXELS;
    };
    let mut count = 0;
    let (mut last, mut last_index) = (Voxel::EMPTY, 0);
    for (row, voxels) in voxels.chunks_exact(16).enumerate() {
        let row = row_record(row);
        for (x, voxel) in voxels.iter().enumerate().filter(|(_, voxel)| voxel.is_solid()) {
            // Neighbours are mostly alike.
            if *voxel != last {
                (last, last_index) = (*voxel, u32::from(colours.index(*voxel)) << 24);
            }
            // The mask tells the compiler that there are no more records than cells.
            records[count & (CHUNK_VOXELS - 1)] = (row | x_of(x) | last_index).to_le_bytes();
            count += 1;
        }
    }
    count
}

/// How often each voxel appears.
fn histogram(
    scene: &Plan,
    progress: &mut dyn Progress,
) -> Result<HashMap<Voxel, u64>, ExportError> {
    let mut counts = HashMap::new();
    let mut done = 0;
    for (_, chunk) in scene.tiles.iter().flat_map(|tile| tile.volume.chunks()) {
        match chunk.as_uniform() {
            Some(voxel) => *counts.entry(voxel).or_insert(0) += u64::from(chunk.count()),
            None => {
                for voxel in chunk.voxels().filter(|voxel| voxel.is_solid()) {
                    *counts.entry(voxel).or_insert(0) += 1;
                }
            }
        }
        done += 1;
        if done % STEP_CHUNKS == 0 {
            progress.step(done, scene.chunks)?;
        }
    }
    Ok(counts)
}

/// The palette, the materials and the one layer that everything is on.
fn write_tail(
    (mut writer, main): Unfinished,
    colours: &Colours,
    materials: &MaterialTable,
) -> Vec<u8> {
    let layer = writer.open(b"LAYR");
    writer.u32(0);
    writer.dict(&[("_name", "0")]);
    writer.u32(u32::MAX);
    writer.close(layer);
    let palette = writer.open(b"RGBA");
    writer.bytes(colours.palette().as_flattened());
    writer.close(palette);
    for (number, slot) in colours.slots().enumerate() {
        let properties = materials.get(slot).map(write_material).unwrap_or_default();
        if properties.is_empty() {
            continue;
        }
        let material = writer.open(b"MATL");
        writer.count(number + 1);
        writer.dict(&properties);
        writer.close(material);
    }
    writer.close(main);
    writer.finish()
}
