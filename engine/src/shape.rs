//! Which voxels a shape covers: boxes, ellipsoids, cylinders, cones, pyramids and lines.
//!
//! A voxel belongs to a shape if its centre lies in the shape or on its surface:
//!
//! - a **box** has all voxels between its corners;
//! - a **sphere** has the voxels whose centres are at most its radius away from the centre of the
//!   voxel in its middle: radius 0 is that one voxel;
//! - an **ellipsoid** touches the sides of a box from within;
//! - a **cylinder** is straight along its axis; across it, it is round as a sphere or an ellipsoid;
//! - a **cone**, a **pyramid** or a **roof** is as wide as its box at one end and grows narrower
//!   step by step; no slice of it is empty;
//! - a **line** of thickness 1 has one voxel for each step along its longest axis, the one nearest
//!   to the line (halves away from where it starts), so that neighbours touch at least at a corner;
//!   a thicker line has the voxels whose centres are at most half its thickness away from the
//!   straight way between the two end voxels' centres, so that its ends are round.

mod line;
mod pieces;
mod solid;
mod symmetry;
mod taper;
#[cfg(test)]
mod tests;

use crate::coords::{Axis, Bounds, CHUNK_SIDE, LocalPos, OutOfRange, VoxelPos};
use crate::volume::Volume;
use crate::voxel::Voxel;
use line::Line;
use solid::Solid;
use std::ops::{Range, RangeInclusive};
use taper::Tapered;

pub use pieces::Piece;
pub use symmetry::Symmetry;
pub use taper::Taper;

/// Why a shape cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ShapeError {
    /// It would have voxels beyond the range of coordinates.
    #[error("the shape leaves the range of coordinates: {0}")]
    OutOfRange(#[from] OutOfRange),
    /// A radius that is negative or no number.
    #[error("a radius must be 0 or more")]
    Radius,
    /// A narrow end that is no part of the wide one.
    #[error("the narrow end must be 0 to 1 of the wide one")]
    Top,
    /// A ridge along the way up.
    #[error("a ridge lies across the axis")]
    Ridge,
    /// A height or thickness of nothing.
    #[error("{what} must be at least 1")]
    Empty {
        /// Which measure it was.
        what: &'static str,
    },
}

/// An end of an axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Where coordinates are lowest.
    Low,
    /// Where coordinates are highest.
    High,
}

/// A set of voxels known by rule, not by listing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shape(Kind);

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Solid(Solid),
    Line(Line),
    Tapered(Tapered),
}

/// How much of a box a shape covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cover {
    /// No voxel of the box belongs to the shape.
    Outside,
    /// Every voxel of the box belongs to the shape.
    Inside,
    /// Some may, some may not: look closer.
    Mixed,
}

/// Voxels side by side along x.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    first: VoxelPos,
    last_x: i32,
}

impl Shape {
    /// All voxels of `bounds`.
    pub fn cuboid(bounds: Bounds) -> Self {
        Self(Kind::Solid(Solid::new(bounds, [false; 3])))
    }

    /// The ellipsoid that touches all sides of `bounds` from within.
    pub fn ellipsoid(bounds: Bounds) -> Self {
        Self(Kind::Solid(Solid::new(bounds, [true; 3])))
    }

    /// The ball around the voxel `center`.
    pub fn sphere(center: VoxelPos, radius: f64) -> Result<Self, ShapeError> {
        let reach = [whole_reach(radius)?; 3];
        let bounds = around(center, reach, reach)?;
        Ok(Self(Kind::Solid(Solid::with_radius(bounds, [true; 3], radius))))
    }

    /// The cylinder along `axis` that touches the sides of `bounds` from within.
    pub fn cylinder_in(bounds: Bounds, axis: Axis) -> Self {
        Self(Kind::Solid(Solid::new(bounds, Axis::ALL.map(|other| other != axis))))
    }

