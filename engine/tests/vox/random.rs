//! Random scenes written by dot_vox: dense models in several orders, turned and moved at random.

use dot_vox::{Model, Size, Voxel};
use goxe_engine::format::vox::{Rotation, VoxLimits, import};

use crate::corpus::{assert_leaves, data, flat, transform};
use crate::oracle;

/// A generator of numbers that are the same on every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u32::try_from((self.0 >> 33) % u64::from(bound)).unwrap()
    }

    /// Between the two, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low + i32::try_from(self.below(high.abs_diff(low) + 1)).unwrap()
    }

    fn byte(&mut self, bound: u32) -> u8 {
        u8::try_from(self.below(bound)).unwrap()
    }
}

/// A block with holes; voxels along x, along z, or in no order.
fn random_model(dice: &mut Dice) -> Model {
    let [x, y, z] = [70, 9, 9].map(|most| 1 + dice.below(most));
    let (holes, colours, order) = (1 + dice.below(60), 1 + dice.below(255), dice.below(3));
    let mut voxels = Vec::new();
    for cell in 0..x * y * z {
        let at = match order {
            0 => [cell % x, cell / x % y, cell / x / y],
            1 => [cell / z / y, cell / z % y, cell % z],
            _ => [dice.below(x), dice.below(y), dice.below(z)],
        };
        let [x, y, z] = at.map(|at| u8::try_from(at).unwrap());
        let i = dice.byte(colours);
        if dice.below(holes) > 0 || holes == 1 {
            voxels.push(Voxel { x, y, z, i });
        }
    }
    Model { size: Size { x, y, z }, voxels }
}

#[test]
fn random_scenes() {
    let rotations: Vec<u8> = (0..128).filter(|byte| Rotation::from_byte(*byte).is_some()).collect();
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let models: Vec<_> = (0..=dice.below(3)).map(|_| random_model(&mut dice)).collect();
        let count = u32::try_from(models.len()).unwrap();
        let mut data = data(models);
        let leaves = (0..4).map(|_| {
            let turn = rotations[usize::from(dice.byte(48))].to_string();
            let [x, y, z] = [(); 3].map(|()| dice.between(-100, 100));
            let moved = format!("{x} {y} {z}");
            let mut frame = vec![("_t", moved.as_str())];
            if dice.below(2) == 0 {
                frame.push(("_r", &turn));
            }
            (transform(&[("_name", "block")], &frame, 0), dice.below(count))
        });
        data.scenes = flat(leaves.collect());
        let mut bytes = Vec::new();
        data.write_vox(&mut bytes).unwrap();
        let imported = import(&bytes, &VoxLimits::default(), &mut ()).unwrap();
        let (ours, theirs) = (oracle::imported(&imported), oracle::leaves(&data));
        assert_leaves(&format!("seed {seed}"), &ours, &theirs);
    }
}
