//! A sparse world of voxels that is cloned in no time and shares what clones have in common.
//!
//! It is a tree of fixed depth: a node has up to 4^3 children, the lowest nodes (the *regions*) hold
//! chunks, and six levels make up the 12 bits of a chunk coordinate. Nodes are shared by reference
//! count; an edit copies the nodes on its way that somebody else holds too, and no others. What is
//! absent is empty, and what becomes empty is removed, so equal volumes have equal trees.

mod chunk_cache;
mod diff;
mod iter;
mod node;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use crate::chunk::Chunk;
use crate::coords::{Bounds, ChunkPos, VoxelPos};
use crate::voxel::Voxel;
use node::{Child, LEVELS, Uniform};
use std::sync::Arc;

pub use diff::Diff;
pub use iter::Chunks;
pub use reader::VolumeReader;
pub use writer::VolumeWriter;

/// Voxels anywhere within the range of coordinates. `clone` takes constant time.
#[derive(Clone, Default)]
pub struct Volume {
    root: Option<Child>,
}

impl Volume {
    /// A volume with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The voxel at `pos`.
    pub fn get(&self, pos: VoxelPos) -> Voxel {
        self.chunk(pos.chunk()).map_or(Voxel::EMPTY, |chunk| chunk.get(pos.local()))
    }

    /// The chunk at `pos`, unless it is empty.
    pub fn chunk(&self, pos: ChunkPos) -> Option<&Chunk> {
        let key = pos.key();
        let mut child = self.root.as_ref()?;
        for level in (1..=LEVELS).rev() {
            child = child.as_node()?.child(node::slot(key, level))?;
        }
        child.as_chunk()
    }

    /// Puts `chunk` at `pos`; the chunk that was there comes back, unless that was empty.
    pub fn set_chunk(&mut self, pos: ChunkPos, chunk: Chunk) -> Option<Chunk> {
        if chunk.is_empty() && self.chunk(pos).is_none() {
            return None;
        }
        let old = self.update_chunk(pos, |place| std::mem::replace(place, chunk));
        (!old.is_empty()).then_some(old)
    }

    /// Changes the chunk at `pos` where it lies, without a copy if nobody shares it.
    pub fn update_chunk<T>(&mut self, pos: ChunkPos, change: impl FnOnce(&mut Chunk) -> T) -> T {
        node::update(&mut self.root, LEVELS, 0, pos.key(), |child| {
            let mut chunk = child.take().and_then(Child::into_chunk).unwrap_or_default();
            let answer = change(&mut chunk);
            *child = (!chunk.is_empty()).then_some(Child::Chunk(chunk));
            answer
        })
    }

    /// Puts `voxel` at `pos`; what was there before comes back.
    ///
    /// Who sets many voxels takes a [`Volume::writer`].
    pub fn set(&mut self, pos: VoxelPos, voxel: Voxel) -> Voxel {
        if self.get(pos) == voxel {
            return voxel;
        }
        self.update_chunk(pos.chunk(), |chunk| chunk.set(pos.local(), voxel))
    }

    /// Sets many voxels, quickly where one is near the one before it.
    pub fn writer(&mut self) -> VolumeWriter<'_> {
        VolumeWriter::new(self)
    }

    /// Gets many voxels, quickly where one is near the one before it.
    pub fn reader(&self) -> VolumeReader<'_> {
        VolumeReader::new(self)
    }

    /// Puts `voxel` everywhere in `bounds`. Whole chunks become that value, whole nodes become
    /// nodes of such chunks that share one another.
    pub fn fill(&mut self, bounds: Bounds, voxel: Voxel) {
        node::fill(&mut self.root, LEVELS, 0, &bounds, &mut Uniform::new(voxel));
    }

    /// All chunks that are not empty, by [`ChunkPos`] order.
    pub fn chunks(&self) -> Chunks<'_> {
        self.chunks_from(None)
    }

    /// The chunks that come after `after` in [`ChunkPos`] order, to go on with a listing.
    pub fn chunks_from(&self, after: Option<ChunkPos>) -> Chunks<'_> {
        Chunks::new(self.root.as_ref(), Bounds::ALL, after)
    }

    /// The chunks that have voxels in `bounds`, by [`ChunkPos`] order.
    pub fn chunks_in(&self, bounds: Bounds) -> Chunks<'_> {
        self.chunks_in_from(bounds, None)
    }

    /// The chunks that have voxels in `bounds` and come after `after`.
    pub fn chunks_in_from(&self, bounds: Bounds, after: Option<ChunkPos>) -> Chunks<'_> {
        Chunks::new(self.root.as_ref(), bounds, after)
    }

    /// The smallest box around all solid voxels.
    pub fn bounds(&self) -> Option<Bounds> {
        let mut found = None;
        if let Some(root) = &self.root {
            node::extend_bounds(root, LEVELS, 0, &mut found);
        }
        found
    }

    /// How many voxels are solid. Nodes keep count, so this costs nothing.
    pub fn count(&self) -> u64 {
        self.root.as_ref().map_or(0, Child::count)
    }

    /// How many voxels in `bounds` are solid; nodes that lie inside wholly are not looked into.
    pub fn count_in(&self, bounds: &Bounds) -> u64 {
        self.root.as_ref().map_or(0, |root| node::count_in(root, LEVELS, 0, bounds))
    }

    /// Whether no voxel is solid.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Whether both are one tree in memory; then they are equal.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (Some(a), Some(b)) => a.ptr_eq(b),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// The chunks that differ, by [`ChunkPos`] order. What both volumes share is not looked at.
    pub fn diff<'a>(&'a self, other: &'a Self) -> Diff<'a> {
        Diff::new(self.root.as_ref(), other.root.as_ref())
    }

    /// About how many bytes on the heap the volume takes, whoever shares them. Costs nothing.
    pub fn bytes(&self) -> usize {
        usize::try_from(self.root.as_ref().map_or(0, Child::bytes)).unwrap_or(usize::MAX)
    }

    /// Takes a whole region out, to be put back with [`Volume::put_region`].
    fn take_region(&mut self, key: u64) -> Option<Arc<node::Node>> {
        node::update(&mut self.root, LEVELS, 1, key, Option::take).and_then(Child::into_node)
    }

    fn put_region(&mut self, key: u64, region: node::Node) {
        if !region.is_empty() {
            let region = Child::Node(Arc::new(region));
            node::update(&mut self.root, LEVELS, 1, key, |place| *place = Some(region));
        }
    }
}

impl PartialEq for Volume {
    fn eq(&self, other: &Self) -> bool {
        self.count() == other.count() && self.diff(other).next().is_none()
    }
}

impl Eq for Volume {}

impl std::fmt::Debug for Volume {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Volume({} voxels)", self.count())
    }
}

impl FromIterator<(ChunkPos, Chunk)> for Volume {
    fn from_iter<T: IntoIterator<Item = (ChunkPos, Chunk)>>(chunks: T) -> Self {
        let mut volume = Self::new();
        for (pos, chunk) in chunks {
            volume.set_chunk(pos, chunk);
        }
        volume
    }
}
