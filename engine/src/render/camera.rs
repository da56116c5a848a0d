//! Where a picture is taken from.

use super::exact::sin_cos;
use super::projection::{Extent, Projection, Round};
use crate::coords::Bounds;

/// A direction or place in space: x to the right, y to the back, z upwards.
pub(super) type Vector = [f64; 3];

/// Part of the picture kept free on each side.
const MARGIN: f64 = 0.06;
/// The angle across the shorter side of a picture, unless another is asked for.
const FOV_DEGREES: f64 = 30.0;
/// From the right by so much, and from above by so much: a view that shows three sides.
pub(super) const THREE_QUARTER: (f64, f64) = (35.0, 26.0);

/// The usual places of a camera.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Preset {
    /// From the front, towards +y.
    Front,
    /// From behind, towards -y.
    Back,
    /// From the left, towards +x.
    Left,
    /// From the right, towards -x.
    Right,
    /// From above, the back at the top.
    Top,
    /// From below, the front at the top.
    Bottom,
    /// From the front, the right and above, all three axes equally long.
    Isometric,
    /// From the front, the right and above, as an eye sees it.
    Perspective,
}

/// A number that a camera cannot have.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum CameraError {
    /// Outside of what it may be, or no number.
    #[error("{what} must be {min} to {max}, not {found}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// The least it may be.
        min: f64,
        /// The most it may be.
        max: f64,
        /// What it is.
        found: f64,
    },
    /// Nothing says where the camera looks.
    #[error("eye and target must be at least 0.001 voxels apart")]
    NoDirection,
    /// Nothing says what is upwards.
    #[error("up must not be zero or point along the view")]
    NoUp,
}

/// How a camera makes a picture of space.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Lens {
    /// Without perspective; the scene fills the picture.
    Flat,
    /// As an eye sees it, from as near as shows the whole scene.
    Fitted {
        /// Half the shorter side of the picture, at distance 1.
        half: f64,
    },
    /// From a place that was chosen, perhaps inside of the scene.
    Free { half: f64, eye: Vector },
}

/// A camera.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Camera {
    axes: Axes,
    lens: Lens,
    zoom: f64,
    focus: Option<Focus>,
}

/// What has to be in the picture instead of the whole scene.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Focus {
    Box(Bounds),
    /// The same from every side.
    Round(Round),
}

/// The directions of a picture in space: each one long, and at right angles to the others.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Axes {
    /// What lies to the right in the picture.
    pub(super) right: Vector,
    /// What lies upwards in the picture.
    pub(super) up: Vector,
    /// Into the picture.
    pub(super) forward: Vector,
}

impl Axes {
    /// `None`: a direction is zero, no number, or parallel to the other.
    pub(super) fn looking(forward: Vector, up: Vector) -> Option<Self> {
        let usable = |v: Vector| dot(v, v).is_normal();
        if !usable(forward) || !usable(up) {
            return None;
        }
        let forward = normalized(forward);
        let right = cross(forward, normalized(up));
        (dot(right, right) > 1e-12).then(|| {
            let right = normalized(right);
            Self { right, up: cross(right, forward), forward }
        })
    }

    /// As seen from `yaw` degrees right of the front and `pitch` degrees above the ground.
    pub(super) fn orbit(yaw: f64, pitch: f64) -> Self {
        let ((sy, cy), (sp, cp)) = (sin_cos(yaw), sin_cos(pitch));
        // Right angles by themselves, straight up and straight down included.
        Self {
            right: [cy, sy, 0.0],
            up: [-sy * sp, cy * sp, cp],
            forward: [-sy * cp, cy * cp, -sp],
        }
    }
}

impl Camera {
    /// The widest and the narrowest angle of a picture.
    pub const FOV_DEGREES: [f64; 2] = [1.0, 150.0];
    /// How far from where the axes meet an eye or a target may be, on each axis.
    pub const PLACE_MAX: f64 = 1_000_000.0;
    /// How much a picture may be enlarged.
    pub const ZOOM: [f64; 2] = [0.05, 50.0];

    /// One of the usual cameras.
    pub fn preset(preset: Preset) -> Self {
        let (yaw, pitch) = match preset {
            Preset::Front => (0.0, 0.0),
            Preset::Back => (180.0, 0.0),
            Preset::Left => (-90.0, 0.0),
            Preset::Right => (90.0, 0.0),
            Preset::Top => (0.0, 90.0),
            Preset::Bottom => (0.0, -90.0),
            Preset::Isometric => return Self::looking([-1.0, 1.0, -1.0], [0.0, 0.0, 1.0]),
            Preset::Perspective => {
                let axes = Axes::orbit(THREE_QUARTER.0, THREE_QUARTER.1);
                return Self::new(axes, Lens::Fitted { half: half(FOV_DEGREES) });
            }
        };
        Self::new(Axes::orbit(yaw, pitch), Lens::Flat)
    }

