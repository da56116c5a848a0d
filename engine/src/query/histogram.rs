//! Counting voxels by colour.

use super::{Meter, View, rows_in};
use crate::coords::Bounds;
use crate::progress::{Cancelled, Progress};
use crate::voxel::Voxel;
use rustc_hash::FxHashMap;

/// What a histogram tells apart, and how much of it is listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HistogramOptions {
    /// Whether one colour in two materials is two kinds. If not, all are listed as of the default
    /// material.
    pub by_material: bool,
    /// Kinds listed, the most frequent ones.
    pub listed_max: usize,
    /// Kinds told apart; voxels of any others are only counted.
    pub kinds_max: usize,
}

/// How many voxels there are of each kind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Histogram {
    /// Solid voxels.
    pub total: u64,
    /// Kinds told apart.
    pub kinds: usize,
    /// Voxels of kinds that came when `kinds_max` were known already.
    pub beyond: u64,
    /// The most frequent kinds, and how many voxels they have; equal counts by rising colour.
    pub listed: Vec<(Voxel, u64)>,
}

struct Counts {
    options: HistogramOptions,
    counts: FxHashMap<Voxel, u64>,
    beyond: u64,
}

impl Counts {
    fn add(&mut self, voxel: Voxel, count: u64) {
        if voxel.is_empty() || count == 0 {
            return;
        }
        let kind = if self.options.by_material { voxel } else { Voxel::from_rgb(voxel.rgb()) };
        let full = self.counts.len() >= self.options.kinds_max;
        match self.counts.get_mut(&kind) {
            Some(sum) => *sum += count,
            None if full => self.beyond += count,
            None => drop(self.counts.insert(kind, count)),
        }
    }

    /// Neighbours are mostly equal: the map is asked once a run.
    fn add_all(&mut self, voxels: &[Voxel]) {
        for run in voxels.chunk_by(|a, b| a == b) {
            if let Some(voxel) = run.first() {
                self.add(*voxel, run.len() as u64);
            }
        }
    }
}

/// Counts the voxels seen in `bounds` by colour.
pub fn histogram(
    view: &View<'_>,
    bounds: Bounds,
    options: HistogramOptions,
    progress: &mut dyn Progress,
) -> Result<Histogram, Cancelled> {
    let mut counts = Counts { options, counts: FxHashMap::default(), beyond: 0 };
    let mut meter = Meter::new(progress, view.chunk_estimate(&bounds));
    for (pos, chunk) in view.chunks_in(bounds, None) {
        let Some(part) = bounds.intersect(&pos.bounds()) else { continue };
        match chunk.as_dense() {
            None => counts.add(chunk.as_uniform().unwrap_or_default(), part.volume()),
            Some(voxels) if part == pos.bounds() => counts.add_all(voxels),
            Some(voxels) => rows_in(&part).for_each(|cells| counts.add_all(&voxels[cells])),
        }
        meter.chunk_done()?;
    }
    let Counts { counts, beyond, .. } = counts;
    let (kinds, total) = (counts.len(), counts.values().sum::<u64>() + beyond);
    let mut listed: Vec<_> = counts.into_iter().collect();
    let frequent_first = |entry: &(Voxel, u64)| (std::cmp::Reverse(entry.1), entry.0);
    if listed.len() > options.listed_max {
        listed.select_nth_unstable_by_key(options.listed_max, frequent_first);
        listed.truncate(options.listed_max);
    }
    listed.sort_unstable_by_key(frequent_first);
    Ok(Histogram { total, kinds, beyond, listed })
}
