//! From where a part of a scene is seen best.

use super::camera::{Axes, Camera, THREE_QUARTER, Vector};
use crate::coords::{Bounds, VoxelPos};
use crate::volume::Volume;

/// How far one looks for what is in the way, in voxels.
const STEPS_MAX: u32 = 400;

impl Camera {
    /// The usual camera turned about its focus to where the least is before it; any other camera as
    /// it is.
    pub(super) fn unobstructed(self, volume: &Volume, subject: Bounds) -> Self {
        let (true, Some(scene)) = (self.is_usual(), volume.bounds()) else { return self };
        let ways =
            [1.0, -1.0].map(|side| [THREE_QUARTER.0 * side, (180.0 - THREE_QUARTER.0) * side]);
        let pitches = [THREE_QUARTER.1, 2.0 * THREE_QUARTER.1];
        let ways =
            pitches.iter().flat_map(|pitch| ways.as_flattened().iter().map(|yaw| (*yaw, *pitch)));
        let cameras = ways.map(|(yaw, pitch)| self.with_axes(Axes::orbit(yaw, pitch)));
        let best = cameras.min_by_key(|camera| camera.obstructed(volume, &scene, &subject));
        best.unwrap_or(self)
    }

    /// How much lies between the corners and the middle of a box and the eye.
    fn obstructed(&self, volume: &Volume, scene: &Bounds, subject: &Bounds) -> u32 {
        let (min, max) = (subject.min().to_array(), subject.max().to_array());
        let mut found = 0;
        for corner in 0..9 {
            let mut place: Vector =
                std::array::from_fn(|axis| match (corner, corner >> axis & 1) {
                    (8, _) => f64::from(min[axis] + max[axis] + 1) / 2.0,
                    (_, 0) => f64::from(min[axis]) + 0.5,
                    _ => f64::from(max[axis]) + 0.5,
                });
            for _ in 0..STEPS_MAX {
                place = std::array::from_fn(|axis| place[axis] - self.axes().forward[axis]);
                let cell = place.map(|coord| coord.floor() as i64);
                let pos = VoxelPos::clamped(cell);
                if !scene.contains(pos) {
                    break;
                }
                found += u32::from(!subject.contains(pos) && volume.get(pos).is_solid());
            }
        }
        found
    }
}
