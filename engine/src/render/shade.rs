//! How bright a place on a face is.

use super::camera::Vector;
use super::faces::Face;
use super::glow::Glow;
use super::grid::Grid;
use super::light::Lights;
use super::marks::{Mark, Marks};
use super::quad::{self, BESIDE};
use super::sun::SunMap;
use super::tone::{Light, light_of_rgb, shoulder};

/// What a corner gets of the sky with 0 to 3 of the voxels around it there.
const CORNER: [f32; 4] = [1.0, 0.79, 0.62, 0.48];
/// How much of the sun is lost with the sky.
const CORNER_SUN: f32 = 0.4;
/// How bright what shines is, compared with its colour, and how much whiter.
pub(super) const SHINE: [f32; 2] = [1.3, 0.10];

/// A face with all that is the same everywhere on it.
#[derive(Clone, Copy)]
pub(super) struct LitFace {
    pub(super) face: Face,
    pub(super) level: f64,
    pub(super) color: Light,
    pub(super) mark: Mark,
    corner: Vector,
    shine: f32,
    /// Sun and sky.
    light: (f32, f32),
    /// What the corners see of the sky: along the first other axis, then the second.
    corners: [f32; 4],
    facing_sun: bool,
}

/// Lights faces.
pub(super) struct Shader<'a> {
    pub(super) grid: &'a Grid<'a>,
    pub(super) lights: &'a Lights,
    pub(super) shadows: Option<&'a SunMap>,
    pub(super) glow: Option<&'a Glow>,
    pub(super) marks: Option<Marks<'a>>,
}

impl Shader<'_> {
    pub(super) fn face(&self, face: Face) -> LitFace {
        let voxel = self.grid.voxel(face.chunk, face.cell_index());
        let (mark, rgb) = match &self.marks {
            None => (Mark::Same, voxel.rgb()),
            Some(marks) => marks.color(voxel, self.grid.place(&face)),
        };
        LitFace {
            face,
            level: f64::from(quad::level(self.grid, &face)),
            corner: quad::corner(self.grid, &face),
            color: light_of_rgb(rgb),
            mark,
            shine: f32::from(self.grid.material(voxel).emission) / 255.0,
            light: self.lights.on(face.axis, face.is_positive),
            corners: if self.lights.corners { self.corners(&face) } else { [1.0; 4] },
            facing_sun: self.lights.reaches(face.axis, face.is_positive),
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
            Some(map) if lit.facing_sun => map.reached_face(self.grid, lit, place),
            Some(_) | None => 1.0,
        };
        let sun = lit.light.0 * reached * (1.0 - CORNER_SUN * (1.0 - open));
        let sky = lit.light.1 * open;
        let (on_sun, on_sky) = (self.lights.sun, self.lights.sky);
        let near = match self.glow {
            Some(glow) => glow.at(place, lit.face.axis, lit.face.sign()),
            None => [0.0; 3],
        };
        std::array::from_fn(|i| {
            let reflected = lit.color[i] * (sun * on_sun[i] + sky * on_sky[i] + near[i]);
            shoulder(reflected + lit.shine * (SHINE[0] * lit.color[i] + SHINE[1] - reflected))
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

    /// How much a face shines by itself.
    pub(super) fn shine(&self, lit: &LitFace) -> Light {
        lit.color.map(|part| part * lit.shine)
    }

    fn corners(&self, face: &Face) -> [f32; 4] {
        let [a, b] = BESIDE[face.axis];
        let mut before = face.cell;
        before[face.axis] += face.sign();
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
