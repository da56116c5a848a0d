//! One rectangle of a surface.

use crate::coords::Axis;
use crate::voxel::Voxel;

/// Which way a face looks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Side {
    /// Towards smaller x: left.
    Left,
    /// Towards larger x: right.
    Right,
    /// Towards smaller y: to the front.
    Front,
    /// Towards larger y: to the back.
    Back,
    /// Towards smaller z: down.
    Bottom,
    /// Towards larger z: up.
    Top,
}

impl Side {
    /// All six.
    pub const ALL: [Self; 6] =
        [Self::Left, Self::Right, Self::Front, Self::Back, Self::Bottom, Self::Top];

    /// The axis it lies on.
    #[inline]
    pub fn axis(self) -> Axis {
        match self {
            Self::Left | Self::Right => Axis::X,
            Self::Front | Self::Back => Axis::Y,
            Self::Bottom | Self::Top => Axis::Z,
        }
    }

    /// Whether it looks towards larger coordinates.
    #[inline]
    pub fn is_positive(self) -> bool {
        matches!(self, Self::Right | Self::Back | Self::Top)
    }

    /// The direction it looks in, as a vector of length one.
    pub fn normal(self) -> [i32; 3] {
        let mut normal = [0; 3];
        normal[self.axis().index()] = if self.is_positive() { 1 } else { -1 };
        normal
    }

    /// The other two axes, in order.
    #[inline]
    pub fn beside(self) -> [Axis; 2] {
        match self.axis() {
            Axis::X => [Axis::Y, Axis::Z],
            Axis::Y => [Axis::X, Axis::Z],
            Axis::Z => [Axis::X, Axis::Y],
        }
    }
}

/// Faces of equal voxels in one plane that make up a rectangle.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Quad {
    /// What the voxels behind it are.
    pub voxel: Voxel,
    /// The voxel behind it with the smallest coordinates.
    pub min: [i16; 3],
    /// Voxels along the axes that [`Side::beside`] names: 1 to 64.
    pub size: [u8; 2],
    /// The way it looks.
    pub side: Side,
}

impl Quad {
    /// The four corners, counter-clockwise for who looks at it from outside.
    pub fn corners(&self) -> [[i32; 3]; 4] {
        let mut first = self.min.map(i32::from);
        first[self.side.axis().index()] += i32::from(self.side.is_positive());
        let mut along = [[0; 3]; 2];
        for (along, (axis, size)) in along.iter_mut().zip(self.side.beside().iter().zip(self.size))
        {
            along[axis.index()] = i32::from(size);
        }
        // The axes beside turn to the left around x and z, and to the right around y.
        if self.side.is_positive() == (self.side.axis() == Axis::Y) {
            along.swap(0, 1);
        }
        let at = |a: [i32; 3], b: [i32; 3]| [0, 1, 2].map(|axis| a[axis] + b[axis]);
        [first, at(first, along[0]), at(at(first, along[0]), along[1]), at(first, along[1])]
    }

    /// How many faces of voxels it covers.
    pub fn area(&self) -> u32 {
        u32::from(self.size[0]) * u32::from(self.size[1])
    }
}