    /// Looks along `forward` without perspective, with `up` upwards in the picture as far as that
    /// goes. Directions that are zero, no numbers or parallel to each other give way to looking
    /// towards +y.
    pub fn looking(forward: [f64; 3], up: [f64; 3]) -> Self {
        Self::new(Axes::looking(forward, up).unwrap_or(Axes::orbit(0.0, 0.0)), Lens::Flat)
    }

    /// Looks at the scene from any side: `yaw` degrees to the right of its front, `pitch` degrees
    /// above its middle; what is not given is as in the usual perspective.
    pub fn orbit(yaw: Option<f64>, pitch: Option<f64>) -> Result<Self, CameraError> {
        let yaw = within("yaw_degrees", yaw.unwrap_or(THREE_QUARTER.0), [-360.0, 360.0])?;
        let pitch = within("pitch_degrees", pitch.unwrap_or(THREE_QUARTER.1), [-90.0, 90.0])?;
        Ok(Self::new(Axes::orbit(yaw, pitch), Lens::Fitted { half: half(FOV_DEGREES) }))
    }

    /// Looks from `eye` to `target`, with `up` upwards in the picture as far as that goes; without
    /// it the z axis is up, and the y axis for a view straight up or down.
    pub fn free(
        eye: [f64; 3],
        target: [f64; 3],
        up: Option<[f64; 3]>,
    ) -> Result<Self, CameraError> {
        let place = [-Self::PLACE_MAX, Self::PLACE_MAX];
        for axis in 0..3 {
            within("eye", eye[axis], place)?;
            within("target", target[axis], place)?;
            within("up", up.map_or(0.0, |up| up[axis]), place)?;
        }
        let forward = std::array::from_fn(|i| target[i] - eye[i]);
        if dot(forward, forward) < 1e-6 {
            return Err(CameraError::NoDirection);
        }
        let axes = match up {
            Some(up) => Axes::looking(forward, up),
            None => Axes::looking(forward, [0.0, 0.0, 1.0])
                .or_else(|| Axes::looking(forward, [0.0, 1.0, 0.0])),
        };
        let lens = Lens::Free { half: half(55.0), eye };
        Ok(Self::new(axes.ok_or(CameraError::NoUp)?, lens))
    }

    /// The same with another angle across the shorter side of the picture. A camera without
    /// perspective has none.
    pub fn with_fov(self, degrees: f64) -> Result<Self, CameraError> {
        let half = half(within("fov_degrees", degrees, Self::FOV_DEGREES)?);
        let lens = match self.lens {
            Lens::Flat => Lens::Flat,
            Lens::Fitted { .. } => Lens::Fitted { half },
            Lens::Free { eye, .. } => Lens::Free { half, eye },
        };
        Ok(Self { lens, ..self })
    }

    /// The same with everything so many times as large in the picture.
    pub fn with_zoom(self, zoom: f64) -> Result<Self, CameraError> {
        Ok(Self { zoom: within("zoom", zoom, Self::ZOOM)?, ..self })
    }

    /// The same with this box in the picture instead of the whole scene. A camera at a place of its
    /// own stays there.
    pub fn with_focus(self, focus: Bounds) -> Self {
        Self { focus: Some(Focus::Box(focus)), ..self }
    }

    /// The same with room for the box however it is turned about the z axis.
    pub fn with_round_focus(self, focus: Bounds) -> Self {
        Self { focus: Some(Focus::Round(Round::around(&focus))), ..self }
    }

    /// How wide and high a box is in the picture.
    pub(super) fn extents(&self, bounds: &Bounds) -> [f64; 2] {
        let bounds = match &self.focus {
            Some(Focus::Box(focus)) => focus,
            Some(Focus::Round(_)) | None => bounds,
        };
        [self.axes.right, self.axes.up].map(|direction| length(bounds.extent(direction)))
    }

    fn new(axes: Axes, lens: Lens) -> Self {
        Self { axes, lens, zoom: 1.0, focus: None }
    }

    /// The same seen along other directions.
    pub(super) fn with_axes(self, axes: Axes) -> Self {
        Self { axes, ..self }
    }

    /// Whether it looks from where the usual perspective does.
    pub(super) fn is_usual(&self) -> bool {
        let usual = Self::preset(Preset::Perspective);
        usual.axes == self.axes && usual.lens == self.lens
    }

    pub(super) fn axes(&self) -> &Axes {
        &self.axes
    }

