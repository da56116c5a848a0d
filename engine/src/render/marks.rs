//! Showing how one state of a scene differs from another.

use super::tone::{light_of_rgb, to_light};
use crate::chunk::Chunk;
use crate::coords::{LocalPos, VoxelPos};
use crate::progress::{Cancelled, Progress};
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

/// The material of voxels that are no longer there. A project's own voxels of this slot look like
/// it in such a picture, and in no other.
pub(super) const GHOST: u8 = 255;
/// How much of a ghost is seen.
pub(super) const GHOST_ALPHA: u8 = 120;
/// Chunks between two calls of `Progress::step`.
const STEP_CHUNKS: usize = 16;

/// What became of a voxel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    Same,
    Added,
    Removed,
    Recolored,
}

impl Mark {
    /// The colour that stands for it.
    pub(super) fn rgb(self) -> [u8; 3] {
        match self {
            Mark::Same => [128, 128, 128],
            Mark::Added => [22, 163, 74],
            Mark::Removed => [220, 38, 38],
            Mark::Recolored => [37, 99, 235],
        }
    }
}

/// Which of two states is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drawn {
    /// The first.
    Before,
    /// The second.
    After,
}

/// What a scene is compared with.
#[derive(Clone, Copy)]
pub struct Marks<'a> {
    /// The other state.
    pub other: &'a Volume,
    /// Which state the scene is.
    pub drawn: Drawn,
    /// How much of their colour the voxels lose that are the same in both, in 255ths.
    pub mute: u8,
}

impl Marks<'_> {
    /// What became of a voxel, and the colour it is drawn in.
    pub(super) fn color(&self, voxel: Voxel, pos: Option<VoxelPos>) -> (Mark, [u8; 3]) {
        let other = pos.map_or(Voxel::EMPTY, |pos| self.other.get(pos));
        let is_ghost = voxel.slot().is_some_and(|slot| slot.number() == GHOST);
        let mark = match (self.drawn, other.is_empty()) {
            (Drawn::After, _) if is_ghost => Mark::Removed,
            (Drawn::After, true) => Mark::Added,
            (Drawn::Before, true) => Mark::Removed,
            (Drawn::Before | Drawn::After, false) if other != voxel => Mark::Recolored,
            (Drawn::Before | Drawn::After, false) => Mark::Same,
        };
        let rgb = voxel.rgb();
        let mixed = match mark {
            Mark::Same => {
                let [red, green, blue] = light_of_rgb(rgb);
                let grey = 0.30 * red + 0.59 * green + 0.11 * blue;
                // Pale, but still lighter where it was lighter.
                let byte = (1..=255).find(|byte| to_light(*byte) >= grey).unwrap_or(255);
                mix(rgb, [96 + byte / 8 * 5; 3], self.mute)
            }
            Mark::Added | Mark::Recolored => mix(rgb, mark.rgb(), 50),
            Mark::Removed => mix(rgb, mark.rgb(), 130),
        };
        (mark, mixed)
    }
}

fn mix(a: [u8; 3], b: [u8; 3], part: u8) -> [u8; 3] {
    let part = u16::from(part);
    std::array::from_fn(|i| ((u16::from(a[i]) * (255 - part) + u16::from(b[i]) * part) / 255) as u8)
}

/// The second state, and in it as ghosts what only the first had.
pub fn with_ghosts(
    before: &Volume,
    after: &Volume,
    progress: &mut dyn Progress,
) -> Result<Volume, Cancelled> {
    let mut shown = after.clone();
    let slot = MaterialSlot::new(GHOST).unwrap_or(MaterialSlot::DEFAULT);
    for (number, pos) in before.diff(after).enumerate() {
        if number % STEP_CHUNKS == 0 {
            progress.step(0, 0)?;
        }
        let [old, new] = [before, after].map(|v| v.chunk(pos).unwrap_or(const { &Chunk::EMPTY }));
        let gone = old.voxels().zip(new.voxels()).zip(0_u16..);
        let gone = gone.filter(|((old, new), _)| old.is_solid() && new.is_empty());
        let gone: Vec<(LocalPos, Voxel)> = gone
            .filter_map(|((old, _), index)| {
                Some((LocalPos::from_index(index)?, Voxel::new(old.rgb(), slot)))
            })
            .collect();
        if !gone.is_empty() {
            shown.update_chunk(pos, |chunk| {
                for (local, voxel) in gone {
                    chunk.set(local, voxel);
                }
            });
        }
    }
    Ok(shown)
}
