//! The nodes of a volume's tree and the walks that change them.

use crate::chunk::Chunk;
use crate::coords::{Bounds, ChunkPos, LocalPos};
use crate::voxel::Voxel;
use std::sync::Arc;

/// Levels of nodes above the chunks; a child of level 0 is a chunk, the root is of level 6.
pub(super) const LEVELS: u32 = 6;

/// Up to 4^3 children, of which only those that are not empty take room.
#[derive(Clone, Default)]
pub(super) struct Node {
    /// Bit x + 4 y + 16 z: whether there is such a child.
    mask: u64,
    /// Solid voxels below.
    count: u64,
    /// Bytes of all below, as if nothing was shared.
    bytes: u64,
    children: Vec<Child>,
}

/// What a node has in one place.
#[derive(Clone)]
pub(super) enum Child {
    /// A node one level further down.
    Node(Arc<Node>),
    /// A chunk with something in it.
    Chunk(Chunk),
}

impl Child {
    pub(super) fn as_node(&self) -> Option<&Node> {
        match self {
            Self::Node(node) => Some(node),
            Self::Chunk(_) => None,
        }
    }

    pub(super) fn as_chunk(&self) -> Option<&Chunk> {
        match self {
            Self::Node(_) => None,
            Self::Chunk(chunk) => Some(chunk),
        }
    }

    pub(super) fn into_node(self) -> Option<Arc<Node>> {
        match self {
            Self::Node(node) => Some(node),
            Self::Chunk(_) => None,
        }
    }

    pub(super) fn into_chunk(self) -> Option<Chunk> {
        match self {
            Self::Node(_) => None,
            Self::Chunk(chunk) => Some(chunk),
        }
    }

    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Node(node) => node.count,
            Self::Chunk(chunk) => u64::from(chunk.count()),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Node(node) => node.bytes + size_of::<Node>() as u64,
            Self::Chunk(chunk) => chunk.bytes() as u64,
        }
    }

    pub(super) fn ptr_eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Node(a), Self::Node(b)) => Arc::ptr_eq(a, b),
            (Self::Chunk(a), Self::Chunk(b)) => a.ptr_eq(b),
            (Self::Node(_), Self::Chunk(_)) | (Self::Chunk(_), Self::Node(_)) => false,
        }
    }
}

impl Node {
    pub(super) fn is_empty(&self) -> bool {
        self.mask == 0
    }

    pub(super) fn mask(&self) -> u64 {
        self.mask
    }

    #[inline]
    pub(super) fn child(&self, slot: u32) -> Option<&Child> {
        let bit = 1_u64 << slot;
        if self.mask & bit == 0 {
            return None;
        }
        self.children.get(self.rank(slot))
    }

    /// How many children come before the one in this slot.
    #[inline]
    fn rank(&self, slot: u32) -> usize {
        if self.mask == u64::MAX {
            return slot as usize;
        }
        (self.mask & ((1 << slot) - 1)).count_ones() as usize
    }

    /// The only way a child changes: takes it out, lets `change` replace it and keeps the sums.
    fn update<T>(&mut self, slot: u32, change: impl FnOnce(&mut Option<Child>) -> T) -> T {
        let bit = 1_u64 << slot;
        let rank = self.rank(slot);
        let present = self.mask & bit != 0;
        let mut child = present
            .then(|| std::mem::replace(&mut self.children[rank], Child::Chunk(Chunk::EMPTY)));
        if let Some(old) = &child {
            self.count -= old.count();
            self.bytes -= old.bytes();
        }
        let answer = change(&mut child);
        if let Some(new) = &child {
            self.count += new.count();
            self.bytes += new.bytes();
        }
        match (child, present) {
            (Some(new), true) => self.children[rank] = new,
            (Some(new), false) => {
                self.children.insert(rank, new);
                self.mask |= bit;
                self.bytes += size_of::<Child>() as u64;
            }
            (None, true) => {
                self.children.remove(rank);
                self.mask &= !bit;
                self.bytes -= size_of::<Child>() as u64;
            }
            (None, false) => {}
        }
        answer
    }

    /// A region of these chunks, the empty ones left out.
    pub(super) fn region(chunks: impl Iterator<Item = (u32, Chunk)>) -> Self {
        let mut region = Self::default();
        for (slot, chunk) in chunks.filter(|(_, chunk)| !chunk.is_empty()) {
            region.update(slot, |child| *child = Some(Child::Chunk(chunk)));
        }
        region
    }

    /// The chunks of a region, moved out if nobody shares it.
    pub(super) fn into_chunks(region: Arc<Self>) -> impl Iterator<Item = (u32, Chunk)> {
        let region = Arc::unwrap_or_clone(region);
        slots(region.mask)
            .zip(region.children)
            .filter_map(|(slot, child)| Some((slot, child.into_chunk()?)))
    }
}

/// The set bits of a mask, lowest first.
pub(super) fn slots(mut mask: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let slot = (mask != 0).then(|| mask.trailing_zeros())?;
        mask &= mask - 1;
        Some(slot)
    })
}

/// Which child of a node of `level` leads to the chunk with this key.
#[inline]
pub(super) fn slot(key: u64, level: u32) -> u32 {
    (key >> (6 * (level - 1)) & 63) as u32
}

