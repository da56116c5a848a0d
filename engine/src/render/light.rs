//! The sun and the sky of a scene.

use super::camera::{Axes, Camera, Vector, dot, normalized};
use super::exact::sin_cos;
use super::tone::Light;
use super::{CameraError, RenderOptions};

/// How bright the brightest side is that is seen.
const EXPOSURE: f64 = 1.28;
/// What the sun gives to a side it shines straight on.
const SUN: f64 = 0.98;
/// What the sky gives to each side, what it gives more to sides that look up, and what a second, weak
/// light gives beside the camera.
const SKY: [f64; 3] = [0.40, 0.12, 0.24];
/// Sides that look away from the sun by nearly a right angle are not lit.
const GRAZING: f64 = 0.01;

/// A sun at a place of its own in the sky.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sun {
    /// Where it stands: 0 is the front, 90 the right, seen from above against the clock.
    azimuth: f64,
    /// How high it stands above the horizon.
    height: f64,
    /// 1 is as bright as usual.
    strength: f64,
    /// Whether azimuth or height were chosen.
    is_placed: bool,
}

impl Sun {
    /// Above the left shoulder of who looks.
    pub const USUAL: Self = Self { azimuth: -35.0, height: 45.0, strength: 1.0, is_placed: false };

    /// A sun somewhere else, or brighter, or darker; what is not given is as usual.
    pub fn new(
        azimuth_degrees: Option<f64>,
        height_degrees: Option<f64>,
        strength: Option<f64>,
    ) -> Result<Self, CameraError> {
        let within = |what, value: Option<f64>, usual, [min, max]: [f64; 2]| {
            let found = value.unwrap_or(usual);
            match (min..=max).contains(&found) {
                true => Ok(found),
                false => Err(CameraError::OutOfRange { what, min, max, found }),
            }
        };
        let usual = Self::USUAL;
        Ok(Self {
            azimuth: within(
                "sun_azimuth_degrees",
                azimuth_degrees,
                usual.azimuth,
                [-360.0, 360.0],
            )?,
            height: within("sun_height_degrees", height_degrees, usual.height, [2.0, 90.0])?,
            strength: within("sun_strength", strength, usual.strength, [0.0, 3.0])?,
            is_placed: azimuth_degrees.is_some() || height_degrees.is_some(),
        })
    }

    fn direction(&self, axes: &Axes) -> Vector {
        if self.is_placed {
            let ((sa, ca), (sh, ch)) = (sin_cos(self.azimuth), sin_cos(self.height));
            return [sa * ch, -ca * ch, sh];
        }
        // A little skew, so that no shadow runs along an edge.
        let toward = mix(axes, [-0.56, 0.56, 0.61]);
        // A sun below the horizon would shine through the ground.
        match toward[2] > 0.3 || axes.forward[2] > 0.05 {
            true => toward,
            false => normalized([toward[0], toward[1], toward[2].max(0.0) + 0.3]),
        }
    }

    /// Warm, and the warmer the lower it stands.
    fn color(&self) -> Light {
        let low = if self.is_placed { ((30.0 - self.height) / 30.0).max(0.0) as f32 } else { 0.0 };
        [1.07 + 0.10 * low, 1.0 - 0.12 * low, 0.89 - 0.38 * low]
    }
}

/// The light of a scene.
#[derive(Clone, Copy)]
pub(super) struct Lights {
    /// The sun's own view of the scene.
    pub(super) axes: Axes,
    toward_sun: Vector,
    /// Sun and sky on a face that looks to the negative and to the positive side of an axis.
    on: [[(f32, f32); 2]; 3],
    pub(super) sun: Light,
    pub(super) sky: Light,
    pub(super) corners: bool,
}

impl Lights {
    pub(super) fn new(camera: &Camera, options: &RenderOptions) -> Self {
        let axes = camera.axes();
        let toward_sun = options.sun.direction(axes);
        let fill = mix(axes, [0.80, 0.30, 0.55]);
        let (mut sun, mut sky, mut brightest) = ([[0.0; 2]; 3], [[0.0; 2]; 3], 0.0_f64);
        for (axis, side) in (0..3).flat_map(|axis| [(axis, 0), (axis, 1)]) {
            let sign = [-1.0, 1.0][side];
            let toward = |light: Vector| (sign * light[axis]).max(0.0);
            let above = if axis == 2 { sign } else { 0.0 };
            sun[axis][side] = if toward(toward_sun) > GRAZING { toward(toward_sun) } else { 0.0 };
            sky[axis][side] = SKY[0] + SKY[1] * above + SKY[2] * toward(fill);
            // With perspective and with a sun of its own place, any side may be the brightest.
            let is_seen = !camera.is_flat() || options.sun.is_placed;
            if is_seen || sign * axes.forward[axis] < -1e-9 {
                brightest = brightest.max(sky[axis][side] + SUN * sun[axis][side]);
            }
        }
        let gain = EXPOSURE / brightest;
        let on = std::array::from_fn(|axis: usize| {
            std::array::from_fn(|side: usize| {
                let sun = gain * SUN * options.sun.strength * sun[axis][side];
                (sun as f32, (gain * sky[axis][side]) as f32)
            })
        });
        let from_sun = toward_sun.map(|part| -part);
        let upwards = if toward_sun[2] > 0.9 { [0.0, 1.0, 0.0] } else { [0.0, 0.0, 1.0] };
        let own = Axes::looking(from_sun, upwards).unwrap_or(*axes);
        let (sun, corners) = (options.sun.color(), options.ambient_occlusion);
        Self { axes: own, toward_sun, on, sun, sky: [0.91, 0.97, 1.07], corners }
    }

    /// Sun and sky on a side of a voxel.
    pub(super) fn on(&self, axis: usize, is_positive: bool) -> (f32, f32) {
        self.on[axis][usize::from(is_positive)]
    }

    /// Whether the sun shines on a side.
    pub(super) fn reaches(&self, axis: usize, is_positive: bool) -> bool {
        let sign = if is_positive { 1.0 } else { -1.0 };
        sign * self.toward_sun[axis] > GRAZING
    }

    /// Which part of the light on the ground is the sun's.
    pub(super) fn part_of_sun(&self) -> f32 {
        let (sun, sky) = self.on(2, true);
        sun / (sun + sky)
    }
}

/// A direction by its parts to the right, upwards and towards who looks.
fn mix(axes: &Axes, [r, u, b]: [f64; 3]) -> Vector {
    let mixed: Vector =
        std::array::from_fn(|i| r * axes.right[i] + u * axes.up[i] - b * axes.forward[i]);
    debug_assert!(dot(mixed, mixed) > 0.1, "the parts are at right angles");
    normalized(mixed)
}