    /// Whether it may see sides of voxels that look away from where it points.
    pub(super) fn is_flat(&self) -> bool {
        self.lens == Lens::Flat
    }

    /// Whether it sees the ground under the scene from above, and not straight from above.
    pub(super) fn sees_ground(&self) -> bool {
        (-0.995..-0.05).contains(&self.axes.forward[2]) || matches!(self.lens, Lens::Free { .. })
    }

    /// What of a scene has to be in the picture.
    pub(super) fn subject<'a, E: Extent>(&'a self, scene: &'a E) -> &'a dyn Extent {
        match &self.focus {
            Some(Focus::Box(bounds)) => bounds,
            Some(Focus::Round(round)) => round,
            None => scene,
        }
    }

    /// Puts a scene in the middle of a picture of this size.
    pub(super) fn fit(&self, scene: &impl Extent, width: u32, height: u32) -> Projection {
        let size = [f64::from(width), f64::from(height)];
        let subject = self.subject(scene);
        let free = (1.0 - 2.0 * MARGIN) * self.zoom;
        match self.lens {
            Lens::Flat => {
                let (across, down) =
                    (subject.extent(self.axes.right), subject.extent(self.axes.up));
                let scale = (free * size[0] / length(across)).min(free * size[1] / length(down));
                let middle = |(low, high): (f64, f64)| (low + high) / 2.0 * scale;
                let zero = [size[0] / 2.0 - middle(across), size[1] / 2.0 + middle(down)];
                Projection::flat(self.axes, scale, zero)
            }
            Lens::Fitted { half } => {
                let focal = size[0].min(size[1]) / 2.0 / half;
                let reach = |side: f64| side / 2.0 * (1.0 - 2.0 * MARGIN) / focal;
                let eye = self.nearest_eye(subject, [reach(size[0]), reach(size[1])]);
                Projection::seen_from(
                    self.axes,
                    eye,
                    focal * self.zoom,
                    size.map(|side| side / 2.0),
                )
            }
            Lens::Free { half, eye } => {
                let focal = size[0].min(size[1]) / 2.0 / half;
                Projection::seen_from(
                    self.axes,
                    eye,
                    focal * self.zoom,
                    size.map(|side| side / 2.0),
                )
            }
        }
    }

    /// From where everything is just seen, when the picture reaches `reach` to each side at
    /// distance 1.
    fn nearest_eye(&self, scene: &dyn Extent, reach: [f64; 2]) -> Vector {
        let Axes { right, up, forward } = &self.axes;
        // The four planes that bound what is seen, each as far out as the scene reaches.
        let beyond = |side: Vector, reach: f64| {
            let direction =
                |sign: f64| std::array::from_fn(|i| sign * side[i] - reach * forward[i]);
            (scene.extent(direction(1.0)).1, scene.extent(direction(-1.0)).1)
        };
        let ((right_end, left_end), (top, bottom)) =
            (beyond(*right, reach[0]), beyond(*up, reach[1]));
        let back =
            ((right_end + left_end) / (2.0 * reach[0])).max((top + bottom) / (2.0 * reach[1]));
        let (aside, above) = ((right_end - left_end) / 2.0, (top - bottom) / 2.0);
        std::array::from_fn(|i| aside * right[i] + above * up[i] - back * forward[i])
    }
}

/// Puts a scene into a square with `density` samples a voxel, or fewer if the side would be more
/// than `side_max`. The side comes with it.
pub(super) fn fit_square(
    axes: &Axes,
    scene: &impl Extent,
    density: f64,
    side_max: f64,
) -> (Projection, usize) {
    let (across, down) = (scene.extent(axes.right), scene.extent(axes.up));
    let widest = length(across).max(length(down));
    let scale = density.min((side_max - 4.0) / widest);
    let side = (widest * scale).ceil() as usize + 4;
    (Projection::flat(*axes, scale, [2.0 - across.0 * scale, 2.0 + down.1 * scale]), side)
}

/// Half of what is seen at distance 1 across an angle.
fn half(fov_degrees: f64) -> f64 {
    let (sine, cosine) = sin_cos(fov_degrees / 2.0);
    sine / cosine
}

fn within(what: &'static str, found: f64, [min, max]: [f64; 2]) -> Result<f64, CameraError> {
    match (min..=max).contains(&found) {
        true => Ok(found),
        false => Err(CameraError::OutOfRange { what, min, max, found }),
    }
}

fn length((low, high): (f64, f64)) -> f64 {
    high - low
}

#[inline]
pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(super) fn normalized(v: Vector) -> Vector {
    let length = dot(v, v).sqrt();
    v.map(|part| part / length)
}
