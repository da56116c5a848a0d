//! Surfaces, greedily merged, against the crate binary-greedy-meshing. Both start from voxels: the bits
//! that either works with are made within the time that is taken.

use std::collections::BTreeSet;
use std::hint::black_box;

use binary_greedy_meshing as theirs;
use goxe_engine::coords::VoxelPos;
use goxe_engine::mesh::{Looks, Mesher};
use goxe_engine::progress::Cancelled;
use goxe_engine::volume::Volume;
use goxe_engine::voxel::Voxel;

use super::seconds;
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS};

/// The longest side that the peer takes.
const SIDE: usize = 62;

/// A scene in both forms.
struct Scene {
    ours: Volume,
    padded: Vec<u16>,
}

impl Scene {
    /// The scene of these values, 0 for nothing, by right, back and up.
    fn new(value: impl Fn(usize, usize, usize) -> u16) -> Outcome<Self> {
        let mut padded = vec![0; theirs::Mesher::<SIDE>::CS_P3];
        let mut ours = Volume::new();
        let mut writer = ours.writer();
        let places = (0..SIDE).flat_map(|z| (0..SIDE).map(move |y| (y, z)));
        for (x, y, z) in places.flat_map(|(y, z)| (0..SIDE).map(move |x| (x, y, z))) {
            let value = value(x, y, z);
            // Up is y with them.
            padded[theirs::pad_linearize::<SIDE>(x, z, y)] = value;
            if value != 0 {
                let [x, y, z] = [x, y, z].map(i32::try_from);
                let color = u8::try_from(value)?;
                writer.set(VoxelPos::new(x?, y?, z?)?, Voxel::from_rgb([color, 90, 50]));
            }
        }
        drop(writer);
        Ok(Self { ours, padded })
    }

    /// Rolling hills, half full, in bands of four colours.
    fn ground() -> Outcome<Self> {
        Self::new(|x, y, z| {
            let waves = (x as f32 * 0.13).sin() + (y as f32 * 0.17).cos();
            let is_below = (z as f32) < SIDE as f32 * (0.5 + 0.2 * waves);
            if is_below { 1 + (z / 8 % 4) as u16 } else { 0 }
        })
    }

    /// One cell in two, at random: the worst there is.
    fn noise() -> Outcome<Self> {
        Self::new(|x, y, z| {
            let mixed = ((x * 73_856_093) ^ (y * 19_349_663) ^ (z * 83_492_791)) as u32;
            ((mixed ^ (mixed >> 13)).wrapping_mul(0x5bd1_e995) >> 15 & 1) as u16
        })
    }
}

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("V4") {
        return Ok(Vec::new());
    }
    let million = (SIDE * SIDE * SIDE) as f64 / 1e6;
    let mut rows = [(GROUND, Scene::ground()?), (NOISE, Scene::noise()?)]
        .map(|(measure, scene)| (Row::new(measure), scene));
    let mut quads = Row::new(QUADS);
    let (mut peer, mut mesher) = (theirs::Mesher::<SIDE>::new(), Mesher::new());
    let nothing_is_clear = BTreeSet::new();
    for round in 0..ROUNDS {
        for (row, scene) in &mut rows {
            let base = seconds(|| {
                peer.clear();
                peer.mesh(black_box(&scene.padded), &nothing_is_clear);
                black_box(&peer.quads);
            })?;
            let goxe = seconds(|| _ = black_box(count(&mut mesher, black_box(&scene.ours))))?;
            row.compare(million / base, million / goxe);
            if round == 0 {
                let base: usize = peer.quads.iter().map(Vec::len).sum();
                quads.compare(base as f64, count(&mut mesher, &scene.ours) as f64);
            }
        }
    }
    let [ground, noise] = rows.map(|(row, _)| row);
    Ok(vec![ground, noise, quads])
}

/// How many quads there are.
fn count(mesher: &mut Mesher, volume: &Volume) -> usize {
    let mut count = 0;
    let counted = mesher.mesh::<Cancelled>(volume, &Looks::OPAQUE, &mut (), |quads| {
        count += black_box(quads).len();
        Ok(())
    });
    counted.expect("nobody cancels");
    count
}

const GROUND: Measure = Measure {
    number: "V4",
    name: "meshed, ground of 62^3, bits made too",
    unit: "M/s",
    bound: Bound::AtLeast { must: 1.0, goal: 3.0 },
    peer: "block-mesh 0.17",
};
const NOISE: Measure = Measure {
    number: "V4",
    name: "meshed, noise of 62^3",
    unit: "M/s",
    bound: Bound::AtLeast { must: 1.0, goal: 2.0 },
    peer: "block-mesh 0.24",
};
const QUADS: Measure = Measure {
    number: "V4",
    name: "quads that it takes",
    unit: "quads",
    bound: Bound::Told,
    peer: "-",
};