    /// The cylinder that stands on the voxel `base`, the middle of its lowest layer along `axis`.
    pub fn cylinder(
        base: VoxelPos,
        axis: Axis,
        radius: f64,
        height: u32,
    ) -> Result<Self, ShapeError> {
        if height == 0 {
            return Err(ShapeError::Empty { what: "the height of a cylinder" });
        }
        let mut below = [whole_reach(radius)?; 3];
        let mut above = below;
        below[axis.index()] = 0;
        above[axis.index()] = i64::from(height - 1);
        let bounds = around(base, below, above)?;
        let round = Axis::ALL.map(|other| other != axis);
        Ok(Self(Kind::Solid(Solid::with_radius(bounds, round, radius))))
    }

    /// The body that fills `bounds` at one end of `axis` and grows narrower towards the other, where
    /// it is `top` of its width.
    pub fn tapered(
        bounds: Bounds,
        axis: Axis,
        taper: Taper,
        narrow: End,
        top: f64,
    ) -> Result<Self, ShapeError> {
        if !(0.0..=1.0).contains(&top) {
            return Err(ShapeError::Top);
        }
        if taper == Taper::Ridge(axis) {
            return Err(ShapeError::Ridge);
        }
        let narrow_low = narrow == End::Low;
        Ok(Self(Kind::Tapered(Tapered::new(bounds, axis, taper, narrow_low, top))))
    }

    /// The straight line from one voxel to another, both included.
    pub fn line(from: VoxelPos, to: VoxelPos, thickness: u32) -> Result<Self, ShapeError> {
        Ok(Self(Kind::Line(Line::new(from, to, thickness)?)))
    }

    /// A box with all voxels of the shape in it.
    pub fn bounds(&self) -> Bounds {
        match &self.0 {
            Kind::Solid(solid) => solid.bounds(),
            Kind::Line(line) => line.bounds(),
            Kind::Tapered(tapered) => tapered.bounds(),
        }
    }

    /// Whether the voxel at `pos` belongs to the shape.
    pub fn contains(&self, pos: VoxelPos) -> bool {
        match &self.0 {
            Kind::Solid(solid) => solid.contains(pos),
            Kind::Line(line) => line.contains(pos),
            Kind::Tapered(tapered) => tapered.contains(pos),
        }
    }

    /// At most this many voxels belong to the shape; close to the truth, and found without listing.
    pub fn count_max(&self) -> u64 {
        match &self.0 {
            Kind::Solid(solid) => solid.count_max(),
            Kind::Line(line) => line.count_max(),
            Kind::Tapered(tapered) => tapered.count_max(),
        }
    }

    /// How much of `bounds` the shape covers. `Mixed` may be said of a box that is nearly outside
    /// or nearly inside; the other two are certain.
    pub fn cover(&self, bounds: &Bounds) -> Cover {
        match &self.0 {
            Kind::Solid(solid) => solid.cover(bounds),
            Kind::Line(line) => line.cover(bounds),
            Kind::Tapered(tapered) => tapered.cover(bounds),
        }
    }

    /// The voxels of the shape within `clip`, row by row: x within a row, then y, then z. A row of
    /// y and z comes once at most.
    pub fn rows(&self, clip: &Bounds, mut row: impl FnMut(Row)) {
        let Some(clip) = clip.intersect(&self.bounds()) else { return };
        match &self.0 {
            Kind::Solid(solid) => solid.rows(&clip, &mut row),
            Kind::Line(line) => line.rows(&clip, &mut row),
            Kind::Tapered(tapered) => tapered.rows(&clip, &mut row),
        }
    }

    /// The shape cut into boxes that it covers wholly and chunks that it may cover in part, by
    /// [`crate::coords::ChunkPos`] order. Large shapes have few pieces for their size.
    pub fn pieces(&self, piece: impl FnMut(Piece)) {
        pieces::split(self, piece);
    }

