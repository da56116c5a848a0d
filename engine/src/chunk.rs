//! A cube of 16^3 voxels that is cheap to clone and shared until it is changed.

use crate::coords::{CHUNK_VOXELS, LocalPos};
use crate::voxel::Voxel;
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// 16^3 voxels: one value for all of them, or a shared array. A chunk whose voxels are all equal is
/// always of the first kind, so that it costs nothing and `==` is quick.
#[derive(Clone)]
pub struct Chunk(Repr);

#[derive(Clone)]
enum Repr {
    Uniform(Voxel),
    Dense(Arc<Dense>),
}

/// The voxels of a chunk with more than one value, in the order of [`LocalPos::index`].
#[derive(Clone)]
pub(crate) struct Dense {
    voxels: [Voxel; CHUNK_VOXELS],
    solid: u32,
}

impl Dense {
    /// A chunk opened for writing may for a while hold what would normally be uniform.
    pub(crate) fn filled(voxel: Voxel) -> Arc<Self> {
        let solid = if voxel.is_solid() { CHUNK_VOXELS as u32 } else { 0 };
        Arc::new(Self { voxels: [voxel; CHUNK_VOXELS], solid })
    }

    /// A copy of these voxels.
    fn copied(voxels: &[Voxel; CHUNK_VOXELS]) -> Arc<Self> {
        Arc::new(Self { voxels: *voxels, solid: count_solid(voxels) })
    }

    #[inline]
    pub(crate) fn voxels(&self) -> &[Voxel; CHUNK_VOXELS] {
        &self.voxels
    }

    /// The array itself; who changes it owes a [`Dense::recount`].
    #[inline]
    pub(crate) fn voxels_mut(&mut self) -> &mut [Voxel; CHUNK_VOXELS] {
        &mut self.voxels
    }

    pub(crate) fn recount(&mut self) {
        self.solid = count_solid(&self.voxels);
    }

    fn as_uniform(&self) -> Option<Voxel> {
        match self.solid {
            0 => Some(Voxel::EMPTY),
            count if count as usize == CHUNK_VOXELS => uniform_value(&self.voxels),
            _ => None,
        }
    }
}

fn count_solid(voxels: &[Voxel; CHUNK_VOXELS]) -> u32 {
    voxels.iter().map(|voxel| u32::from(voxel.is_solid())).sum()
}

/// The value of all voxels. The three looked at first tell nearly every mixed chunk apart.
fn uniform_value(voxels: &[Voxel; CHUNK_VOXELS]) -> Option<Voxel> {
    let value = voxels[0];
    let looks_uniform = voxels[CHUNK_VOXELS - 1] == value && voxels[CHUNK_VOXELS / 2] == value;
    let differs =
        |row: &[Voxel]| row.iter().fold(0, |seen, v| seen | (v.bits() ^ value.bits())) != 0;
    (looks_uniform && !voxels.chunks_exact(256).any(differs)).then_some(value)
}

impl Chunk {
    /// The chunk with nothing in it.
    pub const EMPTY: Self = Self(Repr::Uniform(Voxel::EMPTY));

    /// A chunk whose voxels are all `voxel`.
    pub fn uniform(voxel: Voxel) -> Self {
        Self(Repr::Uniform(voxel))
    }

    /// A chunk of these voxels, in the order of [`LocalPos::index`].
    pub fn from_voxels(voxels: &[Voxel; CHUNK_VOXELS]) -> Self {
        match uniform_value(voxels) {
            Some(value) => Self::uniform(value),
            None => Self(Repr::Dense(Dense::copied(voxels))),
        }
    }

    /// The voxel at `pos`.
    #[inline]
    pub fn get(&self, pos: LocalPos) -> Voxel {
        match &self.0 {
            Repr::Uniform(value) => *value,
            Repr::Dense(dense) => dense.voxels[pos.index()],
        }
    }

    /// Puts `voxel` at `pos`; what was there before comes back.
    pub fn set(&mut self, pos: LocalPos, voxel: Voxel) -> Voxel {
        let old = self.get(pos);
        if old != voxel {
            self.update(
                |voxels| voxels[pos.index()] = voxel,
                |solid| solid + u32::from(voxel.is_solid()) - u32::from(old.is_solid()),
            );
        }
        old
    }

