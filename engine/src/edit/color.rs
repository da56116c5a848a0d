//! Replacing one colour by another.

use super::Paint;
use super::draft::Draft;
use super::mask::{Mask, update};
use crate::coords::{Bounds, ChunkPos};
use crate::error::EditFault;
use crate::voxel::Voxel;

/// A colour and those near it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Near {
    pub(super) rgb: [u8; 3],
    pub(super) tolerance: u8,
}

impl Near {
    /// Whether a solid voxel has such a colour.
    #[inline]
    pub(super) fn has(&self, voxel: Voxel) -> bool {
        let near = |(a, b): (u8, u8)| a.abs_diff(b) <= self.tolerance;
        voxel.is_solid() && voxel.rgb().into_iter().zip(self.rgb).all(near)
    }
}

impl Draft<'_> {
    pub(super) fn replace_color(
        &mut self,
        layers: &[String],
        from: [u8; 3],
        tolerance: u8,
        to: Paint,
        within: Option<Bounds>,
    ) -> Result<(), EditFault> {
        self.check_material(to.material)?;
        let mut found = match layers.is_empty() {
            true => (0..self.content.layers().len()).collect(),
            false => layers.iter().map(|name| self.find(name)).collect::<Result<Vec<_>, _>>()?,
        };
        found.sort_unstable();
        found.dedup();
        let near = Near { rgb: from, tolerance };
        for index in found {
            self.replace_color_at(index, near, to, within.unwrap_or(Bounds::ALL))?;
        }
        Ok(())
    }

    fn replace_color_at(
        &mut self,
        index: usize,
        near: Near,
        to: Paint,
        bounds: Bounds,
    ) -> Result<(), EditFault> {
        let volume = &self.content.layers()[index].volume;
        // Only chunks in which something changes are opened; the others stay shared.
        let chunks: Vec<ChunkPos> = volume
            .chunks_in(bounds)
            .filter(|(_, chunk)| match (chunk.as_uniform(), chunk.as_dense()) {
                (Some(value), _) => near.has(value),
                (None, voxels) => voxels.is_some_and(|all| all.iter().any(|v| near.has(*v))),
            })
            .map(|(pos, _)| pos)
            .collect();
        if chunks.is_empty() {
            return Ok(());
        }
        let mut open = self.open_at(index);
        let touched = chunks.iter().map(|pos| Mask::within(&bounds, *pos).count());
        self.charge(touched.sum())?;
        self.each_chunk(&mut open, &chunks, |open, pos| {
            update(&mut open.volume, pos, &Mask::within(&bounds, pos), |voxel| {
                if near.has(voxel) { to.over(voxel) } else { voxel }
            });
        })?;
        self.close(open)
    }
}
