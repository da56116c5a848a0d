//! Fewer colours: median cut, within each material.

use std::collections::HashMap;

use crate::voxel::Voxel;

/// Colours after [`quantize`].
pub(super) struct Reduced {
    /// What is left.
    pub palette: Vec<Voxel>,
    /// Which of them each colour became.
    pub numbers: HashMap<Voxel, usize>,
}

/// Colours of one material that will become one colour.
struct Cluster {
    colours: Vec<(Voxel, u64)>,
    /// The channel along which they differ most, and by how much: the sum of squared distances
    /// from the mean, each voxel counted.
    channel: usize,
    spread: u128,
}

/// Brings `counts` down to at most `most` colours, which is no less than there are materials: a
/// material is never given up for a colour. The same counts give the same colours.
pub(super) fn quantize(counts: HashMap<Voxel, u64>, most: usize) -> Reduced {
    let mut colours: Vec<_> = counts.into_iter().collect();
    // By material first, because the slot is in the highest bits.
    colours.sort_unstable();
    let mut clusters: Vec<Cluster> = colours
        .chunk_by(|(a, _), (b, _)| a.slot() == b.slot())
        .map(|same| Cluster::new(same.to_vec()))
        .collect();
    while clusters.len() < most {
        let widest = (0..clusters.len()).rev().max_by_key(|&at| clusters[at].spread);
        let Some(halves) = widest.and_then(|at| clusters[at].split().map(|halves| (at, halves)))
        else {
            break;
        };
        let (at, [low, high]) = halves;
        clusters[at] = low;
        clusters.push(high);
    }
    let palette = clusters.iter().map(Cluster::mean).collect();
    let numbered = |(number, cluster): (usize, Cluster)| {
        cluster.colours.into_iter().map(move |(colour, _)| (colour, number))
    };
    Reduced { palette, numbers: clusters.into_iter().enumerate().flat_map(numbered).collect() }
}

impl Cluster {
    fn new(colours: Vec<(Voxel, u64)>) -> Self {
        let spread = |channel: usize| {
            let (mut weight, mut sum, mut squares) = (0u128, 0u128, 0u128);
            for (colour, count) in &colours {
                let (count, value) = (u128::from(*count), u128::from(colour.rgb()[channel]));
                weight += count;
                sum += count * value;
                squares += count * value * value;
            }
            squares - sum * sum / weight.max(1)
        };
        let spreads = [0, 1, 2].map(spread);
        // Of equal ones the first, as in a loop that only takes what is larger.
        let channel = (0..3).rev().max_by_key(|&channel| spreads[channel]).unwrap_or(0);
        Self { channel, spread: spreads[channel], colours }
    }

    /// Two halves of about as many voxels each; `None` where all colours are one.
    fn split(&mut self) -> Option<[Self; 2]> {
        if self.spread == 0 {
            return None;
        }
        let channel = self.channel;
        let mut colours = std::mem::take(&mut self.colours);
        colours.sort_unstable_by_key(|(colour, _)| (colour.rgb()[channel], *colour));
        let total: u64 = colours.iter().map(|(_, count)| count).sum();
        let mut below = 0;
        let beyond = colours.iter().position(|(_, count)| {
            below += count;
            below > total / 2
        });
        let median = beyond.unwrap_or(colours.len());
        let high = colours.split_off(median.clamp(1, colours.len() - 1));
        Some([Self::new(colours), Self::new(high)])
    }

    fn mean(&self) -> Voxel {
        let total: u128 = self.colours.iter().map(|(_, count)| u128::from(*count)).sum();
        let mean = [0, 1, 2].map(|channel| {
            let sum: u128 = self
                .colours
                .iter()
                .map(|(colour, count)| u128::from(colour.rgb()[channel]) * u128::from(*count))
                .sum();
            u8::try_from((sum + total / 2) / total.max(1)).unwrap_or(u8::MAX)
        });
        let slot = self.colours.first().and_then(|(colour, _)| colour.slot());
        Voxel::new(mean, slot.unwrap_or_default())
    }
}