    /// Puts `voxel` everywhere from `min` to `max`, both included. Nothing happens if `min` is
    /// beyond `max` on some axis.
    pub fn fill_local_box(&mut self, min: LocalPos, max: LocalPos, voxel: Voxel) {
        if min == LocalPos::FIRST && max == LocalPos::LAST {
            *self = Self::uniform(voxel);
            return;
        }
        if self.as_uniform() == Some(voxel) || min.x() > max.x() {
            return;
        }
        self.edit(|voxels| {
            for z in min.z()..=max.z() {
                for y in min.y()..=max.y() {
                    let row = LocalPos::new(0, y, z).index();
                    voxels[row + min.x() as usize..=row + max.x() as usize].fill(voxel);
                }
            }
        });
    }

    /// Changes many voxels at once: `change` gets the array in the order of [`LocalPos::index`].
    pub fn edit(&mut self, change: impl FnOnce(&mut [Voxel; CHUNK_VOXELS])) {
        let mut dense = self.take_dense();
        let data = Arc::make_mut(&mut dense);
        change(&mut data.voxels);
        data.solid = count_solid(&data.voxels);
        *self = Self::from_dense(dense);
    }

    /// Empties the places where `cover` has something.
    pub(crate) fn remove(&mut self, cover: &Self) {
        match cover.as_dense() {
            None if cover.is_empty() => {}
            None => *self = Self::EMPTY,
            Some(cover) => self.edit(|voxels| {
                for (voxel, _) in voxels.iter_mut().zip(cover).filter(|(_, cover)| cover.is_solid())
                {
                    *voxel = Voxel::EMPTY;
                }
            }),
        }
    }

    fn update(
        &mut self,
        change: impl FnOnce(&mut [Voxel; CHUNK_VOXELS]),
        recount: impl FnOnce(u32) -> u32,
    ) {
        let mut dense = self.take_dense();
        let data = Arc::make_mut(&mut dense);
        change(&mut data.voxels);
        data.solid = recount(data.solid);
        *self = Self::from_dense(dense);
    }

    /// The voxels out of this chunk, which is left empty.
    pub(crate) fn take_dense(&mut self) -> Arc<Dense> {
        match std::mem::replace(&mut self.0, Repr::Uniform(Voxel::EMPTY)) {
            Repr::Uniform(value) => Dense::filled(value),
            Repr::Dense(dense) => dense,
        }
    }

    /// The chunk of these voxels, uniform if they are.
    pub(crate) fn from_dense(dense: Arc<Dense>) -> Self {
        match dense.as_uniform() {
            Some(value) => Self::uniform(value),
            None => Self(Repr::Dense(dense)),
        }
    }

    /// How many voxels are solid.
    #[inline]
    pub fn count(&self) -> u32 {
        match &self.0 {
            Repr::Uniform(value) if value.is_empty() => 0,
            Repr::Uniform(_) => CHUNK_VOXELS as u32,
            Repr::Dense(dense) => dense.solid,
        }
    }

