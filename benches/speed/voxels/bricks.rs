//! Voxels set and read one by one, against the plainest store that is quick: bricks of 16^3 behind a hash
//! map, the last one remembered.

use std::hint::black_box;

use goxe_engine::coords::VoxelPos;
use goxe_engine::volume::Volume;
use goxe_engine::voxel::Voxel;
use rustc_hash::FxHashMap;

use super::seconds;
use crate::table::{Bound, Measure, Row};
use crate::{Choice, Outcome, ROUNDS};

const BRICK_VOXELS: usize = 16 * 16 * 16;
/// A box of 128 x 64 x 128.
const VOXELS: i32 = 1 << 20;

/// The plain store.
#[derive(Default)]
struct Bricks {
    places: FxHashMap<[i32; 3], usize>,
    bricks: Vec<Box<[u32; BRICK_VOXELS]>>,
    last: Option<([i32; 3], usize)>,
}

impl Bricks {
    fn split([x, y, z]: [i32; 3]) -> ([i32; 3], usize) {
        let cell = (z & 15) << 8 | (y & 15) << 4 | (x & 15);
        ([x >> 4, y >> 4, z >> 4], usize::try_from(cell).expect("a cell of a brick"))
    }

    #[inline]
    fn find(&mut self, key: [i32; 3]) -> Option<usize> {
        match self.last {
            Some((last, place)) if last == key => Some(place),
            _ => {
                let place = *self.places.get(&key)?;
                self.last = Some((key, place));
                Some(place)
            }
        }
    }

    #[inline]
    fn set(&mut self, pos: [i32; 3], value: u32) {
        let (key, cell) = Self::split(pos);
        let place = self.find(key).unwrap_or_else(|| {
            let place = self.bricks.len();
            self.bricks.push(Box::new([0; BRICK_VOXELS]));
            self.places.insert(key, place);
            self.last = Some((key, place));
            place
        });
        self.bricks[place][cell] = value;
    }

    #[inline]
    fn get(&mut self, pos: [i32; 3]) -> u32 {
        let (key, cell) = Self::split(pos);
        self.find(key).map_or(0, |place| self.bricks[place][cell])
    }
}

/// Takes the measures of this kind.
pub fn run(choice: &Choice) -> Outcome<Vec<Row>> {
    if !choice.wants("V1") {
        return Ok(Vec::new());
    }
    let plain: Vec<[i32; 3]> =
        (0..VOXELS).map(|number| [number & 127, number >> 7 & 63, number >> 13]).collect();
    let ours = plain.iter().map(|&[x, y, z]| VoxelPos::new(x, y, z));
    let ours: Vec<VoxelPos> = ours.collect::<Result<_, _>>()?;
    let [mut set, mut equal, mut anew, mut get] = [SET, EQUAL, ANEW, GET].map(Row::new);
    let million = f64::from(VOXELS) / 1e6;
    let mut bricks = Bricks::default();
    let mut volume = Volume::new();
    // Another value in every pass, so that each voxel changes.
    let (mut plain_pass, mut pass) = (0, 0);
    for _ in 0..ROUNDS {
        let base = seconds(|| {
            plain_pass ^= 1;
            set_bricks(&mut bricks, &plain, plain_pass);
        })?;
        let goxe = seconds(|| {
            pass ^= 1;
            set_volume(&mut volume, &ours, pass);
        })?;
        set.compare(million / base, million / goxe);
        let goxe = seconds(|| set_volume(&mut volume, &ours, pass))?;
        equal.compare(million / base, million / goxe);
        let base = seconds(|| {
            let mut bricks = Bricks::default();
            set_bricks(&mut bricks, &plain, 0);
            black_box(&bricks.bricks);
        })?;
        let goxe = seconds(|| {
            let mut volume = Volume::new();
            set_volume(&mut volume, &ours, 0);
            black_box(&volume);
        })?;
        anew.compare(million / base, million / goxe);
        let base = seconds(|| {
            let sum = plain.iter().fold(0_u32, |sum, pos| sum.wrapping_add(bricks.get(*pos)));
            black_box(sum);
        })?;
        let goxe = seconds(|| {
            let mut reader = volume.reader();
            let sum = ours.iter().fold(0_u32, |sum, pos| sum.wrapping_add(reader.get(*pos).bits()));
            black_box(sum);
        })?;
        get.compare(million / base, million / goxe);
    }
    Ok(vec![set, equal, anew, get])
}

fn set_bricks(bricks: &mut Bricks, positions: &[[i32; 3]], pass: u32) {
    for (number, pos) in (0_u32..).zip(positions) {
        bricks.set(*pos, (number ^ pass) | 1 << 24);
    }
}

fn set_volume(volume: &mut Volume, positions: &[VoxelPos], pass: u32) {
    let mut writer = volume.writer();
    for (number, pos) in (0_u32..).zip(positions) {
        writer.set(*pos, Voxel::from_bits((number ^ pass) | 1 << 24));
    }
}

const SET: Measure = Measure {
    number: "V1",
    name: "set, where there are voxels",
    unit: "M/s",
    bound: Bound::AtLeast { must: 0.7, goal: 0.95 },
    peer: "Fx map of voxels 0.11",
};
const EQUAL: Measure = Measure {
    number: "V1",
    name: "set, to what is there already",
    unit: "M/s",
    bound: Bound::Told,
    peer: "-",
};
const ANEW: Measure = Measure {
    number: "V1",
    name: "set, into an empty volume",
    unit: "M/s",
    bound: Bound::AtLeast { must: 0.7, goal: 0.95 },
    peer: "-",
};
const GET: Measure = Measure {
    number: "V1",
    name: "get",
    unit: "M/s",
    bound: Bound::AtLeast { must: 0.7, goal: 0.95 },
    peer: "Fx map of voxels 0.07",
};