    /// Puts `voxel` everywhere in the shape.
    pub fn fill(&self, volume: &mut Volume, voxel: Voxel) {
        self.pieces(|piece| match piece {
            Piece::Whole(bounds) => volume.fill(bounds, voxel),
            Piece::Part(pos) => volume.update_chunk(pos, |chunk| {
                if chunk.as_uniform() != Some(voxel) {
                    chunk.edit(|cells| {
                        self.rows(&pos.bounds(), |row| cells[row.cells()].fill(voxel));
                    });
                }
            }),
        });
    }

    /// The shape as a mirror that maps x to `sum` - x (or y, or z) shows it.
    pub fn mirrored(&self, axis: Axis, sum: i32) -> Result<Self, OutOfRange> {
        Ok(Self(match &self.0 {
            Kind::Solid(solid) => Kind::Solid(solid.mirrored(axis, sum)?),
            Kind::Line(line) => Kind::Line(line.mirrored(axis, sum)?),
            Kind::Tapered(tapered) => Kind::Tapered(tapered.mirrored(axis, sum)?),
        }))
    }
}

impl Row {
    fn new(x: RangeInclusive<i32>, y: i32, z: i32) -> Self {
        debug_assert!(!x.is_empty(), "a row has at least one voxel");
        let at = |x: i32| VoxelPos::clamped([x, y, z].map(i64::from));
        Self { first: at(*x.start()), last_x: at(*x.end()).x() }
    }

    /// The voxel with the smallest x.
    pub fn first(&self) -> VoxelPos {
        self.first
    }

    /// From the first voxel to the last.
    pub fn x(&self) -> RangeInclusive<i32> {
        self.first.x()..=self.last_x
    }

    /// How many voxels, at least 1.
    pub fn len(&self) -> u32 {
        self.last_x.abs_diff(self.first.x()) + 1
    }

    /// Never: a row has at least one voxel.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The voxels of the row, by rising x.
    pub fn voxels(&self) -> impl Iterator<Item = VoxelPos> + use<> {
        let first = self.first;
        self.x().map(move |x| VoxelPos::clamped([x, first.y(), first.z()].map(i64::from)))
    }

    /// The places of the row in the array of its chunk; of a row that leaves the chunk of its
    /// first voxel, only what lies in that.
    pub fn cells(&self) -> Range<usize> {
        let start = self.first.local().index();
        let last = self.last_x.min(self.first.x() | (CHUNK_SIDE - 1));
        start..LocalPos::new(last, self.first.y(), self.first.z()).index() + 1
    }
}

/// How many voxels a radius reaches beyond the one in the middle.
fn whole_reach(radius: f64) -> Result<i64, ShapeError> {
    // What is too large to be a coordinate stays that.
    if radius >= 0.0 { Ok(radius.min(1e9) as i64) } else { Err(ShapeError::Radius) }
}

fn around(center: VoxelPos, below: [i64; 3], above: [i64; 3]) -> Result<Bounds, OutOfRange> {
    let corner = |sign: i64, reach: [i64; 3]| -> Result<VoxelPos, OutOfRange> {
        let mut coords = [0; 3];
        for axis in Axis::ALL.map(Axis::index) {
            let coord = i64::from(center.to_array()[axis]) + sign * reach[axis];
            coords[axis] = i32::try_from(coord).map_err(|_| OutOfRange { coord })?;
        }
        VoxelPos::from_array(coords)
    };
    Ok(Bounds::from_corners(corner(-1, below)?, corner(1, above)?))
}

/// The positions x that a mirror at `sum` swaps add up to it.
fn mirror(pos: VoxelPos, axis: Axis, sum: i32) -> Result<VoxelPos, OutOfRange> {
    let mut coords = pos.to_array();
    let coord = i64::from(sum) - i64::from(coords[axis.index()]);
    coords[axis.index()] = i32::try_from(coord).map_err(|_| OutOfRange { coord })?;
    VoxelPos::from_array(coords)
}
