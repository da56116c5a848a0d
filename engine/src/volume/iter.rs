//! Listing the chunks of a volume.

use super::node::{self, Child, LEVELS, Node};
use crate::chunk::Chunk;
use crate::coords::{Bounds, ChunkPos};

/// The chunks of a volume that are not empty, by [`ChunkPos`] order.
pub struct Chunks<'a> {
    /// The nodes on the way to the next chunk, the root first.
    path: Vec<Frame<'a>>,
    bounds: Bounds,
}

struct Frame<'a> {
    node: &'a Node,
    /// The children still to visit.
    mask: u64,
    level: u32,
    /// The key of the first chunk below.
    key: u64,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(root: Option<&'a Child>, bounds: Bounds, after: Option<ChunkPos>) -> Self {
        let mut chunks = Self { path: Vec::with_capacity(LEVELS as usize), bounds };
        if let Some(root) = root.and_then(Child::as_node) {
            chunks.enter(root, LEVELS, 0);
            if let Some(after) = after {
                chunks.skip_to(after.key());
            }
        }
        chunks
    }

    fn enter(&mut self, node: &'a Node, level: u32, key: u64) {
        let mask = node.mask() & node::slots_touching(level, key, &self.bounds);
        self.path.push(Frame { node, mask, level, key });
    }

    /// Leaves out all chunks up to the one with this key, and that one.
    fn skip_to(&mut self, key: u64) {
        while let Some(frame) = self.path.last_mut() {
            let slot = node::slot(key, frame.level);
            let wanted = frame.mask >> slot & 1 != 0;
            frame.mask &= !1 << slot;
            let (level, below) =
                (frame.level - 1, key >> (6 * (frame.level - 1)) << (6 * (frame.level - 1)));
            match frame.node.child(slot) {
                Some(Child::Node(node)) if wanted => self.enter(node, level, below),
                Some(_) | None => break,
            }
        }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = (ChunkPos, &'a Chunk);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let frame = self.path.last_mut()?;
            let Some(slot) = node::slots(frame.mask).next() else {
                self.path.pop();
                continue;
            };
            frame.mask &= frame.mask - 1;
            let key = frame.key | u64::from(slot) << (6 * (frame.level - 1));
            let level = frame.level - 1;
            match frame.node.child(slot) {
                Some(Child::Chunk(chunk)) => return Some((ChunkPos::of_key(key), chunk)),
                Some(Child::Node(node)) => self.enter(node, level, key),
                None => {}
            }
        }
    }
}
