//! Listing and counting the voxels of a box or of a colour.

use super::{Meter, View, rows_in};
use crate::chunk::Chunk;
use crate::coords::{Bounds, ChunkPos, LocalPos, VoxelPos};
use crate::progress::{Cancelled, Progress};
use crate::voxel::{MaterialSlot, Voxel};

/// Colours near one colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ColorRange {
    /// The colour in the middle.
    pub rgb: [u8; 3],
    /// How far each of red, green and blue may differ.
    pub tolerance: [u8; 3],
}

impl ColorRange {
    /// Whether a colour is near enough.
    pub fn contains(&self, rgb: [u8; 3]) -> bool {
        (0..3).all(|i| rgb[i].abs_diff(self.rgb[i]) <= self.tolerance[i])
    }
}

/// Which solid voxels are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Select {
    /// Only in this box.
    pub bounds: Bounds,
    /// Only of these colours.
    pub color: Option<ColorRange>,
    /// Only of this material.
    pub slot: Option<MaterialSlot>,
}

impl Select {
    /// All solid voxels of a box.
    pub fn all_in(bounds: Bounds) -> Self {
        Self { bounds, color: None, slot: None }
    }

    /// Whether a voxel in the box is meant.
    pub fn matches(&self, voxel: Voxel) -> bool {
        voxel.is_solid()
            && self.color.is_none_or(|color| color.contains(voxel.rgb()))
            && self.slot.is_none_or(|slot| voxel.slot() == Some(slot))
    }

    fn takes_every_solid(&self) -> bool {
        self.color.is_none() && self.slot.is_none()
    }
}

/// The last voxel of a page: the next page begins after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Cursor {
    chunk: ChunkPos,
    local: LocalPos,
}

impl Cursor {
    /// 48 bits that stand for the cursor.
    pub fn key(self) -> u64 {
        self.chunk.key() << 12 | self.local.index() as u64
    }

    /// The cursor of a [`Cursor::key`]; `None` if `key` is none.
    pub fn from_key(key: u64) -> Option<Self> {
        let local = LocalPos::from_index((key & 0xfff) as u16)?;
        Some(Self { chunk: ChunkPos::from_key(key >> 12)?, local })
    }
}

/// Some of the voxels that were asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// The voxels, by [`ChunkPos`] order and within a chunk by rising z, y and x.
    pub voxels: Vec<(VoxelPos, Voxel)>,
    /// Where to go on; `None` on the last page.
    pub next: Option<Cursor>,
}

/// How many voxels were found, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// How many there are.
    pub count: u64,
    /// The smallest box around them.
    pub bounds: Option<Bounds>,
}

/// Lists up to `limit` of the voxels that come after `after`.
pub fn list(
    view: &View<'_>,
    select: &Select,
    after: Option<Cursor>,
    limit: usize,
    progress: &mut dyn Progress,
) -> Result<Page, Cancelled> {
    let mut page = Page::default();
    let mut meter = Meter::new(progress, view.chunk_estimate(&select.bounds));
    // The chunk of the cursor comes once more, for what lies after the cursor in it.
    let before = after.and_then(|cursor| cursor.chunk.key().checked_sub(1));
    let resumed = before.and_then(ChunkPos::from_key);
    for (pos, chunk) in view.chunks_in(select.bounds, resumed) {
        let rest = after.filter(|cursor| cursor.chunk == pos).map(|cursor| cursor.local);
        for (local, voxel) in matching(pos, &chunk, select) {
            if rest.is_some_and(|rest| local <= rest) {
                continue;
            }
            if page.voxels.len() >= limit {
                page.next = page
                    .voxels
                    .last()
                    .map(|(last, _)| Cursor { chunk: last.chunk(), local: last.local() });
                return Ok(page);
            }
            page.voxels.push((pos.voxel(local), voxel));
        }
        meter.chunk_done()?;
    }
    Ok(page)
}

/// Counts the voxels and finds the box around them.
pub fn find(
    view: &View<'_>,
    select: &Select,
    progress: &mut dyn Progress,
) -> Result<Found, Cancelled> {
    let mut found = Found::default();
    let mut meter = Meter::new(progress, view.chunk_estimate(&select.bounds));
    for (pos, chunk) in view.chunks_in(select.bounds, None) {
        let here = find_in(pos, &chunk, select);
        found.count += here.count;
        found.bounds = Bounds::union_all(found.bounds.into_iter().chain(here.bounds));
        meter.chunk_done()?;
    }
    Ok(found)
}

impl View<'_> {
    /// How many voxels in `bounds` are solid; one that is solid in several layers counts once.
    pub fn count_in(&self, bounds: Bounds, progress: &mut dyn Progress) -> Result<u64, Cancelled> {
        match self.count_quickly(&bounds) {
            Some(count) => Ok(count),
            None => Ok(find(self, &Select::all_in(bounds), progress)?.count),
        }
    }
}

fn find_in(pos: ChunkPos, chunk: &Chunk, select: &Select) -> Found {
    let whole = pos.bounds();
    let Some(part) = select.bounds.intersect(&whole) else { return Found::default() };
    if let Some(voxel) = chunk.as_uniform() {
        let found = Found { count: part.volume(), bounds: Some(part) };
        return if select.matches(voxel) { found } else { Found::default() };
    }
    if part == whole && select.takes_every_solid() {
        let bounds = chunk.local_bounds();
        let bounds = bounds.map(|(min, max)| Bounds::from_corners(pos.voxel(min), pos.voxel(max)));
        return Found { count: u64::from(chunk.count()), bounds };
    }
    let (mut count, mut min, mut max) = (0, [15; 3], [0; 3]);
    for (local, _) in matching(pos, chunk, select) {
        count += 1;
        for (axis, coord) in [local.x(), local.y(), local.z()].into_iter().enumerate() {
            min[axis] = coord.min(min[axis]);
            max[axis] = coord.max(max[axis]);
        }
    }
    let corner = |[x, y, z]: [i32; 3]| pos.voxel(LocalPos::new(x, y, z));
    let bounds = (count > 0).then(|| Bounds::from_corners(corner(min), corner(max)));
    Found { count, bounds }
}

/// The voxels of one chunk that are meant.
fn matching<'a>(
    pos: ChunkPos,
    chunk: &'a Chunk,
    select: &'a Select,
) -> impl Iterator<Item = (LocalPos, Voxel)> + 'a {
    let part = select.bounds.intersect(&pos.bounds());
    let rows = part.into_iter().flat_map(|part| rows_in(&part));
    rows.flatten()
        .filter_map(|index| LocalPos::from_index(u16::try_from(index).ok()?))
        .map(|local| (local, chunk.get(local)))
        .filter(|(_, voxel)| select.matches(*voxel))
}
