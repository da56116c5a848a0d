//! Light: how bright a place on a face is.

use super::camera::{Camera, Vector, normalized};
use super::faces::Face;
use super::grid::Grid;
use super::quad::{self, BESIDE};
use super::sun::SunMap;
use super::{RenderOptions, channels};
use std::sync::LazyLock;

/// Red, green and blue, in amounts of light.
pub(super) type Light = [f32; 3];

const SUN: Light = [1.07, 1.0, 0.89];
const SKY: Light = [0.91, 0.97, 1.07];
/// How bright the brightest face is that is seen.
const EXPOSURE: f64 = 1.12;
/// What a corner gets of the sky with 0 to 3 of the voxels around it there.
const CORNER: [f32; 4] = [1.0, 0.79, 0.62, 0.48];
/// How much of the sun is lost with the sky.
const CORNER_SUN: f32 = 0.4;

/// The light of a scene, which comes along with the camera.
#[derive(Clone, Copy)]
pub(super) struct Lights {
    /// The sun's own view of the scene.
    sun: Camera,
    toward_sun: Vector,
    /// Sun and sky on a face that looks to the negative and to the positive side of an axis.
    on: [[(f32, f32); 2]; 3],
    corners: bool,
}

impl Lights {
    pub(super) fn new(camera: &Camera, options: &RenderOptions) -> Self {
        let (right, up, back) = (camera.right(), camera.up(), camera.forward().map(|part| -part));
        let mix = |r: f64, u: f64, b: f64| {
            normalized(std::array::from_fn(|i| r * right[i] + u * up[i] + b * back[i]))
        };
        // Above the left shoulder; a little skew, so that no shadow runs along an edge.
        let toward_sun = mix(-0.42, 0.52, 0.72);
        let fill = mix(0.80, 0.30, 0.55);
        let (mut sun, mut sky, mut brightest) = ([[0.0; 2]; 3], [[0.0; 2]; 3], 0.0_f64);
        for (axis, side) in (0..3).flat_map(|axis| [(axis, 0), (axis, 1)]) {
            let sign = [-1.0, 1.0][side];
            let toward = |light: Vector| (sign * light[axis]).max(0.0);
            let above = if axis == 2 { sign } else { 0.0 };
            sun[axis][side] = toward(toward_sun);
            sky[axis][side] = 0.42 + 0.10 * above + 0.22 * toward(fill);
            if sign * back[axis] > 1e-9 {
                brightest = brightest.max(sky[axis][side] + 0.8 * sun[axis][side]);
            }
        }
        let gain = EXPOSURE / brightest;
        let on = std::array::from_fn(|axis: usize| {
            std::array::from_fn(|side: usize| {
                ((gain * 0.8 * sun[axis][side]) as f32, (gain * sky[axis][side]) as f32)
            })
        });
        let from_sun = toward_sun.map(|part| -part);
        let sun = Camera::looking(from_sun, up);
        Self { sun, toward_sun, on, corners: options.ambient_occlusion }
    }

    pub(super) fn sun(&self) -> &Camera {
        &self.sun
    }
}

/// A face with all that is the same everywhere on it.
#[derive(Clone, Copy)]
pub(super) struct LitFace {
    pub(super) face: Face,
    pub(super) level: f64,
    corner: Vector,
    color: Light,
    shine: f32,
    /// Sun and sky.
    light: (f32, f32),
    /// What the corners see of the sky: along the first other axis, then the second.
    corners: [f32; 4],
    facing_sun: bool,
}

/// Lights faces that are seen from one side.
pub(super) struct Shader<'a> {
    pub(super) grid: &'a Grid<'a>,
    pub(super) lights: &'a Lights,
    pub(super) shadows: Option<&'a SunMap>,
    pub(super) facing: [i32; 3],
}

