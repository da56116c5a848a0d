//! What a file will hold: models of at most 256^3, and which of them each layer shows.

use std::collections::BTreeMap;
use std::ops::Range;

use super::MODEL_SIDE_MAX;
use super::export::ExportLayer;
use super::outline::{Label, Outline};
use crate::coords::{Bounds, CHUNK_SIDE};
use crate::volume::Volume;

/// More than a transform and the node below it take without names, and more than a model takes
/// without voxels.
const NODE_BYTES_MAX: u64 = 256;

/// A part of a layer that fits into one model.
pub(super) struct Tile {
    pub volume: Volume,
    pub bounds: Bounds,
}

/// Which models there will be, and which of them each layer shows.
pub(super) struct Plan {
    pub tiles: Vec<Tile>,
    /// For each layer its first tile and how many there are. Layers with one volume share tiles.
    layers: Vec<Range<usize>>,
    /// Of all tiles together.
    pub chunks: u64,
}

impl Plan {
    pub fn new(layers: &[ExportLayer<'_>]) -> Self {
        let mut plan = Self { tiles: Vec::new(), layers: Vec::new(), chunks: 0 };
        for (number, layer) in layers.iter().enumerate() {
            let twin = layers[..number].iter().position(|other| other.volume.ptr_eq(layer.volume));
            let range = match twin {
                Some(twin) => plan.layers[twin].clone(),
                None => {
                    let first = plan.tiles.len();
                    plan.tiles.extend(tiles(layer.volume));
                    first..plan.tiles.len()
                }
            };
            plan.layers.push(range);
        }
        let chunks = plan.tiles.iter().map(|tile| tile.volume.chunks().count() as u64);
        plan.chunks = chunks.sum();
        plan
    }

    /// An upper bound of what models and scene graph take.
    pub fn bytes_max(&self, layers: &[ExportLayer<'_>]) -> u64 {
        let voxels: u64 = self.tiles.iter().map(|tile| tile.volume.count()).sum();
        let nodes = layers.iter().zip(&self.layers).map(|(layer, tiles)| {
            let groups = layer.group.split('/').count() + 1;
            (groups + tiles.len()) as u64 * NODE_BYTES_MAX
                + (layer.name.len() + layer.group.len()) as u64
        });
        voxels * 4 + self.tiles.len() as u64 * NODE_BYTES_MAX + nodes.sum::<u64>()
    }

    pub fn outline<'a>(&self, layers: &[ExportLayer<'a>]) -> Outline<'a> {
        let mut outline = Outline::new();
        for (layer, tiles) in layers.iter().zip(&self.layers) {
            let parent = outline.group(layer.group);
            let mut label =
                Label { name: Some(layer.name), hidden: !layer.visible, ..Label::default() };
            let shapes = tiles.clone().map(|tile| (tile as u32, Some(self.tiles[tile].pivot())));
            if let &[(model, translation)] = &*shapes.collect::<Vec<_>>() {
                label.translation = translation;
                outline.push_shape(parent, label, model);
                continue;
            }
            label.one_layer = true;
            let group = outline.push_group(Some(parent), label);
            for tile in tiles.clone() {
                let translation = Some(self.tiles[tile].pivot());
                let label = Label { translation, ..Label::default() };
                outline.push_shape(group, label, tile as u32);
            }
        }
        outline
    }
}

impl Tile {
    /// Where MagicaVoxel says that the model is: at half its size rounded down.
    fn pivot(&self) -> [i32; 3] {
        let (min, max) = (self.bounds.min().to_array(), self.bounds.max().to_array());
        [0, 1, 2].map(|axis| min[axis] + (max[axis] - min[axis] + 1) / 2)
    }
}

/// A volume in parts of at most 256^3: itself where it fits, else cut along a grid that starts at
/// its lowest chunk, so that no chunk is cut.
fn tiles(volume: &Volume) -> Vec<Tile> {
    const TILE_CHUNKS: i32 = MODEL_SIDE_MAX as i32 / CHUNK_SIDE;
    let Some(bounds) = volume.bounds() else { return Vec::new() };
    if bounds.size().iter().all(|side| *side <= MODEL_SIDE_MAX) {
        return vec![Tile { volume: volume.clone(), bounds }];
    }
    let first = bounds.min().chunk().to_array();
    let mut parts: BTreeMap<[i32; 3], Volume> = BTreeMap::new();
    for (pos, chunk) in volume.chunks() {
        let at = pos.to_array();
        // Slices from bottom to top, as people read them.
        let tile = [2, 1, 0].map(|axis| (at[axis] - first[axis]) / TILE_CHUNKS);
        parts.entry(tile).or_default().set_chunk(pos, chunk.clone());
    }
    let tile = |volume: Volume| volume.bounds().map(|bounds| Tile { volume, bounds });
    parts.into_values().filter_map(tile).collect()
}
