//! Shapes and single voxels, collected into edit lists of a size that one tool call takes.

use goxe_protocol::api::types::{Axis, Color, Position};
use goxe_protocol::api::voxel::{ColoredVoxel, EditItem, Mode};

/// Edits of one call at most, as the tool says.
pub const EDITS_MAX: usize = 200;
/// Single voxels of one edit at most, as the tool says.
pub const VOXELS_MAX: usize = 1000;

/// A colour and the material slot it is used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink {
    color: Color,
    material: Option<u8>,
}

/// A colour of the usual, matt material, written 0xRRGGBB.
pub const fn ink(rgb: u32) -> Ink {
    let [_, r, g, b] = rgb.to_be_bytes();
    Ink { color: Color { rgb: [r, g, b] }, material: None }
}

impl Ink {
    /// The same colour, shining.
    pub const fn shining(self) -> Ink {
        Ink { material: Some(super::LAMP), ..self }
    }
}

/// Edits in the making.
#[derive(Debug, Default)]
pub struct Brush {
    edits: Vec<EditItem>,
    voxels: Vec<ColoredVoxel>,
}

impl Brush {
    /// A box; both corners belong to it.
    pub fn cuboid(&mut self, min: Position, max: Position, ink: Ink) {
        self.shape(cuboid(min, max, Some(ink), Mode::Over));
    }

    /// Takes a box away.
    pub fn carve(&mut self, min: Position, max: Position) {
        self.shape(cuboid(min, max, None, Mode::Subtract));
    }

    /// An upright cylinder that stands on `base`.
    pub fn column(&mut self, base: Position, radius: f64, height: u32, ink: Ink) {
        self.shape(EditItem::Cylinder {
            layer: None,
            base,
            axis: Axis::Z,
            radius,
            height,
            color: Some(ink.color),
            material: ink.material,
            mode: Mode::Over,
        });
    }

    /// A roof of discs that grow smaller, from `radius` to a point.
    pub fn cone(&mut self, base: Position, radius: f64, height: u32, ink: Ink) {
        let [x, y, z] = base;
        for (level, step) in (z..).zip(0..height) {
            let left = 1.0 - f64::from(step) / f64::from(height);
            self.column([x, y, level], radius * left, 1, ink);
        }
    }

    /// A straight line.
    pub fn line(&mut self, from: Position, to: Position, ink: Ink) {
        let (color, material) = (Some(ink.color), ink.material);
        self.shape(EditItem::Line { layer: None, from, to, color, material, mode: Mode::Over });
    }

    /// One voxel.
    pub fn dot(&mut self, at: Position, ink: Ink) {
        self.voxels.push(ColoredVoxel { at, color: ink.color, material: ink.material });
    }

    /// The edits, in the order they were made.
    pub fn into_edits(mut self) -> Vec<EditItem> {
        self.flush();
        self.edits
    }

    /// The single voxels, if nothing else was made.
    pub fn into_dots(self) -> Vec<ColoredVoxel> {
        self.voxels
    }

    fn shape(&mut self, edit: EditItem) {
        // Voxels that were set before a shape are set before it.
        self.flush();
        self.edits.push(edit);
    }

    fn flush(&mut self) {
        let voxels = std::mem::take(&mut self.voxels);
        let sets = voxels
            .chunks(VOXELS_MAX)
            .map(|part| EditItem::Set { layer: None, voxels: part.to_vec() });
        self.edits.extend(sets);
    }
}

fn cuboid(min: Position, max: Position, ink: Option<Ink>, mode: Mode) -> EditItem {
    let (color, material) = (ink.map(|ink| ink.color), ink.and_then(|ink| ink.material));
    EditItem::Box { layer: None, min, max, color, material, mode }
}

/// A ball that takes away what is inside it.
pub fn subtract_sphere(center: Position, radius: f64) -> EditItem {
    let mode = Mode::Subtract;
    EditItem::Sphere { layer: None, center, radius, color: None, material: None, mode }
}

/// Cuts edits into lists that one call takes.
pub fn into_lists(edits: impl Iterator<Item = EditItem>) -> Vec<Vec<EditItem>> {
    let edits: Vec<EditItem> = edits.collect();
    // One room is left for the material that the first list begins with.
    edits.chunks(EDITS_MAX - 1).map(<[EditItem]>::to_vec).collect()
}