impl Shader<'_> {
    pub(super) fn face(&self, face: Face) -> LitFace {
        let voxel = self.grid.voxel(face.chunk, face.cell_index());
        let side = usize::from(self.facing[face.axis] > 0);
        let sign = f64::from(self.facing[face.axis]);
        LitFace {
            face,
            level: quad::level(self.grid, &face, self.facing),
            corner: quad::corner(self.grid, &face, self.facing),
            color: voxel.rgb().map(to_light),
            shine: f32::from(self.grid.material(voxel).emission) / 255.0,
            light: self.lights.on[face.axis][side],
            corners: if self.lights.corners { self.corners(&face) } else { [1.0; 4] },
            facing_sun: sign * self.lights.toward_sun[face.axis] > 1e-6,
        }
    }

    /// The light that comes from a place on a face.
    #[inline]
    pub(super) fn light(&self, lit: &LitFace, place: Vector) -> Light {
        let [a, b] = BESIDE[lit.face.axis]
            .map(|axis| ((place[axis] - lit.corner[axis]) as f32).clamp(0.0, 1.0));
        let [c00, c10, c01, c11] = lit.corners;
        let open = (c00 * (1.0 - a) + c10 * a) * (1.0 - b) + (c01 * (1.0 - a) + c11 * a) * b;
        let reached = match self.shadows {
            Some(map) if lit.facing_sun => map.reached(self.grid, lit, place, self.facing),
            Some(_) | None => 1.0,
        };
        let sun = lit.light.0 * reached * (1.0 - CORNER_SUN * (1.0 - open));
        let sky = lit.light.1 * open;
        std::array::from_fn(|i| {
            let reflected = lit.color[i] * (sun * SUN[i] + sky * SKY[i]);
            reflected + lit.shine * (1.25 * lit.color[i] - reflected)
        })
    }

    /// The light of a whole face, as from its middle.
    pub(super) fn flat_light(&self, lit: &LitFace) -> Light {
        let mut middle = lit.corner;
        for axis in BESIDE[lit.face.axis] {
            middle[axis] += 0.5;
        }
        self.light(lit, middle)
    }

    fn corners(&self, face: &Face) -> [f32; 4] {
        let [a, b] = BESIDE[face.axis];
        let mut before = face.cell;
        before[face.axis] += self.facing[face.axis];
        let is_there = |along_a: i32, along_b: i32| {
            let mut cell = before;
            cell[a] += along_a;
            cell[b] += along_b;
            self.grid.is_opaque(face.chunk, cell)
        };
        let (a_low, a_high) = (is_there(-1, 0), is_there(1, 0));
        let (b_low, b_high) = (is_there(0, -1), is_there(0, 1));
        let corner = |beside_a: bool, beside_b: bool, along_a: i32, along_b: i32| {
            if beside_a && beside_b {
                return CORNER[3];
            }
            let across = is_there(along_a, along_b);
            CORNER[usize::from(beside_a) + usize::from(beside_b) + usize::from(across)]
        };
        [
            corner(a_low, b_low, -1, -1),
            corner(a_high, b_low, 1, -1),
            corner(a_low, b_high, -1, 1),
            corner(a_high, b_high, 1, 1),
        ]
    }
}

/// Amounts of light for the 256 values of a byte.
static LIGHT: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        let value = byte as f64 / 255.0;
        let light =
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
        light as f32
    })
});

/// Steps of light that are told apart when a byte is made of them.
const STEPS: usize = 4096;

static BYTE: LazyLock<Box<[u8]>> = LazyLock::new(|| {
    let byte = |step: usize| {
        let light = (step as f64 + 0.5) / STEPS as f64;
        let value = if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        };
        (value * 255.0).round().clamp(0.0, 255.0) as u8
    };
    (0..STEPS).map(byte).collect()
});

pub(super) fn to_light(byte: u8) -> f32 {
    LIGHT[usize::from(byte)]
}

/// Bytes of a picture from light in front of a background.
pub(super) struct Printer {
    bytes: &'static [u8],
    background: Light,
    background_alpha: f32,
    exact_background: [u8; 4],
}

impl Printer {
    pub(super) fn new([red, green, blue, alpha]: [u8; 4]) -> Self {
        Self {
            bytes: &BYTE,
            background: [red, green, blue].map(to_light),
            background_alpha: f32::from(alpha) / 255.0,
            exact_background: [red, green, blue, alpha],
        }
    }

    /// Puts light that covers a part `cover` of the pixel in front of the background.
    #[inline]
    pub(super) fn print(&self, light: Light, cover: f32, pixel: &mut [u8]) {
        if cover == 0.0 {
            pixel.copy_from_slice(&self.exact_background[..pixel.len()]);
            return;
        }
        let behind = (1.0 - cover) * self.background_alpha;
        let alpha = cover + behind;
        for i in 0..3 {
            let value = (light[i] + behind * self.background[i]) / alpha;
            let step = (value * STEPS as f32) as usize;
            pixel[i] = self.bytes[step.min(STEPS - 1)];
        }
        if let Some(byte) = pixel.get_mut(3) {
            *byte = (alpha * 255.0 + 0.5) as u8;
        }
    }
}

pub(super) fn paint_background(bytes: &mut [u8], background: [u8; 4]) {
    let size = channels(background[3] < 255);
    bytes.chunks_exact_mut(size).for_each(|pixel| pixel.copy_from_slice(&background[..size]));
}
