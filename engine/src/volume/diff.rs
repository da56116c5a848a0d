//! Finding the chunks in which two volumes differ.

use super::node::{self, Child, LEVELS};
use crate::coords::ChunkPos;

/// The chunks that differ between two volumes, by [`ChunkPos`] order.
pub struct Diff<'a> {
    /// Pairs still to compare, the next one last.
    pairs: Vec<Pair<'a>>,
}

struct Pair<'a> {
    left: Option<&'a Child>,
    right: Option<&'a Child>,
    level: u32,
    key: u64,
}

impl<'a> Diff<'a> {
    pub(super) fn new(left: Option<&'a Child>, right: Option<&'a Child>) -> Self {
        let mut diff = Self { pairs: Vec::new() };
        diff.push(Pair { left, right, level: LEVELS, key: 0 });
        diff
    }

    fn push(&mut self, pair: Pair<'a>) {
        let same = match (pair.left, pair.right) {
            (Some(left), Some(right)) => left.ptr_eq(right),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !same {
            self.pairs.push(pair);
        }
    }
}

impl Iterator for Diff<'_> {
    type Item = ChunkPos;

    fn next(&mut self) -> Option<ChunkPos> {
        while let Some(Pair { left, right, level, key }) = self.pairs.pop() {
            if level == 0 {
                if left.and_then(Child::as_chunk) != right.and_then(Child::as_chunk) {
                    return Some(ChunkPos::of_key(key));
                }
                continue;
            }
            let (left, right) = (left.and_then(Child::as_node), right.and_then(Child::as_node));
            let mask = left.map_or(0, node::Node::mask) | right.map_or(0, node::Node::mask);
            // The last first, because the next pair is taken from the end.
            for slot in node::slots(mask.reverse_bits()).map(|bit| 63 - bit) {
                self.push(Pair {
                    left: left.and_then(|node| node.child(slot)),
                    right: right.and_then(|node| node.child(slot)),
                    level: level - 1,
                    key: key | u64::from(slot) << (6 * (level - 1)),
                });
            }
        }
        None
    }
}
