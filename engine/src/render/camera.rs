//! Where a picture is taken from, and where on it a place in space appears.

use crate::coords::Bounds;

/// A direction or place in space: x to the right, y to the back, z upwards.
pub(super) type Vector = [f64; 3];

/// Part of the picture kept free on each side.
const MARGIN: f64 = 0.06;

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
}

/// A camera without perspective that shows the whole scene.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Camera {
    /// What lies to the right in the picture.
    right: Vector,
    /// What lies upwards in the picture.
    up: Vector,
    /// Into the picture.
    forward: Vector,
}

impl Camera {
    /// One of the usual cameras.
    pub fn preset(preset: Preset) -> Self {
        let (forward, up) = match preset {
            Preset::Front => ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0]),
            Preset::Back => ([0.0, -1.0, 0.0], [0.0, 0.0, 1.0]),
            Preset::Left => ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]),
            Preset::Right => ([-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]),
            Preset::Top => ([0.0, 0.0, -1.0], [0.0, 1.0, 0.0]),
            Preset::Bottom => ([0.0, 0.0, 1.0], [0.0, -1.0, 0.0]),
            Preset::Isometric => ([-1.0, 1.0, -1.0], [0.0, 0.0, 1.0]),
        };
        Self::looking(forward, up)
    }

    /// Looks along `forward`, with `up` upwards in the picture as far as that goes. Directions that
    /// are zero, no numbers or parallel to each other give way to looking towards +y.
    pub fn looking(forward: [f64; 3], up: [f64; 3]) -> Self {
        let right = cross(forward, up);
        let usable = |v: Vector| dot(v, v).is_normal();
        if !usable(forward) || !usable(up) || !usable(right) {
            return Self::looking([0.0, 1.0, 0.0], [0.0, 0.0, 1.0]);
        }
        let (forward, right) = (normalized(forward), normalized(right));
        Self { right, up: cross(right, forward), forward }
    }

    pub(super) fn right(&self) -> Vector {
        self.right
    }

    pub(super) fn up(&self) -> Vector {
        self.up
    }

    pub(super) fn forward(&self) -> Vector {
        self.forward
    }

    /// Puts a scene in the middle of a picture of this size.
    pub(super) fn fit(&self, scene: &impl Extent, width: u32, height: u32) -> Projection {
        let (width, height) = (f64::from(width), f64::from(height));
        let (across, down) = (scene.extent(self.right), scene.extent(self.up));
        let free = 1.0 - 2.0 * MARGIN;
        let scale = (free * width / length(across)).min(free * height / length(down));
        let middle = |(low, high): (f64, f64)| (low + high) / 2.0 * scale;
        let zero = [width / 2.0 - middle(across), height / 2.0 + middle(down)];
        Projection::new(self, scale, zero)
    }

    /// Puts a scene into a square with `density` samples a voxel, or fewer if the side would be
    /// more than `side_max`. The side comes with it.
    pub(super) fn fit_square(
        &self,
        scene: &impl Extent,
        density: f64,
        side_max: f64,
    ) -> (Projection, usize) {
        let (across, down) = (scene.extent(self.right), scene.extent(self.up));
        let widest = length(across).max(length(down));
        let scale = density.min((side_max - 4.0) / widest);
        let side = (widest * scale).ceil() as usize + 4;
        (Projection::new(self, scale, [2.0 - across.0 * scale, 2.0 + down.1 * scale]), side)
    }
}

/// What reaches from somewhere to somewhere in any direction.
pub(super) trait Extent {
    /// The lowest and the highest place along `direction`, in voxels.
    fn extent(&self, direction: Vector) -> (f64, f64);
}

impl Extent for Bounds {
    fn extent(&self, direction: Vector) -> (f64, f64) {
        let (min, max) = (self.min().to_array(), self.max().to_array());
        let (mut low, mut high) = (0.0, 0.0);
        for axis in 0..3 {
            let ends = [min[axis], max[axis] + 1].map(|end| f64::from(end) * direction[axis]);
            low += ends[0].min(ends[1]);
            high += ends[0].max(ends[1]);
        }
        (low, high)
    }
}

fn length((low, high): (f64, f64)) -> f64 {
    high - low
}

/// From places to pixels and back.
#[derive(Clone, Copy)]
pub(super) struct Projection {
    camera: Camera,
    /// Pixels a voxel is wide where it is seen straight on.
    scale: f64,
    /// The pixel of the place where the axes meet.
    zero: [f64; 2],
    x: Vector,
    y: Vector,
}

impl Projection {
    fn new(camera: &Camera, scale: f64, zero: [f64; 2]) -> Self {
        let x = camera.right.map(|part| part * scale);
        let y = camera.up.map(|part| -part * scale);
        Self { camera: *camera, scale, zero, x, y }
    }

    /// The same with `factor` times as many pixels.
    pub(super) fn enlarged(&self, factor: f64) -> Self {
        Self::new(&self.camera, self.scale * factor, self.zero.map(|zero| zero * factor))
    }

    pub(super) fn scale(&self) -> f64 {
        self.scale
    }

    /// Where a place appears. Equal places give equal numbers, so faces that meet leave no gap.
    #[inline]
    pub(super) fn point(&self, place: Vector) -> [f64; 2] {
        [dot(self.x, place) + self.zero[0], dot(self.y, place) + self.zero[1]]
    }

    /// How far from the camera a place is, in voxels from where the axes meet.
    pub(super) fn depth(&self, place: Vector) -> f64 {
        dot(self.camera.forward, place)
    }

    /// The place that is seen at a point of the picture, on the plane where coordinate `axis` is
    /// `level`. The plane must not be seen edge-on.
    #[inline]
    pub(super) fn place_on(&self, point: [f64; 2], axis: usize, level: f64) -> Vector {
        let across = (point[0] - self.zero[0]) / self.scale;
        let down = (point[1] - self.zero[1]) / self.scale;
        let Camera { right, up, forward } = &self.camera;
        let start: Vector = std::array::from_fn(|i| across * right[i] - down * up[i]);
        let ahead = (level - start[axis]) / forward[axis];
        std::array::from_fn(|i| start[i] + ahead * forward[i])
    }

    /// The rows that anything in `bounds` appears in.
    pub(super) fn rows(&self, bounds: &Bounds) -> (f64, f64) {
        let (low, high) = bounds.extent(self.camera.up);
        (self.zero[1] - high * self.scale, self.zero[1] - low * self.scale)
    }

    /// For each axis, whether faces towards +, faces towards - or neither are seen.
    pub(super) fn facing(&self) -> [i32; 3] {
        self.camera.forward.map(|part| match part {
            part if part > 1e-9 => -1,
            part if part < -1e-9 => 1,
            _ => 0,
        })
    }
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
