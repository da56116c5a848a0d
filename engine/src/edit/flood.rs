//! Flood fill, a chunk at a time: a set of bits grows inside the voxels that match until it cannot,
//! then its rim is handed to the chunks around.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::Connectivity;
use super::color::Near;
use super::draft::Draft;
use super::mask::{Mask, put};
use crate::chunk::Chunk;
use crate::coords::{Bounds, ChunkPos, VoxelPos};
use crate::error::EditFault;
use crate::volume::Volume;
use crate::voxel::Voxel;

impl Draft<'_> {
    pub(super) fn flood_fill(
        &mut self,
        layer: &str,
        start: VoxelPos,
        voxel: Voxel,
        tolerance: u8,
        connectivity: Connectivity,
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        self.check_material(voxel.slot())?;
        let volume = self.content.layers()[self.find(layer)?].volume.clone();
        let at_start = volume.get(start);
        let bounds = match (within, at_start.is_empty()) {
            (Some(bounds), _) => bounds,
            (None, false) => Bounds::ALL,
            (None, true) => return Err(EditFault::BoundsMissing),
        };
        if !bounds.contains(start) {
            return Err(EditFault::StartOutside);
        }
        let wanted = at_start.is_solid().then(|| Near { rgb: at_start.rgb(), tolerance });
        let found = self.flood(Flood::new(&volume, bounds, wanted, connectivity), start)?;
        drop(volume);
        let mut open = self.open(layer)?;
        for (done, (pos, mask)) in found.iter().enumerate() {
            if done % 16 == 0 {
                self.tick(done, found.len())?;
                self.check_bytes(&open)?;
            }
            put(&mut open.volume, *pos, mask, voxel);
        }
        self.close(open)
    }

    /// The connected voxels, by chunks.
    fn flood(
        &mut self,
        mut flood: Flood<'_>,
        start: VoxelPos,
    ) -> Result<Vec<(ChunkPos, Mask)>, EditFault> {
        let max = self.limits.flood_voxels_max;
        let mut seed = Mask::NONE;
        seed.add_row(start.y(), start.z(), start.x() & 15, start.x() & 15);
        flood.seed(start.chunk(), &seed);
        let (mut voxels, mut steps) = (0, 0);
        while let Some(pos) = flood.queue.pop_front() {
            if steps % 64 == 0 {
                self.tick(flood.cells.len() - flood.queue.len(), flood.cells.len())?;
            }
            steps += 1;
            let more = flood.grow(pos);
            voxels += more;
            if voxels > max {
                return Err(EditFault::TooManyVoxels { count: voxels, max });
            }
            self.charge(more)?;
        }
        let mut found: Vec<_> = flood.cells.into_iter().map(|(p, cell)| (p, cell.found)).collect();
        found.retain(|(_, mask)| !mask.is_none());
        found.sort_unstable_by_key(|(pos, _)| *pos);
        Ok(found)
    }
}

struct Flood<'a> {
    volume: &'a Volume,
    bounds: Bounds,
    /// The colour to follow, or emptiness.
    wanted: Option<Near>,
    connectivity: Connectivity,
    cells: FxHashMap<ChunkPos, Box<Cell>>,
    queue: VecDeque<ChunkPos>,
}

/// What is known about a chunk.
struct Cell {
    /// Voxels that match and were not reached.
    open: Mask,
    /// Voxels that were reached.
    found: Mask,
    /// Voxels that were reached from a neighbour since it was looked at last.
    seeds: Mask,
    queued: bool,
}

impl<'a> Flood<'a> {
    fn new(
        volume: &'a Volume,
        bounds: Bounds,
        wanted: Option<Near>,
        connectivity: Connectivity,
    ) -> Self {
        let (cells, queue) = (FxHashMap::default(), VecDeque::new());
        Self { volume, bounds, wanted, connectivity, cells, queue }
    }

    /// The voxels of a chunk that match, within the bounds.
    fn matching(&self, pos: ChunkPos) -> Mask {
        let bounds = Mask::within(&self.bounds, pos);
        let chunk = self.volume.chunk(pos).unwrap_or(&Chunk::EMPTY);
        let Some(near) = self.wanted else {
            return Mask(chunk.occupancy()).not().and(&bounds);
        };
        let Some(voxels) = chunk.as_dense() else {
            return if chunk.as_uniform().is_some_and(|v| near.has(v)) {
                bounds
            } else {
                Mask::NONE
            };
        };
        let mut mask = Mask::NONE;
        for (row, cells) in mask.0.iter_mut().zip(voxels.as_chunks::<16>().0) {
            for (x, voxel) in cells.iter().enumerate() {
                *row |= u16::from(near.has(*voxel)) << x;
            }
        }
        mask.and(&bounds)
    }

