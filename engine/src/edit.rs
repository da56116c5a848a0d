//! Edits: every way to change a project, as data.
//!
//! An edit names layers as people do; names are looked up when it is applied to a draft, so an edit
//! may use a layer that an earlier one of its list made. A draft is the working copy of a
//! list: it is thrown away when one edit fails.

mod color;
mod draft;
mod extrude;
mod fill;
mod flood;
mod import;
mod layers;
mod mask;
mod motion;
mod repeat;
mod shade;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod voxels;

use crate::coords::{Axis, Bounds, VoxelPos};
use crate::material::Material;
use crate::shape::Shape;
use crate::volume::Volume;
use crate::voxel::{MaterialSlot, Voxel};

pub use crate::shape::End;
pub(crate) use draft::Draft;
pub use text::TEXT_CHARS_MAX;

/// One change to a project.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Puts single voxels; an empty one takes away what is there. The last at a position counts.
    Set {
        /// The layer's name.
        layer: String,
        /// Where, and what.
        voxels: Vec<(VoxelPos, Voxel)>,
    },
    /// Takes single voxels away.
    Remove {
        /// The layer's name.
        layer: String,
        /// Where.
        at: Vec<VoxelPos>,
    },
    /// Recolours single voxels, where there are any.
    Paint {
        /// The layer's name.
        layer: String,
        /// Where.
        at: Vec<VoxelPos>,
        /// How they look then.
        paint: Paint,
    },
    /// Writes a whole box.
    Write {
        /// The layer's name.
        layer: String,
        /// Where.
        bounds: Bounds,
        /// As [`Voxel::bits`], x fastest, then y, then z: exactly as many as the box holds.
        voxels: Vec<u32>,
        /// What empty voxels do.
        empties: Empties,
    },
    /// Fills a shape.
    Fill {
        /// The layer's name.
        layer: String,
        /// The shape.
        shape: Shape,
        /// How it meets what is there.
        mode: Mode,
    },
    /// Replaces the connected voxels of the colour that is at `start`, whatever their material.
    /// From an empty start it fills the connected emptiness.
    FloodFill {
        /// The layer's name.
        layer: String,
        /// Where it begins.
        start: VoxelPos,
        /// What is there then.
        voxel: Voxel,
        /// How far each of red, green and blue may differ from the colour at `start`.
        tolerance: u8,
        /// Which voxels are neighbours.
        connectivity: Connectivity,
        /// The box it stays inside; needed from an empty start.
        within: Option<Bounds>,
    },
    /// Gives all voxels of one colour another.
    ReplaceColor {
        /// The layers' names; none means every layer.
        layers: Vec<String>,
        /// The colour to replace.
        from: [u8; 3],
        /// How far each of red, green and blue may differ from it.
        tolerance: u8,
        /// How they look then.
        to: Paint,
        /// Only inside this box.
        within: Option<Bounds>,
    },
    /// Turns voxels round at a plane.
    Mirror {
        /// The layer's name.
        layer: String,
        /// The axis that is turned round.
        axis: Axis,
        /// Twice the coordinate at which the plane cuts the axis: an even number is the middle of a
        /// voxel, an odd one the face between two.
        plane_doubled: i32,
        /// What becomes of the original.
        original: Original,
        /// Only what is inside this box.
        within: Option<Bounds>,
    },
    /// Moves or copies voxels.
    Move {
        /// The layer's name.
        layer: String,
        /// How far.
        offset: [i32; 3],
        /// What becomes of the original.
        original: Original,
        /// Only what is inside this box.
        within: Option<Bounds>,
    },
    /// Copies voxels again and again, each copy as far from the one before. What is copied is what
    /// was there at first; later copies lie above earlier ones.
    Repeat {
        /// The layer's name.
        layer: String,
        /// How far it is from one to the next.
        offset: [i32; 3],
        /// How many copies.
        count: u32,
        /// Only what is inside this box.
        within: Option<Bounds>,
    },
    /// Gives the voxels of a layer a run of colours along an axis.
    Gradient {
        /// The layer's name.
        layer: String,
        /// The axis along which the colour changes.
        axis: Axis,
        /// The colour at the low end.
        from: [u8; 3],
        /// The colour at the high end.
        to: [u8; 3],
        /// From end to end of this box; of the box around the whole layer when absent.
        within: Option<Bounds>,
    },
    /// Makes each voxel a little lighter or darker.
    Noise {
        /// The layer's name.
        layer: String,
        /// How much at most, of each of red, green and blue; at most 127 counts.
        amount: u8,
        /// The same seed gives the same pattern.
        seed: u32,
        /// Only inside this box.
        within: Option<Bounds>,
    },
    /// Writes a text.
    Text {
        /// The layer's name.
        layer: String,
        /// What, and where.
        lettering: Lettering,
        /// How it meets what is there.
        mode: Mode,
    },
    /// Turns voxels about an axis.
    Rotate {
        /// The layer's name.
        layer: String,
        /// The axis to turn about; seen from its upper end, turns go counter-clockwise.
        axis: Axis,
        /// How far.
        turn: Turn,
        /// Twice the coordinates of the point to turn about: even numbers are the middle of a voxel.
        centre_doubled: [i32; 3],
        /// What becomes of the original.
        original: Original,
        /// Only what is inside this box.
        within: Option<Bounds>,
    },
    /// Draws the outermost slice of a box out, in the direction of that side.
    Extrude {
        /// The layer's name.
        layer: String,
        /// The axis to draw along.
        axis: Axis,
        /// Which end of the axis.
        end: End,
        /// How far.
        distance: u16,
        /// The box; the box around the whole layer when absent.
        within: Option<Bounds>,
    },
    /// Lets one layer work on another.
    Combine {
        /// The name of the layer that changes.
        layer: String,
        /// The name of the layer that works on it, and stays as it is.
        with: String,
        /// How they meet.
        by: Combination,
    },
    /// Makes an empty layer.
    CreateLayer {
        /// Its name.
        name: String,
        /// Its group path; empty for none.
        group: String,
        /// Whether it is shown.
        visible: bool,
        /// How many layers are below it; above all when absent.
        position: Option<usize>,
    },
    /// Makes a copy of a layer, right above it.
    CopyLayer {
        /// The name of the layer to copy.
        layer: String,
        /// The name of the copy.
        name: String,
    },
    /// Deletes a layer with its voxels.
    DeleteLayer {
        /// The layer's name.
        layer: String,
    },
    /// Gives a layer another name.
    RenameLayer {
        /// The name it has.
        layer: String,
        /// The name it gets.
        to: String,
    },
    /// Files a layer under another group path.
    GroupLayer {
        /// The layer's name.
        layer: String,
        /// The path; empty for none.
        group: String,
    },
    /// Moves a layer up or down in the order.
    OrderLayer {
        /// The layer's name.
        layer: String,
        /// How many layers are below it then.
        position: usize,
    },
    /// Shows a layer.
    ShowLayer {
        /// The layer's name.
        layer: String,
    },
    /// Hides a layer; its voxels stay.
    HideLayer {
        /// The layer's name.
        layer: String,
    },
    /// Says what a material slot looks like.
    SetMaterial {
        /// The slot.
        slot: MaterialSlot,
        /// The material.
        material: Material,
    },
    /// Adds layers that came from elsewhere, above the others.
    Import {
        /// The layers. Names are cleaned, and made unique where they are taken.
        layers: Vec<ImportLayer>,
        /// What the slots in their voxels mean. Other slots become slot 1.
        materials: Vec<(MaterialSlot, Material)>,
    },
}

