//! Moving, mirroring and turning voxels.
//!
//! All three are one [`Motion`]. The result is gathered a chunk at a time: along each axis the
//! sources of a chunk's 16 columns lie in at most two chunks, so a chunk is made of at most eight
//! boxes copied from one chunk each.

use super::draft::{Draft, checked_bounds};
use super::mask::{Mask, update_from};
use super::{Original, Turn};
use crate::chunk::Chunk;
use crate::coords::{Axis, Bounds, CHUNK_VOXELS, ChunkPos};
use crate::error::EditFault;
use crate::volume::Volume;
use crate::voxel::Voxel;

/// Where a voxel comes from: on the axis `from[a]`, at `sign[a] * p[a] + offset[a]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    from: [usize; 3],
    sign: [i64; 3],
    offset: [i64; 3],
}

impl Motion {
    pub(super) fn shift(offset: [i32; 3]) -> Self {
        let offset = offset.map(|coord| -i64::from(coord));
        Self { from: [0, 1, 2], sign: [1; 3], offset }
    }

    fn mirror(axis: Axis, plane_doubled: i32) -> Self {
        let mut motion = Self::shift([0; 3]);
        motion.sign[axis.index()] = -1;
        motion.offset[axis.index()] = i64::from(plane_doubled);
        motion
    }

    /// `None` if voxels would end up between cells.
    fn rotate(axis: Axis, turn: Turn, centre_doubled: [i32; 3]) -> Option<Self> {
        let mut motion = Self::shift([0; 3]);
        let (i, j) = ((axis.index() + 1) % 3, (axis.index() + 2) % 3);
        let [ci, cj] = [i, j].map(|axis| i64::from(centre_doubled[axis]));
        let on_grid = (ci + cj) % 2 == 0;
        let (sum, difference) = ((ci + cj) / 2, (ci - cj) / 2);
        match turn {
            Turn::Half => {
                (motion.sign[i], motion.sign[j]) = (-1, -1);
                (motion.offset[i], motion.offset[j]) = (ci, cj);
            }
            Turn::Quarter => {
                (motion.from[i], motion.from[j]) = (j, i);
                (motion.sign[i], motion.sign[j]) = (-1, 1);
                (motion.offset[i], motion.offset[j]) = (sum, difference);
            }
            Turn::ThreeQuarters => {
                (motion.from[i], motion.from[j]) = (j, i);
                (motion.sign[i], motion.sign[j]) = (1, -1);
                (motion.offset[i], motion.offset[j]) = (-difference, sum);
            }
        }
        (on_grid || turn == Turn::Half).then_some(motion)
    }

    /// Where a box ends up, as two opposite corners.
    fn image(&self, bounds: &Bounds) -> [[i64; 3]; 2] {
        [bounds.min(), bounds.max()].map(|corner| {
            let corner = corner.to_array();
            let place = |axis: usize| {
                self.sign[axis] * (i64::from(corner[self.from[axis]]) - self.offset[axis])
            };
            std::array::from_fn(place)
        })
    }

    /// The chunk at `pos` afterwards.
    fn gather(&self, source: &Volume, pos: ChunkPos) -> Chunk {
        let origin = pos.origin().to_array();
        let columns: [Columns; 3] = std::array::from_fn(|axis| self.columns(axis, origin[axis]));
        let parts = columns.each_ref().map(Columns::parts);
        let mut boxes: Vec<([Part; 3], &Chunk)> = Vec::with_capacity(8);
        for z in parts[2].into_iter().flatten() {
            for y in parts[1].into_iter().flatten() {
                for x in parts[0].into_iter().flatten() {
                    let mut chunk = [0; 3];
                    [x, y, z]
                        .iter()
                        .zip(self.from)
                        .for_each(|(part, axis)| chunk[axis] = part.chunk);
                    let [x_chunk, y_chunk, z_chunk] = chunk;
                    let place = ChunkPos::new(x_chunk, y_chunk, z_chunk).ok();
                    if let Some(chunk) = place.and_then(|place| source.chunk(place)) {
                        boxes.push(([x, y, z], chunk));
                    }
                }
            }
        }
        let whole = boxes.iter().map(|([x, y, z], _)| x.len() * y.len() * z.len()).sum::<usize>();
        match &boxes[..] {
            [] => return Chunk::EMPTY,
            [(_, chunk)] if whole == CHUNK_VOXELS && self.keeps_order() => return (*chunk).clone(),
            [(_, first), rest @ ..]
                if whole == CHUNK_VOXELS
                    && first.as_uniform().is_some()
                    && rest.iter().all(|(_, chunk)| chunk.ptr_eq(first)) =>
            {
                return (*first).clone();
            }
            _ => {}
        }
        let mut voxels = [Voxel::EMPTY; CHUNK_VOXELS];
        for (parts, chunk) in boxes {
            copy(&columns, &parts, chunk, &mut voxels);
        }
        Chunk::from_voxels(&voxels)
    }

    fn keeps_order(&self) -> bool {
        self.from == [0, 1, 2] && self.sign == [1; 3]
    }

    /// Where the 16 columns of a chunk along an axis come from.
    fn columns(&self, axis: usize, origin: i32) -> Columns {
        let stride = [1, 16, 256][self.from[axis]];
        let sources: [i64; 16] = std::array::from_fn(|column| {
            self.sign[axis] * (i64::from(origin) + column as i64) + self.offset[axis]
        });
        // Far outside is as empty as just outside, where no chunk is.
        let far = i64::from(i32::MAX);
        Columns {
            chunk: sources.map(|source| (source >> 4).clamp(-far, far) as i32),
            index: sources.map(|source| (source & 15) as usize * stride),
        }
    }
}