    /// Marks voxels as reached from outside the chunk, if they match.
    fn seed(&mut self, pos: ChunkPos, seeds: &Mask) {
        if !self.cells.contains_key(&pos) {
            let open = self.matching(pos);
            let cell = Cell { open, found: Mask::NONE, seeds: Mask::NONE, queued: false };
            self.cells.insert(pos, Box::new(cell));
        }
        let Entry::Occupied(mut cell) = self.cells.entry(pos) else { return };
        let cell = cell.get_mut();
        for ((seed, new), open) in cell.seeds.0.iter_mut().zip(seeds.0).zip(cell.open.0) {
            *seed |= new & open;
        }
        if !cell.queued && !cell.seeds.is_none() {
            cell.queued = true;
            self.queue.push_back(pos);
        }
    }

    /// Follows the seeds of a chunk as far as they lead in it, and seeds the chunks around.
    fn grow(&mut self, pos: ChunkPos) -> u64 {
        let Some(cell) = self.cells.get_mut(&pos) else { return 0 };
        cell.queued = false;
        let seeds = std::mem::replace(&mut cell.seeds, Mask::NONE).and(&cell.open);
        let open = Grid::of(&cell.open);
        let mut grown = Grid::of(&seeds);
        if cell.open.is_all() && !seeds.is_none() {
            grown = Grid::of(&Mask::ALL);
        }
        let rim = loop {
            let wider = grown.dilated(self.connectivity);
            let next = wider.and(&open);
            if next == grown {
                break wider;
            }
            grown = next;
        };
        let reached = grown.inside();
        cell.open = std::mem::replace(&mut cell.open, Mask::NONE).and(&reached.clone().not());
        cell.found.0.iter_mut().zip(reached.0).for_each(|(row, new)| *row |= new);
        for (step, mask) in rim.outside() {
            let [x, y, z] = pos.to_array();
            let next = ChunkPos::new(x + step[0], y + step[1], z + step[2]).ok();
            let next = next.filter(|next| self.bounds.intersect(&next.bounds()).is_some());
            if let Some(next) = next {
                self.seed(next, &mask);
            }
        }
        reached.count()
    }
}

/// Voxels of a chunk and of the one-voxel rim around it: rows of 18 bits.
#[derive(Clone, PartialEq, Eq)]
struct Grid([[u32; 18]; 18]);

impl Grid {
    fn of(mask: &Mask) -> Self {
        let mut grid = Self([[0; 18]; 18]);
        for (row, bits) in mask.0.iter().enumerate() {
            grid.0[row / 16 + 1][row % 16 + 1] = u32::from(*bits) << 1;
        }
        grid
    }

    fn inside(&self) -> Mask {
        let mut mask = Mask::NONE;
        for (row, bits) in mask.0.iter_mut().enumerate() {
            *bits = (self.0[row / 16 + 1][row % 16 + 1] >> 1 & 0xffff) as u16;
        }
        mask
    }

    fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        let rows = both.0.iter_mut().flatten().zip(other.0.iter().flatten());
        rows.for_each(|(row, other)| *row &= other);
        both
    }

    /// These voxels and their neighbours.
    fn dilated(&self, connectivity: Connectivity) -> Self {
        let mut along_x = self.clone();
        along_x.0.iter_mut().flatten().for_each(|row| *row |= (*row << 1 | *row >> 1) & 0x3_ffff);
        match connectivity {
            Connectivity::Faces => {
                let mut wider = along_x;
                wider.add_along_y(self);
                wider.add_along_z(self);
                wider
            }
            Connectivity::Corners => {
                let mut along_y = along_x.clone();
                along_y.add_along_y(&along_x);
                let mut wider = along_y.clone();
                wider.add_along_z(&along_y);
                wider
            }
        }
    }

    fn add_along_y(&mut self, from: &Self) {
        for (slice, from) in self.0.iter_mut().zip(&from.0) {
            for y in 0..18 {
                let before = if y > 0 { from[y - 1] } else { 0 };
                slice[y] |= before | from.get(y + 1).copied().unwrap_or(0);
            }
        }
    }

    fn add_along_z(&mut self, from: &Self) {
        for z in 0..18 {
            for y in 0..18 {
                let before = if z > 0 { from.0[z - 1][y] } else { 0 };
                self.0[z][y] |= before | from.0.get(z + 1).map_or(0, |slice| slice[y]);
            }
        }
    }

    /// The rim, by the neighbour it lies in: the step to that chunk, and its voxels.
    fn outside(&self) -> Vec<([i32; 3], Mask)> {
        let mut parts: Vec<([i32; 3], Mask)> = Vec::new();
        for (z, slice) in (-1..).zip(&self.0) {
            for (y, bits) in (-1..).zip(slice).filter(|(_, bits)| **bits != 0) {
                let spans = [(-1, bits & 1, 15), (0, bits >> 1 & 0xffff, 0), (1, bits >> 17, 0)];
                for (step, span, shift) in spans.into_iter().filter(|(_, span, _)| *span != 0) {
                    let step = [step, y >> 4, z >> 4];
                    if step == [0; 3] {
                        continue;
                    }
                    let found = parts.iter().position(|(known, _)| *known == step);
                    let place = found.unwrap_or_else(|| {
                        parts.push((step, Mask::NONE));
                        parts.len() - 1
                    });
                    let row: i32 = (y & 15) | (z & 15) << 4;
                    parts[place].1.0[row as usize] |= (span << shift) as u16;
                }
            }
        }
        parts
    }
}