/// A text made of voxels.
#[derive(Debug, Clone)]
pub struct Lettering {
    /// Latin letters, digits, signs and blanks; small letters become capitals.
    pub text: String,
    /// Its lowest leftmost voxel, as a reader sees it.
    pub at: VoxelPos,
    /// The axis across the text: y for a sign at the front, x for one at the right, z for one that
    /// lies flat.
    pub faces: Axis,
    /// Voxels a dot, at least 1; letters are seven dots high.
    pub size: u16,
}

/// A layer that came from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct ImportLayer {
    /// What it is called there.
    pub name: String,
    /// Where it is filed there, `a/b`.
    pub group: String,
    /// Whether it is shown there.
    pub visible: bool,
    /// Its voxels.
    pub volume: Volume,
}

/// A new look for voxels that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    /// Their colour.
    pub rgb: [u8; 3],
    /// Their material; each keeps its own when absent.
    pub material: Option<MaterialSlot>,
}

impl Paint {
    /// `voxel` painted; an empty one stays empty.
    #[inline]
    pub fn over(self, voxel: Voxel) -> Voxel {
        match voxel.slot() {
            None => Voxel::EMPTY,
            Some(slot) => Voxel::new(self.rgb, self.material.unwrap_or(slot)),
        }
    }
}

/// How a shape meets what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything inside the shape becomes this.
    Over(Voxel),
    /// Everything inside the shape goes.
    Subtract,
    /// What is there inside the shape gets a new look.
    Paint(Paint),
    /// Everything of the layer that is outside the shape goes.
    Intersect,
    /// The box around the shape becomes the shape: this inside of it, and nothing beside it.
    Replace(Voxel),
}

/// What the empty voxels of a written box do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empties {
    /// They leave what is there.
    Keep,
    /// They take it away.
    Clear,
}

/// Which voxels are neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    /// Those that share a face.
    Faces,
    /// Those that share a face, an edge or a corner.
    Corners,
}

/// Quarter turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// 90 degrees.
    Quarter,
    /// 180 degrees.
    Half,
    /// 270 degrees.
    ThreeQuarters,
}

/// What becomes of voxels that are moved or turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Original {
    /// They go.
    Cut,
    /// They stay, beneath the copy where both meet.
    Keep,
}

/// How a layer works on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    /// Its voxels are put over the other's.
    Over,
    /// Where it has voxels, the other loses them.
    Subtract,
    /// Where it has none, the other loses them.
    Intersect,
    /// Where both have voxels, the other takes its look.
    Paint,
}
