//! A [`VoxFile`] to layers and materials, every transform baked.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use thiserror::Error;

use super::bake::Baker;
use super::error::{Limit, VoxError, VoxErrorKind};
use super::limits::VoxLimits;
use super::parse::{VoxFile, parse};
use super::placement::Placement;
use super::scene::{Leaf, Scene, Shown, walk};
use super::surface::surfaces;
use crate::chunk::Chunk;
use crate::coords::{CHUNK_SIDE, CHUNK_VOXELS, ChunkPos};
use crate::edit::ImportLayer;
use crate::layer::NAME_CHARS_MAX;
use crate::material::Material;
use crate::progress::{Cancelled, Progress};
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

/// What a `.vox` file holds, in our terms; [`crate::edit::Edit::Import`] takes it as it is.
#[derive(Debug, Default)]
pub struct Imported {
    /// One for each placed model, in the order of the scene graph. Names are unique. Instances of
    /// one model share chunks where they stand alike modulo 16.
    pub layers: Vec<ImportLayer>,
    /// What the slots of their voxels mean.
    pub materials: Vec<(MaterialSlot, Material)>,
    /// What was left out or read differently, as sentences.
    pub warnings: Vec<String>,
}

/// Why nothing was imported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImportError {
    /// The file is bad or too large.
    #[error(transparent)]
    File(#[from] VoxError),
    /// Nobody wants it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Reads a `.vox` file into layers.
///
/// # Errors
///
/// [`ImportError::File`] with the offset of what is wrong or beyond `limits`;
/// [`ImportError::Cancelled`] when `progress` says so.
pub fn import(
    bytes: &[u8],
    limits: &VoxLimits,
    progress: &mut dyn Progress,
) -> Result<Imported, ImportError> {
    import_file(&parse(bytes, limits)?, limits, progress)
}

/// As [`import`], from a file that is parsed already.
///
/// # Errors
///
/// As [`import`].
pub fn import_file(
    file: &VoxFile<'_>,
    limits: &VoxLimits,
    progress: &mut dyn Progress,
) -> Result<Imported, ImportError> {
    let scene = if file.nodes.is_empty() { frames(file, limits)? } else { walk(file, limits)? };
    let warnings = warnings(file, &scene);
    let surfaces = surfaces(file);
    let mut baker = Baker::new(file, surfaces.voxels, limits);
    let mut names = Names::default();
    let mut layers = Vec::with_capacity(scene.leaves.len());
    let total = scene.leaves.len() as u64;
    for leaf in scene.leaves {
        let volume = bake_leaf(file, &leaf, &mut baker, progress)?;
        let Leaf { name, group, visible, .. } = leaf;
        layers.push(ImportLayer {
            name: names.unique(&name),
            group: group.to_string(),
            visible,
            volume,
        });
        progress.step(layers.len() as u64, total)?;
    }
    Ok(Imported { layers, materials: surfaces.materials, warnings })
}

/// The models of a file without a scene graph, each where its coordinates say. With a PACK chunk
/// they are the frames of an animation, of which one is shown at a time.
fn frames(file: &VoxFile<'_>, limits: &VoxLimits) -> Result<Scene, VoxError> {
    let max = limits.instances_max;
    let mut leaves = Vec::new();
    for (number, model) in file.models.iter().enumerate() {
        if leaves.len() as u64 >= u64::from(max) {
            let (limit, max) = (Limit::Instances, u64::from(max));
            return Err(VoxError::new(model.offset, VoxErrorKind::TooMany { limit, max }));
        }
        // The placement that puts the pivot back to where it came from.
        let translation = model.size.map(|side| i64::from(side / 2));
        let placement = Placement { translation, ..Placement::IDENTITY };
        leaves.push(Leaf {
            name: format!("frame {number}"),
            group: Arc::from(""),
            visible: file.packed.is_none() || number == 0,
            shown: vec![Shown { model: number, placement, offset: model.offset }],
        });
    }
    Ok(Scene { leaves, ..Scene::default() })
}

fn warnings(file: &VoxFile<'_>, scene: &Scene) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |count: u32, text: &str| {
        if count > 0 {
            warnings.push(format!("{count} {text}"));
        }
    };
    let later = scene.leaves.len().saturating_sub(1);
    if file.nodes.is_empty() && file.packed.is_some() {
        warn(u32::try_from(later).unwrap_or(u32::MAX), "later frames of an animation are hidden");
    }
    warn(scene.animated, "transforms are animated: the first frame was taken");
    warn(scene.unreached, "scene nodes that the root does not lead to were left out");
    warnings
}

/// Places every model of `leaf` in one volume.
fn bake_leaf(
    file: &VoxFile<'_>,
    leaf: &Leaf,
    baker: &mut Baker<'_>,
    progress: &mut dyn Progress,
) -> Result<Volume, ImportError> {
    let side = i64::from(CHUNK_SIDE);
    let mut volume = Volume::new();
    for shown in &leaf.shown {
        let origin = shown.placement.origin(file.models[shown.model].size);
        let shift = origin.map(|at| at.rem_euclid(side) as u8);
        let baked = baker.bake(shown.model, shown.placement.rotation, shift, progress)?;
        baker.book(&baked, shown.offset)?;
        for (at, chunk) in &baked.chunks {
            let at = [0, 1, 2].map(|axis| origin[axis].div_euclid(side) + at[axis]);
            let pos = chunk_pos(at).ok_or_else(|| {
                let (layer, position) = (leaf.name.clone(), at.map(|at| at.saturating_mul(side)));
                VoxError::new(shown.offset, VoxErrorKind::OutOfRange { layer, position })
            })?;
            if let Some(below) = volume.set_chunk(pos, chunk.clone()) {
                baker.take_bytes(size_of::<[Voxel; CHUNK_VOXELS]>() as u64, shown.offset)?;
                volume.set_chunk(pos, laid_over(below, chunk));
            }
        }
    }
    Ok(volume)
}

fn chunk_pos(at: [i64; 3]) -> Option<ChunkPos> {
    let [x, y, z] = at.map(|at| i32::try_from(at).ok());
    ChunkPos::new(x?, y?, z?).ok()
}

/// The voxels of `above`, and where it has none those of `below`.
fn laid_over(mut below: Chunk, above: &Chunk) -> Chunk {
    below.edit(|voxels| {
        for (voxel, over) in voxels.iter_mut().zip(above.voxels()) {
            if over.is_solid() {
                *voxel = over;
            }
        }
    });
    below
}

/// Makes names unique by a number behind them.
#[derive(Default)]
struct Names {
    taken: HashSet<String>,
    /// The number last given to a name, so that many equal names do not search from the start.
    last: HashMap<String, u32>,
}

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let number = self.last.entry(name.to_owned()).or_insert(1);
        while !self.taken.insert(candidate.clone()) {
            *number += 1;
            let suffix = format!(" ({number})");
            let kept: String = name.chars().take(NAME_CHARS_MAX - suffix.len()).collect();
            candidate = kept.trim_end().to_owned() + &suffix;
        }
        candidate
    }
}
