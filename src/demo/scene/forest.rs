//! The trees, each of which is planted by an edit of its own.

use std::collections::{BTreeMap, BTreeSet};

use goxe_protocol::api::voxel::EditItem;

use super::Errand;
use super::brush::{Brush, Ink, ink};
use super::noise::{hash, pick};
use super::terrain::{MAX, MIN, Terrain, far, is_open};

/// The trees' layer.
pub const LAYER: &str = "forest";

/// How far trees stand from each other.
const SPACING: f64 = 5.2;
/// Trees at most.
const TREES_MAX: usize = 41;

const TRUNK: Ink = ink(0x5c3d26);
const PINE: [Ink; 3] = [ink(0x2f6b3c), ink(0x28603a), ink(0x377544)];
const LEAVES: [[Ink; 3]; 3] = [
    [ink(0x4f8f35), ink(0x5a9b3d), ink(0x467f30)],
    [ink(0xe08a2e), ink(0xd4772a), ink(0xeb9c3f)],
    [ink(0xe6a3b8), ink(0xf0b9c9), ink(0xdb90a8)],
];

/// A tree, voxel by voxel.
type Tree = BTreeMap<[i32; 3], Ink>;

/// The first tree, with which the layer begins.
pub fn first(terrain: &Terrain) -> Brush {
    let mut brush = Brush::default();
    for (at, ink) in trees(terrain).into_iter().next().unwrap_or_default() {
        brush.dot(at, ink);
    }
    brush
}

/// All other trees, each as one edit.
pub fn rest(terrain: &Terrain) -> Vec<EditItem> {
    let set = |tree: Tree| {
        let mut brush = Brush::default();
        tree.into_iter().for_each(|(at, ink)| brush.dot(at, ink));
        EditItem::Set { layer: None, voxels: brush.into_dots() }
    };
    trees(terrain).into_iter().skip(1).map(set).collect()
}

/// The trees. Where crowns meet, a voxel belongs to the tree that was first, so that every tree adds
/// exactly its own voxels, whatever the order in which they are planted.
fn trees(terrain: &Terrain) -> Vec<Tree> {
    let mut taken = BTreeSet::new();
    let grow = |spot| {
        let mut tree = tree(spot);
        tree.retain(|at, _| taken.insert(*at));
        tree
    };
    spots(terrain).into_iter().map(grow).collect()
}

/// A tree as an errand.
pub fn errand(number: usize, edit: EditItem) -> Errand {
    let adds = match &edit {
        EditItem::Set { voxels, .. } => voxels.len(),
        _ => 0,
    };
    let adds = u64::try_from(adds).unwrap_or(u64::MAX);
    Errand { layer: LAYER, label: format!("tree {number}"), edit, adds, sails: 0 }
}

/// Where trees stand: on even grass, off the paths, apart from each other.
fn spots(terrain: &Terrain) -> Vec<[i32; 3]> {
    let mut places: Vec<(i32, i32)> =
        (MIN..=MAX).flat_map(|y| (MIN..=MAX).map(move |x| (x, y))).collect();
    places.sort_by_key(|(x, y)| hash(*x, *y, 51));
    let mut spots: Vec<[i32; 3]> = Vec::new();
    for (x, y) in places {
        let z = terrain.height(x, y);
        let fits =
            z >= 4 && terrain.slope(x, y) < 2 && is_open(x, y) && !terrain.is_path(x, y, 4.0);
        if fits && spots.iter().all(|spot| far(spot[0] - x, spot[1] - y) >= SPACING) {
            spots.push([x, y, z + 1]);
        }
    }
    spots.truncate(TREES_MAX);
    spots
}

fn tree(spot: [i32; 3]) -> Tree {
    let mut tree = Tree::new();
    match hash(spot[0], spot[1], 52) % 5 {
        0..3 => pine(spot, &mut tree),
        3 => round(spot, LEAVES[0], &mut tree),
        _ => round(spot, pick([LEAVES[1], LEAVES[2]], spot[0], spot[1], 53), &mut tree),
    }
    tree
}

/// Tiers of needles, each wider at its lower edge.
fn pine([x, y, z]: [i32; 3], tree: &mut Tree) {
    let height = 9 + (hash(x, y, 54) % 4).cast_signed();
    tree.extend((z..z + 3).map(|level| ([x, y, level], TRUNK)));
    for step in 2..=height {
        let left = f64::from(height - step) / f64::from(height);
        let tier = f64::from(2 - step % 3) * 0.45;
        disc([x, y, z + step], left * 2.6 + tier * left.min(0.5) * 1.6, PINE, tree);
    }
}

/// A ball of leaves on a trunk.
fn round([x, y, z]: [i32; 3], leaves: [Ink; 3], tree: &mut Tree) {
    let radius = 2.6 + f64::from(hash(x, y, 55) % 8) / 10.0;
    tree.extend((z..z + 4).map(|level| ([x, y, level], TRUNK)));
    for step in -3_i32..=3 {
        let across = (radius * radius - f64::from(step * step)).max(0.0).sqrt();
        disc([x, y, z + 6 + step], across, leaves, tree);
    }
}

fn disc([x, y, z]: [i32; 3], radius: f64, leaves: [Ink; 3], tree: &mut Tree) {
    for dy in -4..=4 {
        for dx in -4..=4 {
            if far(dx, dy) <= radius {
                tree.insert([x + dx, y + dy, z], pick(leaves, x + dx + z * 5, y + dy, 56));
            }
        }
    }
}