/// Changes the child of level `target` on the way to the chunk with this key; nodes on the way that
/// others share are copied, nodes that are missing are made, nodes that become empty are dropped.
pub(super) fn update<T>(
    child: &mut Option<Child>,
    level: u32,
    target: u32,
    key: u64,
    change: impl FnOnce(&mut Option<Child>) -> T,
) -> T {
    if level == target {
        return change(child);
    }
    let mut node = child.take().and_then(Child::into_node).unwrap_or_default();
    let answer = Arc::make_mut(&mut node)
        .update(slot(key, level), |child| update(child, level - 1, target, key, change));
    *child = (!node.is_empty()).then_some(Child::Node(node));
    answer
}

/// All voxels below the child of `level` that starts at the chunk with this key.
pub(super) fn child_bounds(level: u32, key: u64) -> Bounds {
    let last_key = key + ((1 << (6 * level)) - 1);
    Bounds::from_corners(
        ChunkPos::of_key(key).origin(),
        ChunkPos::of_key(last_key).voxel(LocalPos::LAST),
    )
}

/// Which children of a node of `level` that starts at the chunk with this key touch `bounds`.
pub(super) fn slots_touching(level: u32, key: u64, bounds: &Bounds) -> u64 {
    let origin = ChunkPos::of_key(key).to_array();
    let (min, max) = bounds.chunk_corners();
    let shift = 2 * (level - 1);
    let mut mask = 1;
    for axis in 0..3 {
        let (low, high) =
            ((min[axis] - origin[axis]) >> shift, (max[axis] - origin[axis]) >> shift);
        // Bits that lie 1, 4 or 16 apart multiply to the bits of a box.
        mask *= (low.max(0)..=high.min(3)).map(|i| 1_u64 << (i << (2 * axis))).sum::<u64>();
    }
    mask
}

/// Children of one value, made when first asked for: a node of them is 64 times the same child.
pub(super) struct Uniform {
    voxel: Voxel,
    made: Vec<Child>,
}

impl Uniform {
    pub(super) fn new(voxel: Voxel) -> Self {
        Self { voxel, made: Vec::new() }
    }

    fn child(&mut self, level: u32) -> Option<Child> {
        if self.voxel.is_empty() {
            return None;
        }
        while self.made.len() <= level as usize {
            let next = match self.made.last() {
                None => Child::Chunk(Chunk::uniform(self.voxel)),
                Some(child) => Child::Node(Arc::new(Node {
                    mask: u64::MAX,
                    count: 64 * child.count(),
                    bytes: 64 * (child.bytes() + size_of::<Child>() as u64),
                    children: vec![child.clone(); 64],
                })),
            };
            self.made.push(next);
        }
        self.made.get(level as usize).cloned()
    }
}

/// Fills the part of `bounds` that lies below this child.
pub(super) fn fill(
    child: &mut Option<Child>,
    level: u32,
    key: u64,
    bounds: &Bounds,
    value: &mut Uniform,
) {
    if child.is_none() && value.voxel.is_empty() {
        return;
    }
    let whole = child_bounds(level, key);
    if bounds.encloses(&whole) {
        *child = value.child(level);
        return;
    }
    let Some(part) = bounds.intersect(&whole) else { return };
    if level == 0 {
        let mut chunk = child.take().and_then(Child::into_chunk).unwrap_or_default();
        chunk.fill_local_box(part.min().local(), part.max().local(), value.voxel);
        *child = (!chunk.is_empty()).then_some(Child::Chunk(chunk));
        return;
    }
    let mut node = child.take().and_then(Child::into_node).unwrap_or_default();
    let data = Arc::make_mut(&mut node);
    for slot in slots(slots_touching(level, key, &part)) {
        let below = key | u64::from(slot) << (6 * (level - 1));
        data.update(slot, |child| fill(child, level - 1, below, bounds, value));
    }
    *child = (!node.is_empty()).then_some(Child::Node(node));
}

/// Makes `found` large enough for all below this child. The last and the first child go first: they
/// are the outermost, and what lies inside of what was found is not looked at.
pub(super) fn extend_bounds(child: &Child, level: u32, key: u64, found: &mut Option<Bounds>) {
    if found.is_some_and(|found| found.encloses(&child_bounds(level, key))) {
        return;
    }
    match child {
        Child::Chunk(chunk) => {
            let Some((min, max)) = chunk.local_bounds() else { return };
            let pos = ChunkPos::of_key(key);
            let here = Bounds::from_corners(pos.voxel(min), pos.voxel(max));
            *found = Some(found.map_or(here, |found| found.union(&here)));
        }
        Child::Node(node) => {
            let last = 63 - node.mask.leading_zeros();
            for slot in std::iter::once(last).chain(slots(node.mask)) {
                let below = key | u64::from(slot) << (6 * (level - 1));
                if let Some(child) = node.child(slot) {
                    extend_bounds(child, level - 1, below, found);
                }
            }
        }
    }
}

/// How many voxels below this child are solid and lie in `bounds`.
pub(super) fn count_in(child: &Child, level: u32, key: u64, bounds: &Bounds) -> u64 {
    let whole = child_bounds(level, key);
    let Some(part) = bounds.intersect(&whole) else { return 0 };
    if part == whole {
        return child.count();
    }
    match child {
        Child::Chunk(chunk) => u64::from(chunk.count_in(part.min().local(), part.max().local())),
        Child::Node(node) => slots(node.mask & slots_touching(level, key, &part))
            .filter_map(|slot| {
                let below = key | u64::from(slot) << (6 * (level - 1));
                Some(count_in(node.child(slot)?, level - 1, below, bounds))
            })
            .sum(),
    }
}