    /// Whether no voxel is solid.
    #[inline]
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Repr::Uniform(Voxel::EMPTY))
    }

    /// The one value of all voxels; `None` if there are several.
    #[inline]
    pub fn as_uniform(&self) -> Option<Voxel> {
        match &self.0 {
            Repr::Uniform(value) => Some(*value),
            Repr::Dense(_) => None,
        }
    }

    /// The array of voxels; `None` if all are equal.
    #[inline]
    pub fn as_dense(&self) -> Option<&[Voxel; CHUNK_VOXELS]> {
        match &self.0 {
            Repr::Uniform(_) => None,
            Repr::Dense(dense) => Some(&dense.voxels),
        }
    }

    /// The values that there are: the array of voxels, or the one value of all.
    pub(crate) fn cells(&self) -> &[Voxel] {
        match &self.0 {
            Repr::Uniform(value) => std::slice::from_ref(value),
            Repr::Dense(dense) => &dense.voxels,
        }
    }

    /// All voxels, in the order of [`LocalPos::index`].
    pub fn voxels(&self) -> impl Iterator<Item = Voxel> + '_ {
        let mut rest = self.as_dense().map(|voxels| voxels.iter());
        let value = self.as_uniform().unwrap_or_default();
        (0..CHUNK_VOXELS).map(move |_| match &mut rest {
            Some(voxels) => voxels.next().copied().unwrap_or_default(),
            None => value,
        })
    }

    /// The solid voxels and where they are, in the order of [`LocalPos::index`].
    pub fn solid(&self) -> impl Iterator<Item = (LocalPos, Voxel)> + '_ {
        (0..CHUNK_VOXELS as u16)
            .filter_map(LocalPos::from_index)
            .map(|pos| (pos, self.get(pos)))
            .filter(|(_, voxel)| voxel.is_solid())
    }

    /// How many voxels from `min` to `max`, both included, are solid.
    pub fn count_in(&self, min: LocalPos, max: LocalPos) -> u32 {
        let rows = self.occupancy();
        let across = (u16::MAX << min.x()) & (u16::MAX >> (15 - max.x()));
        let row = |y: i32, z: i32| (rows[(y | z << 4) as usize] & across).count_ones();
        (min.z()..=max.z()).map(|z| (min.y()..=max.y()).map(|y| row(y, z)).sum::<u32>()).sum()
    }

    /// Which voxels are solid: one number a row of x, bit x set where there is something; rows in
    /// the order y, then z.
    pub fn occupancy(&self) -> [u16; 256] {
        let Some(voxels) = self.as_dense() else {
            return [if self.is_empty() { 0 } else { u16::MAX }; 256];
        };
        let mut rows = [0; 256];
        for (row, cells) in rows.iter_mut().zip(voxels.chunks_exact(16)) {
            for (x, voxel) in cells.iter().enumerate() {
                *row |= u16::from(voxel.is_solid()) << x;
            }
        }
        rows
    }

    /// The smallest and largest place around all solid voxels.
    pub fn local_bounds(&self) -> Option<(LocalPos, LocalPos)> {
        if self.is_empty() {
            return None;
        }
        let (mut across, mut low, mut high) = (0, [15, 15], [0, 0]);
        for (row, bits) in self.occupancy().into_iter().enumerate().filter(|(_, bits)| *bits != 0) {
            across |= bits;
            let place = [row as i32 & 15, row as i32 >> 4];
            low = [low[0].min(place[0]), low[1].min(place[1])];
            high = [high[0].max(place[0]), high[1].max(place[1])];
        }
        let (first, last) = (across.trailing_zeros() as i32, 15 - across.leading_zeros() as i32);
        Some((LocalPos::new(first, low[0], low[1]), LocalPos::new(last, high[0], high[1])))
    }

    /// Whether both are the same array in memory, or the same one value.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Uniform(a), Repr::Uniform(b)) => a == b,
            (Repr::Dense(a), Repr::Dense(b)) => Arc::ptr_eq(a, b),
            (Repr::Uniform(_), Repr::Dense(_)) | (Repr::Dense(_), Repr::Uniform(_)) => false,
        }
    }

    /// A number that two chunks share only if they are the same array in memory; `None` for a
    /// chunk of one value. It says who shares what for as long as the chunks live.
    pub fn address(&self) -> Option<usize> {
        match &self.0 {
            Repr::Uniform(_) => None,
            Repr::Dense(dense) => Some(Arc::as_ptr(dense).addr()),
        }
    }

    /// Bytes on the heap, whoever else shares them.
    pub fn bytes(&self) -> usize {
        match self.0 {
            Repr::Uniform(_) => 0,
            Repr::Dense(_) => size_of::<Dense>() + 2 * size_of::<usize>(),
        }
    }
}

impl Default for Chunk {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for Chunk {
    fn eq(&self, other: &Self) -> bool {
        self.ptr_eq(other)
            || matches!((self.as_dense(), other.as_dense()), (Some(a), Some(b)) if a == b)
    }
}

impl Eq for Chunk {}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Repr::Uniform(value) => write!(out, "Chunk({value:?})"),
            Repr::Dense(dense) => write!(out, "Chunk({} solid)", dense.solid),
        }
    }
}
