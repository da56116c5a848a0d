//! Several volumes laid over one another.

use super::Meter;
use crate::chunk::Chunk;
use crate::coords::{Bounds, ChunkPos, VoxelPos};
use crate::progress::{Cancelled, Progress};
use crate::volume::{Chunks, Volume};
use crate::voxel::Voxel;
use std::iter::Peekable;

/// What is seen of several layers: where more than one is solid, the last one wins.
#[derive(Clone, Default)]
pub struct View<'a> {
    layers: Vec<&'a Volume>,
}

impl<'a> View<'a> {
    /// These layers, the lowest first.
    pub fn new(layers: impl IntoIterator<Item = &'a Volume>) -> Self {
        Self { layers: layers.into_iter().filter(|volume| !volume.is_empty()).collect() }
    }

    /// One volume by itself.
    pub fn of(volume: &'a Volume) -> Self {
        Self::new([volume])
    }

    /// The only layer with something in it, if there is only one.
    fn single(&self) -> Option<&'a Volume> {
        match self.layers[..] {
            [volume] => Some(volume),
            _ => None,
        }
    }

    /// The voxel seen at `pos`.
    pub fn get(&self, pos: VoxelPos) -> Voxel {
        let found = self.layers.iter().rev().map(|volume| volume.get(pos)).find(|v| v.is_solid());
        found.unwrap_or_default()
    }

    /// Whether there is nothing to see.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The smallest box around all solid voxels.
    pub fn bounds(&self) -> Option<Bounds> {
        Bounds::union_all(self.layers.iter().filter_map(|volume| volume.bounds()))
    }

    /// The chunks that have voxels in `bounds` and come after `after`, by [`ChunkPos`] order.
    /// Chunks that only one layer has are shared with it.
    pub fn chunks_in(&self, bounds: Bounds, after: Option<ChunkPos>) -> ViewChunks<'a> {
        let listings = self.layers.iter();
        ViewChunks {
            listings: listings.map(|v| v.chunks_in_from(bounds, after).peekable()).collect(),
        }
    }

    /// At most this many voxels are solid: what is hidden by a later layer counts too.
    pub fn count_max(&self) -> u64 {
        self.layers.iter().fold(0, |sum, volume| sum.saturating_add(volume.count()))
    }

    /// How many voxels in `bounds` are solid, if that is known without merging layers.
    pub(super) fn count_quickly(&self, bounds: &Bounds) -> Option<u64> {
        if self.layers.is_empty() {
            return Some(0);
        }
        self.single().map(|volume| volume.count_in(bounds))
    }

    /// Everything seen as one volume, which shares what only one layer has.
    pub fn merged(&self, progress: &mut dyn Progress) -> Result<Volume, Cancelled> {
        let Some((lowest, above)) = self.layers.split_first() else { return Ok(Volume::new()) };
        let mut merged = Volume::clone(lowest);
        let mut meter = Meter::new(progress, self.chunk_estimate(&Bounds::ALL));
        for (pos, chunk) in above.iter().flat_map(|volume| volume.chunks()) {
            merged.update_chunk(pos, |below| lay_over(below, chunk));
            meter.chunk_done()?;
        }
        Ok(merged)
    }

    /// A bound for how many chunks a scan of `bounds` meets, to tell how far it is.
    pub(super) fn chunk_estimate(&self, bounds: &Bounds) -> u64 {
        let seen = self.bounds().and_then(|all| all.intersect(bounds));
        seen.map_or(0, |part| part.chunk_count())
    }
}

/// The chunks of a [`View`].
pub struct ViewChunks<'a> {
    listings: Vec<Peekable<Chunks<'a>>>,
}

impl Iterator for ViewChunks<'_> {
    type Item = (ChunkPos, Chunk);

    fn next(&mut self) -> Option<Self::Item> {
        if let [listing] = &mut self.listings[..] {
            return listing.next().map(|(pos, chunk)| (pos, chunk.clone()));
        }
        let heads = self.listings.iter_mut().filter_map(|listing| listing.peek());
        let next = heads.map(|(pos, _)| *pos).min()?;
        let mut seen = Chunk::EMPTY;
        for listing in &mut self.listings {
            if let Some((_, chunk)) = listing.next_if(|(pos, _)| *pos == next) {
                lay_over(&mut seen, chunk);
            }
        }
        Some((next, seen))
    }
}

/// Puts the solid voxels of `above` into `below`.
fn lay_over(below: &mut Chunk, above: &Chunk) {
    if below.is_empty() || above.count() == 4096 {
        *below = above.clone();
        return;
    }
    let Some(cells) = above.as_dense() else { return };
    below.edit(|seen| {
        for (seen, cell) in seen.iter_mut().zip(cells) {
            if cell.is_solid() {
                *seen = *cell;
            }
        }
    });
}