/// For each of 16 columns, the chunk it comes from and its share of the index there.
struct Columns {
    chunk: [i32; 16],
    index: [usize; 16],
}

/// Columns that come from the same chunk.
#[derive(Clone, Copy)]
struct Part {
    chunk: i32,
    from: usize,
    to: usize,
}

impl Part {
    fn len(&self) -> usize {
        self.to - self.from
    }
}

impl Columns {
    fn parts(&self) -> [Option<Part>; 2] {
        let first = self.chunk[0];
        let to = self.chunk.iter().take_while(|chunk| **chunk == first).count();
        let rest = self.chunk.get(to).map(|chunk| Part { chunk: *chunk, from: to, to: 16 });
        [Some(Part { chunk: first, from: 0, to }), rest]
    }
}

fn copy(columns: &[Columns; 3], parts: &[Part; 3], chunk: &Chunk, to: &mut [Voxel; CHUNK_VOXELS]) {
    let [x, y, z] = parts;
    for z in z.from..z.to {
        for y in y.from..y.to {
            let row = columns[2].index[z] + columns[1].index[y];
            let cells = &mut to[z * 256 + y * 16..][x.from..x.to];
            match (chunk.as_uniform(), chunk.as_dense()) {
                (Some(value), _) => cells.fill(value),
                (None, Some(voxels)) => {
                    for (cell, column) in cells.iter_mut().zip(&columns[0].index[x.from..x.to]) {
                        *cell = voxels[(row + column) & (CHUNK_VOXELS - 1)];
                    }
                }
                (None, None) => {}
            }
        }
    }
}

/// What lies inside of `bounds`, and the rest. Whole chunks stay shared.
pub(super) fn split(volume: &Volume, bounds: Option<Bounds>) -> (Volume, Volume) {
    let Some(bounds) = bounds else { return (volume.clone(), Volume::default()) };
    let mut outside = volume.clone();
    outside.fill(bounds, Voxel::EMPTY);
    let mut inside = Volume::default();
    for (pos, chunk) in volume.chunks_in(bounds) {
        let mask = Mask::within(&bounds, pos);
        if mask.is_all() {
            inside.set_chunk(pos, chunk.clone());
        } else {
            update_from(&mut inside, pos, &mask, chunk, |_, voxel| voxel);
        }
    }
    (inside, outside)
}

/// Puts the voxels of `above` over those of `volume`.
pub(super) fn overlay(volume: &mut Volume, above: Volume) {
    if volume.is_empty() {
        *volume = above;
        return;
    }
    for (pos, chunk) in above.chunks() {
        if chunk.count() as usize == CHUNK_VOXELS || volume.chunk(pos).is_none() {
            volume.set_chunk(pos, chunk.clone());
        } else {
            update_from(volume, pos, &Mask(chunk.occupancy()), chunk, |_, voxel| voxel);
        }
    }
}

impl Draft<'_> {
    pub(super) fn shift(
        &mut self,
        layer: &str,
        offset: [i32; 3],
        original: Original,
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        self.set_in_motion(layer, &Motion::shift(offset), original, within)
    }

    pub(super) fn mirror(
        &mut self,
        layer: &str,
        axis: Axis,
        plane_doubled: i32,
        original: Original,
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        self.set_in_motion(layer, &Motion::mirror(axis, plane_doubled), original, within)
    }

    pub(super) fn rotate(
        &mut self,
        layer: &str,
        axis: Axis,
        turn: Turn,
        centre_doubled: [i32; 3],
        original: Original,
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        let motion = Motion::rotate(axis, turn, centre_doubled).ok_or(EditFault::CentreOffGrid)?;
        self.set_in_motion(layer, &motion, original, within)
    }

    fn set_in_motion(
        &mut self,
        layer: &str,
        motion: &Motion,
        original: Original,
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        let volume = &self.content.layers()[self.find(layer)?].volume;
        let (inside, outside) = split(volume, within);
        self.charge(inside.count())?;
        let moved = self.moved(&inside, motion)?;
        let mut open = self.open(layer)?;
        if original == Original::Cut {
            open.volume = outside;
        }
        overlay(&mut open.volume, moved);
        self.close(open)
    }

    /// A volume after a motion.
    pub(super) fn moved(&mut self, volume: &Volume, motion: &Motion) -> Result<Volume, EditFault> {
        let mut moved = Volume::default();
        let Some(bounds) = volume.bounds() else { return Ok(moved) };
        let [a, b] = motion.image(&bounds);
        checked_bounds(a, b)?;
        let mut targets: Vec<ChunkPos> = Vec::new();
        for (pos, _) in volume.chunks() {
            // Of the chunk only the part within range counts, and all of that part is moved there.
            let Some(part) = pos.bounds().intersect(&bounds) else { continue };
            let [a, b] = motion.image(&part);
            targets.extend(checked_bounds(a, b)?.chunks());
        }
        targets.sort_unstable();
        targets.dedup();
        for (done, pos) in targets.iter().enumerate() {
            if done % 64 == 0 {
                self.tick(done, targets.len())?;
            }
            moved.set_chunk(*pos, motion.gather(volume, *pos));
        }
        Ok(moved)
    }
}
